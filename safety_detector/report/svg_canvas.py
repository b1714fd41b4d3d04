"""Draws charts as SVG: colours are classes, so that a page's style sheet decides about them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from reportlab.lib.colors import Color, HexColor

from safety_detector.report import style
from safety_detector.report.chart_canvas import ChartBlock, ChartMeasures
from safety_detector.report.page_canvas import Area, baseline
from safety_detector.report.style import TextStyle
from safety_detector.report.typesetting import Weight

_CLASSES: dict[str, str] = {
    style.INK.hexval(): "ink",
    style.GREY.hexval(): "grey",
    style.HAIRLINE.hexval(): "hairline",
    style.PANEL.hexval(): "track",
    style.WHITE.hexval(): "ground",
    style.HAZARD_RED.hexval(): "overdue",
    HexColor("#E8B44A").hexval(): "open",
    HexColor("#7DB894").hexval(): "closed",
    HexColor("#B9C2CC").hexval(): "clear",
    HexColor("#C81018").hexval(): "fire",
    HexColor("#1056C8").hexval(): "smoke",
    HexColor("#007834").hexval(): "person",
}
"""What each colour of the charts means; one without a class stands in the picture itself."""

_NARROW_EM = 0.56
_WIDE_EM = 1.0


class ScreenMeasure:
    """Guesses how wide a browser sets text, whose fonts nobody knows here; never too narrow."""

    def printable(self, text: str) -> str:
        """The text without controls and marks that turn its direction."""
        shown = (
            one if unicodedata.category(one)[0] != "C" else "\N{REPLACEMENT CHARACTER}"
            for one in text
        )
        return "".join(shown)

    def width_pt(self, text: str, weight: Weight, size_pt: float) -> float:
        """Width of the text on one line."""
        em = sum(
            _WIDE_EM if unicodedata.east_asian_width(one) in "WF" else _NARROW_EM for one in text
        )
        return em * size_pt * (1.06 if weight is Weight.BOLD else 1.0)

    def fit_line(self, text: str, weight: Weight, size_pt: float, width_pt: float) -> str:
        """The text on one line; where it is too wide, its beginning and three dots."""
        shown = self.printable(text)
        if self.width_pt(shown, weight, size_pt) <= width_pt:
            return shown
        while shown and self.width_pt(shown + "…", weight, size_pt) > width_pt:
            shown = shown[:-1]
        return shown.rstrip() + "…"


@dataclass(frozen=True, slots=True)
class SvgTexts:
    """What a chart says to those who do not see it.

    Attributes:
        key: of letters and digits; tells it from other charts of the page.
        title: what it shows.
        description: what is to be seen in it.
    """

    key: str
    title: str
    description: str


class SvgCanvas:
    """A ``ChartCanvas`` whose pieces are SVG elements."""

    def __init__(self, key: str) -> None:
        self.typefaces = ScreenMeasure()
        self._key = key
        self._pieces: list[str] = []
        self._patterns: dict[str, str] = {}

    def text(self, left: float, top: float, line: str, look: TextStyle) -> None:
        """One line whose box begins at ``top``."""
        self._write(left, top, line, look, "")

    def text_right(self, right: float, top: float, line: str, look: TextStyle) -> None:
        """The same, ending at ``right``."""
        self._write(right, top, line, look, ' text-anchor="end"')

    def text_centred(self, centre: float, top: float, line: str, look: TextStyle) -> None:
        """The same, around ``centre``."""
        self._write(centre, top, line, look, ' text-anchor="middle"')

    def fill(self, area: Area, colour: Color, radius: float = 0.0) -> None:
        """A filled rectangle."""
        rounded = f' rx="{radius:g}"' if radius else ""
        self._pieces.append(f"<rect {_place(area)}{rounded} {_painted(colour, 'fill')}/>")

    def frame(self, area: Area, colour: Color, line_width: float = 0.5) -> None:
        """The outline of a rectangle."""
        stroke = _painted(colour, "stroke")
        self._pieces.append(
            f'<rect {_place(area)} {stroke} fill="none" stroke-width="{line_width:g}"/>'
        )

    def hatch(self, area: Area, colour: Color, line_width: float = 1.1, step: float = 4.0) -> None:
        """Slanting lines over a rectangle."""
        name = f"{self._key}-{_name(colour)}"
        size = step / 2**0.5  # lines are so far apart, seen along the edge
        self._patterns[name] = (
            f'<pattern id="{name}" width="{size:.2f}" height="{size:.2f}" '
            f'patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
            f'<line x1="0" y1="0" x2="0" y2="{size:.2f}" {_painted(colour, "stroke")} '
            f'stroke-width="{line_width:g}"/></pattern>'
        )
        self._pieces.append(f'<rect {_place(area)} fill="url(#{name})"/>')

    def rule(
        self, left: float, top: float, width: float, colour: Color, line_width: float = 0.5
    ) -> None:
        """A horizontal line."""
        self._pieces.append(
            f'<line x1="{left:.1f}" y1="{top:.1f}" x2="{left + width:.1f}" y2="{top:.1f}" '
            f'{_painted(colour, "stroke")} stroke-width="{line_width:g}"/>'
        )

    def finish(self, width: float, height: float, texts: SvgTexts) -> str:
        """The whole SVG."""
        patterns = "".join(self._patterns.values())
        defs = f"<defs>{patterns}</defs>" if patterns else ""
        key = self._key
        return (
            f'<svg class="chart" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
            f'height="{height:g}" role="img" aria-labelledby="{key}-title {key}-said">'
            f'<title id="{key}-title">{escape(texts.title)}</title>'
            f'<desc id="{key}-said">{escape(texts.description)}</desc>'
            f"{defs}{''.join(self._pieces)}</svg>"
        )

    def _write(self, x: float, top: float, line: str, look: TextStyle, anchor: str) -> None:
        bold = ' font-weight="600"' if look.weight is Weight.BOLD else ""
        said = escape(self.typefaces.printable(line))
        self._pieces.append(
            f'<text x="{x:.1f}" y="{top + baseline(look):.1f}" font-size="{look.size:g}"{anchor}'
            f"{bold} {_painted(look.colour, 'fill')}>{said}</text>"
        )


def draw_svg(blocks: Sequence[ChartBlock], measures: ChartMeasures, texts: SvgTexts) -> str:
    """Blocks of a chart, one below the other.

    Args:
        blocks: made for these measures.
        measures: of the screen.
        texts: for those who do not see it.

    Returns:
        An ``<svg>`` for a page; every text in it is escaped.
    """
    canvas = SvgCanvas(texts.key)
    top = 0.0
    for block in blocks:
        block.draw(canvas, top)
        top += block.height
    return canvas.finish(2 * measures.left + measures.width, top, texts)


def _place(area: Area) -> str:
    left, top, width, height = (
        f"{one:.1f}" for one in (area.left, area.top, area.width, area.height)
    )
    return f'x="{left}" y="{top}" width="{width}" height="{height}"'


def _name(colour: Color) -> str:
    value = colour.hexval()
    return _CLASSES.get(value, f"c{value[2:]}")


def _painted(colour: Color, part: str) -> str:
    value = colour.hexval()
    known = _CLASSES.get(value)
    return f'class="{part}-{known}"' if known else f'{part}="#{value[2:]}"'
