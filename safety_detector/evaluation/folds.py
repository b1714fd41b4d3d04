"""Parts of a set that know nothing of each other: fitted on some, tried on another.  Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from safety_detector.evaluation.resampling import group_numbers
from safety_detector.evaluation.truth import LabelledPicture

_SEED = 20261130  # the same pictures are in the same fold on every machine


def fold_numbers(pictures: Sequence[LabelledPicture], folds: int) -> NDArray[np.intp]:
    """For each picture the number of its fold, from 0; a group is never divided.

    Args:
        pictures: of one set, in its order.
        folds: how many; with fewer groups than that some stay empty.
    """
    groups = group_numbers(pictures)
    count = int(groups.max(initial=-1)) + 1
    shuffled = np.random.default_rng(_SEED).permutation(count)
    of_group = np.empty(count, np.intp)
    of_group[shuffled] = np.arange(count) % folds
    return of_group[groups]
