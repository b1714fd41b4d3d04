"""Tells an answer of a sound server from garbage."""

from __future__ import annotations

from safety_detector.detectors.qwen.answer.reader import AnswerReading, AnswerStatus, read_answer
from safety_detector.detectors.qwen.servers.model_server import ModelReply
from safety_detector.errors import AnswerUnreadable, ModelFault

_SHOWN_CHARS = 120  # of an unreadable answer, in the error's message


def read_sound_answer(reply: ModelReply) -> AnswerReading:
    """The boxes of an answer that is one.

    Raises:
        ModelFault: nothing at all, or runs of ``!``.
        AnswerUnreadable: something was said, but no box can be read in it.
    """
    reading = read_answer(reply.text, finish_reason=reply.finish_reason)
    if reading.fault is not None and not reading.boxes_read:
        raise ModelFault(reading.fault)
    if reading.status is AnswerStatus.UNPARSEABLE or (
        reading.status is AnswerStatus.TRUNCATED and not reading.boxes_read
    ):
        shown = " ".join(reply.text.split())[:_SHOWN_CHARS]
        raise AnswerUnreadable("no-box-readable", text=shown)
    return reading
