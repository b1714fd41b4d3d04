"""Charts drawn as vectors: findings by class and state, pictures by camera and over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from reportlab.lib.colors import Color, HexColor

from safety_detector.domain.hazards import Hazard, Label, Language, label_name
from safety_detector.report import style, wording
from safety_detector.report.blocks import Item
from safety_detector.report.chart_canvas import PAPER, ChartCanvas, ChartMeasures, TextMeasure
from safety_detector.report.contents import CameraRow, ColumnChart
from safety_detector.report.figures import HazardCount
from safety_detector.report.page_canvas import Area
from safety_detector.report.sentences import capitalise
from safety_detector.report.style import TextStyle
from safety_detector.report.typesetting import Typefaces

_BETWEEN_NAMES = 3.0

MOST_CAMERAS = 15
"""Cameras in the chart; the table of coverage lists them all."""


@dataclass(frozen=True, slots=True)
class Paint:
    """How a bar, a column or a sign of the legend is filled; hatched where grey has to tell it."""

    colour: Color
    hatched: Color | None = None

    def fill(self, canvas: ChartCanvas, area: Area) -> None:
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
    measures: ChartMeasures = PAPER

    @property
    def height(self) -> float:
        """Of the row."""
        return self.measures.row_height

    def draw(self, canvas: ChartCanvas, top: float) -> None:
        """Draws the row with a faint track behind its bar."""
        sizes = self.measures
        text_top = top + (self.height - sizes.cell.leading) / 2
        left = sizes.left
        if self.sign is not None:
            self.sign.fill(canvas, Area(left, top + (self.height - 6.0) / 2, 6.0, 6.0))
            left += 11.0
        warns = self.sign is not None and self.sign.hatched is not None
        canvas.text(left, text_top, self.name, sizes.cell_bold if warns else sizes.cell)
        bar_left = sizes.left + sizes.name_width
        bar_top = top + (self.height - sizes.bar_height) / 2
        canvas.fill(Area(bar_left, bar_top, sizes.bar_width, sizes.bar_height), style.PANEL)
        for segment in self.segments:
            width = sizes.bar_width * segment.share
            if width > 0:
                segment.paint.fill(canvas, Area(bar_left, bar_top, width, sizes.bar_height))
                bar_left += width
        _draw_numbers(canvas, text_top, self.numbers, sizes, sizes.cell)


BarTexts: TypeAlias = tuple[str, tuple[Segment, ...], tuple[str, str]]
"""Name, parts and numbers of a bar."""


@dataclass(frozen=True, slots=True)
class BarHead:
    """The names of the two numbers, and what the colours mean where there are several."""

    names: tuple[str, str]
    legend: tuple[tuple[str, Paint], ...] = ()
    measures: ChartMeasures = PAPER

    @property
    def height(self) -> float:
        """Of the head."""
        return self.measures.head_height

    def draw(self, canvas: ChartCanvas, top: float) -> None:
        """Draws the names above their columns."""
        sizes = self.measures
        _draw_legend(canvas, sizes.left + sizes.legend_indent, top, self.legend, sizes)
        _draw_numbers(canvas, top, self.names, sizes, sizes.head)
        canvas.rule(sizes.left, top + self.height - 1.0, sizes.width, style.HAIRLINE)


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
    measures: ChartMeasures = PAPER

    @property
    def height(self) -> float:
        """With legend and names."""
        return self.measures.columns_height

    def draw(self, canvas: ChartCanvas, top: float) -> None:
        """Draws the columns over their names, with the number of all above each."""
        sizes = self.measures
        _draw_legend(canvas, sizes.left, top, self.legend, sizes)
        ground = top + self.height - sizes.column_name.leading - 3.0
        tallest = ground - top - sizes.legend.leading - sizes.column_number.leading - 4.0
        most = max(sum(one.counts) for one in self.columns)
        step = sizes.width / len(self.columns)
        width = min(step * 0.68, sizes.widest_column)
        every = self._named_every(canvas.typefaces, step)
        for position, one in enumerate(self.columns):
            centre = sizes.left + (position + 0.5) * step
            left, foot = centre - width / 2, ground
            for count, (_, paint) in zip(one.counts, self.legend, strict=True):
                if count:  # readers draw an area without height as a hairline
                    tall = tallest * count / most
                    foot -= tall
                    paint.fill(canvas, Area(left, foot, width, tall))
            if total := sum(one.counts):
                above = foot - sizes.column_number.leading - 1.0
                canvas.text_centred(centre, above, f"{total:,}", sizes.column_number)
            if position % every == 0:
                canvas.text_centred(centre, ground + 2.0, one.name, sizes.column_name)
        canvas.rule(sizes.left, ground, sizes.width, style.GREY, 0.6)

    def _named_every(self, typefaces: TextMeasure, step: float) -> int:
        """Every how many columns a name has room beside the next."""
        look = self.measures.column_name
        widest = max(typefaces.width_pt(one.name, look.weight, look.size) for one in self.columns)
        return math.ceil((widest + _BETWEEN_NAMES) / step)


def _draw_legend(
    canvas: ChartCanvas,
    left: float,
    top: float,
    legend: Sequence[tuple[str, Paint]],
    sizes: ChartMeasures,
) -> None:
    look = sizes.legend
    sign = look.size * 0.8
    for name, paint in legend:
        paint.fill(canvas, Area(left, top + (look.leading - sign) / 2, sign, sign))
        canvas.text(left + sign + 3.5, top, name, look)
        width = canvas.typefaces.width_pt(name, look.weight, look.size)
        left += sign + 3.5 + width + 2 * look.size


def _draw_numbers(
    canvas: ChartCanvas, top: float, numbers: tuple[str, str], sizes: ChartMeasures, look: TextStyle
) -> None:
    right = sizes.left + sizes.width
    canvas.text_right(right - sizes.number_width, top, numbers[0], look)
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
    rows: Sequence[BarTexts],
    typefaces: TextMeasure,
) -> list[Item]:
    """One bar a row, as blocks of a page; see ``bar_rows``."""
    head, *others = bar_rows(names, legend, rows, typefaces, PAPER)
    return [Item(head, keep_with_next=True), *(Item(one) for one in others)]


def bar_rows(
    names: tuple[str, str],
    legend: tuple[tuple[str, Paint], ...],
    rows: Sequence[BarTexts],
    typefaces: TextMeasure,
    measures: ChartMeasures,
) -> list[BarHead | BarRow]:
    """One bar a row: its name, its parts in the legend's paints, and two numbers.

    Args:
        names: of the numbers.
        legend: what the paints mean.
        rows: names, parts as shares of the longest bar, and numbers.
        typefaces: the font to measure with.
        measures: how large it is.
    """
    look = measures.cell
    blocks: list[BarHead | BarRow] = [BarHead(names, legend, measures)]
    for name, segments, numbers in rows:
        shown = typefaces.fit_line(name, look.weight, look.size, measures.name_width - 8.0)
        blocks.append(BarRow(shown, None, segments, numbers, measures))
    return blocks
