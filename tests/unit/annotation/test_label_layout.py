"""Where labels go."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from safety_detector.annotation.label_layout import (
    LabelRequest,
    Layout,
    Placement,
    place_labels,
)
from safety_detector.annotation.label_places import MANY_LABELS
from safety_detector.domain.geometry import Box, ImageSize, intersection_area

HD = ImageSize(1920, 1080)
FORMS = (ImageSize(300, 36), ImageSize(240, 36), ImageSize(70, 36))


def _request(x1: float, y1: float, x2: float, y2: float, *, has_head: bool = False) -> LabelRequest:
    return LabelRequest(Box(x1, y1, x2, y2), FORMS, has_head)


def _rect(request: LabelRequest, placement: Placement) -> Box:
    size = request.forms[placement.form]
    return Box(
        placement.left,
        placement.top,
        placement.left + size.width,
        placement.top + size.height,
    )


def _rects(requests: list[LabelRequest], layout: Layout) -> list[Box]:
    pairs = zip(requests, layout.placements, strict=True)
    return [_rect(request, place) for request, place in pairs if place is not None]


def _inside(rect: Box, picture: ImageSize) -> bool:
    return rect.x1 >= 0 and rect.y1 >= 0 and rect.x2 <= picture.width and rect.y2 <= picture.height


@st.composite
def scenes(
    draw: st.DrawFn, sides: st.SearchStrategy[int], most: int = 12
) -> tuple[ImageSize, list[LabelRequest]]:
    """A picture and requests: boxes anywhere in it and labels of any size, some too large."""
    picture = ImageSize(draw(sides), draw(sides))
    requests = []
    for _ in range(draw(st.integers(0, most))):
        x1 = draw(st.integers(0, picture.width - 1))
        y1 = draw(st.integers(0, picture.height - 1))
        x2 = draw(st.integers(x1 + 1, picture.width))
        y2 = draw(st.integers(y1 + 1, picture.height))
        height = draw(st.integers(2, 40))
        widths = sorted(draw(st.lists(st.integers(2, 200), min_size=1, max_size=3)), reverse=True)
        forms = tuple(ImageSize(width, height) for width in widths)
        requests.append(LabelRequest(Box(x1, y1, x2, y2), forms, draw(st.booleans())))
    return picture, requests


SMALL = scenes(st.integers(1, 60), most=8)
ANY = scenes(st.integers(1, 4000))


@settings(max_examples=50, deadline=None)
@given(ANY)
def test_labels_lie_inside_the_picture(scene: tuple[ImageSize, list[LabelRequest]]) -> None:
    """No label leaves the picture; one is left out only if none of its forms fits into it."""
    picture, requests = scene
    layout = place_labels(requests, picture)
    for request, placement in zip(requests, layout.placements, strict=True):
        fits = any(
            form.width <= picture.width and form.height <= picture.height for form in request.forms
        )
        assert (placement is not None) == fits
        if placement is not None:
            assert _inside(_rect(request, placement), picture)


@settings(max_examples=50, deadline=None)
@given(ANY)
def test_labels_do_not_overlap_while_there_is_room(
    scene: tuple[ImageSize, list[LabelRequest]],
) -> None:
    """Where the labels before it cannot block every place, a label covers none of them."""
    picture, requests = scene
    rects: list[Box] = []
    for request, place in zip(requests, place_labels(requests, picture).placements, strict=True):
        if place is None:
            continue
        rect = _rect(request, place)
        short = request.forms[-1]
        corners = (picture.width - short.width + 1) * (picture.height - short.height + 1)
        blocked = sum((one.width + short.width) * (one.height + short.height) for one in rects)
        if corners > blocked:
            assert not any(intersection_area(rect, one) for one in rects)
        rects.append(rect)


@settings(max_examples=60, deadline=None)
@given(SMALL)
def test_a_label_covers_another_only_as_the_last_resort(
    scene: tuple[ImageSize, list[LabelRequest]],
) -> None:
    """A label that overlaps one before it would do so in its shortest form at every place."""
    picture, requests = scene
    before: list[Box] = []
    for request, place in zip(requests, place_labels(requests, picture).placements, strict=True):
        if place is None:
            continue
        rect = _rect(request, place)
        if any(intersection_area(rect, one) for one in before):
            width, height = request.forms[-1].width, request.forms[-1].height
            for x in range(picture.width - width + 1):
                for y in range(picture.height - height + 1):
                    spot = Box(x, y, x + width, y + height)
                    assert any(intersection_area(spot, one) for one in before)
        before.append(rect)


@settings(max_examples=50, deadline=None)
@given(ANY)
def test_a_leader_joins_a_label_to_its_own_box(
    scene: tuple[ImageSize, list[LabelRequest]],
) -> None:
    """Every label touches its box or has a leader that starts in the label and ends in the box."""
    picture, requests = scene
    layout = place_labels(requests, picture)
    for request, placement in zip(requests, layout.placements, strict=True):
        if placement is None:
            continue
        rect = _rect(request, placement)
        if placement.leader is None:
            grown = Box(rect.x1 - 1, rect.y1 - 1, rect.x2 + 1, rect.y2 + 1)
            touching = Box(
                *(value + add for value, add in zip(request.box.xyxy, (-1, -1, 1, 1), strict=True))
            )
            assert intersection_area(grown, touching) > 0
        else:
            start, end = placement.leader
            assert rect.contains(start)
            assert request.box.contains(end)


@settings(max_examples=50, deadline=None)
@given(ANY)
def test_the_same_scene_gives_the_same_layout(scene: tuple[ImageSize, list[LabelRequest]]) -> None:
    """Placing is deterministic, so that the same inspection always gives the same picture."""
    picture, requests = scene
    assert place_labels(requests, picture) == place_labels(requests, picture)


def test_a_lone_label_stands_on_its_box_where_reading_starts() -> None:
    """With room all around, the longest form stands on the box, flush with its left edge."""
    layout = place_labels([_request(800, 400, 1000, 900)], HD)
    assert layout.placements == (Placement(form=0, left=800, top=364),)
    assert layout.strain == 0


def test_a_label_does_not_hide_the_head_of_its_person() -> None:
    """Hemmed in between others, from top to bottom of the picture, it lies on the feet."""
    person = _request(750, 0, 1170, 1080, has_head=True)
    others = [_request(0, 0, 750, 1080), _request(1170, 0, 1920, 1080)]
    (rect, *_) = _rects([person, *others], place_labels([person, *others], HD))
    head = Box(750, 0, 1170, 270)
    assert intersection_area(rect, person.box) > 0
    assert intersection_area(rect, head) == 0


def test_a_label_does_not_hide_another_object() -> None:
    """An object right above the box pushes the label to another side."""
    requests = [_request(800, 400, 1000, 900), _request(780, 330, 1120, 396)]
    first, _ = _rects(requests, place_labels(requests, HD))
    assert intersection_area(first, requests[1].box) == 0


def test_a_label_stands_off_with_a_leader_when_its_box_is_surrounded() -> None:
    """In the middle of a crowd the label moves to free ground and a line leads back."""
    crowd = [
        _request(500 + 70 * column, 300 + 100 * row, 560 + 70 * column, 390 + 100 * row)
        for column in range(5)
        for row in range(4)
    ]
    middle = _request(640, 500, 700, 590)
    placement = place_labels([middle, *crowd], HD).placements[0]
    assert placement is not None
    assert placement.leader is not None
    label = _rect(middle, placement)
    assert all(intersection_area(label, one.box) == 0 for one in crowd)


def test_leaders_do_not_run_behind_labels_where_they_can_help_it() -> None:
    """Six people side by side with long labels: no leader disappears behind another's label."""
    requests = [
        LabelRequest(Box(600 + 60 * i, 400, 650 + 60 * i, 700), FORMS[:1], has_head=True)
        for i in range(6)
    ]
    layout = place_labels(requests, HD)
    rects = _rects(requests, layout)
    leaders = [place.leader for place in layout.placements if place is not None]
    assert sum(leader is not None for leader in leaders) >= 2
    for own, leader in enumerate(leaders):
        if leader is None:
            continue
        (x1, y1), (x2, y2) = leader
        points = [(x1 + (x2 - x1) * i / 50, y1 + (y2 - y1) * i / 50) for i in range(51)]
        others = [rect for index, rect in enumerate(rects) if index != own]
        assert not any(rect.contains(point) for rect in others for point in points)


def test_a_label_says_less_before_it_hides_what_matters() -> None:
    """In a picture full of people a label shrinks to its number instead of covering heads."""
    picture = ImageSize(640, 200)
    people = [_request(4 + 80 * i, 40, 76 + 80 * i, 200, has_head=True) for i in range(8)]
    layout = place_labels(people, picture)
    forms = [placement.form for placement in layout.placements if placement is not None]
    assert 2 in forms
    heads = [Box(one.box.x1, 40, one.box.x2, 80) for one in people]
    assert not any(
        intersection_area(rect, head) for rect in _rects(people, layout) for head in heads
    )


def test_the_most_urgent_has_the_first_choice() -> None:
    """Where there is room for one long label, the first request gets it."""
    people = [_request(0, 40, 190, 100, has_head=True), _request(200, 40, 400, 100, has_head=True)]
    placements = place_labels(people, ImageSize(400, 100)).placements
    assert [placement.form for placement in placements if placement is not None] == [0, 2]


def test_strain_rises_with_the_crowd() -> None:
    """The figure by which a smaller text is chosen tells a crowd from an easy picture."""
    apart = [_request(100 + 350 * i, 500, 250 + 350 * i, 900, has_head=True) for i in range(5)]
    crowd = [_request(800 + 30 * i, 500, 950 + 30 * i, 900, has_head=True) for i in range(5)]
    assert place_labels(apart, HD).strain < 1 < place_labels(crowd, HD).strain


def test_very_many_labels_still_keep_apart() -> None:
    """Hundreds of small labels are placed without overlap where the picture has room for all."""
    spots = [(90 * (i % 20) + 40, 70 * (i // 20) + 60) for i in range(2 * MANY_LABELS)]
    requests = [
        LabelRequest(Box(x, y, x + 60, y + 40), (ImageSize(50, 20),), has_head=True)
        for x, y in spots
    ]
    rects = _rects(requests, place_labels(requests, HD))
    assert len(rects) == len(requests)
    assert not any(intersection_area(one, other) for one, other in combinations(rects, 2))
