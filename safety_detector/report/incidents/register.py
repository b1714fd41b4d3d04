"""The lists of a report about incidents: register, what was carried over, evidence index."""

from __future__ import annotations

from collections.abc import Sequence

from safety_detector.domain.hazards import Language
from safety_detector.report import style
from safety_detector.report import wording as general
from safety_detector.report.blocks import Group, Item, Space, heading, paragraph
from safety_detector.report.contents import Kind
from safety_detector.report.incidents import wording
from safety_detector.report.incidents.contents import IncidentContents, RegisterRow, Standing
from safety_detector.report.incidents.looks import COLOURS
from safety_detector.report.incidents.sheet import sheet_key
from safety_detector.report.page_canvas import Bookmark
from safety_detector.report.registers import HASH, LINK, VolumeFile, compose_volume_list
from safety_detector.report.table import Cell, Column, table
from safety_detector.report.typesetting import Typefaces, Weight

_ALARM_DAY = style.TextStyle(style.SMALL.size, style.SMALL.leading, Weight.BOLD, style.HAZARD_RED)
_REGISTER_KEY = "register"
_CARRIED_KEY = "carried"
_INDEX_KEY = "index"


def compose_register(contents: IncidentContents, typefaces: Typefaces) -> list[Group]:
    """The register of hazards, each row leading to its sheet; and what came from before."""
    language = contents.language
    title = wording.REGISTER.say(language)
    items = heading(title, typefaces, Bookmark(_REGISTER_KEY, title))
    if contents.register:
        items += _table(contents.register, contents, typefaces)
        note = paragraph(general.SEVERITY_NOTE.say(language), style.CAPTION, typefaces)
        items += [Item(Space(3.0)), Item(note)]
    else:
        items.append(Item(paragraph(wording.NO_REGISTER.say(language), style.BODY, typefaces)))
    groups = [Group((*items, Item(Space(14.0))), together=not contents.register)]
    if contents.carried:
        title = wording.CARRIED.say(language)
        note = paragraph(wording.CARRIED_NOTE.say(language), style.CAPTION, typefaces)
        items = [
            *heading(title, typefaces, Bookmark(_CARRIED_KEY, title)),
            Item(note, keep_with_next=True),
            Item(Space(3.0), keep_with_next=True),
            *_table(contents.carried, contents, typefaces),
            Item(Space(14.0)),
        ]
        groups.append(Group(tuple(items), together=False))
    return groups


def _table(
    rows: Sequence[RegisterRow], contents: IncidentContents, typefaces: Typefaces
) -> list[Item]:
    language = contents.language
    has_pages = any(one.number is not None for one in rows)
    columns = [
        Column(wording.ROW.say(language), 0.5),
        Column(wording.TIME_AND_NUMBER.say(language), 2.1),
        Column(wording.PLACE.say(language), 1.6),
        Column(wording.HAZARD.say(language), 1.55),
        Column(wording.LEVEL.say(language), 0.75, whole_words=True),
        Column(wording.STATE.say(language), 1.05, whole_words=True),
        Column(wording.RESPONSIBLE.say(language), 1.2),
        Column(wording.DUE.say(language), 1.05),
        Column(wording.CLOSED_ON.say(language), 1.05),
    ]
    if has_pages:
        columns.append(_page_column(contents))
    cells = []
    for position, row in enumerate(rows, start=1):
        number = position if row.number is None else row.number
        state = style.TextStyle(
            style.CELL.size, style.CELL.leading, Weight.BOLD, COLOURS[row.standing]
        )
        due = _ALARM_DAY if row.standing is Standing.OVERDUE else style.SMALL
        line = [
            Cell(str(number), style.CELL_BOLD),
            Cell(row.time_text, style.SMALL, below=row.reference),
            Cell(row.place),
            Cell(row.hazard),
            Cell(row.level),
            Cell(row.state, state, below=row.overdue),
            Cell(row.responsible),
            Cell(row.due, due),
            Cell(row.closed_on, style.SMALL),
        ]
        if has_pages and row.number is not None:
            line.append(Cell(look=LINK, page_of=sheet_key(row.number)))
        cells.append(line)
    return table(columns, cells, typefaces)


def _page_column(contents: IncidentContents) -> Column:
    if contents.kind is Kind.INDEX:
        return Column(general.VOLUME_PAGE.say(contents.language), 0.9, right=True)
    return Column(wording.PAGE.say(contents.language), 0.55, right=True)


def compose_index(contents: IncidentContents, typefaces: Typefaces) -> list[Group]:
    """Every picture with its hash, and the page of its incident."""
    language = contents.language
    if not contents.index:
        return []
    title = wording.INDEX.say(language)
    items = heading(title, typefaces, Bookmark(_INDEX_KEY, title, level=1))
    columns = [
        Column(wording.ROW.say(language), 0.45),
        Column(wording.PICTURE_OF.say(language), 1.0),
        Column(wording.WHEN.say(language), 1.5),
        Column(general.SHA256.say(language), 4.4),
        _page_column(contents),
    ]
    rows = [
        [
            Cell(str(row.number), style.CELL_BOLD),
            Cell(row.name, style.SMALL),
            Cell(row.time_text, style.SMALL),
            Cell(row.sha256, HASH),
            Cell(look=LINK, page_of=sheet_key(row.number)),
        ]
        for row in contents.index
    ]
    return [Group((*items, *table(columns, rows, typefaces), Item(Space(14.0))), together=False)]


def compose_volumes(
    volumes: Sequence[VolumeFile], language: Language, typefaces: Typefaces
) -> list[Group]:
    """Which incidents are in which file."""
    return compose_volume_list(volumes, wording.INCIDENT_NUMBERS, language, typefaces)
