"""Puts the sections of a report about incidents together: which there are, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from safety_detector.domain.geometry import ImageSize
from safety_detector.message_texts.phrase import Phrase
from safety_detector.report import style
from safety_detector.report import wording as general
from safety_detector.report.blocks import (
    Group,
    Item,
    Space,
    heading,
    join,
    paragraph,
    under_heading,
)
from safety_detector.report.cards import CARDS_A_ROW, PICTURE, Card, CardRow, CardText, set_card
from safety_detector.report.closing import compose_limits, compose_signatures
from safety_detector.report.contents import Kind, ReportEntry
from safety_detector.report.flow import room_behind
from safety_detector.report.incidents import wording
from safety_detector.report.incidents.contents import IncidentContents, SheetContents
from safety_detector.report.incidents.first_page import compose_summary
from safety_detector.report.incidents.incident_texts import after_picture
from safety_detector.report.incidents.looks import COLOURS, SIGNS
from safety_detector.report.incidents.records import IncidentEntry
from safety_detector.report.incidents.register import (
    compose_index,
    compose_register,
    compose_volumes,
)
from safety_detector.report.incidents.sheet import plan_sheet, sheet_bookmark
from safety_detector.report.notice_form import compose_notice
from safety_detector.report.page_sharing import share_pages
from safety_detector.report.pictures import Print, load_original, make_painted
from safety_detector.report.prefetch import Prefetcher
from safety_detector.report.registers import VolumeFile
from safety_detector.report.typesetting import Typefaces


def compose(
    contents: IncidentContents,
    entries: Sequence[IncidentEntry],
    typefaces: Typefaces,
    prefetcher: Prefetcher,
    volumes: Sequence[VolumeFile] = (),
) -> list[Group]:
    """All blocks of one file, in order.

    Args:
        contents: what the file says.
        entries: the incidents whose sheets and cards are in it, in that order.
        typefaces: the font to measure with.
        prefetcher: makes the pictures.
        volumes: the other files, where this one is their index.
    """
    if contents.kind is Kind.NOTICES:
        return _compose_notices_alone(contents, entries, typefaces, prefetcher)
    before = compose_summary(contents, typefaces)
    if contents.kind is Kind.INDEX:
        before += compose_volumes(volumes, contents.language, typefaces)
    before += compose_register(contents, typefaces)
    if contents.kind is Kind.INDEX:
        return [*before, *_compose_annex(contents, typefaces)]
    return [
        *before,
        *_compose_sheets(contents, entries, typefaces, prefetcher, room_behind(before)),
        *_compose_annex(contents, typefaces),
        *_compose_notices(contents, entries, typefaces),
    ]


def _compose_sheets(
    contents: IncidentContents,
    entries: Sequence[IncidentEntry],
    typefaces: Typefaces,
    prefetcher: Prefetcher,
    room: float,
) -> list[Group]:
    """A sheet for each hazard, and behind them cards of the false alarms."""
    language = contents.language
    hazards, false_alarms = entries[: len(contents.sheets)], entries[len(contents.sheets) :]
    plans = [
        plan_sheet(sheet, entry, language, typefaces)
        for sheet, entry in zip(contents.sheets, hazards, strict=True)
    ]
    title = wording.SHEETS.say(language)
    head = sum(item.block.height for item in heading(title, typefaces))
    groups = []
    if plans:
        sheets = share_pages(plans, prefetcher, room, head)
        groups += under_heading(title, "sheets", sheets, typefaces)
    pairs = list(zip(contents.cards, false_alarms, strict=True))
    cards = [
        _compose_cards(pairs[at : at + CARDS_A_ROW], contents, typefaces, prefetcher)
        for at in range(0, len(pairs), CARDS_A_ROW)
    ]
    if cards:
        title = wording.FALSE_ALARMS.say(language)
        groups += under_heading(title, "cards", cards, typefaces)
    return groups


def _compose_cards(
    pairs: Sequence[tuple[SheetContents, IncidentEntry]],
    contents: IncidentContents,
    typefaces: Typefaces,
    prefetcher: Prefetcher,
) -> Group:
    cards = tuple(_card(sheet, entry, contents, typefaces, prefetcher) for sheet, entry in pairs)
    items = [
        Item(Space(0.0), keep_with_next=True, bookmark=sheet_bookmark(sheet)) for sheet, _ in pairs
    ]
    return Group((*items, Item(CardRow(cards)), Item(Space(10.0))))


def _card(
    sheet: SheetContents,
    entry: IncidentEntry,
    contents: IncidentContents,
    typefaces: Typefaces,
    prefetcher: Prefetcher,
) -> Card:
    best = entry.pictures[0].entry if entry.pictures else None
    unknown = general.UNKNOWN.say(contents.language)
    text = CardText(
        number=str(sheet.number),
        name=f"{sheet.title} · {sheet.place}",
        sign=f"{SIGNS[sheet.standing]} {sheet.state}",
        colour=COLOURS[sheet.standing],
        said=(sheet.time_text, *sheet.remarks, sheet.description),
        facts=f"{sheet.reference}  {best.inspection.id if best else ''}",
        digest=(best.inspection.picture.sha256 if best else None) or unknown,
    )
    size = sheet.pictures[0].size_wh if sheet.pictures else None
    pixels = ImageSize(*size).pixels if size else 0
    return set_card(text, partial(_make_picture, best), pixels, typefaces, prefetcher)


def _make_picture(best: ReportEntry | None) -> Print | Phrase:
    if best is None:
        return wording.NO_PICTURES
    return make_painted(best, load_original(best), PICTURE, general.VANISHED)


def _compose_annex(contents: IncidentContents, typefaces: Typefaces) -> list[Group]:
    language = contents.language
    closing = join(
        compose_limits(contents.limits, language, typefaces),
        compose_signatures(language, typefaces),
    )
    groups = [*compose_index(contents, typefaces), closing]
    return under_heading(general.ANNEX.say(language), "annex", groups, typefaces)


def _notice_item(
    contents: IncidentContents, position: int, entry: IncidentEntry, typefaces: Typefaces
) -> Item:
    before = entry.pictures[0].entry if entry.pictures else None
    after = after_picture(entry)
    return compose_notice(
        contents.notices[position],
        before,
        contents.language,
        typefaces,
        after.entry if after else None,
    )


def _compose_notices(
    contents: IncidentContents, entries: Sequence[IncidentEntry], typefaces: Typefaces
) -> list[Group]:
    """One page for each notice of a report."""
    numbers = [one.number for one in (*contents.sheets, *contents.cards)]
    by_number = dict(zip(numbers, entries, strict=True))
    return [
        Group(
            (_notice_item(contents, position, by_number[one.number], typefaces),),
            new_page=True,
            headless=True,
        )
        for position, one in enumerate(contents.notices)
    ]


def _compose_notices_alone(
    contents: IncidentContents,
    entries: Sequence[IncidentEntry],
    typefaces: Typefaces,
    prefetcher: Prefetcher,
) -> list[Group]:
    """Each notice and the evidence for it, to be filed by itself."""
    language = contents.language
    title = general.EVIDENCE.say(language)
    limit = paragraph(contents.limits[-len(general.LIMIT_TEXTS)], style.CAPTION, typefaces)
    groups = []
    for position, (sheet, entry) in enumerate(zip(contents.sheets, entries, strict=True)):
        form = _notice_item(contents, position, entry, typefaces)
        reference = contents.notices[position].reference
        groups.append(Group((form,), new_page=True, headless=True, paper=reference))
        plan = plan_sheet(sheet, entry, language, typefaces)
        evidence = plan.compose(prefetcher, plan.full)
        head = heading(title, typefaces)
        groups.append(Group((*head, *evidence.items, Item(limit)), new_page=True))
    return groups
