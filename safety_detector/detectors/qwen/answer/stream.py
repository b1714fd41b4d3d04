"""Decides, while an answer arrives, whether reading on is worth anything.

A stuck model writes the same box, blanks or ``!`` until its token limit: at 30 tokens a second that
holds a place on the server for a quarter of a minute.
"""

from __future__ import annotations

from enum import StrEnum

from safety_detector.detectors.qwen.answer.empty_answers import garbage_run
from safety_detector.detectors.qwen.answer.object_scan import match_brackets
from safety_detector.detectors.qwen.answer.objects import SAME_BOX_IOU, WrittenBox, find_boxes
from safety_detector.domain.geometry import Box, iou

_MOST_REPEATS = 3  # in a row; models that repeat once or twice do find the way out
_MOST_BLANKS = 120  # in a row; pretty-printed JSON has about 20
# English prose has 4 to 5 characters a token and JSON with numbers fewer; a server that sends this
# many does not keep to the token limit.
_MOST_CHARS_PER_TOKEN = 16


class EarlyEnd(StrEnum):
    """Why we stopped reading; stands where the server's finish reason would."""

    REPEATS = "repeats"
    BLANKS = "blanks"
    GARBAGE = "garbage"
    OVERRUN = "overrun"


class AnswerStream:
    """Collects the pieces of one answer.

    Args:
        max_output_tokens: the limit that the server was asked to keep.
    """

    def __init__(self, max_output_tokens: int) -> None:
        self._most_chars = max_output_tokens * _MOST_CHARS_PER_TOKEN
        self._text = ""
        self._unread_from = 0
        self._seen: list[WrittenBox] = []
        self._repeats = 0

    @property
    def text(self) -> str:
        """The answer so far, blanks of an early end cut off."""
        return self._text

    def add(self, piece: str) -> EarlyEnd | None:
        """Takes the next piece; says why to stop, or None to read on."""
        self._text += piece
        if len(self._text) > self._most_chars:
            return EarlyEnd.OVERRUN
        if len(self._text) - len(self._text.rstrip()) > _MOST_BLANKS:
            return EarlyEnd.BLANKS
        if garbage_run(self._text):
            return EarlyEnd.GARBAGE
        if "}" in piece and self._repeats_itself():
            return EarlyEnd.REPEATS
        return None

    def finish_reason(self, end: EarlyEnd) -> str:
        """What an early end means for the answer: ``stop`` if only blanks followed a whole one."""
        if end is EarlyEnd.BLANKS and not match_brackets(self._text).is_open:
            return "stop"
        return end.value

    def _repeats_itself(self) -> bool:
        """Whether the last objects said nothing but what earlier ones had said."""
        end = self._text.rindex("}") + 1
        for box in find_boxes(self._text[self._unread_from : end]).boxes:
            self._repeats = self._repeats + 1 if self._is_known(box) else 0
            self._seen.append(box)
        self._unread_from = end
        return self._repeats >= _MOST_REPEATS

    def _is_known(self, box: WrittenBox) -> bool:
        return any(
            box.label == other.label
            and (box.bbox == other.bbox or _overlap(box, other) >= SAME_BOX_IOU)
            for other in self._seen
        )


def _overlap(first: WrittenBox, second: WrittenBox) -> float:
    boxes = [_ordered(one) for one in (first, second)]
    if boxes[0] is None or boxes[1] is None:
        return 0.0
    return iou(boxes[0], boxes[1])


def _ordered(written: WrittenBox) -> Box | None:
    x1, x2 = sorted(written.bbox[0::2])
    y1, y2 = sorted(written.bbox[1::2])
    return Box(x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None
