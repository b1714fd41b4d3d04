"""One convention for fire and smoke: one box around each connected fire or plume.

The sets split a fire or a plume as their labellers pleased. People draw one box around a burning
thing, so the boxes of one class that touch, overlap or lie within a flame's width of each other
become one. `corrections.toml` lists where that would be wrong.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

# Largest gap between boxes of one fire or plume, in widths of the narrower one. A plume's boxes are
# wide, and between two plumes there is clear air: half is enough.
GAP_IN_WIDTHS: Mapping[str, float] = {"fire": 1.0, "smoke": 0.5}


def merge_connected(boxes: NDArray[np.float32], gap_in_widths: float) -> NDArray[np.float32]:
    """Union of the boxes (n, 4) xyxy that belong together, (m, 4), until none do any more."""
    groups = list(boxes)
    merged = True
    while merged:
        merged = False
        for first in range(len(groups)):
            for second in range(first + 1, len(groups)):
                if _belong_together(groups[first], groups[second], gap_in_widths):
                    groups[first] = _hull(groups[first], groups.pop(second))
                    merged = True
                    break
            if merged:
                break
    return np.array(groups, np.float32).reshape(-1, 4)


def _belong_together(
    first: NDArray[np.float32], second: NDArray[np.float32], gap_in_widths: float
) -> bool:
    gap = np.maximum(first[:2], second[:2]) - np.minimum(first[2:], second[2:])
    width = min(_narrower_side(first), _narrower_side(second))
    return bool(gap.max() <= gap_in_widths * width)


def _narrower_side(box: NDArray[np.float32]) -> float:
    return float((box[2:] - box[:2]).min())


def _hull(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.concatenate([np.minimum(first[:2], second[:2]), np.maximum(first[2:], second[2:])])
