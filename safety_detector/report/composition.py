"""Puts the sections of a report together: which there are, and in which order."""

from __future__ import annotations

from collections.abc import Sequence

from safety_detector.report import style, wording
from safety_detector.report.blocks import Group, Item, heading, join, paragraph, under_heading
from safety_detector.report.cards import CARDS_A_ROW
from safety_detector.report.closing import compose_limits, compose_signatures
from safety_detector.report.contents import Kind, ReportContents, ReportEntry
from safety_detector.report.evidence_card import compose_cards, fits_on_a_card
from safety_detector.report.evidence_sheet import compose_sheet, plan_sheet
from safety_detector.report.flow import room_behind
from safety_detector.report.headline import compose_head
from safety_detector.report.notice_form import compose_notice, compose_notices
from safety_detector.report.page_sharing import share_pages
from safety_detector.report.prefetch import Prefetcher
from safety_detector.report.registers import (
    VolumeFile,
    compose_index,
    compose_register,
    compose_troubles,
    compose_volumes,
)
from safety_detector.report.summary_page import compose_summary
from safety_detector.report.typesetting import Typefaces


def compose(
    contents: ReportContents,
    entries: Sequence[ReportEntry],
    typefaces: Typefaces,
    prefetcher: Prefetcher,
    volumes: Sequence[VolumeFile] = (),
) -> list[Group]:
    """All blocks of one file, in order.

    Args:
        contents: what the file says.
        entries: the inspections whose sheets are in it, as in ``contents.sheets``.
        typefaces: the font to measure with.
        prefetcher: makes the pictures of the sheets.
        volumes: the other files, where this one is their index.
    """
    match contents.kind:
        case Kind.NOTICES:
            return _compose_notices_alone(contents, entries, typefaces, prefetcher)
        case Kind.SINGLE:
            return _compose_single(contents, entries[0], typefaces, prefetcher)
        case Kind.WHOLE if not entries:
            return [
                *compose_summary(contents, typefaces),
                _compose_closing(contents, typefaces),
            ]
        case Kind.WHOLE | Kind.VOLUME:
            before = [*compose_summary(contents, typefaces), *compose_register(contents, typefaces)]
            return [
                *before,
                *_compose_sheets(contents, entries, typefaces, prefetcher, room_behind(before)),
                *_compose_annex(contents, typefaces),
                *compose_notices(contents, entries, typefaces),
            ]
        case Kind.INDEX:
            return [
                *compose_summary(contents, typefaces),
                *compose_volumes(volumes, contents.language, typefaces),
                *compose_register(contents, typefaces),
                *_compose_annex(contents, typefaces),
            ]


def _compose_notices_alone(
    contents: ReportContents,
    entries: Sequence[ReportEntry],
    typefaces: Typefaces,
    prefetcher: Prefetcher,
) -> list[Group]:
    """Each notice and the evidence for it, to be filed by itself."""
    language = contents.language
    title = wording.EVIDENCE.say(language)
    limit = paragraph(contents.limits[0], style.CAPTION, typefaces)
    groups = []
    for notice, sheet, entry in zip(contents.notices, contents.sheets, entries, strict=True):
        form = compose_notice(notice, entry, language, typefaces)
        groups.append(Group((form,), new_page=True, headless=True, paper=notice.reference))
        evidence = compose_sheet(sheet, entry, language, typefaces, prefetcher)
        head = heading(title, typefaces)
        groups.append(Group((*head, *evidence.items, Item(limit)), new_page=True))
    return groups


def _compose_single(
    contents: ReportContents, entry: ReportEntry, typefaces: Typefaces, prefetcher: Prefetcher
) -> list[Group]:
    language = contents.language
    (sheet,) = contents.sheets
    evidence = compose_sheet(sheet, entry, language, typefaces, prefetcher)
    head = compose_head(contents.subject, contents.title, contents.facts, typefaces)
    return [
        # A page with a title alone says nothing either: the sheet begins under it, whatever fits.
        join([Group(tuple(head)), evidence]),
        _compose_closing(contents, typefaces),
        *compose_notices(contents, [entry], typefaces),
    ]


def _compose_sheets(
    contents: ReportContents,
    entries: Sequence[ReportEntry],
    typefaces: Typefaces,
    prefetcher: Prefetcher,
    room: float,
) -> list[Group]:
    """A sheet for each picture with a finding, and behind them cards of those without.

    So the few that matter are not scattered among the many that do not.  The first sheet begins in
    the ``room`` that is left on the page before, where it fits.
    """
    language = contents.language
    pairs = list(zip(contents.sheets, entries, strict=True))
    found = [pair for pair in pairs if not fits_on_a_card(pair[0])]
    quiet = [pair for pair in pairs if fits_on_a_card(pair[0])]
    title = wording.SHEETS.say(language)
    sheets = share_pages(
        [plan_sheet(sheet, entry, language, typefaces) for sheet, entry in found],
        prefetcher,
        room,
        sum(item.block.height for item in heading(title, typefaces)),
    )
    cards = [
        compose_cards(quiet[at : at + CARDS_A_ROW], language, typefaces, prefetcher)
        for at in range(0, len(quiet), CARDS_A_ROW)
    ]
    groups = []
    if sheets:
        groups += under_heading(title, "sheets", sheets, typefaces)
    if cards:
        groups += under_heading(wording.CARDS.say(language), "cards", cards, typefaces)
    return groups


def _compose_closing(contents: ReportContents, typefaces: Typefaces) -> Group:
    """Limits and signatures together: nobody signs on a page that says nothing."""
    language, small = contents.language, contents.kind is Kind.SINGLE
    return join(
        compose_limits(contents.limits, language, typefaces, small=small),
        compose_signatures(language, typefaces, small=small),
    )


def _compose_annex(contents: ReportContents, typefaces: Typefaces) -> list[Group]:
    language = contents.language
    groups = [
        *compose_troubles(contents, typefaces),
        *compose_index(contents, typefaces),
        _compose_closing(contents, typefaces),
    ]
    return under_heading(wording.ANNEX.say(language), "annex", groups, typefaces)
