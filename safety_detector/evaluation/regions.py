"""How well the area of a hazard is found, however it is split into boxes.  Pure.

Where one flame ends and the next begins is anybody's choice, so average precision punishes boxes
that differ from the labels in nothing but where they are cut.  The union of the boxes does not
depend on that.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from safety_detector.domain.geometry import Box, iou


def union_area(boxes: Sequence[Box]) -> float:
    """Area that at least one of the boxes covers, in square pixels."""
    if not boxes:
        return 0.0
    corners = np.array([[one.x1, one.y1, one.x2, one.y2] for one in boxes])
    xs, ys = np.unique(corners[:, 0::2]), np.unique(corners[:, 1::2])
    covered = np.zeros((len(ys) - 1, len(xs) - 1), bool)
    for x1, y1, x2, y2 in corners:
        rows = slice(*np.searchsorted(ys, (y1, y2)))
        covered[rows, slice(*np.searchsorted(xs, (x1, x2)))] = True
    return float((np.diff(ys)[:, None] * np.diff(xs) * covered).sum())


def region_iou(first: Sequence[Box], second: Sequence[Box]) -> float:
    """IoU of the unions of two sets of boxes; 0.0 when either is empty."""
    either = union_area([*first, *second])
    if either == 0.0:
        return 0.0
    return (union_area(first) + union_area(second) - either) / either


def area_ratio(best: Box, truths: Sequence[Box]) -> float:
    """Area of a box in areas of the labelled box that it overlaps most."""
    return best.area / max(truths, key=lambda one: iou(best, one)).area
