"""The rectification notice as a form of one page: filled in where known, empty where not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from safety_detector.domain.hazards import Language
from safety_detector.domain.outcomes import Outcome
from safety_detector.message_texts.phrase import Phrase
from safety_detector.report import style, wording
from safety_detector.report.blocks import Group, Item, draw_lines
from safety_detector.report.contents import (
    NoticeContents,
    NoticeHandling,
    ReportContents,
    ReportEntry,
)
from safety_detector.report.page_canvas import Area, Bookmark, PageCanvas
from safety_detector.report.pictures import draw_notice, draw_print, load_original, make_painted
from safety_detector.report.style import TextStyle
from safety_detector.report.typesetting import Typefaces, Weight

_TITLE = TextStyle(19, 28, Weight.BOLD)
_ALARM = TextStyle(10.5, 15, Weight.BOLD, style.HAZARD_RED)
_CAUTION = TextStyle(8, 15, Weight.REGULAR, style.GREY)
_TITLE_HEIGHT = 34.0
_ALARM_HEIGHT = 22.0
_NAME_WIDTHS = {1: 88.0, 2: 88.0, 3: 62.0}
"""Room for the name of a field, by the number of fields in its row."""
_PADDING = 5.0
_ONE_LINE = 23.0
"""Height of a row to write one line in by hand."""
_FEWEST_LINES = 4
"""Lines to write corrective actions on."""
_DONE_HEIGHT = 2 * _ONE_LINE
_TALLEST_PICTURE = 230.0
_PICTURE_NAME_HEIGHT = 17.0
_SMALLEST_PICTURES = 90.0
_MOST_TEXT_LINES = 6
_TOLERANCE = 0.01
"""Points by which a form may be too tall: sums of heights are floats."""
_BOX, _FILLED_BOX = "□", "■"


@dataclass(frozen=True, slots=True)
class _Field:
    """A name and what is printed behind it; no lines leave room to write."""

    name: tuple[str, ...]
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _FormRow:
    """One field over the whole width, or several side by side."""

    fields: tuple[_Field, ...]
    height: float
    ruled: bool = False

    def draw(self, canvas: PageCanvas, top: float) -> None:
        width = style.BODY_WIDTH / len(self.fields)
        for position, field in enumerate(self.fields):
            left = style.BODY_LEFT + position * width
            name_width = _NAME_WIDTHS[len(self.fields)]
            name_cell = Area(left, top, name_width, self.height)
            canvas.fill(name_cell, style.PANEL)
            canvas.frame(name_cell, style.FAINT)
            canvas.frame(Area(left, top, width, self.height), style.FAINT)
            # Beside the first line of a long value: there a name is looked for.
            lines = max(len(field.lines), len(field.name))
            _draw_middle(canvas, name_cell, field.name, style.CELL_BOLD, lines)
            value = Area(left + name_width, top, width - name_width, self.height)
            _draw_middle(canvas, value, field.lines, style.CELL)
            if self.ruled:
                _draw_writing_lines(canvas, value)


@dataclass(frozen=True, slots=True)
class _PictureRow:
    """The annotated picture before, and the one after, or an empty frame for it."""

    entry: ReportEntry | None
    after: ReportEntry | None
    height: float

    def draw(self, canvas: PageCanvas, top: float) -> None:
        half = style.BODY_WIDTH / 2
        before = Area(style.BODY_LEFT, top, half, self.height)
        after = Area(style.BODY_LEFT + half, top, half, self.height)
        frame = _draw_picture_cell(canvas, before, wording.BEFORE.say(canvas.language))
        _draw_annotated(canvas, frame, self.entry)
        frame = _draw_picture_cell(canvas, after, wording.AFTER.say(canvas.language))
        if self.after is not None:
            _draw_annotated(canvas, frame, self.after)
        else:
            canvas.frame(frame, style.HAIRLINE)
            draw_notice(canvas, frame, wording.ATTACH.say(canvas.language))


@dataclass(frozen=True, slots=True)
class _NoticeForm:
    """The whole form, on a page of its own."""

    title: str
    caution: str
    may_burn: bool
    rows: tuple[_FormRow | _PictureRow, ...]
    height: float = style.BODY_HEIGHT

    def draw(self, canvas: PageCanvas, top: float) -> None:
        centre = style.BODY_LEFT + style.BODY_WIDTH / 2
        canvas.text_centred(centre, top, self.title, _TITLE)
        y = top + _TITLE_HEIGHT
        if self.may_burn:
            panel = Area(style.BODY_LEFT, y, style.BODY_WIDTH, _ALARM_HEIGHT - 4.0)
            canvas.fill(panel, style.OUTCOME_PANELS[Outcome.HAZARD])
            canvas.frame(panel, style.HAZARD_RED, 1.0)
        canvas.text_centred(centre, y + 1.5, self.caution, _ALARM if self.may_burn else _CAUTION)
        y = first = y + _ALARM_HEIGHT
        for row in self.rows:
            row.draw(canvas, y)
            y += row.height
        canvas.frame(Area(style.BODY_LEFT, first, style.BODY_WIDTH, y - first), style.INK, 1.0)


def notice_key(number: int) -> str:
    """Name of the bookmark at the notice on a picture."""
    return f"notice-{number}"


def compose_notice(
    notice: NoticeContents,
    entry: ReportEntry | None,
    language: Language,
    typefaces: Typefaces,
    after: ReportEntry | None = None,
) -> Item:
    """The form on one finding, as high as a page.

    Args:
        notice: what it says.
        entry: the picture that shows the finding; None where there is none any more.
        language: of the form.
        typefaces: the font to measure with.
        after: the picture that shows it put right; None where there is none.
    """
    title = wording.NOTICE.say(language)
    form = _NoticeForm(
        title=title,
        caution=wording.IF_A_FIRE.say(language),
        may_burn=notice.may_burn,
        rows=_fitting_rows(notice, entry, after, language, typefaces),
    )
    return Item(form, bookmark=Bookmark(notice_key(notice.number), f"{title} {notice.reference}"))


def compose_notices(
    contents: ReportContents, entries: Sequence[ReportEntry], typefaces: Typefaces
) -> list[Group]:
    """One page for each notice of a report.

    Args:
        contents: what the file says.
        entries: the inspections of the file, from the number of its first sheet on.
        typefaces: the font to measure with.
    """
    first = contents.sheets[0].number if contents.sheets else 0
    return [
        Group(
            (compose_notice(one, entries[one.number - first], contents.language, typefaces),),
            new_page=True,
            headless=True,
        )
        for one in contents.notices
    ]


def _fitting_rows(
    notice: NoticeContents,
    entry: ReportEntry | None,
    after: ReportEntry | None,
    language: Language,
    typefaces: Typefaces,
) -> tuple[_FormRow | _PictureRow, ...]:
    """The rows of a form that fits on its page: where much was written, less of each is shown."""
    rows: tuple[_FormRow | _PictureRow, ...] = ()
    for lines in range(_MOST_TEXT_LINES, 0, -1):
        rows = _Rows(language, typefaces, lines).build(notice, entry, after)
        taken = _TITLE_HEIGHT + _ALARM_HEIGHT + sum(row.height for row in rows)
        if taken <= style.BODY_HEIGHT + _TOLERANCE:
            break
    return rows


@dataclass(frozen=True, slots=True)
class _Rows:
    """Builds the rows of a form in a language, measured with its font.

    ``most_lines``: of a text; a longer one ends in dots, and stands in full on the evidence's page.
    """

    language: Language
    typefaces: Typefaces
    most_lines: int

    def build(
        self, notice: NoticeContents, entry: ReportEntry | None, after: ReportEntry | None
    ) -> tuple[_FormRow | _PictureRow, ...]:
        """All rows; the room that the others leave goes to the pictures, then to the actions."""
        known = [
            self._row(
                (wording.NOTICE_NUMBER, notice.reference), (wording.FOUND_AT, notice.found_at)
            ),
            *self._place_rows(notice),
            self._row(
                (wording.CATEGORY, notice.category),
                (wording.RANK, self._ticked(wording.RANKS, _rank(notice))),
            ),
            self._row((wording.HAZARD_DESCRIPTION, notice.description)),
            self._row((wording.EVIDENCE, notice.evidence)),
            self._row((wording.CLAUSE, _said(notice).clause)),
        ]
        people, last = self._people_rows(notice), self._check_rows(notice)
        taken = _TITLE_HEIGHT + _ALARM_HEIGHT
        room = style.BODY_HEIGHT - taken - sum(row.height for row in (*known, *people, *last))
        measures = _said(notice).measures
        least = self._row((wording.MEASURES, measures)).height if measures else 0.0
        actions_room = max(least, _ONE_LINE if measures else _FEWEST_LINES * _ONE_LINE)
        pictures = min(_pictures_height(notice), room - actions_room)
        pictures = max(pictures, _SMALLEST_PICTURES)
        height = max(room - pictures, least, _ONE_LINE)
        actions = self._row((wording.MEASURES, measures), height=height, ruled=not measures)
        return (*known, actions, *people, _PictureRow(entry, after, pictures), *last)

    def _people_rows(self, notice: NoticeContents) -> list[_FormRow]:
        """Deadline, people, and of a tracked hazard money and emergency plan too."""
        said = _said(notice)
        rows = [
            self._row(
                (wording.DEADLINE, said.deadline),
                (wording.RESPONSIBLE, said.responsible),
                (wording.PHONE, ""),
            ),
            self._row((wording.ISSUED_BY, said.issued), (wording.ACCEPTED_BY, "")),
        ]
        if notice.handling is not None:
            rows.insert(1, self._row((wording.FUNDS, said.funds), (wording.PLAN, said.plan)))
        return rows

    def _check_rows(self, notice: NoticeContents) -> list[_FormRow]:
        """What was done about it, and whether it was right."""
        said = _said(notice)
        passed = None if said.is_passed is None else int(not said.is_passed)
        return [
            self._row((wording.DONE, said.done), height=_DONE_HEIGHT, ruled=not said.done),
            self._row((wording.DONE_BY, said.done_by), (wording.DONE_ON, said.done_on)),
            self._row((wording.CHECK, self._ticked(wording.CHECK_RESULTS, passed))),
            self._row((wording.CHECKED_BY, said.checked_by), (wording.CHECKED_ON, said.checked_on)),
        ]

    def _ticked(self, choices: Phrase, chosen: int | None) -> str:
        """The choices, each behind its box; the chosen one's is filled."""
        parts = choices.say(self.language).split(_BOX)
        boxes = [_FILLED_BOX if number == chosen else _BOX for number in range(len(parts) - 1)]
        return parts[0] + "".join(box + part for box, part in zip(boxes, parts[1:], strict=True))

    def _place_rows(self, notice: NoticeContents) -> list[_FormRow]:
        """Unit and department, location and inspector; a long name gets the whole width."""
        fields = [
            (wording.UNIT, notice.unit),
            (wording.DEPARTMENT, _said(notice).department),
            (wording.LOCATION, notice.place),
            (wording.INSPECTOR, _said(notice).inspector),
        ]
        room = style.BODY_WIDTH / 2 - _NAME_WIDTHS[2] - 2 * _PADDING
        long = [one for one in fields if len(self._break(one[1], room)) > 2]
        short = [one for one in fields if one not in long]
        rows = [self._row(one) for one in long]
        return [*rows, *(self._row(*short[at : at + 2]) for at in range(0, len(short), 2))]

    def _row(
        self, *fields: tuple[Phrase, str], height: float = _ONE_LINE, ruled: bool = False
    ) -> _FormRow:
        name_width = _NAME_WIDTHS[len(fields)]
        room = style.BODY_WIDTH / len(fields) - name_width - 2 * _PADDING
        look = style.CELL_BOLD
        set_fields = tuple(
            _Field(
                self.typefaces.break_lines(
                    name.say(self.language), look.weight, look.size, name_width - 2 * _PADDING
                ),
                self._break(value, room) if value else (),
            )
            for name, value in fields
        )
        lines = max(max(len(one.lines), len(one.name)) for one in set_fields)
        return _FormRow(set_fields, max(height, lines * style.CELL.leading + 2 * _PADDING), ruled)

    def _break(self, text: str, room: float) -> tuple[str, ...]:
        look = style.CELL
        return self.typefaces.break_lines(
            text, look.weight, look.size, room, max_lines=self.most_lines
        )


def _said(notice: NoticeContents) -> NoticeHandling:
    return notice.handling or NoticeHandling()


def _rank(notice: NoticeContents) -> int | None:
    is_major = _said(notice).is_major
    return None if is_major is None else int(is_major)


def _pictures_height(notice: NoticeContents) -> float:
    """Enough for the picture's shape at half the form's width."""
    width, height = notice.size_wh or (4, 3)
    room = style.BODY_WIDTH / 2 - 2 * _PADDING
    return min(room * height / width, _TALLEST_PICTURE) + _PICTURE_NAME_HEIGHT + _PADDING


def _draw_middle(
    canvas: PageCanvas, cell: Area, lines: Sequence[str], look: TextStyle, room_for: int = 0
) -> None:
    top = cell.top + (cell.height - max(len(lines), room_for) * look.leading) / 2
    draw_lines(canvas, cell.left + _PADDING, top, lines, look)


def _draw_annotated(canvas: PageCanvas, frame: Area, entry: ReportEntry | None) -> None:
    if entry is None:
        draw_print(canvas, frame, wording.VANISHED)
        return
    original = load_original(entry)
    draw_print(canvas, frame, make_painted(entry, original, frame, wording.VANISHED))


def _draw_writing_lines(canvas: PageCanvas, cell: Area) -> None:
    for number in range(1, int(cell.height / _ONE_LINE)):
        y = cell.top + number * cell.height / int(cell.height / _ONE_LINE)
        canvas.rule(cell.left + _PADDING, y, cell.width - 2 * _PADDING, style.HAIRLINE)


def _draw_picture_cell(canvas: PageCanvas, cell: Area, name: str) -> Area:
    """The cell and its name; the area that is left for a picture."""
    canvas.frame(cell, style.FAINT)
    canvas.text(cell.left + _PADDING, cell.top + 4.0, name, style.CELL_BOLD)
    return Area(
        cell.left + _PADDING,
        cell.top + _PICTURE_NAME_HEIGHT,
        cell.width - 2 * _PADDING,
        cell.height - _PICTURE_NAME_HEIGHT - _PADDING,
    )
