"""Large pictures in parts, so that people who are small in them are seen.

Pure.  A picture is cut into overlapping tiles of equal size.  ``auto`` does so only where somebody
of ``shrinking.SMALL_PERSON_PX`` pixels would be lost in the picture as a whole.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from safety_detector.detectors.shrinking import SMALL_PERSON_PX, loses_small_people
from safety_detector.domain.geometry import ImageSize

TILED_PERSON_PX = 16.0
"""Height at which a small person shall reach the network out of a tile: tiles are about as large as
a 720p camera's picture.  Smaller tiles find smaller people at several times the cost; what these
find and cost prints ``python -m benchmarks.tiling``."""

OVERLAP_SHARE = 0.2
"""Least share of a tile that its neighbour shows too."""

MAX_TILES = 64
"""Most tiles of one picture; each costs as much as a small picture.  Enough for 64 megapixels."""

_GRID = re.compile(r"([1-9][0-9]?)[x×]([1-9][0-9]?)", re.IGNORECASE)
_OLDER_WORDS = {"true": "auto", "1": "auto", "yes": "auto", "on": "auto"}
_OLDER_WORDS |= {"false": "off", "0": "off", "no": "off"}

TileBox = tuple[int, int, int, int]
"""Corners ``(x1, y1, x2, y2)`` in pixels of the picture."""


@dataclass(frozen=True, slots=True)
class Tiling:
    """How pictures are cut: never, by need, or always into so many columns and rows.

    >>> str(parse_tiling("3x2"))
    '3x2'
    """

    mode: str = "auto"
    columns: int = 1
    rows: int = 1

    def __str__(self) -> str:
        return f"{self.columns}x{self.rows}" if self.mode == "grid" else self.mode


AUTO = Tiling("auto")
OFF = Tiling("off")


def parse_tiling(text: str) -> Tiling:
    """The tiling that ``off``, ``auto`` or ``3x2`` (columns by rows) means.

    Raises:
        ValueError: it is none of these, or more than ``MAX_TILES`` tiles.
    """
    word = text.strip().lower()
    word = _OLDER_WORDS.get(word, word)
    if word in ("auto", "off"):
        return Tiling(word)
    grid = _GRID.fullmatch(word)
    if grid is None:
        raise ValueError(
            f"{text.strip()!r} is no tiling: write off, auto, or columns by rows, for example 3x2"
        )
    columns, rows = int(grid[1]), int(grid[2])
    if columns * rows > MAX_TILES:
        raise ValueError(
            f"{columns}x{rows} are {columns * rows} tiles, and at most {MAX_TILES} are looked at"
        )
    return Tiling("grid", columns, rows)


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
        columns, rows = tiling.columns, tiling.rows
    elif loses_small_people(input_size / max(size.width, size.height)):
        columns, rows = _needed(size, input_size)
    else:
        return []
    if columns * rows == 1:
        return []
    across, down = _spans(size.width, columns), _spans(size.height, rows)
    return [(x1, y1, x2, y2) for y1, y2 in down for x1, x2 in across]


def least_scale(size: ImageSize, input_size: int, tiles: list[TileBox]) -> float:
    """The factor by which every part of the picture reaches the network at least once."""
    sides = [max(x2 - x1, y2 - y1) for x1, y1, x2, y2 in tiles]
    return input_size / max(sides, default=max(size.width, size.height))


def _needed(size: ImageSize, input_size: int) -> tuple[int, int]:
    """As many columns and rows as show a small person large enough, or as many as are allowed."""
    side = input_size * SMALL_PERSON_PX / TILED_PERSON_PX
    while True:
        columns, rows = _count(size.width, side), _count(size.height, side)
        if columns * rows <= MAX_TILES:
            return columns, rows
        side *= 1.02


def _count(length: int, side: float) -> int:
    overlap = side * OVERLAP_SHARE
    return max(math.ceil((length - overlap) / (side - overlap)), 1)


def _spans(length: int, count: int) -> list[tuple[int, int]]:
    """Equal, overlapping, covering spans of one side."""
    count = min(count, length)
    span = min(math.ceil(length / (count - (count - 1) * OVERLAP_SHARE)), length)
    if count == 1:
        return [(0, length)]
    starts = [round(n * (length - span) / (count - 1)) for n in range(count)]
    return [(start, start + span) for start in starts]
