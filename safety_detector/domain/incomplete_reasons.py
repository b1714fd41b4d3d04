"""Why a detector run may have missed something: stable codes, and the facts of each.

Several reasons may hold at once: an answer that was cut, of a picture that is too dark.
"""

from __future__ import annotations

from enum import StrEnum

from safety_detector.message_texts.earlier import recognise
from safety_detector.message_texts.reason import Reason


class IncompleteCode(StrEnum):
    """What makes a run incomplete; the text of each is stable, for programs."""

    # The model's answer
    ANSWER_CUT = "answer-cut"
    BOX_DROPPED = "box-dropped"
    BOX_OUTSIDE = "box-outside"
    OBJECT_LIMIT = "object-limit"
    PART_UNREAD = "part-unread"
    # The picture
    TOO_SMALL = "picture-too-small"
    TOO_DARK = "picture-too-dark"
    TOO_BRIGHT = "picture-too-bright"
    NO_STRUCTURE = "picture-without-structure"
    BLURRED = "picture-blurred"
    NO_SIGNAL = "picture-no-signal"
    PART_MISSING = "picture-part-missing"
    SHRUNK = "picture-shrunk"
    DAMAGED = "picture-damaged"
    # Second looks at what another detector suspects
    REFUTED = "second-look-refuted"
    UNSURE = "second-look-unsure"
    NO_SECOND_LOOK = "second-look-missing"
    LEFT_OUT = "second-look-left-out"
    FULL_LEFT_OUT = "full-look-left-out"
    OTHER = "other"


def read_sentences(text: str) -> tuple[Reason, ...]:
    """The reasons of a result that was stored when they were English sentences alone."""
    return tuple(map(_read_sentence, text.split("; ")))


def _read_sentence(sentence: str) -> Reason:
    found = recognise(sentence)
    return Reason.of_sentence(sentence) if found is None else Reason(*found)
