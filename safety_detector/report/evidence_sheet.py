"""The evidence of one picture: verdict, both pictures, close-ups, detections, provenance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from safety_detector.domain.geometry import ImageSize
from safety_detector.domain.hazards import Language
from safety_detector.domain.outcomes import Outcome
from safety_detector.message_texts.phrase import Phrase
from safety_detector.report import close_ups, style, wording
from safety_detector.report.blocks import Block, Group, Item, Space
from safety_detector.report.contents import DetectionRow, ReportEntry, SheetContents
from safety_detector.report.fact_list import fact_lines
from safety_detector.report.page_canvas import Area, Bookmark, PageCanvas
from safety_detector.report.page_sharing import BEHIND_A_SHEET
from safety_detector.report.pictures import (
    Print,
    draw_print,
    load_original,
    make_painted,
    make_print,
)
from safety_detector.report.prefetch import Order, Prefetcher
from safety_detector.report.sheet_head import set_banner, set_title
from safety_detector.report.table import Cell, Column, table
from safety_detector.report.typesetting import Typefaces

_GAP = 10.0
_PICTURE_WIDTH = (style.BODY_WIDTH - _GAP) / 2
_TALLEST_PICTURE = 300.0
"""Keeps an upright photograph and its table on one page."""
_TALLEST_QUIET_PICTURE = 165.0
"""Two pictures of 4:3 without a hazard and with up to two detections each share a page."""
_COMPACT_PICTURE_HEIGHTS = (115.0, 170.0)
"""Lower ones show too little; with the taller two sheets of photographs often share a page."""
_HALF_PAGE = (style.BODY_HEIGHT - 45.0) / 2
"""Of a page with a heading, and with space between its two sheets."""
_COMPACT_CARD_WIDTHS = (0.0, 120.0, 104.0)
"""By how many close-ups stand in the column beside the pictures."""
_NARROWEST_PICTURE = 90.0
"""Room for the sentence that stands for a missing picture."""
_EMPTY_FRAME = 60.0
"""Height of the frames of a picture that was never decoded: there is hardly one to show."""

_CAPTION_HEIGHT = 13.0


def sheet_key(number: int) -> str:
    """Name of the bookmark at the sheet of a picture."""
    return f"sheet-{number}"


def sheet_bookmark(sheet: SheetContents) -> Bookmark:
    """The place of a picture's sheet, by number, name and verdict."""
    title = f"{sheet.number} · {sheet.name} · {sheet.outcome_text}"
    return Bookmark(sheet_key(sheet.number), title, level=1)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Where the pictures of a sheet stand, in points; tops count from the pictures' upper edge.

    Attributes:
        frame: size of the original and of the annotated picture.
        right: left edge of the annotated one.
        cards: places of the close-ups.
        height: of all of it, with captions.
    """

    frame: Area
    right: float
    cards: tuple[Area, ...]
    height: float


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """A sheet before it is decided how large its pictures are.

    Attributes:
        sheet: what it says.
        entry: the way to the pictures.
        above, below: what stands over and under the pictures.
        chosen: the close-ups.
        full: the pictures as large as the page lets them be.
        compact: smaller ones, so that two sheets share a page; None where they would show too
            little.
    """

    sheet: SheetContents
    entry: ReportEntry
    above: tuple[Item, ...]
    below: tuple[Item, ...]
    chosen: tuple[close_ups.CloseUp, ...]
    full: Arrangement
    compact: Arrangement | None

    def height(self, arrangement: Arrangement) -> float:
        """Height of the sheet in points, without the space behind it."""
        return Group((*self.above, *self.below)).height + arrangement.height

    def compose(self, prefetcher: Prefetcher, arrangement: Arrangement) -> Group:
        """The sheet's blocks; their pictures are ordered from the prefetcher."""
        pictures = _pictures(self.sheet, self.chosen, self.entry, prefetcher, arrangement)
        return Group((*self.above, Item(pictures, keep_with_next=True), *self.below))


def plan_sheet(
    sheet: SheetContents,
    entry: ReportEntry,
    language: Language,
    typefaces: Typefaces,
    *,
    with_title: bool = True,
) -> SheetPlan:
    """What a sheet consists of; ``with_title`` False where the page is about this picture."""
    above: list[Block] = [_title(sheet, typefaces)] if with_title else []
    above += [_banner(sheet, typefaces), Space(6.0)]
    first, *others = above
    below = [Item(Space(6.0))]
    if sheet.detections:
        below += [*detections_table(sheet.detections, language, typefaces), Item(Space(6.0))]
    below += [Item(line) for line in fact_lines(sheet.facts, typefaces)]
    below.append(Item(BEHIND_A_SHEET))
    chosen = close_ups.choose(sheet.detections, ImageSize(*sheet.size_wh)) if sheet.size_wh else ()
    over = (
        Item(first, keep_with_next=True, bookmark=sheet_bookmark(sheet)),
        *(Item(block, keep_with_next=True) for block in others),
    )
    text_height = Group((*over, *below)).height
    return SheetPlan(
        sheet=sheet,
        entry=entry,
        above=over,
        below=tuple(below),
        chosen=chosen,
        full=_arrange_full(sheet, chosen),
        compact=_arrange_compact(sheet, chosen, _HALF_PAGE - text_height),
    )


def compose_sheet(
    sheet: SheetContents,
    entry: ReportEntry,
    language: Language,
    typefaces: Typefaces,
    prefetcher: Prefetcher,
) -> Group:
    """The sheet of a picture that a page by itself is about: large and without a title."""
    plan = plan_sheet(sheet, entry, language, typefaces, with_title=False)
    return plan.compose(prefetcher, plan.full)


def _title(sheet: SheetContents, typefaces: Typefaces) -> Block:
    aside = [sheet.time_text, *([sheet.camera] if sheet.camera else [])]
    return set_title(str(sheet.number), sheet.name, aside, typefaces)


def _banner(sheet: SheetContents, typefaces: Typefaces) -> Block:
    return set_banner(
        f"{style.OUTCOME_SIGNS[sheet.outcome]} {sheet.outcome_text}",
        style.OUTCOME_COLOURS[sheet.outcome],
        style.OUTCOME_PANELS[sheet.outcome],
        sheet.description,
        sheet.reservations,
        typefaces,
    )


@dataclass(frozen=True, slots=True)
class _Prints:
    """What the sheet shows: both pictures, and those of the cards."""

    original: Print | Phrase
    annotated: Print | Phrase
    cards: tuple[Print | Phrase, ...]


@dataclass(frozen=True, slots=True)
class _Pictures:
    """Original and annotated picture side by side, and the close-ups under or beside them."""

    prints: Order[_Prints]
    close_ups: tuple[close_ups.CloseUp, ...]
    places: Arrangement

    @property
    def height(self) -> float:
        return self.places.height

    def draw(self, canvas: PageCanvas, top: float) -> None:
        prints = self.prints.collect()
        self._draw_side(canvas, top, style.BODY_LEFT, prints.original, wording.ORIGINAL)
        if self.close_ups:
            close_ups.draw_close_ups(canvas, top, self.close_ups, self.places.cards, prints.cards)
        self._draw_side(canvas, top, self.places.right, prints.annotated, wording.ANNOTATED)

    def _draw_side(
        self, canvas: PageCanvas, top: float, left: float, picture: Print | Phrase, name: Phrase
    ) -> None:
        frame = self.places.frame
        draw_print(canvas, Area(left, top, frame.width, frame.height), picture)
        caption_top = top + frame.height + 1.5
        canvas.text(left, caption_top, name.say(canvas.language), style.CAPTION)


def _arrange_full(sheet: SheetContents, chosen: Sequence[close_ups.CloseUp]) -> Arrangement:
    tallest = _TALLEST_PICTURE if sheet.outcome is Outcome.HAZARD else _TALLEST_QUIET_PICTURE
    frame = _frame(sheet, _PICTURE_WIDTH, tallest)
    cards = close_ups.in_a_row(chosen, frame.height + _CAPTION_HEIGHT + 2.0)
    height = frame.height + _CAPTION_HEIGHT
    if cards:
        height += cards[0].height + close_ups.CAPTION_HEIGHT
    return Arrangement(frame, style.BODY_LEFT + _PICTURE_WIDTH + _GAP, cards, height)


def _arrange_compact(
    sheet: SheetContents, chosen: Sequence[close_ups.CloseUp], room: float
) -> Arrangement | None:
    """The close-ups in a column at the right of the pictures; None where there are many.

    The pictures are as tall as the room in points, between two bounds.
    """
    if len(chosen) >= len(_COMPACT_CARD_WIDTHS):
        return None
    card_width = _COMPACT_CARD_WIDTHS[len(chosen)]
    room = style.BODY_WIDTH - (card_width + _GAP if chosen else 0.0)
    width = (room - _GAP) / 2
    lowest, tallest = _COMPACT_PICTURE_HEIGHTS
    frame = _frame(sheet, width, min(max(room - _CAPTION_HEIGHT, lowest), tallest))
    cards = close_ups.in_a_column(chosen, card_width)
    height = frame.height + _CAPTION_HEIGHT
    if cards:
        height = max(height, cards[-1].top + cards[-1].height + close_ups.CAPTION_HEIGHT)
    return Arrangement(frame, style.BODY_LEFT + width + _GAP, cards, height)


def _frame(sheet: SheetContents, widest: float, tallest: float) -> Area:
    """The size of a picture on paper, in its own shape as far as it can be."""
    if sheet.size_wh is None:
        return Area(0.0, 0.0, widest, _EMPTY_FRAME)
    size = ImageSize(*sheet.size_wh)
    height = min(widest * size.height / size.width, tallest)
    width = max(height * size.width / size.height, _NARROWEST_PICTURE)
    return Area(0.0, 0.0, min(width, widest), max(height, _EMPTY_FRAME))


def _pictures(
    sheet: SheetContents,
    chosen: tuple[close_ups.CloseUp, ...],
    entry: ReportEntry,
    prefetcher: Prefetcher,
    places: Arrangement,
) -> _Pictures:
    unannotated = sheet.size_wh is None or sheet.outcome in (Outcome.FAILED, Outcome.UNFINISHED)
    absent = wording.NO_ANNOTATION if unannotated else wording.VANISHED
    pixels = ImageSize(*sheet.size_wh).pixels if sheet.size_wh else 0
    make = partial(_make_prints, entry, chosen, places, absent)
    return _Pictures(prefetcher.order(make, pixels=pixels), chosen, places)


def _make_prints(
    entry: ReportEntry,
    chosen: tuple[close_ups.CloseUp, ...],
    places: Arrangement,
    absent: Phrase,
) -> _Prints:
    original = load_original(entry)
    left = make_print(original, places.frame)
    cards = close_ups.make_cards(chosen, places.cards, original)
    return _Prints(left, make_painted(entry, original, places.frame, absent), cards)


def detections_table(
    detections: Sequence[DetectionRow], language: Language, typefaces: Typefaces
) -> list[Item]:
    """The detections, with the numbers that are drawn on the picture."""
    columns = [
        Column(wording.NUMBER.say(language), 0.6),
        Column(wording.CLASS.say(language), 1.3),
        Column(wording.STATE.say(language), 1.8),
        Column(wording.BOX.say(language), 2.6),
        Column(wording.SCORE.say(language), 0.7, right=True),
    ]
    is_calibrated = any(row.right_text is not None for row in detections)
    if is_calibrated:
        columns.append(Column(wording.RIGHT_OF_100.say(language), 0.9, right=True))
    rows = []
    for row in detections:
        plate = style.plate_of(row.detection.hazard)
        look = style.CELL_BOLD if row.detection.hazard.is_danger else style.CELL
        state = Cell(row.state_text, look)
        if plate.warns:
            state = Cell(f"{style.OUTCOME_SIGNS[Outcome.HAZARD]} {row.state_text}", badge=plate)
        cells = [
            Cell(str(row.number), badge=plate),
            Cell(row.class_text, look),
            state,
            Cell(row.box_text),
            Cell(row.score_text),
        ]
        if is_calibrated:
            cells.append(Cell(row.right_text or wording.NONE.say(language)))
        rows.append(cells)
    return table(columns, rows, typefaces)
