"""Which parts of a large picture the language model is asked about."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety_detector.detectors.qwen.detector import DEFAULT_MAX_PIXELS
from safety_detector.detectors.qwen.dialects import DIALECT_NAMES, dialect_named, sent_size
from safety_detector.detectors.qwen.tiles import (
    CUT_BELOW_PX,
    MAX_QWEN_TILES,
    TILED_PERSON_PX,
    plan_qwen_tiles,
    sent_scale,
    size_of_tile,
)
from safety_detector.detectors.tiling import AUTO, OFF, OVERLAP_SHARE, TileBox, Tiling
from safety_detector.domain.geometry import ImageSize
from safety_detector.errors import PictureUnsuitable

DIALECT = dialect_named("qwen2.5-vl")


def tiles_of(width: int, height: int, tiling: Tiling = AUTO) -> list[TileBox]:
    """The tiles of a picture at the usual size of what is sent."""
    return plan_qwen_tiles(ImageSize(width, height), DIALECT, DEFAULT_MAX_PIXELS, tiling)


def person_px(tile: TileBox) -> float:
    """How many pixels of somebody of 40 are sent."""
    return 40 * sent_scale(size_of_tile(tile), DIALECT, DEFAULT_MAX_PIXELS)


@pytest.mark.parametrize("size", [(640, 480), (1920, 1080), (2560, 1440)])
def test_ordinary_pictures_cost_one_request(size: tuple[int, int]) -> None:
    """A camera of Full HD or 2.5K costs with auto what it always did."""
    assert tiles_of(*size) == []
    assert person_px((0, 0, *size)) >= CUT_BELOW_PX


@pytest.mark.parametrize(
    ("size", "count"),
    [((3840, 2160), 3), ((2160, 3840), 3), ((4000, 3000), 6), ((7680, 4320), 14), ((9000, 700), 3)],
)
def test_in_large_pictures_small_people_are_sent_larger(size: tuple[int, int], count: int) -> None:
    """Nearly as large as Full HD sends them, with as few requests as that takes."""
    tiles = tiles_of(*size)
    assert len(tiles) == count
    assert all(person_px(tile) >= 0.95 * TILED_PERSON_PX for tile in tiles)


def test_no_picture_takes_more_than_the_most() -> None:
    """Beyond it tiles are larger, and no strips."""
    tiles = tiles_of(12_000, 9_000)
    assert len(tiles) == MAX_QWEN_TILES
    assert size_of_tile(tiles[0]).width < 2 * size_of_tile(tiles[0]).height


def test_off_and_a_grid_are_what_they_say() -> None:
    """Off asks about no parts of any picture; a grid cuts small ones too."""
    assert tiles_of(7680, 4320, OFF) == []
    assert len(tiles_of(640, 480, Tiling("grid", 3, 2))) == 6
    assert tiles_of(640, 480, Tiling("grid", 1, 1)) == []


@pytest.mark.parametrize("name", DIALECT_NAMES)
@given(
    width=st.integers(1, 9000),
    height=st.integers(1, 9000),
    tiling=st.one_of(
        st.just(AUTO), st.builds(Tiling, st.just("grid"), st.integers(1, 4), st.integers(1, 4))
    ),
)
def test_tiles_cover_the_picture_and_can_all_be_sent(
    name: str, width: int, height: int, tiling: Tiling
) -> None:
    """Whatever a picture's shape, no part of it is refused that the picture itself is not."""
    dialect, size = dialect_named(name), ImageSize(width, height)
    try:
        tiles = plan_qwen_tiles(size, dialect, DEFAULT_MAX_PIXELS, tiling)
    except PictureUnsuitable:
        with pytest.raises(PictureUnsuitable):
            sent_size(size, dialect, DEFAULT_MAX_PIXELS)
        return
    assert len(tiles) <= MAX_QWEN_TILES
    for tile in tiles:
        sent_size(size_of_tile(tile), dialect, DEFAULT_MAX_PIXELS)
    for axis, length in ((0, width), (1, height)):
        spans = sorted({(tile[axis], tile[axis + 2]) for tile in tiles})
        if not spans:
            continue
        assert spans[0][0] == 0
        assert spans[-1][1] == length
        for (_, end), (start, stop) in pairwise(spans):
            assert end - start >= OVERLAP_SHARE * (stop - start) - 2
