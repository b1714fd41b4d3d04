"""Geometry of many rectangles and lines at once.

Rectangles are rows ``(left, top, right, bottom)`` and lines rows ``(x1, y1, x2, y2)``: ``float64``
arrays of shape ``(n, 4)``, in pixels.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Truths: TypeAlias = NDArray[np.bool_]


def areas_of(rects: Floats) -> Floats:
    """Areas ``(n,)`` in square pixels."""
    return np.asarray((rects[:, 2] - rects[:, 0]) * (rects[:, 3] - rects[:, 1]))


def shared_areas(rects: Floats, others: Floats) -> Floats:
    """Areas ``(n, m)`` that each of n rectangles shares with each of m others."""
    left, top, right, bottom = rects.T[:, :, np.newaxis]
    width: Floats = np.minimum(right, others[:, 2])
    width -= np.maximum(left, others[:, 0])
    height = np.minimum(bottom, others[:, 3])
    height -= np.maximum(top, others[:, 1])
    np.maximum(width, 0.0, out=width)
    width *= np.maximum(height, 0.0, out=height)
    return width


def nearest_lines(rects: Floats, box: Floats) -> tuple[Floats, Floats]:
    """Short lines ``(n, 4)`` from rectangles to a box ``(4,)``, and how far the two are apart.

    A line starts at the pixel of the rectangle that is nearest to the middle of the box.  The
    distance ``(n,)`` is the larger one of those along x and along y, 0 or less where they meet.
    """
    middle = (box[:2] + box[2:]) / 2
    start = np.minimum(np.maximum(middle, rects[:, :2]), rects[:, 2:] - 1)
    end = np.minimum(np.maximum(start, box[:2]), box[2:] - 1)
    gap = np.maximum(box[:2] - rects[:, 2:], rects[:, :2] - box[2:])
    return np.hstack((start, end)), np.maximum(gap[:, 0], gap[:, 1])


def lines_through(lines: Floats, rects: Floats) -> Truths:
    """Which of n lines run through the inside of which of m rectangles, ``(n, m)``.

    The slab method: a line is inside while it is between both pairs of opposite edges.
    """
    start = lines[:, np.newaxis, :2]
    along = lines[:, np.newaxis, 2:] - start
    along = np.where(along == 0, 1e-9, along)  # so that a line along an axis can divide
    first, last = (rects[:, :2] - start) / along, (rects[:, 2:] - start) / along
    enter = np.minimum(first, last).max(axis=2)
    leave = np.maximum(first, last).min(axis=2)
    return np.asarray((enter < leave) & (leave > 0) & (enter < 1))


def lines_across(lines: Floats, others: Floats) -> Truths:
    """Which of n lines cross which of m others, ``(n, m)``; lines that only touch do not."""
    a, b = lines[:, np.newaxis, :2], lines[:, np.newaxis, 2:]
    c, d = others[:, :2], others[:, 2:]
    return np.asarray((_turn(a, b, c) * _turn(a, b, d) < 0) & (_turn(c, d, a) * _turn(c, d, b) < 0))


def _turn(start: Floats, end: Floats, point: Floats) -> Floats:
    """Positive where the way from start over end to the point turns to one side, else negative."""
    ahead, aside = end - start, point - start
    return np.asarray(ahead[..., 0] * aside[..., 1] - ahead[..., 1] * aside[..., 0])
