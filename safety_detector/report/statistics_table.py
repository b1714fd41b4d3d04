"""Statistics of hazards by category, with room for what only people know: what was rectified."""

from __future__ import annotations

from safety_detector.report import style, wording
from safety_detector.report.blocks import Group, Item, Space, paragraph, subheading
from safety_detector.report.contents import ReportContents
from safety_detector.report.sentences import join_sentences
from safety_detector.report.table import Cell, Column, table
from safety_detector.report.typesetting import Typefaces


def compose_statistics(contents: ReportContents, typefaces: Typefaces) -> list[Group]:
    """One row a category; the columns of rectification are left to a canvas."""
    if not contents.statistics:
        return []
    language = contents.language
    columns = [
        Column(wording.CATEGORY.say(language), 1.5),
        Column(wording.PICTURES.say(language), 1.2, right=True),
        Column(wording.BEFORE_PICTURES.say(language), 1.2, right=True),
        Column(wording.CHANGE.say(language), 1.0, right=True),
        *(Column(one.say(language), 1.1, right=True) for one in wording.BY_HAND),
    ]
    rows = [
        [
            Cell(row.name, style.CELL_BOLD if row.is_total else style.CELL),
            Cell(f"{row.pictures:,}"),
            Cell(row.before_text),
            Cell(row.change_text),
            *(Cell() for _ in wording.BY_HAND),
        ]
        for row in contents.statistics
    ]
    title = subheading(wording.STATISTICS.say(language), typefaces)
    compared = wording.COMPARED if contents.is_compared else wording.NOT_COMPARED
    said = [one.say(language) for one in (compared, wording.FILLED_BY_HAND)]
    note = paragraph(join_sentences(said, language), style.CAPTION, typefaces)
    items = (*title, *table(columns, rows, typefaces), Item(Space(2.0)), Item(note))
    return [Group((*items, Item(Space(10.0))))]
