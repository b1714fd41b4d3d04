"""The evidence of a picture in which nothing was found, as a card: several of them share a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from safety_detector.domain.geometry import ImageSize
from safety_detector.domain.hazards import Language
from safety_detector.domain.outcomes import Outcome
from safety_detector.message_texts.phrase import Phrase
from safety_detector.report import style, wording
from safety_detector.report.blocks import Group, Item, Space, draw_lines, pill
from safety_detector.report.contents import ReportEntry, SheetContents
from safety_detector.report.evidence_sheet import sheet_bookmark
from safety_detector.report.page_canvas import Area, PageCanvas
from safety_detector.report.pictures import (
    Print,
    draw_print,
    load_original,
    make_painted,
    make_print,
)
from safety_detector.report.prefetch import Order, Prefetcher
from safety_detector.report.style import TextStyle
from safety_detector.report.typesetting import Typefaces, Weight

CARDS_A_ROW = 2
_GAP = 14.0
_WIDTH = (style.BODY_WIDTH - _GAP) / CARDS_A_ROW
_PICTURE = Area(0.0, 0.0, 112.0, 84.0)
_TEXT_LEFT = _PICTURE.width + 8.0
_TEXT_WIDTH = _WIDTH - _TEXT_LEFT
_PILL = TextStyle(7.5, 10, Weight.BOLD, style.WHITE)
_TITLE_HEIGHT = 19.0
_MOST_TEXT_LINES = 7
"""Beside the picture; the longest reasons stand in full in the annex."""
_MOST_FACT_LINES = 5
_FACT = TextStyle(6.0, 9, Weight.REGULAR, style.GREY)
"""Small enough for a hash on one line."""

_QUIET = (Outcome.CLEAR, Outcome.FAILED, Outcome.UNFINISHED)


def fits_on_a_card(sheet: SheetContents) -> bool:
    """Whether there is no finding that needs a sheet: what failed has no picture to be shown.

    An inconclusive picture has to be looked at by somebody, and stays large.
    """
    return sheet.outcome in _QUIET and not any(
        row.detection.hazard.is_danger for row in sheet.detections
    )


def compose_cards(
    pairs: Sequence[tuple[SheetContents, ReportEntry]],
    language: Language,
    typefaces: Typefaces,
    prefetcher: Prefetcher,
) -> Group:
    """One row of cards, each with its bookmark.

    Args:
        pairs: sheets and their inspections, at most ``CARDS_A_ROW``.
        language: of the words.
        typefaces: the font to measure with.
        prefetcher: makes the pictures.
    """
    cards = tuple(_card(sheet, entry, language, typefaces, prefetcher) for sheet, entry in pairs)
    marks = [sheet_bookmark(sheet) for sheet, _ in pairs]
    items = [Item(Space(0.0), keep_with_next=True, bookmark=mark) for mark in marks]
    return Group((*items, Item(_Row(cards)), Item(Space(10.0))))


@dataclass(frozen=True, slots=True)
class _Card:
    number: str
    name: str
    outcome: Outcome
    outcome_text: str
    text: tuple[str, ...]
    facts: tuple[str, ...]
    picture: Order[Print | Phrase]

    @property
    def height(self) -> float:
        return _TITLE_HEIGHT + _PICTURE.height + 3.0 + len(self.facts) * _FACT.leading

    def draw(self, canvas: PageCanvas, left: float, top: float) -> None:
        canvas.rule(left, top, _WIDTH, style.INK, 0.8)
        canvas.text(left, top + 4.0, self.number, style.BODY_BOLD)
        indent = canvas.typefaces.width_pt(self.number, Weight.BOLD, style.BODY_BOLD.size) + 7.0
        name = canvas.typefaces.fit_line(self.name, Weight.BOLD, style.CELL.size, _WIDTH - indent)
        canvas.text(left + indent, top + 5.5, name, style.CELL_BOLD)
        y = top + _TITLE_HEIGHT
        frame = Area(left, y, _PICTURE.width, _PICTURE.height)
        draw_print(canvas, frame, self.picture.collect())
        colour = style.OUTCOME_COLOURS[self.outcome]
        sign = f"{style.OUTCOME_SIGNS[self.outcome]} {self.outcome_text}"
        width = canvas.typefaces.width_pt(sign, _PILL.weight, _PILL.size) + 9.0
        pill(canvas, Area(left + _TEXT_LEFT, y, width, 11.5), sign, colour, _PILL)
        draw_lines(canvas, left + _TEXT_LEFT, y + 14.0, self.text, style.SMALL)
        draw_lines(canvas, left, y + _PICTURE.height + 3.0, self.facts, _FACT)


@dataclass(frozen=True, slots=True)
class _Row:
    cards: tuple[_Card, ...]

    @property
    def height(self) -> float:
        return max(one.height for one in self.cards)

    def draw(self, canvas: PageCanvas, top: float) -> None:
        for position, card in enumerate(self.cards):
            card.draw(canvas, style.BODY_LEFT + position * (_WIDTH + _GAP), top)


def _card(
    sheet: SheetContents,
    entry: ReportEntry,
    language: Language,
    typefaces: Typefaces,
    prefetcher: Prefetcher,
) -> _Card:
    look = style.SMALL
    said = [sheet.time_text, *([sheet.camera] if sheet.camera else []), sheet.description]
    text = [
        line
        for part in (*said, *sheet.reservations)
        for line in typefaces.break_lines(part, look.weight, look.size, _TEXT_WIDTH, max_lines=5)
    ]
    facts = {fact.name: fact.value for fact in sheet.facts}
    digest = facts.pop(wording.SHA256.say(language))
    for said_above in (wording.PICTURE, wording.CAMERA):
        facts.pop(said_above.say(language), None)
    listed = wording.SEMICOLON.say(language).join(f"{name} {facts[name]}" for name in facts)
    fact_lines = [
        *typefaces.break_lines(listed, _FACT.weight, _FACT.size, _WIDTH, _MOST_FACT_LINES - 1),
        typefaces.fit_line(digest, _FACT.weight, _FACT.size, _WIDTH),
    ]
    pixels = ImageSize(*sheet.size_wh).pixels if sheet.size_wh else 0
    painted = bool(sheet.detections)
    return _Card(
        number=str(sheet.number),
        name=sheet.name,
        outcome=sheet.outcome,
        outcome_text=sheet.outcome_text,
        text=tuple(text[:_MOST_TEXT_LINES]),
        facts=tuple(fact_lines),
        picture=prefetcher.order(partial(_make_picture, entry, painted), pixels=pixels),
    )


def _make_picture(entry: ReportEntry, painted: bool) -> Print | Phrase:
    """The annotated picture, or the original where nothing is drawn on it."""
    original = load_original(entry)
    if painted:
        return make_painted(entry, original, _PICTURE, wording.VANISHED)
    return make_print(original, _PICTURE)
