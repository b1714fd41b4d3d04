"""The text of a model's answer → boxes as written → detections on the original; nothing else.

Pure: no I/O, no clock.  What was dropped is always said, and an answer that could not be read never
becomes an empty list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from safety_detector.detectors.qwen.answer.empty_answers import garbage_run, says_nothing_found
from safety_detector.detectors.qwen.answer.label_phrases import (
    LabelReading,
    holds_our_word,
    read_label,
)
from safety_detector.detectors.qwen.answer.named_hazards import Named, named_hazards
from safety_detector.detectors.qwen.answer.object_scan import mentions_box
from safety_detector.detectors.qwen.answer.objects import (
    SAME_BOX_IOU,
    Corners,
    Dropped,
    DropReason,
    WrittenBox,
    find_boxes,
)
from safety_detector.detectors.qwen.answer.token_scores import (
    UNSCORED_TEXT,
    Score,
    ScoredText,
    Unscored,
)
from safety_detector.detectors.qwen.dialects import Dialect
from safety_detector.detectors.qwen.prompts import OBJECT_LIMIT
from safety_detector.domain.detections import Detection, ScoreFrom, by_urgency
from safety_detector.domain.geometry import Box, ImageSize, fit_to_pixels, iou, rescale
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.incomplete_reasons import IncompleteCode
from safety_detector.message_texts.reason import Reason

MAX_ANSWER_CHARS = 200_000
"""More than any answer: a context of 32k tokens holds about 160,000 characters."""

_FINISHED = (None, "stop")
_ALWAYS_COUNT = (DropReason.UNREAD_LABEL, DropReason.ONLY_NAMED)


class AnswerStatus(StrEnum):
    """How much of an answer could be read."""

    COMPLETE = "complete"
    TRUNCATED = "truncated"
    NONE = "none"
    UNPARSEABLE = "unparseable"


@dataclass(frozen=True, slots=True)
class AnswerReading:
    """What an answer says, in its own numbers.

    Attributes:
        status: ``truncated`` where the end is missing; ``none`` only for an empty list or an agreed
            phrase; ``unparseable`` where no box can be read although something was said.
        boxes_read: boxes in the order of the text, repeats and foreign labels included.
        dropped: objects of which no box could be read.
        fault: what makes the answer a fault of the server (``answer-empty``, ``answer-garbage``).
        named: the hazards that it speaks of anywhere, in boxes or beside them.
        begins_at: where in the text the answer begins, behind a thinking model's drafts; the
            places of the boxes' words count from there.
    """

    status: AnswerStatus
    boxes_read: tuple[WrittenBox, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    fault: str | None = None
    named: frozenset[Named] = frozenset()
    begins_at: int = 0


@dataclass(frozen=True, slots=True)
class MappedAnswer:
    """An answer on the original picture.

    Attributes:
        detections: most urgent first.
        dropped: everything that the answer says and that is not among them.
        incomplete_reasons: why something may be missing, all that hold.
        unscored: why detections have no score, each reason once.
    """

    detections: tuple[Detection, ...]
    dropped: tuple[Dropped, ...]
    incomplete_reasons: tuple[Reason, ...]
    unscored: tuple[Unscored, ...] = ()


def read_answer(text: str, *, finish_reason: str | None = None) -> AnswerReading:
    """Reads the boxes of an answer as written; never raises.

    Args:
        text: the answer, to the letter.
        finish_reason: why the server stopped; anything but ``stop`` (``length``, our own early end)
            means that the end is missing.  None where it is not known.
    """
    if not text.strip():
        return AnswerReading(AnswerStatus.UNPARSEABLE, fault="answer-empty")
    if len(text) > MAX_ANSWER_CHARS:
        return AnswerReading(AnswerStatus.UNPARSEABLE)
    fault = "answer-garbage" if garbage_run(text) else None
    begins_at, still_thinking, text = _without_thoughts(text)
    unfinished = still_thinking or finish_reason not in _FINISHED
    if fault is None and not unfinished and says_nothing_found(text):
        return AnswerReading(AnswerStatus.NONE)
    found = find_boxes(text)
    cut = unfinished or found.cut or fault is not None
    if found.boxes:
        status = AnswerStatus.TRUNCATED if cut else AnswerStatus.COMPLETE
    elif cut and fault is None and (mentions_box(text) or text.strip("`json \n")[:1] in ("[", "{")):
        status = AnswerStatus.TRUNCATED
    else:
        status = AnswerStatus.UNPARSEABLE
    named = named_hazards(text) if found.boxes else frozenset()
    return AnswerReading(status, found.boxes, found.dropped, fault, named, begins_at)


def _without_thoughts(text: str) -> tuple[int, bool, str]:
    """Where the answer begins behind a model's drafts, whether it ends inside some, and itself."""
    behind = text.rpartition("</think>")[2]
    said, thinks, _ = behind.partition("<think>")
    return len(text) - len(behind), bool(thinks), said


def to_detections(
    reading: AnswerReading,
    dialect: Dialect,
    sent_size: ImageSize,
    image_size: ImageSize,
    object_limit: int = OBJECT_LIMIT,
    scored: ScoredText = UNSCORED_TEXT,
) -> MappedAnswer:
    """Maps the boxes of an answer to whole pixels of the upright original.

    Reversed corners are put in order, boxes are clipped to the picture, and of the same label at
    the same place (IoU ≥ 0.9) the gravest state is kept, with its own score.

    Args:
        reading: the answer.
        dialect: in which space its numbers are.
        sent_size: the picture that the model saw.
        image_size: the upright original.
        object_limit: an answer that holds exactly so many objects may have left some out.
        scored: the answer's text with its tokens, where the server told of them.
    """
    space = dialect.box_space(sent_size)
    kept: list[Detection] = []
    dropped = list(reading.dropped)
    strayed = False
    unscored: dict[Unscored, None] = {}
    for written in reading.boxes_read:
        said = read_label(written.label, written.sub_label)
        placed = _place(written, said, space, image_size)
        if isinstance(placed, DropReason):
            dropped.append(Dropped(written.bbox, written.label, placed))
            continue
        if said.is_unread:
            dropped.append(Dropped(written.bbox, written.label, DropReason.UNREAD_LABEL))
        strayed = strayed or _strays(written, space)
        scores = [_score(written, hazard, reading, scored) for hazard in said.hazards]
        unscored |= {one.why_none: None for one in scores if one.why_none is not None}
        merged = [
            _merge(Detection(placed, hazard, score.value, ScoreFrom.TOKENS), kept)
            for hazard, score in zip(said.hazards, scores, strict=True)
        ]
        again = Dropped(written.bbox, written.label, DropReason.DUPLICATE)
        dropped.extend(again for is_new in merged if not is_new)
    if not any(map(_may_be_hazard, dropped)):
        missing = sorted(reading.named - _found(kept))
        dropped.extend(Dropped(None, one.value, DropReason.ONLY_NAMED) for one in missing)
    reasons = [
        (IncompleteCode.ANSWER_CUT, reading.status is AnswerStatus.TRUNCATED),
        (IncompleteCode.BOX_DROPPED, any(map(_may_be_hazard, dropped))),
        (IncompleteCode.BOX_OUTSIDE, strayed),
    ]
    found = [Reason(code) for code, holds in reasons if holds]
    if object_limit in (len(reading.boxes_read), len(kept)):
        found.append(Reason(IncompleteCode.OBJECT_LIMIT, {"limit": object_limit}))
    return MappedAnswer(by_urgency(kept), tuple(dropped), tuple(found), tuple(unscored))


def _score(
    written: WrittenBox, hazard: Hazard, reading: AnswerReading, scored: ScoredText
) -> Score:
    """How sure the model was of the words that make the box this hazard.

    Of fire and smoke that is the label: how severe it is does not decide what it is.  Of a person
    it is the label and what is said of the helmet, which alone makes one a hazard.
    """
    words = [written.label_at]
    if hazard.label is Label.PERSON and written.sub_label is not None:
        words.append(written.sub_label_at)
    begin = reading.begins_at
    return scored.score(*(at and (at[0] + begin, at[1] + begin) for at in words))


def _found(kept: Sequence[Detection]) -> frozenset[Named]:
    """What is among the detections; a head that cannot be judged may be the bare one."""
    found = {Named(one.hazard.label.value) for one in kept}
    if any(one.hazard.sub_label in (SubLabel.NO_HELMET, SubLabel.UNCERTAIN) for one in kept):
        found.add(Named.BARE)
    return frozenset(found)


def _place(
    written: WrittenBox, said: LabelReading, space: ImageSize, image_size: ImageSize
) -> Box | DropReason:
    if not said.hazards:
        if said.is_unread:
            return DropReason.UNREAD_LABEL
        return DropReason.FOREIGN_LABEL if written.label else DropReason.NO_LABEL
    if _are_fractions(written.bbox):
        return DropReason.FRACTIONS
    x1, x2 = sorted((written.bbox[0], written.bbox[2]))
    y1, y2 = sorted((written.bbox[1], written.bbox[3]))
    if x1 == x2 or y1 == y2:
        return DropReason.NO_AREA
    x1, x2 = max(x1, 0), min(x2, space.width)
    y1, y2 = max(y1, 0), min(y2, space.height)
    if x1 >= x2 or y1 >= y2:
        return DropReason.OUTSIDE
    box = fit_to_pixels(rescale(Box(x1, y1, x2, y2), space, image_size), image_size)
    return DropReason.OUTSIDE if box is None else box


def _are_fractions(bbox: Corners) -> bool:
    """Numbers between 0 and 1 are in no space that a dialect writes; scaling them is a guess."""
    return all(0 <= number <= 1 for number in bbox) and any(number % 1 for number in bbox)


def _strays(written: WrittenBox, space: ImageSize) -> bool:
    """Whether a corner lies further outside than half the picture's side.

    Clipping such a box gives a plausible place that the model did not mean; the hazard is kept,
    the run is called incomplete.
    """
    xs, ys = written.bbox[0::2], written.bbox[1::2]
    return any(not -0.5 <= x / space.width <= 1.5 for x in xs) or any(
        not -0.5 <= y / space.height <= 1.5 for y in ys
    )


def _merge(detection: Detection, kept: list[Detection]) -> bool:
    """Adds the detection, or lends its graver state to the same box; False if it was the same."""
    for at, other in enumerate(kept):
        same_label = other.hazard.label is detection.hazard.label
        if same_label and iou(other.box, detection.box) >= SAME_BOX_IOU:
            graver = min(other, detection, key=lambda one: one.hazard.rank)
            kept[at] = replace(graver, box=other.box)
            return False
    kept.append(detection)
    return True


def _may_be_hazard(dropped: Dropped) -> bool:
    """Duplicates and foreign labels do not make a run incomplete; what has no label might."""
    if dropped.reason in (DropReason.DUPLICATE, DropReason.FOREIGN_LABEL, DropReason.CUT):
        return False
    if dropped.label is None or dropped.reason in _ALWAYS_COUNT:
        return True
    return holds_our_word(dropped.label)
