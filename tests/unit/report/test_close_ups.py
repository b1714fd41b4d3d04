"""Which parts of a picture are shown enlarged."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.report.close_ups import choose, region_around
from safety_detector.report.contents import DetectionRow

SIZE = ImageSize(1920, 1080)


def row(number: int, box: Box, sub_label: SubLabel = SubLabel.NO_HELMET) -> DetectionRow:
    """A person's row in the table."""
    return DetectionRow(number, Detection(box, Hazard(Label.PERSON, sub_label)), "", "", "", "")


@st.composite
def boxes_in_pictures(draw: st.DrawFn) -> tuple[Box, ImageSize]:
    """Any box of whole pixels in any picture."""
    size = ImageSize(draw(st.integers(1, 4000)), draw(st.integers(1, 4000)))
    x1, y1 = draw(st.integers(0, size.width - 1)), draw(st.integers(0, size.height - 1))
    x2 = draw(st.integers(x1 + 1, size.width))
    y2 = draw(st.integers(y1 + 1, size.height))
    return Box(x1, y1, x2, y2), size


@given(boxes_in_pictures())
def test_a_region_lies_inside_the_picture_and_around_the_box_s_middle(
    case: tuple[Box, ImageSize],
) -> None:
    """Also at the edges, in tiny pictures and in very flat ones."""
    box, size = case
    region = region_around(box, size)
    assert 0 <= region.x1 < region.x2 <= size.width
    assert 0 <= region.y1 < region.y2 <= size.height
    assert region.x1 - 1 <= box.centre[0] <= region.x2 + 1
    assert region.y1 - 1 <= box.centre[1] <= region.y2 + 1


def test_the_most_urgent_small_dangers_are_chosen() -> None:
    """At most four, never a person with a helmet, never what fills half the picture anyway."""
    small = [row(number, Box(200 * number, 500, 200 * number + 40, 580)) for number in range(1, 7)]
    assert [one.row.number for one in choose(small, SIZE)] == [1, 2, 3, 4]
    assert choose([row(1, Box(0, 0, 1800, 1000))], SIZE) == ()
    assert choose([row(1, Box(0, 0, 40, 80), SubLabel.HELMET)], SIZE) == ()


def test_of_a_person_the_head_is_enlarged() -> None:
    """A bare head is to be seen, not the whole standing figure."""
    (one,) = choose([row(1, Box(900, 100, 1060, 600))], SIZE)
    assert one.region.y1 < 100
    assert one.region.y2 < 450
    fire = Detection(Box(900, 100, 1060, 400), Hazard(Label.FIRE, SubLabel.MINOR))
    (one,) = choose([DetectionRow(1, fire, "", "", "", "")], SIZE)
    assert one.region.y2 > 400
