"""Large pictures in parts for the language model, so that people who are small in them are seen.

Pure.  The model is sent about as many pixels of every picture, so what is small in a large one
becomes smaller still.  Each part costs as much as a picture; ``python -m benchmarks.qwen_tiles``
prints what that is.
"""

from __future__ import annotations

import math

from safety_detector.detectors.qwen.dialects import Dialect, sent_size
from safety_detector.detectors.shrinking import SMALL_PERSON_PX
from safety_detector.detectors.tiling import TileBox, Tiling, cut_tiles
from safety_detector.domain.geometry import ImageSize
from safety_detector.errors import PictureUnsuitable

MAX_QWEN_TILES = 16
"""Most tiles of one picture: at the usual size of what is sent, enough for 33 megapixels (8K)."""

BEGIN_TILES_WITHIN = 2
"""Times the longest time for an answer, in which all tiles of a picture have to be begun: servers
that do not get that far have no room, and the picture waits."""

CUT_BELOW_PX = 16.0
"""``auto`` cuts a picture in which somebody of ``SMALL_PERSON_PX`` is sent smaller than this.  One
patch of the vision encoder has 14 pixels; at the usual size Full HD sends 27 of the 40, 2.5K 21 and
4K 14."""

TILED_PERSON_PX = 22.0
"""What the tiles shall send of the 40 pixels: nearly what is sent of a Full HD picture, in which
people are looked for without tiles."""


def plan_qwen_tiles(
    size: ImageSize, dialect: Dialect, max_pixels: int, tiling: Tiling
) -> list[TileBox]:
    """The parts that are asked about besides the whole picture; none if it is asked about alone.

    Args:
        size: of the picture.
        dialect: of the model.
        max_pixels: largest picture that is sent.
        tiling: what was asked for.
    """
    if tiling.mode == "off":
        return []
    if tiling.mode == "grid":
        tiles = cut_tiles(size, tiling.columns, tiling.rows)
    elif SMALL_PERSON_PX * sent_scale(size, dialect, max_pixels) >= CUT_BELOW_PX:
        return []
    else:
        tiles = cut_tiles(size, *_needed(size, max_pixels))
    # A strip of a picture can be longer and thinner than what the model takes; the picture is not.
    return tiles if all(_can_be_sent(tile, dialect, max_pixels) for tile in tiles) else []


def size_of_tile(tile: TileBox) -> ImageSize:
    """Width and height of a tile."""
    x1, y1, x2, y2 = tile
    return ImageSize(x2 - x1, y2 - y1)


def least_sent_scale(
    size: ImageSize, tiles: list[TileBox], dialect: Dialect, max_pixels: int
) -> float:
    """The factor by which every part of the picture is sent at least once."""
    sizes = [size_of_tile(tile) for tile in tiles] or [size]
    return min(sent_scale(one, dialect, max_pixels) for one in sizes)


def sent_scale(size: ImageSize, dialect: Dialect, max_pixels: int) -> float:
    """By which factor a picture is shrunk, or enlarged, to be sent; of the axis that loses more.

    Raises:
        PictureUnsuitable: the picture is too long and thin.
    """
    sent = sent_size(size, dialect, max_pixels)
    return min(sent.width / size.width, sent.height / size.height)


def _can_be_sent(tile: TileBox, dialect: Dialect, max_pixels: int) -> bool:
    try:
        sent_size(size_of_tile(tile), dialect, max_pixels)
    except PictureUnsuitable:
        return False
    return True


def _needed(size: ImageSize, max_pixels: int) -> tuple[int, int]:
    """The columns and rows that show a small person large enough, or as nearly as is allowed.

    The fewest tiles, unless they are strips: these cut more people than squares do, so a strip of
    1 : 4 counts twice.
    """
    most_pixels = max_pixels * (SMALL_PERSON_PX / TILED_PERSON_PX) ** 2

    def badness(grid: tuple[int, int]) -> tuple[float, float, float]:
        columns, rows = grid
        tiles = cut_tiles(size, columns, rows) or [(0, 0, size.width, size.height)]
        one = size_of_tile(tiles[0])
        ratio = max(one.width, one.height) / min(one.width, one.height)
        as_strip = 1 + max(math.log2(ratio / 2), 0)
        too_large = one.pixels / most_pixels * as_strip if one.pixels > most_pixels else 0.0
        return too_large, columns * rows * as_strip, ratio

    grids = [
        (columns, rows)
        for columns in range(1, MAX_QWEN_TILES + 1)
        for rows in range(1, MAX_QWEN_TILES // columns + 1)
    ]
    return min(grids, key=badness)
