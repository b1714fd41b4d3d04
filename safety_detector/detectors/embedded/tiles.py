"""Large pictures in parts, so that people who are small in them are seen.

Pure.  A picture is cut into overlapping tiles of equal size (``tiling``).  ``auto`` does so only
where somebody of ``shrinking.SMALL_PERSON_PX`` pixels would be lost in the picture as a whole.  At
most ``tiling.MAX_TILES`` are made, each of which costs as much as a small picture: enough for 64
megapixels.
"""

from __future__ import annotations

from safety_detector.detectors.shrinking import SMALL_PERSON_PX, loses_small_people
from safety_detector.detectors.tiling import MAX_TILES, TileBox, Tiling, cut_tiles, tiles_along
from safety_detector.domain.geometry import ImageSize

TILED_PERSON_PX = 16.0
"""Height at which a small person shall reach the network out of a tile: tiles are about as large as
a 720p camera's picture.  Smaller tiles find smaller people at several times the cost; what these
find and cost prints ``python -m benchmarks.tiling``."""


def plan_tiles(size: ImageSize, input_size: int, tiling: Tiling) -> list[TileBox]:
    """The tiles of a picture, row by row; none if it is looked at as a whole alone.

    Args:
        size: of the picture in pixels.
        input_size: longer side of what the network sees, in pixels.
        tiling: what was asked for.
    """
    if tiling.mode == "off":
        return []
    if tiling.mode == "grid":
        return cut_tiles(size, tiling.columns, tiling.rows)
    if not loses_small_people(input_size / max(size.width, size.height)):
        return []
    return cut_tiles(size, *_needed(size, input_size))


def least_scale(size: ImageSize, input_size: int, tiles: list[TileBox]) -> float:
    """The factor by which every part of the picture reaches the network at least once."""
    sides = [max(x2 - x1, y2 - y1) for x1, y1, x2, y2 in tiles]
    return input_size / max(sides, default=max(size.width, size.height))


def _needed(size: ImageSize, input_size: int) -> tuple[int, int]:
    """As many columns and rows as show a small person large enough, or as many as are allowed."""
    side = input_size * SMALL_PERSON_PX / TILED_PERSON_PX
    while True:
        columns, rows = tiles_along(size.width, side), tiles_along(size.height, side)
        if columns * rows <= MAX_TILES:
            return columns, rows
        side *= 1.02
