"""Charts drawn as vectors: findings by class and state, pictures by camera and over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.lib.colors import Color, HexColor

from safety_detector.domain.hazards import Hazard, Label, Language, label_name
from safety_detector.report import style, wording
from safety_detector.report.blocks import Item
from safety_detector.report.contents import CameraRow, ColumnChart
from safety_detector.report.figures import HazardCount
from safety_detector.report.page_canvas import Area, PageCanvas
from safety_detector.report.sentences import capitalise
from safety_detector.report.style import TextStyle
from safety_detector.report.typesetting import Typefaces

_NAME_WIDTH = 150.0
_NUMBER_WIDTH = 52.0
_BAR_WIDTH = style.BODY_WIDTH - _NAME_WIDTH - 2 * _NUMBER_WIDTH - 8.0
_ROW_HEIGHT = 16.0
_BAR_HEIGHT = 8.0

_COLUMN_NUMBER = TextStyle(6.5, 8, colour=style.GREY)
_COLUMN_NAME = TextStyle(6.5, 9, colour=style.GREY)

_BETWEEN_NAMES = 3.0

MOST_CAMERAS = 15
"""Cameras in the chart; the table of coverage lists them all."""


@dataclass(frozen=True, slots=True)
class Paint:
    """How a bar, a column or a sign of the legend is filled; hatched where grey has to tell it."""

    colour: Color
    hatched: Color | None = None

    def fill(self, canvas: PageCanvas, area: Area) -> None:
        """Fills a rectangle."""
        canvas.fill(area, self.colour)
        if self.hatched is not None:
            canvas.hatch(area, self.hatched)
            canvas.frame(area, self.hatched, 0.7)


def hazard_paint(hazard: Hazard) -> Paint:
    """The plate's ground, in black and amber where it warns."""
    plate = style.plate_of(hazard)
    return Paint(plate.ground, plate.text if plate.warns else None)


_WITH_HAZARD = Paint(style.HAZARD_RED)
_WITHOUT_ANSWER = Paint(style.WHITE, style.GREY)
_WITHOUT_HAZARD = Paint(HexColor("#B9C2CC"))


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar: its length as a share of the whole width, and how it is filled."""

    share: float
    paint: Paint


@dataclass(frozen=True, slots=True)
class BarRow:
    """A name, a bar, and two numbers behind it."""

    name: str
    sign: Paint | None
    segments: tuple[Segment, ...]
    numbers: tuple[str, str]
    height: float = _ROW_HEIGHT

    def draw(self, canvas: PageCanvas, top: float) -> None:
        """Draws the row with a faint track behind its bar."""
        text_top = top + (self.height - style.CELL.leading) / 2
        left = style.BODY_LEFT
        if self.sign is not None:
            self.sign.fill(canvas, Area(left, top + (self.height - 6.0) / 2, 6.0, 6.0))
            left += 11.0
        warns = self.sign is not None and self.sign.hatched is not None
        canvas.text(left, text_top, self.name, style.CELL_BOLD if warns else style.CELL)
        bar_left = style.BODY_LEFT + _NAME_WIDTH
        bar_top = top + (self.height - _BAR_HEIGHT) / 2
        canvas.fill(Area(bar_left, bar_top, _BAR_WIDTH, _BAR_HEIGHT), style.PANEL)
        for segment in self.segments:
            width = _BAR_WIDTH * segment.share
            if width > 0:
                segment.paint.fill(canvas, Area(bar_left, bar_top, width, _BAR_HEIGHT))
                bar_left += width
        _draw_numbers(canvas, text_top, self.numbers, bold=False)


@dataclass(frozen=True, slots=True)
class BarHead:
    """The names of the two numbers, and what the colours mean where there are several."""

    names: tuple[str, str]
    legend: tuple[tuple[str, Paint], ...] = ()
    height: float = 13.0

    def draw(self, canvas: PageCanvas, top: float) -> None:
        """Draws the names above their columns."""
        _draw_legend(canvas, style.BODY_LEFT + _NAME_WIDTH, top, self.legend)
        _draw_numbers(canvas, top, self.names, bold=True)
        canvas.rule(style.BODY_LEFT, top + self.height - 1.0, style.BODY_WIDTH, style.HAIRLINE)


@dataclass(frozen=True, slots=True)
class StackedColumn:
    """A name, and how many of each kind of the legend."""

    name: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """Upright columns side by side, each made of its parts from below in the legend's order."""

    columns: tuple[StackedColumn, ...]
    legend: tuple[tuple[str, Paint], ...]
    height: float = 104.0

    _LEGEND_HEIGHT = 22.0
    _NAMES_HEIGHT = 12.0

    def draw(self, canvas: PageCanvas, top: float) -> None:
        """Draws the columns over their names, with the number of all above each."""
        _draw_legend(canvas, style.BODY_LEFT, top, self.legend)
        ground = top + self.height - self._NAMES_HEIGHT
        tallest = self.height - self._NAMES_HEIGHT - self._LEGEND_HEIGHT
        most = max(sum(one.counts) for one in self.columns)
        step = style.BODY_WIDTH / len(self.columns)
        width = min(step * 0.68, 26.0)
        every = self._named_every(canvas.typefaces, step)
        for position, one in enumerate(self.columns):
            centre = style.BODY_LEFT + (position + 0.5) * step
            left, foot = centre - width / 2, ground
            for count, (_, paint) in zip(one.counts, self.legend, strict=True):
                if count:  # readers draw an area without height as a hairline
                    tall = tallest * count / most
                    foot -= tall
                    paint.fill(canvas, Area(left, foot, width, tall))
            if total := sum(one.counts):
                canvas.text_centred(centre, foot - 9.0, f"{total:,}", _COLUMN_NUMBER)
            if position % every == 0:
                canvas.text_centred(centre, ground + 2.0, one.name, _COLUMN_NAME)
        canvas.rule(style.BODY_LEFT, ground, style.BODY_WIDTH, style.GREY, 0.6)

    def _named_every(self, typefaces: Typefaces, step: float) -> int:
        """Every how many columns a name has room beside the next."""
        look = _COLUMN_NAME
        widest = max(typefaces.width_pt(one.name, look.weight, look.size) for one in self.columns)
        return math.ceil((widest + _BETWEEN_NAMES) / step)


def _draw_legend(
    canvas: PageCanvas, left: float, top: float, legend: Sequence[tuple[str, Paint]]
) -> None:
    look = style.CAPTION
    for name, paint in legend:
        paint.fill(canvas, Area(left, top + 2.2, 5.5, 5.5))
        canvas.text(left + 9.0, top, name, look)
        left += 9.0 + canvas.typefaces.width_pt(name, look.weight, look.size) + 14.0


def _draw_numbers(canvas: PageCanvas, top: float, numbers: tuple[str, str], *, bold: bool) -> None:
    look = style.COLUMN_NAME if bold else style.CELL
    right = style.BODY_LEFT + style.BODY_WIDTH
    canvas.text_right(right - _NUMBER_WIDTH, top, numbers[0], look)
    canvas.text_right(right, top, numbers[1], look)


def time_chart(chart: ColumnChart, language: Language) -> Item:
    """Columns over time."""
    columns = [StackedColumn(one.name, (one.hazards, one.open, one.clear)) for one in chart.columns]
    return Item(Columns(tuple(columns), _picture_legend(language)))


def _picture_legend(language: Language) -> tuple[tuple[str, Paint], ...]:
    return (
        (wording.WITH_HAZARD.say(language), _WITH_HAZARD),
        (wording.WITHOUT_ANSWER.say(language), _WITHOUT_ANSWER),
        (wording.WITHOUT_HAZARD.say(language), _WITHOUT_HAZARD),
    )


def findings_chart(
    counts: Sequence[HazardCount], language: Language, typefaces: Typefaces
) -> list[Item]:
    """One bar for each class and state that was found, and a row for each class that was not."""
    longest = max((one.boxes for one in counts), default=1)
    head = BarHead((wording.BOXES.say(language), wording.PICTURES.say(language)))
    rows = []
    for label in Label:
        paint = Paint(style.LABEL_COLOURS[label])
        found = [one for one in counts if one.hazard.label is label]
        if not found:
            rows.append(BarRow(capitalise(label_name(label, language)), paint, (), ("0", "0")))
        for one in found:
            state = one.hazard.state_text(language)
            name = capitalise(label_name(label, language)) + wording.DOT.say(language) + state
            numbers = (str(one.boxes), str(one.pictures))
            paint = hazard_paint(one.hazard)
            segment = Segment(one.boxes / longest, paint)
            rows.append(BarRow(typefaces.printable(name), paint, (segment,), numbers))
    return [Item(head, keep_with_next=True)] + [Item(row) for row in rows]


def cameras_chart(
    counts: Sequence[CameraRow], language: Language, typefaces: Typefaces
) -> list[Item]:
    """One bar a camera: its pictures, those with a hazard in red; the cameras with most first."""
    ordered = sorted(counts, key=lambda one: (-one.outcomes.hazard, -one.outcomes.submitted))
    ordered = ordered[:MOST_CAMERAS]
    longest = max(one.outcomes.submitted for one in ordered)
    names = (wording.HAZARD_PICTURES.say(language), wording.PICTURES.say(language))
    rows = []
    for one in ordered:
        hazard, total = one.outcomes.hazard, one.outcomes.submitted
        segments = (
            Segment(hazard / longest, _WITH_HAZARD),
            Segment(one.outcomes.open / longest, _WITHOUT_ANSWER),
            Segment(one.outcomes.clear / longest, _WITHOUT_HAZARD),
        )
        rows.append((one.name, segments, (str(hazard), str(total))))
    return bars(names, _picture_legend(language), rows, typefaces)


def bars(
    names: tuple[str, str],
    legend: tuple[tuple[str, Paint], ...],
    rows: Sequence[tuple[str, tuple[Segment, ...], tuple[str, str]]],
    typefaces: Typefaces,
) -> list[Item]:
    """One bar a row: its name, its parts in the legend's paints, and two numbers.

    Args:
        names: of the numbers.
        legend: what the paints mean.
        rows: names, parts as shares of the longest bar, and numbers.
        typefaces: the font to measure with.
    """
    look = style.CELL
    items = [Item(BarHead(names, legend), keep_with_next=True)]
    for name, segments, numbers in rows:
        shown = typefaces.fit_line(name, look.weight, look.size, _NAME_WIDTH - 8.0)
        items.append(Item(BarRow(shown, None, segments, numbers)))
    return items
