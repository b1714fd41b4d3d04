"""What is compared of two detectors: shares of things in pictures, and ranked boxes.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from safety_detector.detectors.embedded.raw_boxes import RawClass
from safety_detector.domain.hazards import Label, SubLabel
from safety_detector.evaluation.counting import judged_heads, match_boxes
from safety_detector.evaluation.figures import (
    HEADS,
    PICTURE_LEVEL,
    counts_of_boxes,
    scored_boxes,
)
from safety_detector.evaluation.resampling import FloatArray, average_precisions
from safety_detector.evaluation.running import Answered


@dataclass(frozen=True, slots=True)
class RankedBoxes:
    """The boxes of one class, picture by picture, and what each found.

    Attributes:
        scores, hits, pictures: one entry a box: its score, whether it found something, and the
            number of its picture.
        truths: labelled boxes of each picture.
    """

    scores: FloatArray
    hits: np.ndarray[Any, np.dtype[np.bool_]]
    pictures: np.ndarray[Any, np.dtype[np.intp]]
    truths: FloatArray

    def average_precisions(self, weights: np.ndarray[Any, np.dtype[np.float32]]) -> FloatArray:
        """AP50 of each draw; ``weights`` is how often each picture is in it, (draws, pictures)."""
        return average_precisions(self.scores, self.hits, self.pictures, self.truths, weights)

    def differs(self, other: RankedBoxes) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Of which pictures the two say something else."""
        pictures = range(len(self.truths))
        return np.array([self._of(one) != other._of(one) for one in pictures], np.bool_)

    def _of(self, picture: int) -> list[tuple[float, bool]]:
        first, last = np.searchsorted(self.pictures, [picture, picture + 1])
        scores, hits = self.scores[first:last].tolist(), self.hits[first:last].tolist()
        return list(zip(scores, hits, strict=True))


def rank_boxes(answers: Sequence[Answered], kind: RawClass) -> RankedBoxes:
    """The boxes of a class in all answers, as far as the pictures are labelled for it."""
    scores: list[float] = []
    hits: list[bool] = []
    pictures: list[int] = []
    truths = np.zeros(len(answers))
    for number, answer in enumerate(answers):
        if kind not in answer.picture.labelled:
            continue
        labelled = [one for one in answer.picture.boxes if one.kind is kind]
        truths[number] = len(answer.picture.counted(kind))
        boxes = sorted(
            (one for one in scored_boxes(answer, kind) if one.kind is kind),
            key=lambda one: -one.score,
        )
        matching = match_boxes([one.box for one in boxes], labelled)
        found = {index for index, _ in matching.found}
        for index in sorted([*found, *matching.false]):
            scores.append(boxes[index].score)
            hits.append(index in found)
            pictures.append(number)
    return RankedBoxes(
        np.array(scores, np.float64),
        np.array(hits, np.bool_),
        np.array(pictures, np.intp),
        truths,
    )


Share = Callable[[Answered], tuple[int, int]]

CLASS_NAMES: Mapping[RawClass, str] = {
    RawClass.FIRE: "fire",
    RawClass.SMOKE: "smoke",
    RawClass.PERSON: "people",
    RawClass.HEAD_HELMET: "heads with helmet",
    RawClass.HEAD_BARE: "bare heads",
}


def _false_alarm(kind: RawClass) -> Share:
    """Whether a picture that is known not to show the hazard is called so."""
    label = Label(kind.value)

    def share(answer: Answered) -> tuple[int, int]:
        if answer.picture.tells(kind) is not False:
            return 0, 0
        return any(one.hazard.label is label for one in answer.detections), 1

    return share


def _heads_called(kind: RawClass, state: SubLabel) -> Share:
    """Heads of a kind that are called by a state."""

    def share(answer: Answered) -> tuple[int, int]:
        heads = judged_heads(answer.picture, answer.detections)
        heads = [one for one in heads if one.kind is kind]
        return sum(one.called is state for one in heads), len(heads)

    return share


FALSE_SHARES: Mapping[str, Share] = {
    **{f"called {kind} where there is none": _false_alarm(kind) for kind in PICTURE_LEVEL},
    "bare heads called helmet": _heads_called(HEADS[1], SubLabel.HELMET),
    "helmets called no_helmet": _heads_called(HEADS[0], SubLabel.NO_HELMET),
}
"""Shares that should be low."""


def recall_at(kind: RawClass, threshold: float) -> Share:
    """Labelled boxes that are found."""

    def share(answer: Answered) -> tuple[int, int]:
        counts = counts_of_boxes(answer, kind, threshold)
        return counts.found, counts.found + counts.missed

    return share


def precision_at(kind: RawClass, threshold: float) -> Share:
    """Reported boxes that are right."""

    def share(answer: Answered) -> tuple[int, int]:
        counts = counts_of_boxes(answer, kind, threshold)
        return counts.found, counts.found + counts.false

    return share


def failed_runs(answer: Answered) -> tuple[int, int]:
    """Whether the run failed, of one."""
    return answer.error is not None, 1
