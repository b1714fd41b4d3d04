"""What the screen suspects in a picture, as places that a language model can be asked about.  Pure.

The screen judges twice from one pass of its network: by the thresholds from which it reports, and
by lower ones.  What it reports alone is a hazard by its word; what is only above the lower ones is
a suspicion, and nothing without the language model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from safety_detector.domain.crop_questions import CropQuestion
from safety_detector.domain.detections import Detection, DetectorOutcome
from safety_detector.domain.geometry import Box, intersection_area, iou
from safety_detector.domain.hazards import Label

_ONE_PLACE_IOU = 0.3
"""A fire and its smoke that overlap so far are one place; a flame in a large cloud is one of its
own, for in the cloud's crop it is small."""

_SAME_THING_IOU = 0.5
_INSIDE_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Screened:
    """What the screen says of a picture.

    Attributes:
        outcome: by the thresholds from which it reports.
        suspects: every danger by the lower thresholds, those that it reports among them.
    """

    outcome: DetectorOutcome
    suspects: tuple[Detection, ...]


@dataclass(frozen=True, slots=True)
class Suspect:
    """One suspected danger.

    Attributes:
        detection: as the screen has it.
        is_reported: whether the screen reports it by its own word.
    """

    detection: Detection
    is_reported: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A place that one question is about.

    Attributes:
        box: around all of its suspects.
        question: what is asked.
        suspects: the most urgent first.
    """

    box: Box
    question: CropQuestion
    suspects: tuple[Suspect, ...]

    @property
    def is_reported(self) -> bool:
        """Whether the screen reports any of it by its own word."""
        return any(one.is_reported for one in self.suspects)

    @property
    def score(self) -> float:
        """How sure the screen is of the surest."""
        return max(one.detection.score or 0.0 for one in self.suspects)


def places_of(screened: Screened) -> tuple[Place, ...]:
    """The suspected places, in the order in which they are asked about: the most urgent first.

    Fire before smoke before bare heads; of each what the screen reports first, then the surest.
    """
    reported = [one for one in screened.outcome.detections if one.hazard.is_danger]
    weaker = [
        one
        for one in screened.suspects
        if one not in reported and not any(is_same(one, other) for other in reported)
    ]
    suspects = [Suspect(one, is_reported=True) for one in reported]
    suspects += [Suspect(one, is_reported=False) for one in weaker]
    groups: list[list[Suspect]] = []
    for suspect in sorted(suspects, key=_order):
        together = next((group for group in groups if _is_one_place(suspect, group)), None)
        if together is None:
            groups.append([suspect])
        else:
            together.append(suspect)
    return tuple(_place(group) for group in groups)


def is_same(first: Detection, second: Detection) -> bool:
    """Whether two detections show the same danger: of one label, at one place.

    A fire is not the smoke around it: who sees the one has not said anything of the other.
    """
    if first.hazard.label is not second.hazard.label:
        return False
    return is_one_thing(first.box, second.box, _SAME_THING_IOU)


def is_one_thing(first: Box, second: Box, least_iou: float) -> bool:
    """Whether two boxes overlap so far, or one of them lies in the other."""
    shared, smaller = intersection_area(first, second), min(first.area, second.area)
    return iou(first, second) >= least_iou or shared >= _INSIDE_SHARE * smaller


def question_about(detection: Detection) -> CropQuestion:
    """What is asked about such a thing."""
    is_person = detection.hazard.label is Label.PERSON
    return CropQuestion.HELMET if is_person else CropQuestion.FIRE_SMOKE


def _order(suspect: Suspect) -> tuple[int, bool, float, tuple[float, float, float, float]]:
    one = suspect.detection
    return (
        tuple(Label).index(one.hazard.label),
        not suspect.is_reported,
        -(one.score or 0.0),
        one.box.xyxy,
    )


def _is_one_place(suspect: Suspect, group: Sequence[Suspect]) -> bool:
    question = question_about(suspect.detection)
    return question is CropQuestion.FIRE_SMOKE and any(
        question_about(one.detection) is question
        and iou(one.detection.box, suspect.detection.box) >= _ONE_PLACE_IOU
        for one in group
    )


def _place(group: Sequence[Suspect]) -> Place:
    boxes = [one.detection.box for one in group]
    return Place(_around(boxes), question_about(group[0].detection), tuple(group))


def _around(boxes: Iterable[Box]) -> Box:
    x1, y1, x2, y2 = zip(*(box.xyxy for box in boxes), strict=True)
    return Box(min(x1), min(y1), max(x2), max(y2))
