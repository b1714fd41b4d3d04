import numpy as np
import pytest

from safety_detector.detectors.embedded.raw_boxes import RawBox, RawClass
from safety_detector.detectors.embedded.views import is_uncut, join_views
from safety_detector.detectors.tiling import TileBox
from safety_detector.domain.geometry import Box, ImageSize

SIZE = ImageSize(3800, 1200)
LEFT: TileBox = (0, 0, 1000, 1200)
RIGHT: TileBox = (800, 0, 1800, 1200)


def joined(
    whole: list[RawBox], tiles: list[tuple[TileBox, list[RawBox]]], whole_scale: float = 0.13
) -> list[RawBox]:
    """The views of one picture of 4K together."""
    return join_views(whole, tiles, whole_scale)


def person(box: Box, score: float = 0.8) -> RawBox:
    """A person's box as the network gives it."""
    return RawBox(RawClass.PERSON, box, score)


def test_a_box_that_an_inner_edge_cuts_is_left_to_the_neighbour() -> None:
    """Half a person at a tile's border is no second person; the picture's own edge cuts nobody."""
    boxes = np.array([[10, 20, 50, 90], [930, 20, 998, 90], [0, 20, 40, 90]], np.float32)
    assert is_uncut(boxes, LEFT, SIZE).tolist() == [True, False, True]
    assert is_uncut(boxes, RIGHT, SIZE).tolist() == [False, False, False]


def test_somebody_in_two_tiles_and_in_the_whole_is_one_person() -> None:
    """People are not doubled at seams."""
    seen = Box(850, 300, 910, 460)
    shifted = Box(853, 296, 914, 455)
    coarse = Box(840, 290, 930, 470)
    found = joined([person(coarse, 0.9)], [(LEFT, [person(seen)]), (RIGHT, [person(shifted, 0.7)])])
    assert [one.box for one in found] == [seen]


def test_two_people_whom_the_whole_picture_takes_for_one_are_two() -> None:
    """The nearer look tells."""
    one, other = Box(100, 300, 140, 400), Box(145, 300, 185, 400)
    found = joined([person(Box(98, 295, 188, 405), 0.9)], [(LEFT, [person(one), person(other)])])
    assert sorted(box.box.x1 for box in found) == [100, 145]


def test_people_side_by_side_in_two_tiles_stay_two() -> None:
    """Only boxes that show the same place are one."""
    found = joined(
        [], [(LEFT, [person(Box(820, 300, 870, 460))]), (RIGHT, [person(Box(860, 300, 910, 460))])]
    )
    assert len(found) == 2


def test_what_is_larger_than_the_overlap_comes_from_the_whole_picture() -> None:
    """Somebody who fills the frame is not taken apart by tiles."""
    large = Box(300, 50, 1500, 1190)
    found = joined([person(large, 0.6)], [(LEFT, [person(Box(320, 60, 980, 1180), 0.7)])])
    assert len(found) == 1


@pytest.mark.parametrize("kind", [RawClass.FIRE, RawClass.SMOKE])
def test_a_tile_tells_of_small_fires_alone(kind: RawClass) -> None:
    """A wall that fills a tile is no fire because of it: the whole picture shows it as well."""
    small = RawBox(kind, Box(100, 100, 200, 220), 0.7)
    large = RawBox(kind, Box(300, 100, 700, 600), 0.8)
    assert joined([], [(LEFT, [small, large])]) == [small]
    seen = RawBox(kind, large.box, 0.6)
    assert joined([seen], [(LEFT, [small, large])]) == [small, seen]
