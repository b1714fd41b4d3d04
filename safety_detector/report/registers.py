"""The lists of a report: hazard register, pictures without a conclusion, evidence index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from safety_detector.domain.hazards import Language
from safety_detector.message_texts.phrase import Phrase
from safety_detector.report import style, wording
from safety_detector.report.blocks import Group, Item, Space, heading, paragraph
from safety_detector.report.contents import Kind, ReportContents
from safety_detector.report.evidence_sheet import sheet_key
from safety_detector.report.page_canvas import Bookmark
from safety_detector.report.sentences import join_sentences
from safety_detector.report.table import Cell, Column, table
from safety_detector.report.typesetting import Typefaces, Weight

_REGISTER_KEY = "register"
_TROUBLES_KEY = "troubles"
_INDEX_KEY = "index"
_VOLUMES_KEY = "volumes"
HASH = style.TextStyle(6.2, style.CELL.leading)
LINK = style.TextStyle(style.CELL.size, style.CELL.leading, Weight.BOLD, style.LINK)
"""Of page numbers that lead there; and of a hash, that fits on one line."""


@dataclass(frozen=True, slots=True)
class VolumeFile:
    """One volume in the table of the index volume.

    Attributes:
        volume: its number.
        file_name: beside the index.
        numbers: of what is in it.
        counts: what else is said of it, a column each.
        pages: how many it has.
    """

    volume: int
    file_name: str
    numbers: str
    counts: tuple[int, ...]
    pages: int


def compose_volumes(
    volumes: Sequence[VolumeFile], language: Language, typefaces: Typefaces
) -> list[Group]:
    """Which pictures are in which file, how many with a hazard, how many without a conclusion."""
    counted = (wording.HAZARD_PICTURES, wording.WITHOUT_CONCLUSION)
    return compose_volume_list(volumes, wording.NUMBERS, language, typefaces, counted)


def compose_volume_list(
    volumes: Sequence[VolumeFile],
    numbers: Phrase,
    language: Language,
    typefaces: Typefaces,
    counted: Sequence[Phrase] = (),
) -> list[Group]:
    """Which file holds what.

    Args:
        volumes: the files.
        numbers: what is numbered in them.
        language: of the words.
        typefaces: the font to measure with.
        counted: names of the volumes' counts.
    """
    title = wording.VOLUMES.say(language)
    items = heading(title, typefaces, Bookmark(_VOLUMES_KEY, title))
    columns = [
        Column(wording.VOLUME.say(language), 0.7),
        Column(wording.FILE.say(language), 4.0),
        Column(numbers.say(language), 1.4),
        *(Column(one.say(language), 1.05, right=True) for one in counted),
        Column(wording.PAGES.say(language), 0.7, right=True),
    ]
    rows = [
        [
            Cell(str(one.volume), style.CELL_BOLD),
            Cell(one.file_name),
            Cell(one.numbers),
            *(Cell(f"{count:,}") for count in one.counts),
            Cell(f"{one.pages:,}"),
        ]
        for one in volumes
    ]
    items += table(columns, rows, typefaces)
    return [Group((*items, Item(Space(14.0))), together=False)]


def _page_column(contents: ReportContents) -> Column:
    """The column of page references, which in an index volume name the volume too."""
    if contents.kind is Kind.INDEX:
        return Column(wording.VOLUME_PAGE.say(contents.language), 0.9, right=True)
    return Column(wording.PAGE.say(contents.language), 0.5, right=True)


def compose_register(contents: ReportContents, typefaces: Typefaces) -> list[Group]:
    """The register of hazards, each row leading to its evidence sheet."""
    language = contents.language
    title = wording.REGISTER.say(language)
    items = heading(title, typefaces, Bookmark(_REGISTER_KEY, title))
    if not contents.register:
        none = wording.NO_HAZARDS.say(language)
        if contents.outcomes.hazard:
            none = wording.HAZARDS_ELSEWHERE.say(language, n=f"{contents.outcomes.hazard:,}")
        text = paragraph(none, style.BODY, typefaces)
        return [Group((*items, Item(text), Item(Space(14.0))))]
    columns = [
        Column(wording.ROW_NUMBER.say(language), 0.5),
        Column(wording.TIME.say(language), 1.7),
        Column(wording.PLACE.say(language), 1.05),
        Column(wording.PICTURE_NUMBER.say(language), 0.8),
        Column(wording.PICTURE.say(language), 1.8),
        Column(wording.HAZARD.say(language), 1.85),
        Column(wording.SEVERITY.say(language), 1.1),
        _page_column(contents),
        Column(wording.RECTIFIED.say(language), 0.75),
    ]
    rows = [
        [
            Cell(str(position), style.CELL_BOLD),
            Cell(row.time_text),
            Cell(row.camera),
            Cell(str(row.number)),
            Cell(row.name),
            Cell(row.hazards),
            Cell(row.severity),
            Cell(look=LINK, page_of=sheet_key(row.number)),
            Cell(tick_box=True),
        ]
        for position, row in enumerate(contents.register, start=1)
    ]
    said = [wording.SEVERITY_NOTE.say(language)]
    left_out = contents.outcomes.hazard - len(rows)
    if left_out > 0:
        said.insert(0, wording.HAZARDS_LEFT_OUT.say(language, n=f"{left_out:,}"))
    note = paragraph(join_sentences(said, language), style.CAPTION, typefaces)
    items += [*table(columns, rows, typefaces), Item(Space(3.0)), Item(note), Item(Space(14.0))]
    return [Group(tuple(items), together=False)]


def compose_troubles(contents: ReportContents, typefaces: Typefaces) -> list[Group]:
    """Pictures that failed, were inconclusive or are not finished, and why."""
    language = contents.language
    title = wording.TROUBLES.say(language)
    items = heading(title, typefaces, Bookmark(_TROUBLES_KEY, title, level=1))
    if not contents.troubles:
        none = wording.NO_TROUBLES.say(language)
        if contents.outcomes.open:
            none = wording.TROUBLES_ELSEWHERE.say(language, n=f"{contents.outcomes.open:,}")
        text = paragraph(none, style.BODY, typefaces)
        return [Group((*items, Item(text), Item(Space(14.0))))]
    columns = [
        Column(wording.NUMBER.say(language), 0.5),
        Column(wording.TIME.say(language), 1.7),
        Column(wording.PLACE.say(language), 1.05),
        Column(wording.PICTURE.say(language), 1.7),
        Column(wording.VERDICT.say(language), 1.1),
        Column(wording.REASON.say(language), 3.3),
        _page_column(contents),
    ]
    rows = [
        [
            Cell(str(row.number), style.CELL_BOLD),
            Cell(row.time_text),
            Cell(row.camera),
            Cell(row.name),
            Cell(row.outcome_text),
            Cell(row.reason),
            Cell(look=LINK, page_of=sheet_key(row.number)),
        ]
        for row in contents.troubles
    ]
    items += table(columns, rows, typefaces)
    left_out = contents.outcomes.open - len(rows)
    if left_out > 0:
        said = wording.TROUBLES_LEFT_OUT.say(language, n=f"{left_out:,}")
        items += [Item(Space(3.0)), Item(paragraph(said, style.CAPTION, typefaces))]
    return [Group((*items, Item(Space(14.0))), together=False)]


def compose_index(contents: ReportContents, typefaces: Typefaces) -> list[Group]:
    """Every picture with its hash, verdict and page."""
    language = contents.language
    title = wording.INDEX.say(language)
    items = heading(title, typefaces, Bookmark(_INDEX_KEY, title, level=1))
    columns = [
        Column(wording.NUMBER.say(language), 0.5),
        Column(wording.TIME_AND_PLACE.say(language), 1.5),
        Column(wording.PICTURE.say(language), 1.1 if contents.kind is Kind.INDEX else 1.5),
        Column(wording.SHA256.say(language), 4.75),  # one line: a hash is compared at a glance
        Column(wording.VERDICT.say(language), 1.1),
        _page_column(contents),
    ]
    rows = [
        [
            Cell(str(row.number), style.CELL_BOLD),
            Cell(f"{row.time_text} {row.camera or ''}", style.SMALL),
            Cell(row.name),
            Cell(row.sha256, HASH),
            Cell(row.outcome_text),
            Cell(look=LINK, page_of=sheet_key(row.number)),
        ]
        for row in contents.index
    ]
    rows_of_table = table(columns, rows, typefaces)
    return [Group((*items, *rows_of_table, Item(Space(14.0))), together=False)]
