"""The embedded detector's answer before it becomes hazards: five classes with scores.

Evaluation scores these; ``helmets`` and ``onnx_detector`` turn them into detections.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from safety_detector.domain.geometry import Box

FloatArray = NDArray[np.float32]

_SCORE_DIGITS = 4
_EVERY_SCORE = 0.0  # OpenCV asks for a lowest score; ours were filtered before


class RawClass(StrEnum):
    """What the network tells apart; a person and the person's head are separate boxes."""

    FIRE = "fire"
    SMOKE = "smoke"
    PERSON = "person"
    HEAD_HELMET = "head_helmet"
    HEAD_BARE = "head_bare"


@dataclass(frozen=True, slots=True)
class RawBox:
    """One box of one class.

    Attributes:
        box: pixels of the upright original, not rounded, clipped to the picture.
        score: 0.0 to 1.0, not a probability; a fixed function of what the network said.
        box_score: without what the whole picture says, so how sure it is that the thing is *here*;
            None where it is the same.
    """

    kind: RawClass
    box: Box
    score: float
    box_score: float | None = None

    @property
    def place_score(self) -> float:
        """How sure it is that the thing lies in this box."""
        return self.score if self.box_score is None else self.box_score


def as_shown(score: float) -> float:
    """The score with the digits that results show, so that one read off works as a threshold."""
    return round(score, _SCORE_DIGITS)


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """The scores from which boxes count.

    Attributes:
        own: thresholds of the weights, by which boxes are joined to things and people.
        asked: thresholds that are in force, from which a class counts.
        least_person_score: nobody is reported below it; 0.0 unless somebody asked for it.
    """

    own: Mapping[RawClass, float]
    asked: Mapping[RawClass, float]
    least_person_score: float = 0.0
    _least: Mapping[RawClass, float] = field(init=False)

    def __post_init__(self) -> None:
        least = {kind: min(self.own[kind], self.asked[kind]) for kind in RawClass}
        object.__setattr__(self, "_least", least)

    def least(self, kind: RawClass) -> float:
        """Scores of the class that are lower change nothing, however they are rounded."""
        return self._least[kind] - 10.0**-_SCORE_DIGITS

    def matters(self, one: RawBox) -> bool:
        """Whether the box reaches either threshold; others change nothing."""
        return as_shown(one.score) >= self._least[one.kind]

    def reaches(self, kind: RawClass, score: float) -> bool:
        """Whether a score of the class counts."""
        return as_shown(score) >= self.asked[kind]

    def is_sure(self, one: RawBox) -> bool:
        """Whether the box reaches the weights' own threshold."""
        return as_shown(one.score) >= self.own[one.kind]

    def counts(self, one: RawBox) -> bool:
        """Whether the box reaches the threshold in force."""
        return self.reaches(one.kind, one.score)


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """Everything the network says of one picture.

    Attributes:
        boxes: after non-maximum suppression by class, best score first.
        picture_scores: how sure it is that there is any fire, any smoke, 0.0 to 1.0, as the network
            says it; empty for weights without that output.  The best box of the class has it in
            its score already.
        timings_ms: milliseconds by stage (``prepare``, ``model``, ``parse``).
    """

    boxes: tuple[RawBox, ...]
    picture_scores: Mapping[RawClass, float] = field(default_factory=dict)
    timings_ms: Mapping[str, float] = field(default_factory=dict)


def suppress_duplicates(
    boxes: FloatArray, scores: FloatArray, max_iou: float, max_boxes: int
) -> NDArray[np.intp]:
    """Indices of the boxes that remain of one class, best score first.

    Greedy non-maximum suppression: a box goes when it overlaps a better one by more than
    ``max_iou``.

    Args:
        boxes: ``float32``, shape ``(n, 4)``, xyxy.
        scores: ``float32``, shape ``(n,)``, above 0.0.
        max_iou: 0.0 to 1.0.
        max_boxes: stop when so many are kept.
    """
    xywh = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    # OpenCV also takes arrays, which its type hints do not say; lists would cost a copy.
    kept = cv2.dnn.NMSBoxes(
        xywh.astype(np.float64),  # type: ignore[arg-type]
        scores,  # type: ignore[arg-type]
        _EVERY_SCORE,
        max_iou,
    )
    return np.array(kept, np.intp).reshape(-1)[:max_boxes]


def average_duplicates(
    boxes: FloatArray, scores: FloatArray, kept: NDArray[np.intp], min_iou: float
) -> tuple[FloatArray, FloatArray]:
    """The kept boxes, each moved to the mean of all that show the same object; and their votes.

    Box voting (Gidaris and Komodakis 2015): every candidate that overlaps a kept box by at least
    ``min_iou``, itself included, counts with the square of its score.  What has no sharp edge,
    smoke above all, is placed better by many than by the one that scored best.

    Args:
        boxes: all candidates, ``float32``, shape ``(n, 4)``, xyxy.
        scores: ``float32``, shape ``(n,)``, above 0.0.
        kept: indices from ``suppress_duplicates``, shape ``(k,)``.
        min_iou: 0.0 to 1.0; 1.0 leaves the boxes as they are.

    Returns:
        The moved boxes, shape ``(k, 4)``, and the weight of all that had a say in each, ``(k,)``.
    """
    weights = (_overlaps(boxes[kept], boxes) >= min_iou) * np.square(scores)
    weights[np.arange(len(kept)), kept] = np.square(scores[kept])
    votes: FloatArray = weights.sum(axis=1)
    averaged: FloatArray = (weights @ boxes) / votes[:, None]
    return averaged, votes


def weigh_rivals(
    scores: FloatArray, votes: FloatArray, agreement: float, rivalry: float
) -> FloatArray:
    """Scores of one class in one picture, each weighed against the best of them.

    Where one flame ends and the next begins is anybody's choice, so the network offers many boxes
    of nearly one score for one fire.  They are rivals: the more of them agree on a place, and the
    nearer one comes to the best, the more it keeps.  A box without a rival keeps its score.

    Args:
        scores: ``float32``, shape ``(k,)``, above 0.0.
        votes: from ``average_duplicates``, shape ``(k,)``.
        agreement: exponent on the votes relative to the most voted; 0.0 ignores them.
        rivalry: exponent on the score relative to the best; 0.0 leaves boxes independent.
    """
    if len(scores) == 0:
        return scores
    agreed = scores * (votes / votes.max()) ** np.float32(agreement)
    weighed: FloatArray = agreed * (agreed / agreed.max()) ** np.float32(rivalry)
    return weighed


def _overlaps(first: FloatArray, second: FloatArray) -> FloatArray:
    """IoU of every pair, shape ``(len(first), len(second))``."""
    # One array a side: numpy is several times slower along an axis of length 2 or 4.
    ax1, ay1, ax2, ay2 = (side[:, None] for side in first.T)
    bx1, by1, bx2, by2 = np.ascontiguousarray(second.T)
    width = np.minimum(ax2, bx2) - np.maximum(ax1, bx1)
    height = np.minimum(ay2, by2) - np.maximum(ay1, by1)
    shared = np.maximum(width, 0) * np.maximum(height, 0)
    union = (ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - shared
    overlaps: FloatArray = shared / np.maximum(union, np.finfo(np.float32).tiny)
    return overlaps


def of_kind(boxes: Sequence[RawBox], *kinds: RawClass) -> list[RawBox]:
    """The boxes of the named classes, in their order."""
    return [one for one in boxes if one.kind in kinds]
