"""The evidence of one incident: what it is, its pictures, what happened and was done about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from safety_detector.domain.geometry import ImageSize
from safety_detector.domain.hazards import Language
from safety_detector.message_texts.phrase import Phrase
from safety_detector.report import evidence_sheet, style
from safety_detector.report import wording as general
from safety_detector.report.blocks import Block, Group, Item, Space
from safety_detector.report.fact_list import fact_lines
from safety_detector.report.incidents import wording
from safety_detector.report.incidents.contents import SheetContents
from safety_detector.report.incidents.looks import COLOURS, PANELS, SIGNS
from safety_detector.report.incidents.records import IncidentEntry
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
from safety_detector.report.sentences import capitalise
from safety_detector.report.sheet_head import set_banner, set_title
from safety_detector.report.table import Cell, Column, table
from safety_detector.report.typesetting import Typefaces

_GAP = 8.0
_CAPTION_HEIGHT = 13.0
_TALLEST = 210.0
_TALLEST_SMALL = 125.0
_TALLEST_COMPACT = 130.0
_LOWEST_COMPACT = 85.0
"""Lower pictures would show too little."""
_OVER_AND_UNDER = 54.0
"""The heading over the first sheet of a section; the sentence under that of a notice."""
_SHARES = (1.0, 0.85, 0.7, 0.6, 0.5, 0.4)
"""Of the tallest, until all pictures of an incident are on its page."""
_NARROWEST, _WIDEST = 0.5, 2.4
"""Shapes of frames; what is narrower or wider has room beside or above it."""
_ABSENT_SHAPE = (4, 3)


def sheet_key(number: int) -> str:
    """Name of the bookmark at the sheet of an incident."""
    return evidence_sheet.sheet_key(number)


def sheet_bookmark(sheet: SheetContents) -> Bookmark:
    """The place of an incident's sheet, by number, hazards and state."""
    title = f"{sheet.number} · {sheet.title} · {sheet.place} · {sheet.state}"
    return Bookmark(sheet_key(sheet.number), title, level=1)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Where the pictures of a sheet stand; tops count from the upper edge of the first.

    The first two are the original and the annotated form of the best one.
    """

    frames: tuple[Area, ...]
    height: float


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """A sheet before it is decided how large its pictures are; see ``page_sharing.SheetPlan``."""

    sheet: SheetContents
    entry: IncidentEntry
    captions: tuple[str, ...]
    above: tuple[Item, ...]
    below: tuple[Item, ...]
    full: Arrangement
    compact: Arrangement | None

    def height(self, arrangement: Arrangement) -> float:
        """Height of the sheet in points, without the space behind it."""
        return Group((*self.above, *self.below)).height + arrangement.height

    def compose(self, prefetcher: Prefetcher, arrangement: Arrangement) -> Group:
        """The sheet's blocks; their pictures are ordered from the prefetcher."""
        sizes = [one.size_wh for one in self.sheet.pictures if one.size_wh]
        pixels = max((ImageSize(*one).pixels for one in sizes), default=0)
        order = prefetcher.order(
            partial(_make_prints, self.entry, arrangement.frames), pixels=pixels
        )
        pictures = _Pictures(order, self.captions, arrangement)
        return Group((*self.above, Item(pictures, keep_with_next=True), *self.below))


def plan_sheet(
    sheet: SheetContents, entry: IncidentEntry, language: Language, typefaces: Typefaces
) -> SheetPlan:
    """What a sheet consists of."""
    above = (
        Item(_title(sheet, typefaces), keep_with_next=True, bookmark=sheet_bookmark(sheet)),
        Item(_banner(sheet, typefaces), keep_with_next=True),
        Item(Space(6.0), keep_with_next=True),
    )
    below = [Item(Space(4.0))]
    if sheet.detections:
        below += [*evidence_sheet.detections_table(sheet.detections, language, typefaces)]
        below.append(Item(Space(5.0)))
    below += _timeline(sheet, language, typefaces)
    below.append(Item(Space(5.0)))
    below += [Item(line) for line in fact_lines(sheet.facts, typefaces)]
    below.append(Item(BEHIND_A_SHEET))
    room = style.BODY_HEIGHT - _OVER_AND_UNDER - Group((*above, *below)).height
    return SheetPlan(
        sheet=sheet,
        entry=entry,
        captions=_captions(sheet, language),
        above=above,
        below=tuple(below),
        full=_arrange_full(sheet, room),
        compact=_arrange_compact(sheet),
    )


def _captions(sheet: SheetContents, language: Language) -> tuple[str, ...]:
    if not sheet.pictures:
        return ("", "")
    best, *others = sheet.pictures
    first = [form.say(language, role=best.caption) for form in _BEST_FORMS]
    return (*first, *(capitalise(one.caption) for one in others))


_BEST_FORMS = (wording.ORIGINAL_OF, wording.ANNOTATED_OF)


def _title(sheet: SheetContents, typefaces: Typefaces) -> Block:
    name = f"{sheet.title} · {sheet.place}"
    return set_title(str(sheet.number), name, (sheet.time_text, sheet.reference), typefaces)


def _banner(sheet: SheetContents, typefaces: Typefaces) -> Block:
    standing = sheet.standing
    sign = f"{SIGNS[standing]} {sheet.state}"
    return set_banner(
        sign, COLOURS[standing], PANELS[standing], sheet.description, sheet.remarks, typefaces
    )


def _timeline(sheet: SheetContents, language: Language, typefaces: Typefaces) -> list[Item]:
    """What happened and was done, each with who and when."""
    columns = [
        Column(wording.WHEN.say(language), 1.5),
        Column(wording.WHAT.say(language), 1.2),
        Column(wording.WHO.say(language), 1.3),
        Column(wording.WORDS.say(language), 4.0),
    ]
    look = style.SMALL
    rows = [
        [
            Cell(one.time_text, look),
            Cell(one.what, look),
            Cell(one.who, look),
            Cell(one.words, look),
        ]
        for one in sheet.timeline
    ]
    return table(columns, rows, typefaces)


@dataclass(frozen=True, slots=True)
class _Pictures:
    """The pictures with what each shows under it."""

    prints: Order[tuple[Print | Phrase, ...]]
    captions: tuple[str, ...]
    places: Arrangement

    @property
    def height(self) -> float:
        return self.places.height

    def draw(self, canvas: PageCanvas, top: float) -> None:
        look, typefaces = style.CAPTION, canvas.typefaces
        prints = self.prints.collect()
        for frame, picture, caption in zip(self.places.frames, prints, self.captions, strict=True):
            draw_print(canvas, replace(frame, top=top + frame.top), picture)
            line = typefaces.fit_line(caption, look.weight, look.size, frame.width + _GAP / 2)
            canvas.text(frame.left, top + frame.top + frame.height + 1.5, line, look)


def _make_prints(entry: IncidentEntry, frames: Sequence[Area]) -> tuple[Print | Phrase, ...]:
    if not entry.pictures:
        return tuple(wording.NO_PICTURES for _ in frames)
    best, *others = (one.entry for one in entry.pictures)
    original = load_original(best)
    prints = [
        make_print(original, frames[0]),
        make_painted(best, original, frames[1], general.VANISHED),
    ]
    for one, frame in zip(others, frames[2:], strict=True):
        prints.append(make_painted(one, load_original(one), frame, general.VANISHED))
    return tuple(prints)


def _shapes(sheet: SheetContents) -> list[tuple[int, int]]:
    """Width and height of each picture on the sheet, the best one twice."""
    own = [one.size_wh or _ABSENT_SHAPE for one in sheet.pictures] or [_ABSENT_SHAPE]
    return [own[0], *own]


def _row(shapes: Sequence[tuple[int, int]], tallest: float, top: float) -> list[Area]:
    """Frames side by side, each in its picture's shape, all as tall as the body's width allows."""
    aspects = [min(max(wide / high, _NARROWEST), _WIDEST) for wide, high in shapes]
    room = style.BODY_WIDTH - (len(shapes) - 1) * _GAP
    height = min(room / sum(aspects), tallest)
    frames = []
    left = style.BODY_LEFT
    for aspect in aspects:
        frames.append(Area(left, top, height * aspect, height))
        left += height * aspect + _GAP
    return frames


def _arrange_full(sheet: SheetContents, room: float) -> Arrangement:
    """The pictures as large as the room in points lets them be, in one row or in two.

    In the first of two are the original and the annotated form of the best one.
    """
    shapes = _shapes(sheet)
    ways = [[shapes], *([[shapes[:2], shapes[2:]]] if len(shapes) > 2 else [])]
    arrangements = [_in_rows(rows, share) for rows in ways for share in _SHARES]
    fitting = [one for one in arrangements if one.height <= room]
    return max(fitting or arrangements[-1:], key=lambda one: one.frames[0].height)


def _in_rows(rows: Sequence[Sequence[tuple[int, int]]], share: float) -> Arrangement:
    """Rows under each other, the first the tallest, each a share as tall as it may be."""
    frames: list[Area] = []
    top = 0.0
    for shapes, tallest in zip(rows, (_TALLEST, _TALLEST_SMALL), strict=False):
        row = _row(shapes, tallest * share, top)
        frames += row
        top += row[0].height + _CAPTION_HEIGHT
    return Arrangement(tuple(frames), top)


def _arrange_compact(sheet: SheetContents) -> Arrangement | None:
    """All pictures in one low row, so that two sheets share a page; None where there are many."""
    arrangement = _in_rows([_shapes(sheet)], _TALLEST_COMPACT / _TALLEST)
    return arrangement if arrangement.frames[0].height >= _LOWEST_COMPACT else None
