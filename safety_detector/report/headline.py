"""The head of a first page: title, facts, the sentence that matters most, and its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.lib.colors import Color

from safety_detector.domain.outcomes import Outcome
from safety_detector.report import style
from safety_detector.report.blocks import Item, Space, Text, draw_lines
from safety_detector.report.contents import Fact
from safety_detector.report.fact_list import fact_lines
from safety_detector.report.page_canvas import Area, Bookmark, PageCanvas
from safety_detector.report.style import TextStyle
from safety_detector.report.typesetting import Typefaces, Weight

_SUMMARY_KEY = "summary"


def compose_head(
    subject: str, title: str, facts: Sequence[Fact], typefaces: Typefaces
) -> list[Item]:
    """Title and facts, at the top of every kind of report."""
    bookmark = Bookmark(_SUMMARY_KEY, title)
    return [
        Item(_Accent(subject), keep_with_next=True, bookmark=bookmark),
        Item(_title(title, typefaces), keep_with_next=True),
        Item(Space(6.0), keep_with_next=True),
        *(Item(line) for line in fact_lines(facts, typefaces)),
        Item(Space(12.0)),
    ]


def _title(title: str, typefaces: Typefaces) -> Text:
    look = style.TITLE
    return Text(
        typefaces.break_lines(title, look.weight, look.size, style.BODY_WIDTH, max_lines=3), look
    )


@dataclass(frozen=True, slots=True)
class _Accent:
    """A short coloured bar and the report's subject in small letters."""

    subject: str
    height: float = 18.0

    def draw(self, canvas: PageCanvas, top: float) -> None:
        canvas.fill(Area(style.BODY_LEFT, top, 28.0, 3.0), style.HAZARD_RED)
        canvas.text(style.BODY_LEFT, top + 6.0, self.subject, style.CAPTION)


@dataclass(frozen=True, slots=True)
class _Headline:
    """The most important sentence, large on its colour, and the warning under it."""

    outcome: Outcome
    lines: tuple[str, ...]
    warning: tuple[str, ...]

    @property
    def height(self) -> float:
        text = len(self.lines) * style.LEAD.leading + len(self.warning) * style.BODY.leading
        return text + 20.0

    def draw(self, canvas: PageCanvas, top: float) -> None:
        panel = Area(style.BODY_LEFT, top, style.BODY_WIDTH, self.height)
        canvas.fill(panel, style.OUTCOME_PANELS[self.outcome])
        colour = style.OUTCOME_COLOURS[self.outcome]
        canvas.fill(Area(style.BODY_LEFT, top, 4.0, self.height), colour)
        look = TextStyle(style.LEAD.size, style.LEAD.leading, Weight.BOLD, colour)
        sign = style.OUTCOME_SIGNS[self.outcome]
        canvas.text(style.BODY_LEFT + 14.0, top + 10.0, sign, look)
        left = style.BODY_LEFT + 32.0
        draw_lines(canvas, left, top + 10.0, self.lines, look)
        y = top + 10.0 + len(self.lines) * look.leading
        draw_lines(canvas, left, y, self.warning, style.BODY)


@dataclass(frozen=True, slots=True)
class _Tiles:
    """Large numbers side by side."""

    tiles: tuple[tuple[str, str, Color], ...]
    height: float = 50.0

    def draw(self, canvas: PageCanvas, top: float) -> None:
        gap = 6.0
        width = (style.BODY_WIDTH - gap * (len(self.tiles) - 1)) / len(self.tiles)
        for position, (name, number, colour) in enumerate(self.tiles):
            left = style.BODY_LEFT + position * (width + gap)
            canvas.fill(Area(left, top, width, self.height), style.PANEL)
            canvas.fill(Area(left, top, width, 2.0), colour)
            look = TextStyle(18, 24, Weight.BOLD, style.FAINT if number == "0" else colour)
            canvas.text(left + 8.0, top + 6.0, number, look)
            canvas.text(left + 8.0, top + 32.0, name, style.CAPTION)


def compose_headline(
    outcome: Outcome,
    headline: str,
    warning: str | None,
    tiles: Sequence[tuple[str, str, Color]],
    typefaces: Typefaces,
) -> list[Item]:
    """The headline on its colour, the warning under it, and the numbers that matter most.

    Args:
        outcome: by which it is coloured.
        headline: one sentence.
        warning: what has to be known beside it.
        tiles: names, numbers and colours; a ``0`` is faint.
        typefaces: the font to measure with.
    """
    room = style.BODY_WIDTH - 44.0
    lead, body = style.LEAD, style.BODY
    block = _Headline(
        outcome=outcome,
        lines=typefaces.break_lines(headline, lead.weight, lead.size, room),
        warning=typefaces.break_lines(warning, body.weight, body.size, room) if warning else (),
    )
    return [Item(block), Item(Space(8.0)), Item(_Tiles(tuple(tiles))), Item(Space(12.0))]
