"""How often detections with such a score were right on labelled pictures.  Pure.

What is right says ``right_detections``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from safety_detector.detectors.score_calibration import TABLE_FORMAT, CalibratedClass, share_at
from safety_detector.domain.detections import ScoreFrom
from safety_detector.errors import AnnotationsInvalid
from safety_detector.evaluation.counting import (
    wilson_interval,
)
from safety_detector.evaluation.folds import fold_numbers
from safety_detector.evaluation.right_detections import (
    fits,
    judge_detections,
    tells_of_all,
    things_of,
)
from safety_detector.evaluation.running import Answered
from safety_detector.evaluation.saved import JudgedBy, SavedAnswers

FEWEST_BOXES = 30
"""Labelled detections of a class below which there is no curve: the 95 % interval of a share would
be 0.36 wide."""

FOLDS = 5
"""Parts of the set for the errors before and after; a curve is tried on pictures that it was not
made of."""

MOST_BINS = 10
FEWEST_IN_BIN = 10
"""Bins of equally many boxes, so that each share rests on as much."""

FEWEST_OF_A_KIND = 10
"""Detections that could have been right, and as many that could have been wrong: who only confirmed
alarms, or only dismissed them, says nothing of the share."""

_ERROR_BINS = 10  # equally wide, as in Guo et al. 2017
_DIGITS = 4
_CURVE_DIGITS = 6

FloatArray = NDArray[np.float64]
Curve = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """One detection with a score, and whether it was right.

    Attributes:
        could_be_right: whether its picture has anything labelled that it could have found.
        could_be_wrong: whether its picture is labelled for all that it could have found.
    """

    kind: CalibratedClass
    score: float
    is_right: bool
    could_be_right: bool
    could_be_wrong: bool
    fold: int


@dataclass(frozen=True, slots=True)
class Bin:
    """Detections with neighbouring scores."""

    lowest: float
    highest: float
    mean: float
    boxes: int
    right: int

    @property
    def share(self) -> float:
        """Of these that were right."""
        return self.right / self.boxes

    @property
    def interval(self) -> tuple[float, float]:
        """Of that share, 95 %."""
        return wilson_interval(self.right, self.boxes) or (0.0, 1.0)


class LeftOut(StrEnum):
    """Why a table has no curve for a class."""

    TOO_FEW = f"fewer than {FEWEST_BOXES} labelled detections with a score"
    ONE_SIDED = (
        f"fewer than {FEWEST_OF_A_KIND} detections could have been right, or wrong: pictures that "
        "show it are needed, and pictures that are labelled for all of it"
    )
    UNTRIED = "all pictures are of one group: nothing to try a curve on"
    NO_BETTER = "on pictures that it was not made of the curve was no better than the score"


@dataclass(frozen=True, slots=True)
class Errors:
    """How far numbers are from the shares that were right.

    Attributes:
        calibration: expected calibration error, weighted mean over ten equally wide bins.
        brier: mean of the squared difference from right (1) or wrong (0).
    """

    calibration: float
    brier: float


@dataclass(frozen=True, slots=True)
class ClassCalibration:
    """What the scores of one class are worth.

    Attributes:
        bins: by rising score.
        is_one_sided: whether hardly any could have been right, or hardly any wrong.
        curve: points (score, share); empty where there are too few boxes, or one-sided ones.
        before: the errors of the scores, taken for shares.
        after: those of the curve on pictures that it was not made of; None without a curve.
    """

    kind: CalibratedClass
    boxes: int
    right: int
    is_one_sided: bool
    bins: tuple[Bin, ...]
    curve: Curve
    before: Errors
    after: Errors | None

    @property
    def left_out(self) -> LeftOut | None:
        """Why the table leaves the class out; None where it does not."""
        if not self.curve:
            return LeftOut.ONE_SIDED if self.is_one_sided else LeftOut.TOO_FEW
        if self.after is None:
            return LeftOut.UNTRIED
        return None if self.after.brier < self.before.brier else LeftOut.NO_BETTER


@dataclass(frozen=True, slots=True)
class Calibration:
    """A detector's scores on a labelled set.

    Attributes:
        judged_by: the detector.
        score_from: the kind of its scores.
        pictures: of the set.
        unscored: detections without a score, which are not among the boxes.
        classes: those of which anything was judged.
    """

    judged_by: JudgedBy
    score_from: ScoreFrom
    pictures: int
    unscored: int
    classes: tuple[ClassCalibration, ...]

    def document(self) -> dict[str, Any]:
        """The table, as it is written and as ``score_calibration`` reads it."""
        return {
            "format": TABLE_FORMAT,
            "backend": self.judged_by.backend,
            "model": self.judged_by.model,
            "prompt_version": self.judged_by.prompt_version,
            "score_from": self.score_from.value,
            "pictures": self.pictures,
            "unscored": self.unscored,
            "classes": {one.kind.value: _document(one) for one in self.classes if not one.left_out},
            "left_out": {one.kind.value: one.left_out for one in self.classes if one.left_out},
        }


def calibrate(saved: SavedAnswers) -> Calibration:
    """What a detector's scores are worth on labelled pictures.

    Raises:
        AnnotationsInvalid: there is no class of which a table would tell more than the score.
    """
    pictures = [one.picture for one in saved.answers]
    folds = fold_numbers(pictures, FOLDS)
    # While no model server could be used, the embedded detector may have stood in.
    own = ScoreFrom.TOKENS if saved.judged_by.backend == "qwen" else ScoreFrom.DETECTOR
    scored = [
        one
        for answer, fold in zip(saved.answers, folds, strict=True)
        for one in _judged(answer, own, int(fold))
    ]
    found = [one for answer in saved.answers for one in answer.detections]
    classes = tuple(
        _of_class(kind, of_kind)
        for kind in CalibratedClass
        if (of_kind := [one for one in scored if one.kind is kind])
    )
    if all(one.left_out for one in classes):
        raise AnnotationsInvalid(
            "nothing-calibrated",
            boxes=len(scored),
            unscored=sum(one.score is None for one in found),
            listed="; ".join(f"{one.kind}: {one.left_out}" for one in classes) or "no class",
        )
    return Calibration(
        saved.judged_by,
        own,
        len(pictures),
        sum(one.score is None for one in found),
        classes,
    )


def _judged(answer: Answered, own: ScoreFrom, fold: int) -> Iterator[Judged]:
    for detection, is_right in judge_detections(answer.picture, answer.detections):
        if detection.score is not None and detection.score_from is own:
            kind = CalibratedClass.of(detection.hazard)
            fitting = [fits(kind, one) for one in things_of(kind, answer.picture)]
            yield Judged(
                kind,
                detection.score,
                is_right,
                could_be_right=any(fitting),
                could_be_wrong=tells_of_all(kind, answer.picture) or not all(fitting),
                fold=fold,
            )


def _of_class(kind: CalibratedClass, judged: Sequence[Judged]) -> ClassCalibration:
    scores = np.array([one.score for one in judged])
    right = np.array([one.is_right for one in judged], np.float64)
    folds = np.array([one.fold for one in judged])
    bins = _bins(scores, right)
    fewest = min(
        sum(one.could_be_right for one in judged), sum(one.could_be_wrong for one in judged)
    )
    is_one_sided = len(judged) >= FEWEST_BOXES and fewest < FEWEST_OF_A_KIND
    is_enough = len(judged) >= FEWEST_BOXES and not is_one_sided
    curve = fit_curve(scores, right) if is_enough else ()
    return ClassCalibration(
        kind,
        len(judged),
        int(right.sum()),
        is_one_sided,
        bins,
        curve,
        _errors(scores, right),
        _errors_by_folds(scores, right, folds) if curve else None,
    )


def _bins(scores: FloatArray, right: FloatArray) -> tuple[Bin, ...]:
    """As many boxes in each, by rising score; boxes of one score are in one bin."""
    order = np.argsort(scores, kind="stable")
    scores, right = scores[order], right[order]
    number = min(max(len(scores) // FEWEST_IN_BIN, 1), MOST_BINS)
    edges = [round(part * len(scores) / number) for part in range(1, number)]
    starts = [0]
    for edge in edges:
        start = int(np.searchsorted(scores, scores[edge], side="left"))
        if start > starts[-1]:
            starts.append(start)
    ends = [*starts[1:], len(scores)]
    return tuple(
        Bin(
            float(scores[start]),
            float(scores[end - 1]),
            float(scores[start:end].mean()),
            end - start,
            int(right[start:end].sum()),
        )
        for start, end in zip(starts, ends, strict=True)
    )


def fit_curve(scores: FloatArray, right: FloatArray) -> Curve:
    """A rising curve through the bins' shares.

    Neighbours whose shares fall are joined until none does (pool adjacent violators, Ayer et al.
    1955).  Half a right and half a wrong box are added to each (Jeffreys), so that ten right ones
    of ten are no certainty.
    """
    blocks: list[tuple[float, int, int]] = []  # mean score, boxes, right
    for one in _bins(scores, right):
        blocks.append((round(one.mean, _CURVE_DIGITS), one.boxes, one.right))
        while len(blocks) > 1 and not _rises(blocks[-2], blocks[-1]):
            blocks[-2:] = [_joined(blocks[-2], blocks[-1])]
    return tuple((one[0], round(_share(one), _CURVE_DIGITS)) for one in blocks)


def _rises(first: tuple[float, int, int], second: tuple[float, int, int]) -> bool:
    return first[0] < second[0] and _share(first) < _share(second)


def _share(block: tuple[float, int, int]) -> float:
    return (block[2] + 0.5) / (block[1] + 1.0)


def _joined(
    first: tuple[float, int, int], second: tuple[float, int, int]
) -> tuple[float, int, int]:
    boxes = first[1] + second[1]
    return (
        round((first[0] * first[1] + second[0] * second[1]) / boxes, _CURVE_DIGITS),
        boxes,
        first[2] + second[2],
    )


def _errors(said: FloatArray, right: FloatArray) -> Errors:
    bins = np.minimum((said * _ERROR_BINS).astype(int), _ERROR_BINS - 1)
    gaps = [
        abs(said[here].mean() - right[here].mean()) * here.sum()
        for here in (bins == number for number in range(_ERROR_BINS))
        if here.any()
    ]
    return Errors(float(sum(gaps) / len(said)), float(((said - right) ** 2).mean()))


def _errors_by_folds(scores: FloatArray, right: FloatArray, folds: NDArray[Any]) -> Errors | None:
    said = np.full(len(scores), np.nan)
    for fold in np.unique(folds):
        here = folds == fold
        if not here.all():
            curve = fit_curve(scores[~here], right[~here])
            said[here] = [share_at(curve, float(score)) for score in scores[here]]
    known = ~np.isnan(said)
    return _errors(said[known], right[known]) if known.all() else None


def _document(one: ClassCalibration) -> dict[str, Any]:
    return {
        "boxes": one.boxes,
        "right": one.right,
        "curve": [list(point) for point in one.curve],
        "bins": [
            {
                "from": round(each.lowest, _DIGITS),
                "to": round(each.highest, _DIGITS),
                "boxes": each.boxes,
                "right": each.right,
                "share": round(each.share, _DIGITS),
                "interval": [round(side, _DIGITS) for side in each.interval],
            }
            for each in one.bins
        ],
        "error_before": _errors_document(one.before),
        "error_after": _errors_document(one.after) if one.after else None,
    }


def _errors_document(errors: Errors) -> dict[str, float]:
    return {
        "calibration": round(errors.calibration, _DIGITS),
        "brier": round(errors.brier, _DIGITS),
    }
