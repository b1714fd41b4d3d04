"""The evidence of a picture in which nothing was found, as a card: several of them share a page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from safety_detector.domain.geometry import ImageSize
from safety_detector.domain.hazards import Language
from safety_detector.domain.outcomes import Outcome
from safety_detector.message_texts.phrase import Phrase
from safety_detector.report import style, wording
from safety_detector.report.blocks import Group, Item, Space
from safety_detector.report.cards import PICTURE, Card, CardRow, CardText, set_card
from safety_detector.report.contents import ReportEntry, SheetContents
from safety_detector.report.evidence_sheet import sheet_bookmark
from safety_detector.report.pictures import (
    Print,
    load_original,
    make_painted,
    make_print,
)
from safety_detector.report.prefetch import Prefetcher
from safety_detector.report.typesetting import Typefaces

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
    return Group((*items, Item(CardRow(cards)), Item(Space(10.0))))


def _card(
    sheet: SheetContents,
    entry: ReportEntry,
    language: Language,
    typefaces: Typefaces,
    prefetcher: Prefetcher,
) -> Card:
    facts = {fact.name: fact.value for fact in sheet.facts}
    digest = facts.pop(wording.SHA256.say(language))
    for said_above in (wording.PICTURE, wording.CAMERA):
        facts.pop(said_above.say(language), None)
    text = CardText(
        number=str(sheet.number),
        name=sheet.name,
        sign=f"{style.OUTCOME_SIGNS[sheet.outcome]} {sheet.outcome_text}",
        colour=style.OUTCOME_COLOURS[sheet.outcome],
        said=(
            sheet.time_text,
            *([sheet.camera] if sheet.camera else []),
            sheet.description,
            *sheet.reservations,
        ),
        facts=wording.SEMICOLON.say(language).join(f"{name} {facts[name]}" for name in facts),
        digest=digest,
    )
    pixels = ImageSize(*sheet.size_wh).pixels if sheet.size_wh else 0
    make = partial(_make_picture, entry, bool(sheet.detections))
    return set_card(text, make, pixels, typefaces, prefetcher)


def _make_picture(entry: ReportEntry, painted: bool) -> Print | Phrase:
    """The annotated picture, or the original where nothing is drawn on it."""
    original = load_original(entry)
    if painted:
        return make_painted(entry, original, PICTURE, wording.VANISHED)
    return make_print(original, PICTURE)
