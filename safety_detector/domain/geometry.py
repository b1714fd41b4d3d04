"""Sizes and boxes in pixels: x to the right, y down, (0, 0) the picture's upper left corner."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageSize:
    """Width and height of a picture in pixels, both at least 1."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"a picture has at least one pixel a side, not {self}")

    def __str__(self) -> str:
        return f"{self.width}×{self.height}"

    @property
    def pixels(self) -> int:
        """Number of pixels."""
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle ``x1 < x2``, ``y1 < y2`` in pixels; the right and lower edges are exclusive."""

    x1: float
    y1: float
    x2: float
    y2: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) for value in self.xyxy):
            raise ValueError(f"a box needs finite corners, not {self.xyxy}")
        if self.x1 >= self.x2 or self.y1 >= self.y2:
            raise ValueError(f"a box needs x1 < x2 and y1 < y2, not {self.xyxy}")

    @property
    def xyxy(self) -> tuple[float, float, float, float]:
        """The corners as ``(x1, y1, x2, y2)``."""
        return (self.x1, self.y1, self.x2, self.y2)

    @property
    def width(self) -> float:
        """Width in pixels."""
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        """Height in pixels."""
        return self.y2 - self.y1

    @property
    def area(self) -> float:
        """Area in square pixels."""
        return self.width * self.height

    @property
    def centre(self) -> tuple[float, float]:
        """The middle point ``(x, y)`` in pixels."""
        return ((self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2)

    def contains(self, point_xy: tuple[float, float]) -> bool:
        """Whether the point lies in the box (right and lower edges excluded)."""
        x, y = point_xy
        return self.x1 <= x < self.x2 and self.y1 <= y < self.y2


def intersection_area(first: Box, second: Box) -> float:
    """Area shared by two boxes in square pixels; 0.0 where they do not meet."""
    width = min(first.x2, second.x2) - max(first.x1, second.x1)
    height = min(first.y2, second.y2) - max(first.y1, second.y1)
    return max(width, 0.0) * max(height, 0.0)


def iou(first: Box, second: Box) -> float:
    """Intersection over union of two boxes, 0.0 to 1.0."""
    shared = intersection_area(first, second)
    return shared / (first.area + second.area - shared)


def rescale(box: Box, from_size: ImageSize, to_size: ImageSize) -> Box:
    """The same box on a picture of another size, each axis scaled by itself."""
    scale_x = to_size.width / from_size.width
    scale_y = to_size.height / from_size.height
    return Box(box.x1 * scale_x, box.y1 * scale_y, box.x2 * scale_x, box.y2 * scale_y)


def fit_to_pixels(box: Box, size: ImageSize) -> Box | None:
    """The box with whole-pixel corners inside the picture, or None if nothing of it lies inside.

    Corners round to the nearest pixel edge; a box thinner than a pixel keeps one pixel, so that
    a small detection is never lost by rounding.
    """
    if box.x2 <= 0 or box.y2 <= 0 or box.x1 >= size.width or box.y1 >= size.height:
        return None
    x1, x2 = _whole_pixels(box.x1, box.x2, size.width)
    y1, y2 = _whole_pixels(box.y1, box.y2, size.height)
    return Box(x1, y1, x2, y2)


def _whole_pixels(start: float, end: float, limit: int) -> tuple[int, int]:
    first = min(max(round(start), 0), limit - 1)
    last = min(max(round(end), first + 1), limit)
    return first, last
