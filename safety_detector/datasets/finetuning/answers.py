"""The answer that a model should have given about a labelled picture, and whether it reads back.

Pure.  Boxes are written in the dialect's space of the picture as it is sent, to whole units of that
space; what the service's own reader makes of the text decides whether it is exact.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from safety_detector.detectors.qwen.answer.reader import (
    AnswerStatus,
    MappedAnswer,
    read_answer,
    to_detections,
)
from safety_detector.detectors.qwen.dialects import Dialect
from safety_detector.detectors.qwen.prompts import OBJECT_LIMIT, state_word
from safety_detector.domain.detections import Detection, by_urgency
from safety_detector.domain.geometry import Box, ImageSize, fit_to_pixels, rescale
from safety_detector.domain.hazards import Hazard, Language
from safety_detector.domain.incomplete_reasons import IncompleteCode


class Inexact(StrEnum):
    """Why a labelled picture cannot be taught exactly; codes of messages."""

    MERGED = "sample-merged"
    """Two boxes of one label lie so close that they are read as one thing."""
    TOO_SMALL = "sample-too-small"
    """A box is thinner than one unit of the space in which boxes are written."""
    MISREAD = "sample-misread"
    """The reader makes something else of the text."""


@dataclass(frozen=True, slots=True)
class LabelledThing:
    """One thing that a person says is in a picture.

    Attributes:
        box: pixels of the upright original.
        hazard: label and state.
        reason: why they say so, in their words; empty where they gave none.
    """

    box: Box
    hazard: Hazard
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TargetAnswer:
    """What the model should have said.

    Attributes:
        text: the answer, to the letter.
        things: what it says, most urgent first, with boxes in whole units of the dialect's space.
        beyond_limit: how many things are there beyond those that an answer may hold.
    """

    text: str
    things: tuple[LabelledThing, ...]
    beyond_limit: int


def target_answer(
    things: Iterable[LabelledThing],
    original: ImageSize,
    space: ImageSize,
    language: Language,
    *,
    with_reasons: bool = False,
) -> TargetAnswer:
    """The answer about a picture in which there is exactly this, and nothing else.

    Args:
        things: what is there.
        original: the upright original.
        space: in which boxes are written (``Dialect.box_space`` of the size as sent).
        language: of the states.
        with_reasons: writes a person's reason behind what it is the reason of.
    """
    placed = [
        LabelledThing(fitted, one.hazard, one.reason)
        for one in things
        if (fitted := fit_to_pixels(rescale(one.box, original, space), space)) is not None
    ]
    ordered = sorted(
        placed, key=lambda one: (one.hazard.rank, -one.box.area, one.box.xyxy, one.reason)
    )
    said = ordered[:OBJECT_LIMIT]
    objects = [_written(one, language, with_reason=with_reasons) for one in said]
    # With blanks behind commas and colons, as vLLM's grammar writes it.
    text = json.dumps(objects, ensure_ascii=False)
    return TargetAnswer(text, tuple(said), len(ordered) - len(said))


def inexact(
    text: str,
    things: Sequence[LabelledThing],
    dialect: Dialect,
    original: ImageSize,
    sent: ImageSize,
) -> Inexact | None:
    """Why the service would not read exactly these things out of the text; None if it would.

    Exact means: the same numbers, labels and states, in the same order, nothing dropped, nothing
    added and no reason to call it incomplete but the limit of objects; in the space in which boxes
    are written, and on the original, where a unit of that space may be some pixels.

    Args:
        text: an answer.
        things: what it should say, with boxes in pixels of the upright original.
        dialect: in whose space the answer is.
        original: the upright original.
        sent: the picture as it is sent.
    """
    space = dialect.box_space(sent)
    wanted = target_answer(things, original, space, "en").things
    unit = (original.width / space.width, original.height / space.height)
    if any(_is_thin(one.box, unit) for one in things):
        return Inexact.TOO_SMALL
    reading = read_answer(text, finish_reason="stop")
    if reading.status is not (AnswerStatus.COMPLETE if wanted else AnswerStatus.NONE):
        return Inexact.MISREAD
    if [box.bbox for box in reading.boxes_read] != [_corners(one.box) for one in wanted]:
        return Inexact.MISREAD
    for size in (space, original):
        mapped = to_detections(reading, dialect, sent, size)
        if len(mapped.detections) < len(wanted):
            return Inexact.MERGED
        meant = by_urgency(_detection(one, space, size) for one in wanted)
        if _said(mapped.detections) != _said(meant) or not _is_whole(mapped):
            return Inexact.MISREAD
    return None


def _said(detections: Iterable[Detection]) -> list[tuple[Box, Hazard]]:
    """What is said and where, whatever its score."""
    return [(one.box, one.hazard) for one in detections]


def _detection(one: LabelledThing, space: ImageSize, size: ImageSize) -> Detection:
    box = fit_to_pixels(rescale(one.box, space, size), size)
    return Detection(one.box if box is None else box, one.hazard)


def _is_thin(box: Box, unit: tuple[float, float]) -> bool:
    """Whether a box is so thin that rounding made it another one."""
    return box.width < unit[0] / 2 or box.height < unit[1] / 2


def _is_whole(read: MappedAnswer) -> bool:
    codes = {reason.code for reason in read.incomplete_reasons}
    return not read.dropped and codes <= {IncompleteCode.OBJECT_LIMIT}


def _corners(box: Box) -> tuple[int, int, int, int]:
    x1, y1, x2, y2 = (int(value) for value in box.xyxy)
    return x1, y1, x2, y2


def _written(one: LabelledThing, language: Language, *, with_reason: bool) -> dict[str, Any]:
    written: dict[str, Any] = {
        "bbox_2d": list(_corners(one.box)),
        "label": one.hazard.label.value,
        "sub_label": state_word(one.hazard.sub_label, language),
    }
    if with_reason and one.reason:
        written["reason"] = one.reason
    return written
