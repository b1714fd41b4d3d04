"""What each hazard looks like, in annotated pictures and in reports: colour, line, plate and mark.

Red is fire, blue smoke, green a person.  A person without a helmet keeps the green line, but
nothing else of it is green: the plate with its name is black on amber, with a black number field,
as signs that warn are (ISO 3864-1).  All other plates are white on a dark ground, so that it also
stands out of a grey print.

Whatever colour says, a line style or a mark says too: severity is the weight of the line and the
number of bars, doubt a dashed line and a question mark, a helmet a tick, and a missing helmet a
warning sign and a frame of hazard tape.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from safety_detector.domain.hazards import Hazard, Label, SubLabel

Rgb: TypeAlias = tuple[int, int, int]

WHITE: Rgb = (255, 255, 255)
INK: Rgb = (16, 16, 16)  # casing of lines and labels, and text on light ground
AMBER: Rgb = (255, 190, 0)

# Bright for lines, which stand in dark casing; deep under white text, with a contrast of at least
# 4.5 : 1 (WCAG 2.2, success criterion 1.4.3); amber under black has 11 : 1.
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
class Plate:
    """The colours of the plate that names a hazard: label, table row, bar, legend.

    Attributes:
        ground: behind words and marks; the colour of bars in charts.
        text: of words and marks.
        number_ground: behind the number.
        number_text: of the number.
        warns: whether it is a warning plate, which also gets a thick dark rim.
    """

    ground: Rgb
    text: Rgb
    number_ground: Rgb
    number_text: Rgb
    warns: bool


_WARNING_PLATE = Plate(AMBER, INK, INK, AMBER, warns=True)


@dataclass(frozen=True, slots=True)
class Look:
    """How a hazard is drawn.

    Attributes:
        line: colour of the frame.
        plate: colours of its name.
        mark: sign on the label.
        weight: width of the frame's line, in ordinary line widths.
        dashed: whether the frame is dashed.
        taped: whether amber and black hazard tape runs around the frame.
    """

    line: Rgb
    plate: Plate
    mark: Mark
    weight: float
    dashed: bool
    taped: bool


def plate_of(hazard: Hazard) -> Plate:
    """The colours of the plate that names this hazard."""
    if hazard.sub_label is SubLabel.NO_HELMET:
        return _WARNING_PLATE
    return Plate(_FILL[hazard.label], WHITE, WHITE, INK, warns=False)


def look_of(hazard: Hazard) -> Look:
    """How this hazard is drawn; each pair of label and state looks different."""
    return Look(
        line=_LINE[hazard.label],
        plate=plate_of(hazard),
        mark=_MARKS[hazard.sub_label],
        weight=_WEIGHTS.get(hazard.sub_label, 1.0),
        dashed=hazard.sub_label is SubLabel.UNCERTAIN,
        taped=hazard.sub_label is SubLabel.NO_HELMET,
    )
