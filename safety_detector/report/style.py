"""Measures, colours and text sizes of every page; lengths in points (1/72 inch)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm

from safety_detector.appearance import hazard_looks
from safety_detector.domain.hazards import Hazard, Label
from safety_detector.domain.outcomes import Outcome
from safety_detector.report.typesetting import Weight

PAGE_WIDTH: float
PAGE_HEIGHT: float
PAGE_WIDTH, PAGE_HEIGHT = A4
MARGIN: float = 15 * mm
BODY_LEFT: float = MARGIN
BODY_WIDTH: float = PAGE_WIDTH - 2 * MARGIN
BODY_TOP: float = 21 * mm
"""Distance of the first line from the paper's upper edge; the header stands above it."""
BODY_BOTTOM: float = PAGE_HEIGHT - 18 * mm
"""Distance of the last line from the paper's upper edge; the footer stands below it."""
BODY_HEIGHT: float = BODY_BOTTOM - BODY_TOP

PICTURE_DPI = 150
"""Sharp in print at arm's length; more only makes the file larger."""
LABEL_TEXT_PT = 7.0
"""Text of labels on annotated pictures, as large as the small print beside them."""
PICTURE_QUALITY = 85
"""JPEG quality: no blocks to be seen at this resolution."""

INK = HexColor("#1A1F26")
GREY = HexColor("#5C6773")
FAINT = HexColor("#98A2AD")
HAIRLINE = HexColor("#D3D9E0")
PANEL = HexColor("#F4F6F8")
WHITE = HexColor("#FFFFFF")
LINK = HexColor("#1D4F91")

HAZARD_RED = HexColor("#C8201A")
AMBER = HexColor("#A96800")
CLEAR_GREEN = HexColor("#1B7A43")

LABEL_COLOURS: dict[Label, Color] = {
    Label.FIRE: HexColor("#C81018"),
    Label.SMOKE: HexColor("#1056C8"),
    Label.PERSON: HexColor("#007834"),
}
"""The colours of the annotated picture's frames: fire red, smoke blue, person green."""


@dataclass(frozen=True, slots=True)
class Plate:
    """The colours of a hazard's name and number; ``warns`` gives it a dark rim and hatched bars."""

    ground: Color
    text: Color
    warns: bool


@cache
def plate_of(hazard: Hazard) -> Plate:
    """The plate of the annotated picture: white on a dark ground, or black on amber to warn."""
    plate = hazard_looks.plate_of(hazard)
    return Plate(_colour(plate.ground), _colour(plate.text), plate.warns)


def _colour(rgb: hazard_looks.Rgb) -> Color:
    return Color(*(part / 255 for part in rgb))


OUTCOME_COLOURS: dict[Outcome, Color] = {
    Outcome.HAZARD: HAZARD_RED,
    Outcome.INCONCLUSIVE: AMBER,
    Outcome.CLEAR: CLEAR_GREEN,
    Outcome.FAILED: AMBER,
    Outcome.UNFINISHED: GREY,
}

OUTCOME_PANELS: dict[Outcome, Color] = {
    Outcome.HAZARD: HexColor("#FCEFEE"),
    Outcome.INCONCLUSIVE: HexColor("#FBF4E6"),
    Outcome.CLEAR: HexColor("#EDF6F0"),
    Outcome.FAILED: HexColor("#FBF4E6"),
    Outcome.UNFINISHED: PANEL,
}

OUTCOME_SIGNS: dict[Outcome, str] = {
    Outcome.HAZARD: "▲",
    Outcome.INCONCLUSIVE: "◆",
    Outcome.CLEAR: "●",
    Outcome.FAILED: "×",
    Outcome.UNFINISHED: "○",
}
"""A shape beside each colour, for black-and-white prints and colour-blind readers."""


@dataclass(frozen=True, slots=True)
class TextStyle:
    """Weight, size and colour of text, and the distance from one baseline to the next."""

    size: float
    leading: float
    weight: Weight = Weight.REGULAR
    colour: Color = INK


TITLE = TextStyle(21, 28, Weight.BOLD)
HEADING = TextStyle(13, 19, Weight.BOLD)
SUBHEADING = TextStyle(9.5, 14, Weight.BOLD)
BODY = TextStyle(9, 14)
BODY_BOLD = TextStyle(9, 14, Weight.BOLD)
LEAD = TextStyle(12, 18, Weight.BOLD)
CELL = TextStyle(8, 11.5)
CELL_BOLD = TextStyle(8, 11.5, Weight.BOLD)
CELL_ALARM = TextStyle(8, 11.5, Weight.BOLD, HAZARD_RED)
COLUMN_NAME = TextStyle(7, 10, Weight.BOLD, GREY)
CAPTION = TextStyle(7, 10, Weight.REGULAR, GREY)
SMALL = TextStyle(7, 10)
FURNITURE = TextStyle(7, 10, Weight.REGULAR, GREY)
