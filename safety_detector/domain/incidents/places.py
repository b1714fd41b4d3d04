"""Whether two boxes are at the same place."""

from __future__ import annotations

import math
from collections.abc import Iterable

from safety_detector.domain.camera_rules import Polygon
from safety_detector.domain.geometry import Box, iou

_POINTS = 8
"""A side: of 64 points spread over a box it is asked whether they lie in a polygon."""

_INSIDE = 0.5


def share_inside(box: Box, polygon: Polygon) -> float:
    """How much of a box lies in a polygon, 0.0 to 1.0."""
    steps = [(number + 0.5) / _POINTS for number in range(_POINTS)]
    inside = sum(
        polygon.holds(box.x1 + across * box.width, box.y1 + down * box.height)
        for across in steps
        for down in steps
    )
    return inside / (_POINTS * _POINTS)


def is_inside(box: Box, polygon: Polygon) -> bool:
    """Whether a box lies in a polygon, by half at least."""
    return share_inside(box, polygon) >= _INSIDE


def gap(first: Box, second: Box) -> float:
    """The distance between two boxes' nearest points; 0.0 where they touch or overlap."""
    across = max(first.x1 - second.x2, second.x1 - first.x2, 0.0)
    down = max(first.y1 - second.y2, second.y1 - first.y2, 0.0)
    return math.hypot(across, down)


def is_near(first: Box, second: Box, reach: float) -> bool:
    """Whether two boxes overlap, touch, or lie within ``reach`` of the larger one's longer side."""
    longest = max(first.width, first.height, second.width, second.height)
    return gap(first, second) <= reach * longest


def closeness(box: Box, places: Iterable[Box]) -> tuple[float, float]:
    """How well a box fits to one of several places; the higher, the better: overlap, then gap."""
    return max((iou(box, place), -gap(box, place)) for place in places)


def around(boxes: Iterable[Box]) -> Box:
    """The smallest box with all of them in it."""
    corners = [box.xyxy for box in boxes]
    return Box(
        min(one[0] for one in corners),
        min(one[1] for one in corners),
        max(one[2] for one in corners),
        max(one[3] for one in corners),
    )
