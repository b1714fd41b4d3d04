"""Which questions about places a judged picture answers, and how.  Pure.

A crop shows more than its place: beside a lamp that was taken for a fire there may be a real one.
So a question is asked only where what is not seen in the crop was said to be nowhere in the
picture; what lies half in it, or may be there, leaves it out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from safety_detector.datasets.labelled import Judgement, LabelledBox, LabelledPicture
from safety_detector.datasets.proof import BURNING
from safety_detector.detectors.qwen.answer.crop_reader import read_crop_answer
from safety_detector.detectors.qwen.crop_prompts import answer_word
from safety_detector.detectors.qwen.crops import crop_around
from safety_detector.domain.crop_questions import CropAnswer, CropQuestion
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box, intersection_area, iou
from safety_detector.domain.hazards import Hazard, Label, Language, SubLabel

MOST_CROPS = 4
"""Of one picture: a crowd would otherwise teach one scene forty times."""

_SHOWN_OF_BOX = 0.25  # of a box that lies in a crop, for the box to be seen in it
_SHOWN_OF_CROP = 0.02  # of a crop that a box covers, for a large box that reaches into it
_SAME_CROP_IOU = 0.7

_HELMET_ANSWERS = {
    SubLabel.HELMET: CropAnswer.HELMET,
    SubLabel.NO_HELMET: CropAnswer.NO_HELMET,
    SubLabel.UNCERTAIN: CropAnswer.CANNOT_TELL,
}
_FIRE_SMOKE_ANSWERS = {
    frozenset[Label](): CropAnswer.NEITHER,
    frozenset({Label.FIRE}): CropAnswer.FIRE,
    frozenset({Label.SMOKE}): CropAnswer.SMOKE,
    frozenset({Label.FIRE, Label.SMOKE}): CropAnswer.FIRE_AND_SMOKE,
}


@dataclass(frozen=True, slots=True)
class CropTruth:
    """A question about a place, and what people's judgements answer.

    Attributes:
        place: asked about, in pixels of the upright original.
        crop: shown, in whole pixels of the upright original.
        judgement: who said so, and why.
    """

    question: CropQuestion
    place: Box
    crop: Box
    answer: CropAnswer
    judgement: Judgement


def crop_truths(picture: LabelledPicture) -> tuple[CropTruth, ...]:
    """The questions that a picture's judgements answer: what is none first, then by urgency."""
    found: list[CropTruth] = []
    for truth in _all_truths(picture):
        is_new = all(
            one.question is not truth.question or iou(one.crop, truth.crop) < _SAME_CROP_IOU
            for one in found
        )
        if is_new:
            found.append(truth)
    return tuple(found[:MOST_CROPS])


def crop_answer_text(
    question: CropQuestion, answer: CropAnswer, reason: str, language: Language
) -> tuple[str, str]:
    """The answer that the model should give, and the reason in it.

    A reason that our reader would hold against the answer ("not a flame but a lamp", misread) is
    left away: the answer is what people judged.
    """
    for why in dict.fromkeys((reason, "")):
        text = json.dumps({"answer": answer_word(answer, language), "why": why}, ensure_ascii=False)
        if reads_back(text, question, answer, why):
            return text, why
    raise ValueError(f"{answer} of {question} does not read back")


def reads_back(text: str, question: CropQuestion, answer: CropAnswer, reason: str) -> bool:
    """Whether the service would read exactly this answer and reason out of a text."""
    read = read_crop_answer(text, question, finish_reason="stop")
    return read.fault is None and (read.answer, read.reason) == (answer, reason)


def _all_truths(picture: LabelledPicture) -> Iterator[CropTruth]:
    places: list[tuple[Detection, LabelledBox | None, Judgement]]
    places = [(one.detection, None, one.judgement) for one in picture.refuted]
    places += [
        (Detection(one.box, one.hazard), one, one.judgement)
        for one in sorted(picture.boxes, key=lambda one: (one.hazard.rank, -one.box.area))
    ]
    for thing, labelled, judgement in places:
        is_person = thing.hazard.label is Label.PERSON
        question = CropQuestion.HELMET if is_person else CropQuestion.FIRE_SMOKE
        crop = crop_around(thing.box, picture.size, question)
        if not is_person:
            answer = _fire_or_smoke(picture, crop)
        elif labelled is not None:
            answer = _HELMET_ANSWERS[thing.hazard.sub_label]
        else:
            answer = _nobody(picture, thing.box)
        if answer is not None:
            yield CropTruth(question, thing.box, crop, answer, judgement)


def _fire_or_smoke(picture: LabelledPicture, crop: Box) -> CropAnswer | None:
    """What the crop shows by all judgements; None where one is half in it, or may be there.

    That one of the two is absent is proven by nothing but a judgement of the whole picture: a
    confirmed fire may smoke, and what was no fire may be smoke that nobody drew.
    """
    seen: set[Label] = set()
    for one in picture.boxes:
        if one.hazard.label is Label.PERSON or not _meet(one.box, crop):
            continue
        if not _is_shown(one.box, crop):
            return None
        seen.add(one.hazard.label)
    if not seen | picture.labelled >= BURNING:
        return None
    return _FIRE_SMOKE_ANSWERS[frozenset(seen)]


def _nobody(picture: LabelledPicture, place: Box) -> CropAnswer | None:
    """Nobody is there, unless the box was only one too many around somebody."""
    people = [one.box for one in picture.boxes if one.hazard.label is Label.PERSON]
    people += [one.box for one in _unjudged(picture, Label.PERSON)]
    return None if any(_meet(one, place) for one in people) else CropAnswer.NO_PERSON


def _unjudged(picture: LabelledPicture, *labels: Label) -> list[Detection]:
    """What a detector said and nobody judged, of labels that are not labelled throughout."""
    judged = {_what(one.detection) for one in picture.refuted}
    judged |= {_what(one.detection) for one in picture.boxes if one.detection is not None}
    return [
        one
        for one in picture.detections
        if one.hazard.label in labels
        and one.hazard.label not in picture.labelled
        and _what(one) not in judged
    ]


def _what(detection: Detection) -> tuple[Box, Hazard]:
    return detection.box, detection.hazard


def _meet(first: Box, second: Box) -> bool:
    return intersection_area(first, second) > 0


def _is_shown(box: Box, crop: Box) -> bool:
    shared = intersection_area(box, crop)
    return shared >= _SHOWN_OF_BOX * box.area or shared >= _SHOWN_OF_CROP * crop.area
