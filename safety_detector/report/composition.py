"""Puts the sections of a report together: which there are, and in which order."""

from __future__ import annotations

from collections.abc import Sequence

from safety_detector.report import style, wording
from safety_detector.report.blocks import Group, Item, heading, paragraph
from safety_detector.report.closing import compose_limits, compose_signatures
from safety_detector.report.contents import Kind, ReportContents, ReportEntry
from safety_detector.report.darkroom import Darkroom
from safety_detector.report.evidence_card import CARDS_A_ROW, compose_cards, fits_on_a_card
from safety_detector.report.evidence_sheet import compose_sheet
from safety_detector.report.notice_form import compose_notice, compose_notices
from safety_detector.report.pen import Bookmark
from safety_detector.report.registers import (
    VolumeRow,
    compose_index,
    compose_register,
    compose_troubles,
    compose_volumes,
)
from safety_detector.report.summary_page import compose_head, compose_summary
from safety_detector.report.typesetting import Typefaces


def compose(
    contents: ReportContents,
    entries: Sequence[ReportEntry],
    typefaces: Typefaces,
    darkroom: Darkroom,
    volumes: Sequence[VolumeRow] = (),
) -> list[Group]:
    """All blocks of one file, in order.

    Args:
        contents: what the file says.
        entries: the inspections whose sheets are in it, as in ``contents.sheets``.
        typefaces: the font to measure with.
        darkroom: makes the pictures of the sheets.
        volumes: the other files, where this one is their index.
    """
    match contents.kind:
        case Kind.NOTICES:
            return _compose_notices_alone(contents, entries, typefaces, darkroom)
        case Kind.SINGLE:
            return _compose_single(contents, entries[0], typefaces, darkroom)
        case Kind.WHOLE if not entries:
            return [
                *compose_summary(contents, typefaces),
                _join(compose_limits(contents, typefaces), compose_signatures(contents, typefaces)),
            ]
        case Kind.WHOLE | Kind.VOLUME:
            return [
                *compose_summary(contents, typefaces),
                *compose_register(contents, typefaces),
                *_compose_sheets(contents, entries, typefaces, darkroom),
                *compose_notices(contents, entries, typefaces),
                *_compose_annex(contents, typefaces),
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
    darkroom: Darkroom,
) -> list[Group]:
    """Each notice and the evidence for it, to be filed by itself."""
    language = contents.language
    title = wording.EVIDENCE.say(language)
    limit = paragraph(contents.limits[0], style.CAPTION, typefaces)
    groups = []
    for notice, sheet, entry in zip(contents.notices, contents.sheets, entries, strict=True):
        form = compose_notice(notice, entry, language, typefaces)
        groups.append(Group((form,), new_page=True, headless=True, paper=notice.reference))
        evidence = compose_sheet(sheet, entry, language, typefaces, darkroom, with_title=False)
        head = heading(title, typefaces)
        groups.append(Group((*head, *evidence.items, Item(limit)), new_page=True))
    return groups


def _compose_single(
    contents: ReportContents, entry: ReportEntry, typefaces: Typefaces, darkroom: Darkroom
) -> list[Group]:
    language = contents.language
    (sheet,) = contents.sheets
    evidence = compose_sheet(sheet, entry, language, typefaces, darkroom, with_title=False)
    return [
        # A page with a title alone says nothing either: the sheet begins under it, whatever fits.
        _join([Group(tuple(compose_head(contents, typefaces))), evidence]),
        _join(compose_limits(contents, typefaces), compose_signatures(contents, typefaces)),
        *compose_notices(contents, [entry], typefaces),
    ]


def _join(*sections: Sequence[Group]) -> Group:
    """The sections as one group, so that they share a page."""
    return Group(tuple(item for groups in sections for group in groups for item in group.items))


def _compose_sheets(
    contents: ReportContents,
    entries: Sequence[ReportEntry],
    typefaces: Typefaces,
    darkroom: Darkroom,
) -> list[Group]:
    """A sheet for each picture with a finding, and behind them cards of those without.

    So the few that matter are not scattered among the many that do not.
    """
    language = contents.language
    pairs = list(zip(contents.sheets, entries, strict=True))
    found = [pair for pair in pairs if not fits_on_a_card(pair[0])]
    quiet = [pair for pair in pairs if fits_on_a_card(pair[0])]
    sheets = [compose_sheet(*pair, language, typefaces, darkroom) for pair in found]
    cards = [
        compose_cards(quiet[at : at + CARDS_A_ROW], language, typefaces, darkroom)
        for at in range(0, len(quiet), CARDS_A_ROW)
    ]
    groups = []
    if sheets:
        groups += _under_heading(wording.SHEETS.say(language), "sheets", sheets, typefaces)
    if cards:
        title = wording.CARDS.say(language)
        groups += _under_heading(title, "cards", cards, typefaces, new_page=len(cards) > 1)
    return groups


def _compose_annex(contents: ReportContents, typefaces: Typefaces) -> list[Group]:
    language = contents.language
    groups = [
        *compose_troubles(contents, typefaces),
        *compose_index(contents, typefaces),
        # Nobody signs on a page that says nothing.
        _join(compose_limits(contents, typefaces), compose_signatures(contents, typefaces)),
    ]
    return _under_heading(wording.ANNEX.say(language), "annex", groups, typefaces)


def _under_heading(
    title: str, key: str, groups: Sequence[Group], typefaces: Typefaces, *, new_page: bool = True
) -> list[Group]:
    """The groups, the first of them under the section's heading."""
    first, *others = groups
    head = heading(title, typefaces, Bookmark(key, title))
    return [Group((*head, *first.items), new_page=new_page, together=first.together), *others]
