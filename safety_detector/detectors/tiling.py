"""How large pictures are cut into overlapping parts; the same for all detectors.

Pure.  Whether and how finely ``auto`` cuts is each detector's own (``embedded/tiles.py``,
``qwen/tiles.py``).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from safety_detector.domain.geometry import ImageSize

OVERLAP_SHARE = 0.2
"""Least share of a tile that its neighbour shows too."""

MAX_TILES = 64
"""Most tiles of one picture, whatever is asked for."""

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


def parse_tiling(text: str, most: int = MAX_TILES) -> Tiling:
    """The tiling that ``off``, ``auto`` or ``3x2`` (columns by rows) means.

    Raises:
        ValueError: it is none of these, or more than ``most`` tiles.
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
    if columns * rows > most:
        raise ValueError(
            f"{columns}x{rows} are {columns * rows} tiles, and at most {most} are looked at"
        )
    return Tiling("grid", columns, rows)


def cut_tiles(size: ImageSize, columns: int, rows: int) -> list[TileBox]:
    """The tiles of a picture, row by row; none where it is one."""
    if columns * rows == 1:
        return []
    across, down = _spans(size.width, columns), _spans(size.height, rows)
    return [(x1, y1, x2, y2) for y1, y2 in down for x1, x2 in across]


def tiles_along(length: int, side: float) -> int:
    """How many tiles of that side cover a length with their overlaps."""
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
