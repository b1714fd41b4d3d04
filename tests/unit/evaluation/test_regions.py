import pytest

from safety_detector.domain.geometry import Box
from safety_detector.evaluation.regions import area_ratio, region_iou, union_area

WHOLE = Box(0, 0, 100, 40)


@pytest.mark.parametrize(
    "parts",
    [
        [WHOLE],
        [Box(0, 0, 50, 40), Box(50, 0, 100, 40)],
        [Box(0, 0, 70, 40), Box(30, 0, 100, 40), Box(10, 10, 20, 20)],
        [Box(0, 0, 100, 10), Box(0, 10, 100, 40)],
    ],
)
def test_how_a_fire_is_split_changes_nothing(parts: list[Box]) -> None:
    """The same place covered by one box or by many is the same answer."""
    assert union_area(parts) == 4000
    assert region_iou(parts, [WHOLE]) == 1.0
    assert region_iou([WHOLE], parts) == 1.0


def test_area_beyond_the_fire_and_area_missed_both_cost() -> None:
    """A box twice as large, or half as large, overlaps by one half."""
    assert region_iou([Box(0, 0, 200, 40)], [WHOLE]) == pytest.approx(0.5)
    assert region_iou([Box(0, 0, 50, 40)], [WHOLE]) == pytest.approx(0.5)


def test_nothing_found_is_no_overlap() -> None:
    """A fire that was overlooked counts with zero, it is not left out."""
    assert region_iou([], [WHOLE]) == 0.0
    assert region_iou([], []) == 0.0


def test_a_box_is_compared_with_the_truth_it_shows() -> None:
    """The size of a box says nothing against a fire elsewhere in the picture."""
    other = Box(300, 300, 310, 310)
    assert area_ratio(Box(0, 0, 50, 40), [other, WHOLE]) == pytest.approx(0.5)
