"""How far the numbers of a report are from what a person would count.  Pure.

The average precision punishes a box in the wrong place; it hardly sees that one fire was reported
as five.  The error of the count does: the difference between how many are reported and how many
there are, over the pictures that are labelled for them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Any

from safety_detector.detectors.embedded.raw_boxes import RawClass
from safety_detector.domain.detections import Detection
from safety_detector.domain.hazards import Label, SubLabel
from safety_detector.evaluation.running import Answered
from safety_detector.evaluation.truth import LabelledPicture

_HEADS = (RawClass.HEAD_HELMET, RawClass.HEAD_BARE)
_DIGITS = 4

Bounds = tuple[int, int]
"""Fewest and most of a class that a picture shows: what is too small to count may be counted."""


def count_errors(answers: Sequence[Answered]) -> dict[str, dict[str, Any]]:
    """For fires, clouds of smoke, people, and people by helmet: mean error, and both totals.

    ``error_where_any`` leaves out the pictures of nothing in which nothing is reported.
    """
    return {
        "fire": _errors(answers, lambda one: one.hazard.label is Label.FIRE, _of(RawClass.FIRE)),
        "smoke": _errors(answers, lambda one: one.hazard.label is Label.SMOKE, _of(RawClass.SMOKE)),
        "person": _errors(answers, lambda one: one.hazard.label is Label.PERSON, _people),
        "helmet": _errors(
            answers,
            lambda one: one.hazard.sub_label is SubLabel.HELMET,
            _of(RawClass.HEAD_HELMET),
        ),
        "no_helmet": _errors(
            answers,
            lambda one: one.hazard.sub_label is SubLabel.NO_HELMET,
            _of(RawClass.HEAD_BARE),
        ),
    }


def _errors(
    answers: Sequence[Answered],
    counts: Callable[[Detection], bool],
    bounds_of: Callable[[LabelledPicture], Bounds | None],
) -> dict[str, Any]:
    errors, true, reported = [], 0, 0
    where_any = []
    for answer in answers:
        bounds = bounds_of(answer.picture)
        if bounds is None:
            continue
        fewest, most = bounds
        found = sum(counts(one) for one in answer.detections)
        error = max(fewest - found, found - most, 0)
        errors.append(error)
        if most or found:
            where_any.append(error)
        true, reported = true + fewest, reported + found
    return {
        "error": _mean(errors),
        "error_where_any": _mean(where_any),
        "reported": reported,
        "true": true,
        "pictures": len(errors),
    }


def _of(kind: RawClass) -> Callable[[LabelledPicture], Bounds | None]:
    def bounds_of(picture: LabelledPicture) -> Bounds | None:
        return _bounds(picture, kind) if kind in picture.labelled else None

    return bounds_of


def _people(picture: LabelledPicture) -> Bounds | None:
    """Each head is a person; where bodies are labelled as well, whichever are more."""
    found = []
    if picture.labelled.issuperset(_HEADS):
        found.append(_bounds(picture, *_HEADS))
    if RawClass.PERSON in picture.labelled:
        found.append(_bounds(picture, RawClass.PERSON))
    return (max(few for few, _ in found), max(most for _, most in found)) if found else None


def _bounds(picture: LabelledPicture, *kinds: RawClass) -> Bounds:
    fewest = sum(len(picture.counted(kind)) for kind in kinds)
    return fewest, sum(one.kind in kinds for one in picture.boxes)


def _mean(errors: Sequence[int]) -> float | None:
    return round(fmean(errors), _DIGITS) if errors else None
