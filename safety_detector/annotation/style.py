"""What each hazard looks like: colour, line and mark; and how large everything is.

Red is fire, blue smoke, green a person.  Whatever colour says, a line style or a mark says too:
severity is the weight of the line and the number of bars, doubt a dashed line and a question
mark, a helmet a tick, and a missing helmet a warning sign and a frame of hazard tape.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from safety_detector.domain.geometry import ImageSize
from safety_detector.domain.hazards import Hazard, Label, SubLabel

Rgb: TypeAlias = tuple[int, int, int]

WHITE: Rgb = (255, 255, 255)
INK: Rgb = (16, 16, 16)  # casing of lines and labels, and text on light ground
AMBER: Rgb = (255, 190, 0)

# Bright for lines, which stand in dark casing; deep under white text, with a contrast of at least
# 4.5 : 1 (WCAG 2.2, success criterion 1.4.3).
_LINE: dict[Label, Rgb] = {
    Label.FIRE: (255, 48, 40),
    Label.SMOKE: (40, 130, 255),
    Label.PERSON: (0, 200, 83),
}
_FILL: dict[Label, Rgb] = {
    Label.FIRE: (200, 16, 24),
    Label.SMOKE: (16, 86, 200),
    Label.PERSON: (0, 120, 52),
}


class Mark(StrEnum):
    """A sign on the label that says the state without colour or words."""

    ONE_BAR = "one bar"
    TWO_BARS = "two bars"
    THREE_BARS = "three bars"
    QUESTION = "question"
    WARNING = "warning"
    TICK = "tick"


_MARKS: dict[SubLabel, Mark] = {
    SubLabel.MINOR: Mark.ONE_BAR,
    SubLabel.MODERATE: Mark.TWO_BARS,
    SubLabel.SEVERE: Mark.THREE_BARS,
    SubLabel.UNCERTAIN: Mark.QUESTION,
    SubLabel.NO_HELMET: Mark.WARNING,
    SubLabel.HELMET: Mark.TICK,
}
_WEIGHTS: dict[SubLabel, float] = {SubLabel.MODERATE: 1.5, SubLabel.SEVERE: 2.2}


@dataclass(frozen=True, slots=True)
class Look:
    """How a hazard is drawn.

    Attributes:
        line: colour of the frame.
        fill: ground of the label, under white text.
        mark: sign on the label.
        weight: width of the frame's line, in ordinary line widths.
        dashed: whether the frame is dashed.
        taped: whether amber and black hazard tape runs around the frame.
    """

    line: Rgb
    fill: Rgb
    mark: Mark
    weight: float
    dashed: bool
    taped: bool


def look_of(hazard: Hazard) -> Look:
    """How this hazard is drawn; each pair of label and state looks different."""
    return Look(
        line=_LINE[hazard.label],
        fill=_FILL[hazard.label],
        mark=_MARKS[hazard.sub_label],
        weight=_WEIGHTS.get(hazard.sub_label, 1.0),
        dashed=hazard.sub_label is SubLabel.UNCERTAIN,
        taped=hazard.sub_label is SubLabel.NO_HELMET,
    )


@dataclass(frozen=True, slots=True)
class Scale:
    """How large things are in one picture, in pixels: text (em size), line and its dark casing."""

    text_px: int
    line_px: int
    casing_px: int


MIN_TEXT_PX = 11  # the smallest bold Chinese that is easily read
_SMALL_PICTURE_TEXT_PX = 12
# Text is read on a picture shown as a whole, so it grows with the picture; less than in proportion,
# since a large picture is also shown on a larger screen or looked at in parts.
_EM_PER_SIDE = 0.125  # of a picture with a side of 1 px; makes 29 px at 1080p and 49 px at 4K
_EM_GROWTH = 0.75
_EM_PER_LINE = 7
_EM_PER_CASING = 14  # two pixels from 720p on: a red frame on a red ground is seen by its casing


def scale_for(size: ImageSize) -> Scale:
    """Sizes that suit a picture; its side is that of a square of equal area."""
    em = _EM_PER_SIDE * float(size.pixels) ** (_EM_GROWTH / 2)
    return Scale(
        text_px=max(_SMALL_PICTURE_TEXT_PX, round(em)),
        line_px=max(1, round(em / _EM_PER_LINE)),
        casing_px=max(1, round(em / _EM_PER_CASING)),
    )
