"""One convention for fire and smoke: one box around each connected fire or plume.

The sets split a fire or a plume as their labellers pleased. People draw one box around a burning
thing, so the boxes of one class that touch, overlap or lie within a flame's width of each other
become one, unless their hull would mostly show what is between them: single flames over a wide
place are several fires. `corrections.toml` lists where that would be wrong.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from safety_detector.domain.geometry import Box
from safety_detector.evaluation.regions import union_area

# Largest gap between boxes of one fire or plume, in widths of the narrower one. A plume's boxes are
# wide, and between two plumes there is clear air: half is enough.
GAP_IN_WIDTHS: Mapping[str, float] = {"fire": 1.0, "smoke": 0.5}

# Boxes that do not touch become one only if they fill at least this share of the box around them.
# Without it a quarter of the fires of one set were taught as boxes that showed no fire in four
# tenths of their area or more.
LEAST_FILLED = 0.6


def merge_connected(boxes: NDArray[np.float32], gap_in_widths: float) -> NDArray[np.float32]:
    """Union of the boxes (n, 4) xyxy that belong together, (m, 4), until none do any more.

    The two that fill the box around them best come first, so the order of the boxes is no matter.
    """
    groups = [box[None] for box in boxes]
    while True:
        pairs = [
            (_filled(np.concatenate([groups[first], groups[second]])), first, second)
            for first in range(len(groups))
            for second in range(first + 1, len(groups))
            if _are_near(_hull(groups[first]), _hull(groups[second]), gap_in_widths)
        ]
        fitting = [
            (filled, first, second)
            for filled, first, second in pairs
            if filled >= LEAST_FILLED or _are_near(_hull(groups[first]), _hull(groups[second]), 0.0)
        ]
        if not fitting:
            return np.array([_hull(group) for group in groups], np.float32).reshape(-1, 4)
        _, first, second = max(fitting)
        groups[first] = np.concatenate([groups[first], groups.pop(second)])


def _are_near(
    first: NDArray[np.float32], second: NDArray[np.float32], gap_in_widths: float
) -> bool:
    gap = np.maximum(first[:2], second[:2]) - np.minimum(first[2:], second[2:])
    width = min(_narrower_side(first), _narrower_side(second))
    return bool(gap.max() <= gap_in_widths * width)


def _narrower_side(box: NDArray[np.float32]) -> float:
    return float((box[2:] - box[:2]).min())


def _hull(group: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.concatenate([group[:, :2].min(axis=0), group[:, 2:].max(axis=0)])


def _filled(group: NDArray[np.float32]) -> float:
    """Share of the hull of boxes (n, 4) that they cover."""
    covered = union_area([Box(*map(float, box)) for box in group])
    whole = union_area([Box(*map(float, _hull(group)))])
    return covered / max(whole, 1e-6)
