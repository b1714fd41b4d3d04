"""How sure a figure, or the difference of two, is: resampling by groups, and exact tests.  Pure.

A camera's pictures of one day are one piece of evidence seen often; so groups are drawn, not
pictures (the cluster bootstrap), and both detectors are judged on the same draws, which takes out
what is hard about a picture for both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from safety_detector.evaluation.counting import wilson_interval
from safety_detector.evaluation.truth import LabelledPicture

FloatArray = NDArray[np.float64]

MOST_DRAWS, FEWEST_DRAWS = 2_000, 200
"""Resamples; the bounds of a 95 % interval then rest on 50 draws each side, on 5 at least."""

_MOST_WEIGHTS = 20_000_000  # 80 MB: beyond 10,000 pictures there are fewer draws

CONFIDENCE = 0.95

_SEED = 20261130  # the same answers give the same interval on every machine

_RECALLS = np.linspace(0.0, 1.0, 101)  # where COCO reads the precision-recall curve


def group_numbers(pictures: Sequence[LabelledPicture]) -> NDArray[np.intp]:
    """For each picture the number of its group; a picture without one is a group of its own."""
    numbers: dict[tuple[str, str | int], int] = {}
    found = []
    for index, picture in enumerate(pictures):
        key = ("picture", index) if picture.group is None else ("group", picture.group)
        found.append(numbers.setdefault(key, len(numbers)))
    return np.array(found, np.intp)


class Resampler:
    """Draws groups with replacement, always the same draws for the same groups.

    Args:
        groups: for each picture its group (``group_numbers``), shape ``(n,)``.
    """

    def __init__(self, groups: NDArray[np.intp]) -> None:
        self._groups = groups
        count = int(groups.max(initial=-1)) + 1
        number = min(max(_MOST_WEIGHTS // max(len(groups), 1), FEWEST_DRAWS), MOST_DRAWS)
        self._weights: NDArray[np.float32] = np.zeros((number, len(groups)), np.float32)
        random = np.random.default_rng(_SEED)
        for row in self._weights:
            row[:] = np.bincount(random.integers(count, size=count), minlength=count)[groups]

    @property
    def weights(self) -> NDArray[np.float32]:
        """How often each picture is in each draw, shape ``(draws, n)``."""
        return self._weights

    def ratios(self, parts: FloatArray, wholes: FloatArray) -> FloatArray:
        """The share of the parts in the wholes in each draw, NaN where a draw has none.

        Args:
            parts: of each picture, shape ``(n,)``.
            wholes: of each picture, shape ``(n,)``.
        """
        over = (self._weights @ wholes).astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            shares: FloatArray = np.where(over > 0, (self._weights @ parts) / over, np.nan)
        return shares

    def share_interval(self, parts: FloatArray, wholes: FloatArray) -> tuple[float, float] | None:
        """The 95 % interval of a share over all pictures.

        Of none or all of them every draw says the same, and yet the next picture may be the first
        other one: then it is Wilson's, of as many trials as there are groups.
        """
        total = wholes.sum()
        if 0 < parts.sum() < total:
            return interval(self.ratios(parts, wholes))
        trials = self.groups_with(wholes > 0)
        return wilson_interval(trials if parts.sum() else 0, trials)

    def groups_with(self, differs: NDArray[np.bool_]) -> int:
        """How many groups have a picture of which this is true."""
        return len(np.unique(self._groups[differs]))


def interval(values: FloatArray) -> tuple[float, float] | None:
    """The middle 95 % of the draws (percentile bootstrap); None where fewer than half have any."""
    known = values[~np.isnan(values)]
    if len(known) < len(values) / 2:
        return None
    tail = (1 - CONFIDENCE) / 2 * 100
    low, high = np.percentile(known, [tail, 100 - tail])
    return float(low), float(high)


def mcnemar_p(gained: int, lost: int) -> float | None:
    """The exact two-sided p-value that answers change in either direction alike (McNemar 1947).

    Args:
        gained: answers that were wrong and are right.
        lost: answers that were right and are wrong.

    Returns:
        None where no answer changed.
    """
    changed = gained + lost
    if changed == 0:
        return None
    tail: float = sum(math.comb(changed, k) for k in range(min(gained, lost) + 1)) / 2**changed
    return min(2 * tail, 1.0)


def average_precisions(
    scores: FloatArray,
    hits: NDArray[np.bool_],
    pictures: NDArray[np.intp],
    truths: FloatArray,
    weights: NDArray[np.float32],
) -> FloatArray:
    """COCO's average precision of one class at one overlap, in each draw.

    The precision at 101 recalls, each the best at that recall or beyond.  Which box finds what
    depends on its own picture alone, so a draw changes weights and nothing else.

    Args:
        scores: of all boxes that count, shape ``(m,)``.
        hits: whether each found something, ``(m,)``.
        pictures: the picture of each, ``(m,)``.
        truths: how many there are to be found in each picture, ``(n,)``.
        weights: how often each picture is in each draw, ``(draws, n)``.

    Returns:
        Shape ``(draws,)``; NaN for draws with nothing to be found.
    """
    order = np.argsort(-scores, kind="stable")
    hits, pictures = hits[order], pictures[order]
    totals = weights @ truths
    found: FloatArray = np.full(len(weights), np.nan)
    for draw, row in enumerate(weights):
        if totals[draw] == 0:
            continue
        weight = row[pictures]
        right = np.cumsum(weight * hits)
        precision = right / np.maximum(np.cumsum(weight), np.finfo(np.float64).eps)
        best = np.maximum.accumulate(precision[::-1])[::-1]
        at = np.searchsorted(right / totals[draw], _RECALLS, side="left")
        reached = at < len(best)
        found[draw] = best[at[reached]].sum() / len(_RECALLS) if reached.any() else 0.0
    return found
