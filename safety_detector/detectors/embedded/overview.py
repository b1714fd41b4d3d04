"""A second look at a whole picture, made smaller, for what is large in it.

Pure.  A head that fills half of a picture, a plume across all of it: the network puts several boxes
inside such a thing at full size and one around it at half, where it is no larger than what training
showed most.  So each look tells of the sizes that it sees best, and what lies between comes from
both; what they show twice is averaged with all other duplicates.
"""

from __future__ import annotations

import numpy as np

from safety_detector.detectors.embedded.raw_boxes import FloatArray

SHARED_SIZES = 1.3
"""The full look still counts up to this multiple of the side from which the overview counts."""


def join_looks(
    full: tuple[FloatArray, FloatArray], overview: tuple[FloatArray, FloatArray], least_side: float
) -> tuple[FloatArray, FloatArray]:
    """The boxes of two looks at one picture that each sees well.

    Args:
        full: boxes, shape ``(n, 4)``, xyxy in pixels of the picture, and scores ``(n, classes)``.
        overview: the same of the picture made smaller.
        least_side: longer side in pixels from which a box of the overview counts.
    """
    near = _longer_side(full[0]) < SHARED_SIZES * least_side
    far = _longer_side(overview[0]) >= least_side
    boxes: FloatArray = np.concatenate([full[0][near], overview[0][far]])
    scores: FloatArray = np.concatenate([full[1][near], overview[1][far]])
    return boxes, scores


def _longer_side(boxes: FloatArray) -> FloatArray:
    sides: FloatArray = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0.0)
    return sides
