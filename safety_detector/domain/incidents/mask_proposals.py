"""A mask for a place where nothing was what it seemed: where false alarms were, with a margin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from safety_detector.domain.camera_rules import Mask, Polygon, WatchedHazard
from safety_detector.domain.geometry import Box
from safety_detector.domain.incidents.places import around, is_inside, is_near, share_inside

LARGEST_SHARE: Final = 0.5
"""Of the picture: a mask of more would make the camera blind, and something else is wrong."""

_MARGIN: Final = 0.1  # of the place's sides; boxes of the same thing waver by about so much
_LEAST_MARGIN: Final = 0.01  # of the picture's
_DIGITS: Final = 4
_REACH: Final = 0.5  # as of a fire: in lengths of the larger box's longer side


def is_same_place(first: Box, second: Box) -> bool:
    """Whether two boxes are at one place; people that walk are where they were seen."""
    return is_near(first, second, _REACH)


def place_of(boxes: Sequence[Box]) -> Polygon:
    """A rectangle with all boxes in it and a margin, within the picture."""
    whole = around(boxes)
    across = max(_MARGIN * whole.width, _LEAST_MARGIN)
    down = max(_MARGIN * whole.height, _LEAST_MARGIN)
    left, top = max(whole.x1 - across, 0.0), max(whole.y1 - down, 0.0)
    right, bottom = min(whole.x2 + across, 1.0), min(whole.y2 + down, 1.0)
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return Polygon(tuple((round(x, _DIGITS), round(y, _DIGITS)) for x, y in corners))


def share_of_picture(polygon: Polygon) -> float:
    """How much of the picture a polygon covers, 0.0 to 1.0, to a few hundredths."""
    return share_inside(Box(0.0, 0.0, 1.0, 1.0), polygon)


def is_masked(box: Box, hazards: Sequence[WatchedHazard], mask: Mask) -> bool:
    """Whether a mask hides a box with such hazards."""
    return set(hazards) <= set(mask.hazards) and is_inside(box, mask.polygon)
