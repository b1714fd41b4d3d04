"""What charts are drawn on: a page of a PDF, or an SVG of a page of the console."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from reportlab.lib.colors import Color

from safety_detector.report import style
from safety_detector.report.page_canvas import Area
from safety_detector.report.style import TextStyle
from safety_detector.report.typesetting import Weight


class TextMeasure(Protocol):
    """Knows how wide text becomes; ``Typefaces`` by a font, ``ScreenMeasure`` roughly."""

    def printable(self, text: str) -> str:
        """The text with what cannot be shown replaced."""

    def width_pt(self, text: str, weight: Weight, size_pt: float) -> float:
        """Width of printable text on one line."""

    def fit_line(self, text: str, weight: Weight, size_pt: float, width_pt: float) -> str:
        """The text on one line; where it is too wide, its beginning and three dots."""


class ChartCanvas(Protocol):
    """Draws rectangles, rules and lines of text; y is counted downwards."""

    @property
    def typefaces(self) -> TextMeasure:
        """Measures what is written."""

    def text(self, left: float, top: float, line: str, look: TextStyle) -> None:
        """One line whose box begins at ``top``."""

    def text_right(self, right: float, top: float, line: str, look: TextStyle) -> None:
        """The same, ending at ``right``."""

    def text_centred(self, centre: float, top: float, line: str, look: TextStyle) -> None:
        """The same, around ``centre``."""

    def fill(self, area: Area, colour: Color, radius: float = 0.0) -> None:
        """A filled rectangle."""

    def frame(self, area: Area, colour: Color, line_width: float = 0.5) -> None:
        """The outline of a rectangle."""

    def hatch(self, area: Area, colour: Color, line_width: float = 1.1, step: float = 4.0) -> None:
        """Slanting lines over a rectangle."""

    def rule(
        self, left: float, top: float, width: float, colour: Color, line_width: float = 0.5
    ) -> None:
        """A horizontal line."""


class ChartBlock(Protocol):
    """A part of a chart, over its whole width."""

    @property
    def height(self) -> float:
        """Of the part."""

    def draw(self, canvas: ChartCanvas, top: float) -> None:
        """Draws it with its upper edge at ``top``."""


@dataclass(frozen=True, slots=True)
class ChartMeasures:
    """How large a chart and its parts are, and how its texts look.

    Attributes:
        left, width: where it stands.
        name_width: of the names before bars.
        legend_indent: of the legend above bars.
        number_width: of each of the two numbers behind them.
        row_height, bar_height: of a row with a bar, and of the bar.
        head_height: of the names of the numbers.
        columns_height: of upright columns with their legend and names.
        widest_column: of a column.
        cell, cell_bold, head, legend: texts of rows, heads and legends.
        column_number, column_name: texts above and below columns.
    """

    left: float
    width: float
    name_width: float
    legend_indent: float
    number_width: float
    row_height: float
    bar_height: float
    head_height: float
    columns_height: float
    widest_column: float
    cell: TextStyle
    cell_bold: TextStyle
    head: TextStyle
    legend: TextStyle
    column_number: TextStyle
    column_name: TextStyle

    @property
    def bar_width(self) -> float:
        """Of the longest bar."""
        return self.width - self.name_width - 2 * self.number_width - 8.0


PAPER = ChartMeasures(
    left=style.BODY_LEFT,
    width=style.BODY_WIDTH,
    name_width=150.0,
    legend_indent=150.0,
    number_width=52.0,
    row_height=16.0,
    bar_height=8.0,
    head_height=13.0,
    columns_height=104.0,
    widest_column=26.0,
    cell=style.CELL,
    cell_bold=style.CELL_BOLD,
    head=style.COLUMN_NAME,
    legend=style.CAPTION,
    column_number=TextStyle(6.5, 8, colour=style.GREY),
    column_name=TextStyle(6.5, 9, colour=style.GREY),
)
"""Over the whole width of a page's body."""

SCREEN = ChartMeasures(
    left=8.0,
    width=620.0,
    name_width=205.0,
    legend_indent=0.0,
    number_width=64.0,
    row_height=26.0,
    bar_height=13.0,
    head_height=22.0,
    columns_height=190.0,
    widest_column=34.0,
    cell=TextStyle(13, 18),
    cell_bold=TextStyle(13, 18, Weight.BOLD),
    head=TextStyle(12, 17, Weight.BOLD, style.GREY),
    legend=TextStyle(12, 17, colour=style.GREY),
    column_number=TextStyle(11, 14, colour=style.GREY),
    column_name=TextStyle(11, 15, colour=style.GREY),
)
"""On a page of the console; a unit is a pixel where the chart is shown in its own size."""
