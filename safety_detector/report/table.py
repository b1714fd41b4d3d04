"""Tables: rows of equal columns under a head that is repeated on every page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from safety_detector.report import style
from safety_detector.report.blocks import Item, draw_lines, pill
from safety_detector.report.page_canvas import Area, PageCanvas
from safety_detector.report.style import Plate, TextStyle
from safety_detector.report.typesetting import Typefaces, split_pieces

_PADDING = 4.0
"""Left and right of a cell's text."""
_MOST_LINES = 8
"""Lines of a cell; a longer name or reason stands in full on the picture's sheet."""
_TOLERANCE = 0.01
"""Points by which a word may be wider than its column: widths are sums of floats."""
_ROW_PADDING = 2.2
"""Above and below a row's text."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name and its share of the body's width.

    ``whole_words``: it takes of the others' room what its longest word needs, as for its name.
    """

    name: str
    share: float
    right: bool = False
    whole_words: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one cell.

    Attributes:
        text: printed as it is.
        look: weight, size, colour.
        badge: text on the plate of a hazard instead of plain text.
        below: a second paragraph under the text.
        page_of: bookmark whose page number is printed; the row then leads there.
        tick_box: an empty square to be ticked by hand.
    """

    text: str = ""
    look: TextStyle = style.CELL
    badge: Plate | None = None
    below: str = ""
    page_of: str | None = None
    tick_box: bool = False


@dataclass(frozen=True, slots=True)
class _SetCell:
    cell: Cell
    lines: tuple[str, ...]
    left: float
    width: float
    right: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One row, measured and ready to be drawn."""

    cells: tuple[_SetCell, ...]
    height: float
    is_head: bool = False

    def draw(self, canvas: PageCanvas, top: float) -> None:
        """Draws the cells and the line under them."""
        line_width = 0.8 if self.is_head else 0.4
        colour = style.GREY if self.is_head else style.HAIRLINE
        canvas.rule(style.BODY_LEFT, top + self.height, style.BODY_WIDTH, colour, line_width)
        for one in self.cells:
            _draw_cell(canvas, one, top + _ROW_PADDING)
            if one.cell.page_of is not None:
                whole_row = Area(style.BODY_LEFT, top, style.BODY_WIDTH, self.height)
                canvas.link(whole_row, one.cell.page_of)


def table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    typefaces: Typefaces,
) -> list[Item]:
    """The table's head and rows; the head is kept with the first row and repeated on each page."""
    names = [Cell(column.name, style.COLUMN_NAME) for column in columns]
    widths = _widths(columns, names, rows, typefaces)
    head = replace(_set_row(columns, widths, names, typefaces), is_head=True)
    items = [Item(head, keep_with_next=True)]
    items += [
        Item(_set_row(columns, widths, cells, typefaces), repeated_head=head) for cells in rows
    ]
    return items


def _widths(
    columns: Sequence[Column],
    names: Sequence[Cell],
    rows: Sequence[Sequence[Cell]],
    typefaces: Typefaces,
) -> list[float]:
    """The columns' shares of the body; one whose name would break inside a word takes of others.

    They give what no word in them needs.
    """
    total = sum(column.share for column in columns)
    widths = [style.BODY_WIDTH * column.share / total for column in columns]
    named = [
        max(
            _narrowest(name, typefaces),
            *(_narrowest(cells[at], typefaces) for cells in rows if columns[at].whole_words),
            0.0,
        )
        for at, name in enumerate(names)
    ]
    missing = [max(name - width, 0.0) for name, width in zip(named, widths, strict=True)]
    if not any(missing):
        return widths
    needed = [
        max((name, *(_narrowest(cells[position], typefaces) for cells in rows)))
        for position, name in enumerate(named)
    ]
    spare = [max(width - need, 0.0) for width, need in zip(widths, needed, strict=True)]
    if not any(spare):
        return widths
    given = min(sum(missing) / sum(spare), 1.0)
    taken = min(sum(spare) / sum(missing), 1.0)
    return [
        width + lack * taken - rest * given
        for width, lack, rest in zip(widths, missing, spare, strict=True)
    ]


def _narrowest(cell: Cell, typefaces: Typefaces) -> float:
    """Width of a column in which no word of the cell breaks."""
    look = cell.look
    pieces = split_pieces(typefaces.printable(cell.text))
    widest = max(
        (typefaces.width_pt(one.rstrip(), look.weight, look.size) for one in pieces), default=0.0
    )
    return widest + 2 * _PADDING + _TOLERANCE


def _set_row(
    columns: Sequence[Column],
    widths: Sequence[float],
    cells: Sequence[Cell],
    typefaces: Typefaces,
) -> Row:
    left = style.BODY_LEFT
    placed = []
    for column, width, cell in zip(columns, widths, cells, strict=True):
        room = width - 2 * _PADDING
        look = cell.look
        lines = typefaces.break_lines(cell.text, look.weight, look.size, room, _MOST_LINES)
        if cell.below:
            lines += typefaces.break_lines(cell.below, look.weight, look.size, room, _MOST_LINES)
        placed.append(_SetCell(cell, lines, left, width, column.right))
        left += width
    height = max(len(one.lines) * one.cell.look.leading for one in placed) + 2 * _ROW_PADDING
    return Row(tuple(placed), height)


def _draw_cell(canvas: PageCanvas, one: _SetCell, top: float) -> None:
    cell = one.cell
    left = one.left + _PADDING
    if cell.badge is not None:
        draw_badge(canvas, left, top, one.lines[0], cell.badge)
    elif cell.tick_box:
        canvas.frame(Area(left, top + 1.8, 8.0, 8.0), style.GREY, 0.7)
    elif cell.page_of is not None:
        place = str(canvas.places[cell.page_of])
        canvas.text_right(one.left + one.width - _PADDING, top, place, cell.look)
    elif one.right:
        for number, line in enumerate(one.lines):
            y = top + number * cell.look.leading
            canvas.text_right(one.left + one.width - _PADDING, y, line, cell.look)
    else:
        draw_lines(canvas, left, top, one.lines, cell.look)


def draw_badge(canvas: PageCanvas, left: float, top: float, text: str, plate: Plate) -> None:
    """A number or a name on its hazard's plate, as on the annotated picture."""
    look = TextStyle(7.5, 10, style.CELL_BOLD.weight, plate.text)
    width = max(12.0, canvas.typefaces.width_pt(text, look.weight, look.size) + 5.0)
    area = Area(left, top + 0.6, width, 10.4)
    pill(canvas, area, text, plate.ground, look)
    if plate.warns:
        canvas.frame(area, plate.text, 1.1)
