"""Cards, several of which share a page: a small picture, what it is, and the facts under it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reportlab.lib.colors import Color

from safety_detector.message_texts.phrase import Phrase
from safety_detector.report import style
from safety_detector.report.blocks import draw_lines, pill
from safety_detector.report.page_canvas import Area, PageCanvas
from safety_detector.report.pictures import Print, draw_print
from safety_detector.report.prefetch import Order, Prefetcher
from safety_detector.report.style import TextStyle
from safety_detector.report.typesetting import Typefaces, Weight

CARDS_A_ROW = 2
PICTURE = Area(0.0, 0.0, 112.0, 84.0)
"""The room of a card's picture."""
_GAP = 14.0
_WIDTH = (style.BODY_WIDTH - _GAP) / CARDS_A_ROW
_TEXT_LEFT = PICTURE.width + 8.0
_TEXT_WIDTH = _WIDTH - _TEXT_LEFT
_PILL = TextStyle(7.5, 10, Weight.BOLD, style.WHITE)
_TITLE_HEIGHT = 19.0
_MOST_TEXT_LINES = 7
"""Beside the picture; the longest reasons stand in full elsewhere."""
_MOST_FACT_LINES = 5
_FACT = TextStyle(6.0, 9, Weight.REGULAR, style.GREY)
"""Small enough for a hash on one line."""


@dataclass(frozen=True, slots=True)
class CardText:
    """What a card says.

    Attributes:
        number: in the report.
        name: its title.
        sign: what it is, on a field of the colour.
        said: beside the picture, a paragraph each.
        facts: under it, in small print.
        digest: the last of them, on a line of its own.
    """

    number: str
    name: str
    sign: str
    colour: Color
    said: Sequence[str]
    facts: str
    digest: str


@dataclass(frozen=True, slots=True)
class Card:
    """A card whose text is broken into lines."""

    number: str
    name: str
    sign: str
    colour: Color
    text: tuple[str, ...]
    facts: tuple[str, ...]
    picture: Order[Print | Phrase]

    @property
    def height(self) -> float:
        """Height of picture and facts."""
        return _TITLE_HEIGHT + PICTURE.height + 3.0 + len(self.facts) * _FACT.leading

    def draw(self, canvas: PageCanvas, left: float, top: float) -> None:
        """Draws it under a line."""
        canvas.rule(left, top, _WIDTH, style.INK, 0.8)
        canvas.text(left, top + 4.0, self.number, style.BODY_BOLD)
        indent = canvas.typefaces.width_pt(self.number, Weight.BOLD, style.BODY_BOLD.size) + 7.0
        name = canvas.typefaces.fit_line(self.name, Weight.BOLD, style.CELL.size, _WIDTH - indent)
        canvas.text(left + indent, top + 5.5, name, style.CELL_BOLD)
        y = top + _TITLE_HEIGHT
        frame = Area(left, y, PICTURE.width, PICTURE.height)
        draw_print(canvas, frame, self.picture.collect())
        width = canvas.typefaces.width_pt(self.sign, _PILL.weight, _PILL.size) + 9.0
        field = Area(left + _TEXT_LEFT, y, width, 11.5)
        pill(canvas, field, self.sign, self.colour, _PILL)
        draw_lines(canvas, left + _TEXT_LEFT, y + 14.0, self.text, style.SMALL)
        draw_lines(canvas, left, y + PICTURE.height + 3.0, self.facts, _FACT)


@dataclass(frozen=True, slots=True)
class CardRow:
    """Cards side by side."""

    cards: tuple[Card, ...]

    @property
    def height(self) -> float:
        """Height of the tallest."""
        return max(one.height for one in self.cards)

    def draw(self, canvas: PageCanvas, top: float) -> None:
        """Draws them from left to right."""
        for position, card in enumerate(self.cards):
            card.draw(canvas, style.BODY_LEFT + position * (_WIDTH + _GAP), top)


def set_card(
    text: CardText,
    make_picture: Callable[[], Print | Phrase],
    pixels: int,
    typefaces: Typefaces,
    prefetcher: Prefetcher,
) -> Card:
    """A card whose picture is ordered from the prefetcher.

    Args:
        text: what it says.
        make_picture: for ``PICTURE``.
        pixels: of the picture that it is made of.
        typefaces: the font to measure with.
        prefetcher: makes the picture.
    """
    look = style.SMALL
    lines = [
        line
        for part in text.said
        for line in typefaces.break_lines(part, look.weight, look.size, _TEXT_WIDTH, max_lines=5)
    ]
    facts = [
        *typefaces.break_lines(text.facts, _FACT.weight, _FACT.size, _WIDTH, _MOST_FACT_LINES - 1),
        typefaces.fit_line(text.digest, _FACT.weight, _FACT.size, _WIDTH),
    ]
    return Card(
        number=text.number,
        name=text.name,
        sign=text.sign,
        colour=text.colour,
        text=tuple(lines[:_MOST_TEXT_LINES]),
        facts=tuple(facts),
        picture=prefetcher.order(make_picture, pixels=pixels),
    )
