"""The evidence of one picture: verdict, both pictures, close-ups, detections, provenance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from safety_detector.domain.geometry import ImageSize
from safety_detector.domain.hazards import Language
from safety_detector.domain.outcomes import Outcome
from safety_detector.report import close_ups, style, wording
from safety_detector.report.blocks import Block, Group, Item, Space, draw_lines, pill
from safety_detector.report.contents import ReportEntry, SheetContents
from safety_detector.report.darkroom import Darkroom, Order
from safety_detector.report.fact_list import fact_lines
from safety_detector.report.pen import Area, Bookmark, Pen
from safety_detector.report.pictures import (
    Print,
    draw_print,
    load_original,
    make_painted,
    make_print,
)
from safety_detector.report.style import TextStyle
from safety_detector.report.table import Cell, Column, table
from safety_detector.report.typesetting import Typefaces, Weight
from safety_detector.report.wording import Phrase

_GAP = 10.0
_PICTURE_WIDTH = (style.BODY_WIDTH - _GAP) / 2
_TALLEST_PICTURE = 300.0
"""Keeps an upright photograph and its table on one page."""
_TALLEST_QUIET_PICTURE = 165.0
"""Two pictures of 4:3 without a hazard and with up to two detections each share a page."""
_NARROWEST_PICTURE = 90.0
"""Room for the sentence that stands for a missing picture."""
_EMPTY_FRAME = 60.0
"""Height of the frames of a picture that was never decoded: there is hardly one to show."""

_MOST_DOUBT_LINES = 8
"""Lines of reservations under a description; title, banner and pictures stay on one page."""
_ASIDE_WIDTH = 130.0
"""Room for time and camera at the right of a sheet's title."""


def sheet_key(number: int) -> str:
    """Name of the bookmark at the sheet of a picture."""
    return f"sheet-{number}"


def sheet_bookmark(sheet: SheetContents) -> Bookmark:
    """The place of a picture's sheet, by number, name and verdict."""
    title = f"{sheet.number} · {sheet.name} · {sheet.outcome_text}"
    return Bookmark(sheet_key(sheet.number), title, level=1)


def compose_sheet(
    sheet: SheetContents,
    entry: ReportEntry,
    language: Language,
    typefaces: Typefaces,
    darkroom: Darkroom,
    *,
    with_title: bool = True,
) -> Group:
    """The sheet's blocks; ``with_title`` False where the page itself is about this picture."""
    bookmark = sheet_bookmark(sheet)
    first = [_title(sheet, typefaces)] if with_title else []
    blocks: list[Block] = [
        *first,
        _banner(sheet, typefaces),
        Space(6.0),
        _pictures(sheet, entry, darkroom),
    ]
    items = [Item(block, keep_with_next=True) for block in blocks]
    items[0] = Item(blocks[0], keep_with_next=True, bookmark=bookmark)
    items.append(Item(Space(6.0)))
    if sheet.detections:
        items += _detections(sheet, language, typefaces)
        items.append(Item(Space(6.0)))
    items += [Item(line) for line in fact_lines(sheet.facts, typefaces)]
    items.append(Item(Space(18.0)))
    return Group(tuple(items))


@dataclass(frozen=True, slots=True)
class _Title:
    number: str
    name_left: float
    name_lines: tuple[str, ...]
    aside: tuple[str, ...]

    @property
    def height(self) -> float:
        return 8.0 + max(len(self.name_lines) * style.BODY_BOLD.leading, 20.0) + 5.0

    def draw(self, pen: Pen, top: float) -> None:
        pen.rule(style.BODY_LEFT, top, style.BODY_WIDTH, style.INK, 1.0)
        pen.text(style.BODY_LEFT, top + 6.0, self.number, style.HEADING)
        draw_lines(pen, self.name_left, top + 9.5, self.name_lines, style.BODY_BOLD)
        for position, line in enumerate(self.aside):
            y = top + 7.0 + position * style.CAPTION.leading
            pen.text_right(style.BODY_LEFT + style.BODY_WIDTH, y, line, style.CAPTION)


def _title(sheet: SheetContents, typefaces: Typefaces) -> _Title:
    look, small, large = style.BODY_BOLD, style.CAPTION, style.HEADING
    aside = [sheet.time_text]
    if sheet.camera:
        aside.append(typefaces.fit_line(sheet.camera, small.weight, small.size, _ASIDE_WIDTH))
    number = str(sheet.number)
    indent = typefaces.width_pt(number, large.weight, large.size) + 12.0
    room = style.BODY_WIDTH - indent - _ASIDE_WIDTH - 10.0
    return _Title(
        number=number,
        name_left=style.BODY_LEFT + indent,
        name_lines=typefaces.break_lines(sheet.name, look.weight, look.size, room, max_lines=2),
        aside=tuple(aside),
    )


@dataclass(frozen=True, slots=True)
class _Banner:
    """The verdict in a coloured field, and beside it what was found and what is in doubt."""

    outcome: Outcome
    pill_text: str
    pill_width: float
    description: tuple[str, ...]
    doubts: tuple[str, ...]

    _LOOK = style.BODY
    _PADDING = 6.0

    @property
    def height(self) -> float:
        text = len(self.description) * style.BODY.leading + len(self.doubts) * style.SMALL.leading
        return max(text, 16.0) + 2 * self._PADDING

    def draw(self, pen: Pen, top: float) -> None:
        colour = style.OUTCOME_COLOURS[self.outcome]
        panel = Area(style.BODY_LEFT, top, style.BODY_WIDTH, self.height)
        pen.fill(panel, style.OUTCOME_PANELS[self.outcome])
        pen.fill(Area(style.BODY_LEFT, top, 3.0, self.height), colour)
        field = Area(style.BODY_LEFT + 10.0, top + self._PADDING - 1.0, self.pill_width, 16.0)
        pill(pen, field, self.pill_text, colour, _PILL)
        left = style.BODY_LEFT + 10.0 + self.pill_width + 9.0
        y = top + self._PADDING
        draw_lines(pen, left, y, self.description, style.BODY)
        y += len(self.description) * style.BODY.leading
        draw_lines(pen, left, y, self.doubts, style.SMALL)


_PILL = TextStyle(9, 12, Weight.BOLD, style.WHITE)


def _banner(sheet: SheetContents, typefaces: Typefaces) -> _Banner:
    pill_text = f"{style.OUTCOME_SIGNS[sheet.outcome]} {sheet.outcome_text}"
    pill_width = typefaces.width_pt(pill_text, _PILL.weight, _PILL.size) + 14.0
    room = style.BODY_WIDTH - 10.0 - pill_width - 9.0 - 8.0
    body, small = style.BODY, style.SMALL
    doubts = [
        line
        for text in sheet.reservations
        for line in typefaces.break_lines(text, small.weight, small.size, room, max_lines=4)
    ]
    return _Banner(
        outcome=sheet.outcome,
        pill_text=pill_text,
        pill_width=pill_width,
        description=typefaces.break_lines(
            sheet.description, body.weight, body.size, room, max_lines=6
        ),
        doubts=tuple(doubts[:_MOST_DOUBT_LINES]),
    )


@dataclass(frozen=True, slots=True)
class _Prints:
    """What the sheet shows: both pictures, and those of the cards."""

    original: Print | Phrase
    annotated: Print | Phrase
    cards: tuple[Print | Phrase, ...]


@dataclass(frozen=True, slots=True)
class _Pictures:
    """Original and annotated picture side by side, and the close-ups under them."""

    prints: Order[_Prints]
    frame: Area
    close_ups: tuple[close_ups.CloseUp, ...]

    @property
    def height(self) -> float:
        height = self.frame.height + 13.0
        if self.close_ups:
            height += close_ups.card_size(self.close_ups)[1] + close_ups.CAPTION_HEIGHT
        return height

    def draw(self, pen: Pen, top: float) -> None:
        prints = self.prints.collect()
        self._draw_side(pen, top, style.BODY_LEFT, prints.original, wording.ORIGINAL)
        if self.close_ups:
            cards_top = top + self.frame.height + 15.0
            close_ups.draw_close_ups(pen, cards_top, self.close_ups, prints.cards)
        right_side = style.BODY_LEFT + _PICTURE_WIDTH + _GAP
        self._draw_side(pen, top, right_side, prints.annotated, wording.ANNOTATED)

    def _draw_side(
        self, pen: Pen, top: float, left: float, picture: Print | Phrase, name: Phrase
    ) -> None:
        draw_print(pen, Area(left, top, self.frame.width, self.frame.height), picture)
        caption_top = top + self.frame.height + 1.5
        pen.text(left, caption_top, name.say(pen.language), style.CAPTION)


def _pictures(sheet: SheetContents, entry: ReportEntry, darkroom: Darkroom) -> _Pictures:
    if sheet.size_wh is None:
        frame = Area(0.0, 0.0, _PICTURE_WIDTH, _EMPTY_FRAME)
        make = partial(_make_prints, entry, frame, (), wording.NO_ANNOTATION)
        return _Pictures(darkroom.order(make, pixels=0), frame, ())
    size = ImageSize(*sheet.size_wh)
    tallest = _TALLEST_PICTURE if sheet.outcome is Outcome.HAZARD else _TALLEST_QUIET_PICTURE
    height = min(_PICTURE_WIDTH * size.height / size.width, tallest)
    width = max(height * size.width / size.height, _NARROWEST_PICTURE)
    frame = Area(0.0, 0.0, min(width, _PICTURE_WIDTH), max(height, _EMPTY_FRAME))
    unannotated = sheet.outcome in (Outcome.FAILED, Outcome.UNFINISHED)
    absent = wording.NO_ANNOTATION if unannotated else wording.VANISHED
    chosen = close_ups.choose(sheet.detections, size)
    make = partial(_make_prints, entry, frame, chosen, absent)
    return _Pictures(darkroom.order(make, pixels=size.pixels), frame, chosen)


def _make_prints(
    entry: ReportEntry, frame: Area, chosen: tuple[close_ups.CloseUp, ...], absent: Phrase
) -> _Prints:
    original = load_original(entry)
    left, cards = make_print(original, frame), close_ups.make_cards(chosen, original)
    return _Prints(left, make_painted(entry, original, frame, absent), cards)


def _detections(sheet: SheetContents, language: Language, typefaces: Typefaces) -> list[Item]:
    columns = [
        Column(wording.NUMBER.say(language), 0.6),
        Column(wording.CLASS.say(language), 1.3),
        Column(wording.STATE.say(language), 1.8),
        Column(wording.BOX.say(language), 2.6),
        Column(wording.SCORE.say(language), 0.7, right=True),
    ]
    rows = []
    for row in sheet.detections:
        plate = style.plate_of(row.detection.hazard)
        look = style.CELL_BOLD if row.detection.hazard.is_danger else style.CELL
        state = Cell(row.state_text, look)
        if plate.warns:
            state = Cell(f"{style.OUTCOME_SIGNS[Outcome.HAZARD]} {row.state_text}", badge=plate)
        rows.append(
            [
                Cell(str(row.number), badge=plate),
                Cell(row.class_text, look),
                state,
                Cell(row.box_text),
                Cell(row.score_text),
            ]
        )
    return table(columns, rows, typefaces)
