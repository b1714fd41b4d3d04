"""What an answer says, in its own words and numbers, before anything is mapped or judged."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Number: TypeAlias = int | float
Corners: TypeAlias = tuple[Number, Number, Number, Number]
"""``x1, y1, x2, y2`` as written: not yet ordered, scaled or clipped."""

SAME_BOX_IOU = 0.9
"""Boxes of one label that overlap this much are one thing said twice."""


class DropReason(StrEnum):
    """Why something that an answer says is not among the detections."""

    CUT = "the answer ends inside it"
    UNREADABLE = "not readable as an object"
    NO_BOX = "no box"
    NOT_FOUR_NUMBERS = "not four numbers"
    NO_LABEL = "no label"
    FOREIGN_LABEL = "not one of our labels"
    UNREAD_LABEL = "a label with a word of ours that is not understood"
    FRACTIONS = "fractions in place of pixels"
    NO_AREA = "no width or no height"
    OUTSIDE = "outside the picture"
    DUPLICATE = "the same box again"


@dataclass(frozen=True, slots=True)
class WrittenBox:
    """One box of an answer, as written; the words are stripped of blanks, None where missing."""

    bbox: Corners
    label: str | None
    sub_label: str | None


@dataclass(frozen=True, slots=True)
class Dropped:
    """Something of an answer that did not become a detection, and why."""

    bbox: Corners | None
    label: str | None
    reason: DropReason
