"""The figures of an evaluation, as ``eval --json`` prints them.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, median
from typing import Any

from safety_detector.detectors.embedded.raw_boxes import RawBox, RawClass, as_shown, of_kind
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Label, SubLabel
from safety_detector.evaluation.average_precision import average_precision
from safety_detector.evaluation.count_errors import count_errors
from safety_detector.evaluation.counting import (
    HEAD_STATES,
    MATCH_IOU,
    Counts,
    judged_heads,
    match_boxes,
    people_of_heads,
    wilson_interval,
)
from safety_detector.evaluation.regions import area_ratio, region_iou
from safety_detector.evaluation.running import Answered

PICTURE_LEVEL = (RawClass.FIRE, RawClass.SMOKE)
HEADS = (RawClass.HEAD_HELMET, RawClass.HEAD_BARE)

ALLOWED_FALSE_POSITIVES = 0.05
"""Share of pictures without the hazard that may be called wrongly where recall is compared."""

_DIGITS = 4

Thresholds = Mapping[RawClass, float]


def compute_figures(answers: Sequence[Answered], thresholds: Thresholds | None) -> dict[str, Any]:
    """Everything that ``eval`` reports.

    Args:
        answers: from ``running.answer_pictures``; at least one.
        thresholds: score from which each class counts, for a detector that gives raw boxes;
            None for one that only gives detections.

    Returns:
        The figures of all pictures; under ``by_tag`` the same of each kind of scene that the
        set names, if it names any.
    """
    by_tag: dict[str, list[Answered]] = {}
    for answer in answers:
        if answer.picture.tag is not None:
            by_tag.setdefault(answer.picture.tag, []).append(answer)
    return _figures(answers, thresholds) | {
        "by_tag": {tag: _figures(some, thresholds) for tag, some in sorted(by_tag.items())}
    }


def _figures(answers: Sequence[Answered], thresholds: Thresholds | None) -> dict[str, Any]:
    classes = {kind.value: _class_figures(kind, answers, thresholds) for kind in RawClass}
    precisions = [one["ap50"] for one in classes.values() if one["ap50"] is not None]
    alarms, alarmed, negatives = _false_alarms(answers)
    return {
        "pictures": len(answers),
        "failed": sum(answer.error is not None for answer in answers),
        "ms_per_picture": round(fmean(answer.elapsed_ms for answer in answers), 2),
        "mean_ap50": _rounded(fmean(precisions)) if precisions else None,
        "false_alarms_per_negative": _rounded(alarms / negatives) if negatives else None,
        "negatives_alarmed": _share(alarmed, negatives),
        "n_negatives": negatives,
        "classes": classes,
        "counts": count_errors(answers),
        "regions": {kind.value: _regions(kind, answers) for kind in PICTURE_LEVEL},
        "picture_level": {kind.value: _picture_level(kind, answers) for kind in PICTURE_LEVEL},
        "helmet_state": _helmet_state(answers),
    }


def _class_figures(
    kind: RawClass, answers: Sequence[Answered], thresholds: Thresholds | None
) -> dict[str, Any]:
    judged = [answer for answer in answers if kind in answer.picture.labelled]
    truths = [box for answer in judged for box in answer.picture.counted(kind)]
    figures: dict[str, Any] = {"ap50": None, "ap50_95": None}
    if thresholds is not None:
        figures |= _precision_figures(kind, judged)
        counts = _count(judged, kind, lambda a: _passing(a, kind, thresholds[kind]))
    elif kind in HEADS:
        counts = _count_heads(judged, kind)
    else:
        counts = _count(judged, kind, lambda a: _detected(a, Label(kind.value)))
    # A head counts as found when a person holds it; people elsewhere are not false heads.
    precise = thresholds is not None or kind not in HEADS
    return figures | {
        "precision": _rounded(counts.precision) if precise else None,
        "recall": _rounded(counts.recall),
        "f1": _rounded(counts.f1) if precise else None,
        "threshold": None if thresholds is None else _rounded(thresholds[kind]),
        "n": len(truths),
        "n_derived": sum(box.derived for box in truths),
    }


def _precision_figures(kind: RawClass, judged: Sequence[Answered]) -> dict[str, Any]:
    pictures = [answer.picture for answer in judged]
    boxes = [scored_boxes(answer, kind) for answer in judged]
    whole = average_precision(kind, pictures, boxes)
    figures = {
        "ap50": _rounded(whole.at_50) if whole else None,
        "ap50_95": _rounded(whole.at_50_to_95) if whole else None,
    }
    if any(box.derived for picture in pictures for box in picture.counted(kind)):
        apart = average_precision(kind, pictures, boxes, without_derived=True)
        figures["ap50_without_derived"] = _rounded(apart.at_50) if apart else None
    return figures


def _count(
    judged: Sequence[Answered], kind: RawClass, boxes_of: Callable[[Answered], list[Box]]
) -> Counts:
    total = Counts()
    for answer in judged:
        truths = [box for box in answer.picture.boxes if box.kind is kind]
        total += match_boxes(boxes_of(answer), truths).counts
    return total


def _count_heads(judged: Sequence[Answered], kind: RawClass) -> Counts:
    total = Counts()
    for answer in judged:
        owners = people_of_heads(answer.picture.counted(kind), answer.detections)
        found = sum(owner is not None for owner in owners)
        total += Counts(found=found, missed=len(owners) - found)
    return total


def scored_boxes(answer: Answered, kind: RawClass) -> Sequence[RawBox]:
    """What is held against the boxes of a class, with scores.

    Where those are what the product reports, so is this: what the network says of bodies alone
    misses people of whom a head is seen.
    """
    if answer.picture.as_reported and kind not in HEADS:
        label = Label(kind.value)
        found = [one for one in answer.detections if one.hazard.label is label]
        return [RawBox(kind, one.box, one.score or 0.0) for one in found]
    return answer.raw.boxes if answer.raw else ()


def counts_of_boxes(answer: Answered, kind: RawClass, threshold: float) -> Counts:
    """One picture's boxes of a class at a threshold; nothing where it is not labelled for it."""
    judged = [answer] if kind in answer.picture.labelled else []
    return _count(judged, kind, lambda one: _passing(one, kind, threshold))


def _passing(answer: Answered, kind: RawClass, threshold: float) -> list[Box]:
    boxes = scored_boxes(answer, kind)
    if answer.picture.as_reported and kind not in HEADS:  # what is reported passed already
        return [one.box for one in boxes]
    return [one.box for one in of_kind(boxes, kind) if as_shown(one.score) >= threshold]


def _detected(answer: Answered, label: Label) -> list[Box]:
    """Boxes of a label, best first where they have scores, else larger first."""
    boxes = [one for one in answer.detections if one.hazard.label is label]
    boxes.sort(key=lambda one: (-(one.score or 0.0), -one.box.area))
    return [one.box for one in boxes]


def _picture_level(kind: RawClass, answers: Sequence[Answered]) -> dict[str, Any]:
    positive = [answer for answer in answers if answer.picture.tells(kind)]
    negative = [answer for answer in answers if answer.picture.tells(kind) is False]
    label = Label(kind.value)
    caught = sum(bool(_detected(answer, label)) for answer in positive)
    alarmed = sum(bool(_detected(answer, label)) for answer in negative)
    figures = {
        "recall": _share(caught, len(positive)),
        "false_positive_rate": _share(alarmed, len(negative)),
        "n_positive": len(positive),
        "n_negative": len(negative),
        "interval": _interval(caught, len(positive)),
    }
    return figures | _recall_at_allowed(kind, positive, negative)


def _regions(kind: RawClass, answers: Sequence[Answered]) -> dict[str, Any]:
    """How the area of a hazard is found, in the pictures that show it."""
    overlaps, ratios = [], []
    for answer in answers:
        truths = [one.box for one in answer.picture.counted(kind)]
        if kind not in answer.picture.labelled or not truths:
            continue
        found = _detected(answer, Label(kind.value))
        overlaps.append(region_iou(found, truths))
        if found:
            ratios.append(area_ratio(found[0], truths))
    return {
        "iou_median": _rounded(median(overlaps)) if overlaps else None,
        "iou_at_least_half": _share(sum(one >= MATCH_IOU for one in overlaps), len(overlaps)),
        "best_box_area_ratio_median": _rounded(median(ratios)) if ratios else None,
        "n": len(overlaps),
    }


def _recall_at_allowed(
    kind: RawClass, positive: Sequence[Answered], negative: Sequence[Answered]
) -> dict[str, Any]:
    """Recall where at most 5 % of the negatives pass, read off this set's own scores.

    It compares detectors whatever their thresholds; ``recall`` above is what the product does.
    """
    if not positive or not negative or any(a.raw is None for a in (*positive, *negative)):
        return {"recall_at_5pct_fp": None, "interval_at_5pct_fp": None}
    allowed = int(len(negative) * ALLOWED_FALSE_POSITIVES)
    strictest = sorted((picture_score(kind, one) for one in negative), reverse=True)[allowed]
    caught = sum(picture_score(kind, one) > strictest for one in positive)
    return {
        "recall_at_5pct_fp": _share(caught, len(positive)),
        "interval_at_5pct_fp": _interval(caught, len(positive)),
    }


def picture_score(kind: RawClass, answer: Answered) -> float:
    """How sure the detector is of the hazard anywhere; its best box where it has no such score."""
    if answer.raw is None:
        return 0.0
    best = max((one.score for one in of_kind(answer.raw.boxes, kind)), default=0.0)
    return answer.raw.picture_scores.get(kind, best)


def _helmet_state(answers: Sequence[Answered]) -> dict[str, Any]:
    right, total = dict.fromkeys(HEAD_STATES, 0), dict.fromkeys(HEAD_STATES, 0)
    called_safe = 0
    for answer in answers:
        for one in judged_heads(answer.picture, answer.detections):
            total[one.kind] += 1
            right[one.kind] += one.called is HEAD_STATES[one.kind]
            called_safe += one.kind is RawClass.HEAD_BARE and one.called is SubLabel.HELMET
    bare, helmet = RawClass.HEAD_BARE, RawClass.HEAD_HELMET
    return {
        "bare_called_no_helmet": _share(right[bare], total[bare]),
        "bare_interval": _interval(right[bare], total[bare]),
        "bare_called_helmet": _share(called_safe, total[bare]),
        "helmeted_called_helmet": _share(right[helmet], total[helmet]),
        "helmeted_interval": _interval(right[helmet], total[helmet]),
        "n_bare": total[bare],
        "n_helmeted": total[helmet],
    }


def _false_alarms(answers: Sequence[Answered]) -> tuple[int, int, int]:
    """Of the pictures known to show neither fire nor smoke: boxes of either, pictures, all."""
    negatives = [
        answer
        for answer in answers
        if set(PICTURE_LEVEL) <= answer.picture.labelled
        and not any(answer.picture.shows(kind) for kind in PICTURE_LEVEL)
    ]
    alarms = [
        sum(one.hazard.label is not Label.PERSON for one in answer.detections)
        for answer in negatives
    ]
    return sum(alarms), sum(count > 0 for count in alarms), len(negatives)


def _share(part: int, whole: int) -> float | None:
    return _rounded(part / whole) if whole else None


def _interval(part: int, whole: int) -> list[float] | None:
    interval = wilson_interval(part, whole)
    return [round(bound, _DIGITS) for bound in interval] if interval else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
