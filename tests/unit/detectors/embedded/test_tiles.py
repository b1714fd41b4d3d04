from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety_detector.detectors.embedded.tiles import least_scale, plan_tiles
from safety_detector.detectors.shrinking import lost_people_reason
from safety_detector.detectors.tiling import AUTO, MAX_TILES, OFF, Tiling, parse_tiling
from safety_detector.domain.geometry import ImageSize

INPUT = 512
GRIDS = st.builds(
    lambda columns, rows: Tiling("grid", columns, rows), st.integers(1, 8), st.integers(1, 8)
)


@pytest.mark.parametrize("size", [(640, 480), (1280, 720), (1920, 1080), (2048, 2048)])
def test_ordinary_pictures_are_looked_at_once(size: tuple[int, int]) -> None:
    """A 1080p camera costs what it always did, and its pictures are complete."""
    picture = ImageSize(*size)
    assert plan_tiles(picture, INPUT, AUTO) == []
    assert lost_people_reason(picture, least_scale(picture, INPUT, [])) is None


@pytest.mark.parametrize(
    "size", [(2560, 1440), (3840, 2160), (4000, 3000), (8000, 4500), (9000, 700)]
)
def test_a_picture_in_which_small_people_were_lost_is_cut_by_itself(size: tuple[int, int]) -> None:
    """In a picture of 4K or more, somebody of 40 pixels reaches the network."""
    picture = ImageSize(*size)
    tiles = plan_tiles(picture, INPUT, AUTO)
    assert 40 * least_scale(picture, INPUT, tiles) >= 15
    assert lost_people_reason(picture, least_scale(picture, INPUT, tiles)) is None


@pytest.mark.parametrize("size", [(2560, 1440), (3840, 2160), (8000, 4500), (2160, 3840)])
def test_without_tiles_such_a_picture_says_who_was_lost(size: tuple[int, int]) -> None:
    """Whoever switches tiling off is told from which size on people are seen."""
    picture = ImageSize(*size)
    reason = lost_people_reason(
        picture, least_scale(picture, INPUT, plan_tiles(picture, INPUT, OFF))
    )
    assert reason is not None
    assert reason.facts["person_px"] == -(-max(size) * 10 // INPUT)


def test_the_number_of_tiles_is_bounded_and_beyond_it_the_picture_is_incomplete() -> None:
    """No picture costs more than so many looks; one that needed more says that it was shrunk."""
    huge = ImageSize(40_000, 30_000)
    tiles = plan_tiles(huge, INPUT, AUTO)
    assert 0 < len(tiles) <= MAX_TILES
    assert lost_people_reason(huge, least_scale(huge, INPUT, tiles)) is not None


@given(st.integers(1, 9000), st.integers(1, 9000), st.just(AUTO) | GRIDS)
def test_tiles_cover_the_picture_and_stay_inside(width: int, height: int, tiling: Tiling) -> None:
    """No part of a picture goes unseen, and none is looked at beyond its edge."""
    tiles = plan_tiles(ImageSize(width, height), INPUT, tiling)
    assert len(tiles) <= MAX_TILES
    covered_x = np.zeros(width, bool)
    covered_y = np.zeros(height, bool)
    for x1, y1, x2, y2 in tiles:
        assert 0 <= x1 < x2 <= width
        assert 0 <= y1 < y2 <= height
        covered_x[x1:x2] = True
        covered_y[y1:y2] = True
    if tiles:
        assert covered_x.all()
        assert covered_y.all()


@pytest.mark.parametrize("side", [2500, 3840, 8000])
def test_neighbouring_tiles_overlap(side: int) -> None:
    """A person on the border between two tiles is whole in one of them."""
    tiles = plan_tiles(ImageSize(side, 1000), INPUT, AUTO)
    for left, right in pairwise(tiles):
        assert left[2] - right[0] >= 150


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("off", "off"),
        ("AUTO", "auto"),
        ("3x2", "3x2"),
        ("4×3", "4x3"),
        ("true", "auto"),
        ("False", "off"),
    ],
)
def test_tilings_are_read_as_people_write_them(text: str, means: str) -> None:
    """Words of earlier versions go on working."""
    assert str(parse_tiling(text)) == means


@pytest.mark.parametrize("text", ["", "2", "x", "0x2", "2x0", "-1x2", "2x2x2", "fast", "1.5x2"])
def test_what_is_no_tiling_is_refused_with_what_would_be_one(text: str) -> None:
    """The message shows how to write it."""
    with pytest.raises(ValueError, match="columns by rows"):
        parse_tiling(text)


def test_more_tiles_than_are_looked_at_are_refused() -> None:
    """A slip of the finger does not make each picture cost a minute."""
    with pytest.raises(ValueError, match="at most 64"):
        parse_tiling("10x10")
