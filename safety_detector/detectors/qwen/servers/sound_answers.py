"""Tells an answer of a sound server from garbage."""

from __future__ import annotations

from safety_detector.detectors.qwen.answer.crop_reader import read_crop_answer
from safety_detector.detectors.qwen.answer.reader import AnswerReading, AnswerStatus, read_answer
from safety_detector.detectors.qwen.answer.token_scores import Score, ScoredText
from safety_detector.detectors.qwen.servers.model_server import ModelReply
from safety_detector.domain.crop_questions import CropAnswer, CropQuestion
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
        raise AnswerUnreadable("no-box-readable", text=_shown(reply))
    return reading


def read_sound_crop_answer(reply: ModelReply, kind: CropQuestion) -> tuple[CropAnswer, str, Score]:
    """The answer to a question about one place, the model's reason, and the answer's score.

    Raises:
        ModelFault: nothing at all, or runs of ``!``.
        AnswerUnreadable: something was said, but it is none of the question's answers.
    """
    reading = read_crop_answer(reply.text, kind, finish_reason=reply.finish_reason)
    if reading.fault is not None:
        raise ModelFault(reading.fault)
    if reading.answer is None:
        raise AnswerUnreadable("no-crop-answer-readable", text=_shown(reply))
    score = ScoredText(reply.text, reply.tokens).score(reading.span)
    return reading.answer, reading.reason, score


def _shown(reply: ModelReply) -> str:
    return " ".join(reply.text.split())[:_SHOWN_CHARS]
