"""The rectification notice as a form of one page: filled in where known, empty where not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from safety_detector.domain.hazards import Language
from safety_detector.report import style, wording
from safety_detector.report.blocks import Group, Item, draw_lines
from safety_detector.report.contents import Fact, NoticeContents, ReportContents, ReportEntry
from safety_detector.report.pen import Area, Bookmark, Pen
from safety_detector.report.pictures import draw_notice, draw_print, load, make_print
from safety_detector.report.style import TextStyle
from safety_detector.report.typesetting import Typefaces, Weight
from safety_detector.report.wording import Phrase

_TITLE = TextStyle(19, 30, Weight.BOLD)
_TITLE_HEIGHT = 42.0
_NAME_WIDTH = 82.0
_PADDING = 6.0
_ONE_LINE = 25.0
"""Height of a row to write one line in by hand."""
_CHECK_HEIGHT = 48.0
_TALLEST_PICTURE = 240.0
_PICTURE_NAME_HEIGHT = 19.0
_SMALLEST_PICTURES = 90.0


@dataclass(frozen=True, slots=True)
class _Field:
    """A name and what is printed behind it; no lines leave room to write."""

    name: tuple[str, ...]
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _FormRow:
    """One field over the whole width, or two side by side."""

    fields: tuple[_Field, ...]
    height: float
    ruled: bool = False

    def draw(self, pen: Pen, top: float) -> None:
        width = style.BODY_WIDTH / len(self.fields)
        for position, field in enumerate(self.fields):
            left = style.BODY_LEFT + position * width
            name_cell = Area(left, top, _NAME_WIDTH, self.height)
            pen.fill(name_cell, style.PANEL)
            pen.frame(name_cell, style.FAINT)
            pen.frame(Area(left, top, width, self.height), style.FAINT)
            _draw_middle(pen, name_cell, field.name, style.CELL_BOLD)
            value = Area(left + _NAME_WIDTH, top, width - _NAME_WIDTH, self.height)
            _draw_middle(pen, value, field.lines, style.CELL)
            if self.ruled:
                _draw_writing_lines(pen, value)


@dataclass(frozen=True, slots=True)
class _PictureRow:
    """The annotated picture before, and an empty frame for the picture after."""

    entry: ReportEntry
    height: float

    def draw(self, pen: Pen, top: float) -> None:
        half = style.BODY_WIDTH / 2
        before = Area(style.BODY_LEFT, top, half, self.height)
        after = Area(style.BODY_LEFT + half, top, half, self.height)
        frame = _draw_picture_cell(pen, before, wording.BEFORE.say(pen.language))
        annotated = load(self.entry.annotated, wording.VANISHED)
        draw_print(pen, frame, make_print(annotated, frame))
        frame = _draw_picture_cell(pen, after, wording.AFTER.say(pen.language))
        pen.frame(frame, style.HAIRLINE)
        draw_notice(pen, frame, wording.ATTACH.say(pen.language))


@dataclass(frozen=True, slots=True)
class _NoticeForm:
    """The whole form, on a page of its own."""

    title: str
    rows: tuple[_FormRow | _PictureRow, ...]
    height: float = style.BODY_HEIGHT

    def draw(self, pen: Pen, top: float) -> None:
        pen.text_centred(style.BODY_LEFT + style.BODY_WIDTH / 2, top, self.title, _TITLE)
        y = first = top + _TITLE_HEIGHT
        for row in self.rows:
            row.draw(pen, y)
            y += row.height
        pen.frame(Area(style.BODY_LEFT, first, style.BODY_WIDTH, y - first), style.INK, 1.0)


def compose_notices(
    contents: ReportContents, entries: Sequence[ReportEntry], typefaces: Typefaces
) -> list[Group]:
    """One page for each notice.

    Args:
        contents: what the file says.
        entries: the inspections of the file, from the number of its first sheet on.
        typefaces: the font to measure with.
    """
    language = contents.language
    section = wording.NOTICES.say(language)
    groups = []
    for position, notice in enumerate(contents.notices):
        entry = entries[notice.number - contents.sheets[0].number]
        rows = _rows(notice, entry, language, typefaces)
        form = _NoticeForm(wording.NOTICE.say(language), rows)
        title = section if position == 0 else notice.reference
        bookmark = Bookmark(f"notice-{notice.number}", title, level=0 if position == 0 else 1)
        groups.append(Group((Item(form, bookmark=bookmark),), new_page=True))
    return groups


def _rows(
    notice: NoticeContents, entry: ReportEntry, language: Language, typefaces: Typefaces
) -> tuple[_FormRow | _PictureRow, ...]:
    """The form's rows; the room that the others leave goes to the measures."""

    def empty(*names: Phrase, height: float = _ONE_LINE, ruled: bool = False) -> _FormRow:
        fields = tuple(_Field(_set_name(one.say(language), typefaces)) for one in names)
        return _FormRow(fields, height, ruled)

    known = _fact_rows(notice.facts, typefaces)
    known.append(_text_row(wording.HAZARD_DESCRIPTION.say(language), notice.description, typefaces))
    known.append(_text_row(wording.BASIS.say(language), notice.evidence, typefaces, writing=True))
    people = empty(wording.RESPONSIBLE, wording.DEADLINE)
    last = [
        empty(wording.ISSUED_BY, wording.ACCEPTED_BY),
        empty(wording.CHECK, height=_CHECK_HEIGHT, ruled=True),
        empty(wording.CHECKED_BY),
    ]
    taken = _TITLE_HEIGHT + sum(row.height for row in (*known, people, *last))
    room = style.BODY_HEIGHT - taken
    pictures = max(min(_pictures_height(notice), room - 4 * _ONE_LINE), _SMALLEST_PICTURES)
    measures = empty(wording.MEASURES, height=max(room - pictures, _ONE_LINE), ruled=True)
    return (*known, measures, people, _PictureRow(entry, pictures), *last)


def _pictures_height(notice: NoticeContents) -> float:
    """Enough for the picture's shape at half the form's width."""
    width, height = notice.size_wh or (4, 3)
    room = style.BODY_WIDTH / 2 - 2 * _PADDING
    return min(room * height / width, _TALLEST_PICTURE) + _PICTURE_NAME_HEIGHT + _PADDING


def _fact_rows(facts: Sequence[Fact], typefaces: Typefaces) -> list[_FormRow]:
    """Two facts a row."""
    look = style.CELL
    room = style.BODY_WIDTH / 2 - _NAME_WIDTH - 2 * _PADDING
    fields = [
        _Field(
            _set_name(fact.name, typefaces),
            typefaces.break_lines(fact.value, look.weight, look.size, room, max_lines=2),
        )
        for fact in facts
    ]
    pairs = [tuple(fields[start : start + 2]) for start in range(0, len(fields), 2)]
    return [
        _FormRow(pair, max(_ONE_LINE, _text_height(max(len(one.lines) for one in pair))))
        for pair in pairs
    ]


def _text_row(name: str, text: str, typefaces: Typefaces, *, writing: bool = False) -> _FormRow:
    look = style.CELL
    room = style.BODY_WIDTH - _NAME_WIDTH - 2 * _PADDING
    lines = typefaces.break_lines(text, look.weight, look.size, room, max_lines=8)
    if writing:
        lines = (*lines, "")
    height = max(_text_height(len(lines)), 2 * style.CELL.leading + 2 * _PADDING)
    return _FormRow((_Field(_set_name(name, typefaces), lines),), height)


def _text_height(lines: int) -> float:
    return lines * style.CELL.leading + 2 * _PADDING


def _set_name(name: str, typefaces: Typefaces) -> tuple[str, ...]:
    look = style.CELL_BOLD
    return typefaces.break_lines(name, look.weight, look.size, _NAME_WIDTH - 2 * _PADDING)


def _draw_middle(pen: Pen, cell: Area, lines: Sequence[str], look: TextStyle) -> None:
    top = cell.top + (cell.height - len(lines) * look.leading) / 2
    draw_lines(pen, cell.left + _PADDING, top, lines, look)


def _draw_writing_lines(pen: Pen, cell: Area) -> None:
    for number in range(1, int(cell.height / _ONE_LINE)):
        y = cell.top + number * cell.height / int(cell.height / _ONE_LINE)
        pen.rule(cell.left + _PADDING, y, cell.width - 2 * _PADDING, style.HAIRLINE)


def _draw_picture_cell(pen: Pen, cell: Area, name: str) -> Area:
    """The cell and its name; the area that is left for a picture."""
    pen.frame(cell, style.FAINT)
    pen.text(cell.left + _PADDING, cell.top + 4.0, name, style.CELL_BOLD)
    return Area(
        cell.left + _PADDING,
        cell.top + _PICTURE_NAME_HEIGHT,
        cell.width - 2 * _PADDING,
        cell.height - _PICTURE_NAME_HEIGHT - _PADDING,
    )
