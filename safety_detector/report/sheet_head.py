"""The head of a sheet of evidence: its title under a line, and what was found on its colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.lib.colors import Color

from safety_detector.report import style
from safety_detector.report.blocks import draw_lines, pill
from safety_detector.report.page_canvas import Area, PageCanvas
from safety_detector.report.style import TextStyle
from safety_detector.report.typesetting import Typefaces, Weight

_MOST_DOUBT_LINES = 8
"""Lines of reservations under a description; title, banner and pictures stay on one page."""
_ASIDE_WIDTH = 130.0
"""Room for time and place at the right of a sheet's title."""
_SIGN = TextStyle(9, 12, Weight.BOLD, style.WHITE)


@dataclass(frozen=True, slots=True)
class Title:
    """A large number, a name, and two lines of small print at the right."""

    number: str
    name_left: float
    name_lines: tuple[str, ...]
    aside: tuple[str, ...]

    @property
    def height(self) -> float:
        """Height with the line above and some space below."""
        return 8.0 + max(len(self.name_lines) * style.BODY_BOLD.leading, 20.0) + 5.0

    def draw(self, canvas: PageCanvas, top: float) -> None:
        """Draws it under a line."""
        canvas.rule(style.BODY_LEFT, top, style.BODY_WIDTH, style.INK, 1.0)
        canvas.text(style.BODY_LEFT, top + 6.0, self.number, style.HEADING)
        draw_lines(canvas, self.name_left, top + 9.5, self.name_lines, style.BODY_BOLD)
        for position, line in enumerate(self.aside):
            y = top + 7.0 + position * style.CAPTION.leading
            canvas.text_right(style.BODY_LEFT + style.BODY_WIDTH, y, line, style.CAPTION)


def set_title(number: str, name: str, aside: Sequence[str], typefaces: Typefaces) -> Title:
    """A title whose texts fit beside each other."""
    look, small, large = style.BODY_BOLD, style.CAPTION, style.HEADING
    indent = typefaces.width_pt(number, large.weight, large.size) + 12.0
    room = style.BODY_WIDTH - indent - _ASIDE_WIDTH - 10.0
    return Title(
        number=number,
        name_left=style.BODY_LEFT + indent,
        name_lines=typefaces.break_lines(name, look.weight, look.size, room, max_lines=2),
        aside=tuple(
            typefaces.fit_line(one, small.weight, small.size, _ASIDE_WIDTH) for one in aside
        ),
    )


@dataclass(frozen=True, slots=True)
class Banner:
    """A sign on its colour, and beside it what was found and what is in doubt."""

    sign: str
    sign_width: float
    colour: Color
    panel: Color
    description: tuple[str, ...]
    doubts: tuple[str, ...]

    _PADDING = 6.0

    @property
    def height(self) -> float:
        """Height of the coloured field."""
        text = len(self.description) * style.BODY.leading + len(self.doubts) * style.SMALL.leading
        return max(text, 16.0) + 2 * self._PADDING

    def draw(self, canvas: PageCanvas, top: float) -> None:
        """Draws the field, the sign and the texts."""
        panel = Area(style.BODY_LEFT, top, style.BODY_WIDTH, self.height)
        canvas.fill(panel, self.panel)
        canvas.fill(Area(style.BODY_LEFT, top, 3.0, self.height), self.colour)
        field = Area(style.BODY_LEFT + 10.0, top + self._PADDING - 1.0, self.sign_width, 16.0)
        pill(canvas, field, self.sign, self.colour, _SIGN)
        left = style.BODY_LEFT + 10.0 + self.sign_width + 9.0
        y = top + self._PADDING
        draw_lines(canvas, left, y, self.description, style.BODY)
        y += len(self.description) * style.BODY.leading
        draw_lines(canvas, left, y, self.doubts, style.SMALL)


def set_banner(
    sign: str,
    colour: Color,
    panel: Color,
    description: str,
    doubts: Sequence[str],
    typefaces: Typefaces,
) -> Banner:
    """A banner whose texts are broken to their room.

    Args:
        sign: the verdict or state.
        colour: of the sign.
        panel: of the field behind it all.
        description: what was found.
        doubts: what else has to be known, a paragraph each.
        typefaces: the font to measure with.
    """
    sign_width = typefaces.width_pt(sign, _SIGN.weight, _SIGN.size) + 14.0
    room = style.BODY_WIDTH - 10.0 - sign_width - 9.0 - 8.0
    body, small = style.BODY, style.SMALL
    lines = [
        line
        for text in doubts
        for line in typefaces.break_lines(text, small.weight, small.size, room, max_lines=4)
    ]
    return Banner(
        sign=sign,
        sign_width=sign_width,
        colour=colour,
        panel=panel,
        description=typefaces.break_lines(description, body.weight, body.size, room, max_lines=6),
        doubts=tuple(lines[:_MOST_DOUBT_LINES]),
    )
