"""Tables: what a column is as wide as."""

from __future__ import annotations

import pytest

from safety_detector.appearance.fonts import find_fonts
from safety_detector.report import style
from safety_detector.report.table import Cell, Column, Row, table
from safety_detector.report.typesetting import load_typefaces, split_pieces

TYPEFACES = load_typefaces(find_fonts())


def heads_and_rows(columns: list[Column], *rows: list[Cell]) -> tuple[Row, list[Row]]:
    """The head of a table and its rows."""
    head, *others = (item.block for item in table(columns, rows, TYPEFACES))
    assert isinstance(head, Row)
    return head, [one for one in others if isinstance(one, Row)]


@pytest.mark.parametrize(
    "name", ["Rectified", "Helmet/Rectification", "Verification of it", "序号"]
)
def test_a_column_s_name_never_breaks_inside_a_word(name: str) -> None:
    """A column that is too narrow for its name takes of those that have room."""
    columns = [Column("Time", 5.0), Column("Picture", 4.0), Column(name, 0.3)]
    head, (row,) = heads_and_rows(columns, [Cell("2026-11-21"), Cell("a" * 40), Cell()])
    lines = head.cells[2].lines
    words = {piece.strip() for piece in split_pieces(name)}
    assert {piece.strip() for line in lines for piece in split_pieces(line)} == words
    assert sum(one.width for one in head.cells) == pytest.approx(style.BODY_WIDTH)
    assert [one.left for one in row.cells] == [one.left for one in head.cells]
    assert len(row.cells[1].lines) == 1, "a column gave of what its own word needs"


def test_a_table_without_room_is_set_all_the_same() -> None:
    """Names that are too long for the page together break, and no column is wider than it."""
    columns = [Column("a" * 60, 1.0), Column("b" * 60, 1.0), Column("c", 0.1)]
    head, _ = heads_and_rows(columns, [Cell("d" * 60), Cell("e" * 60), Cell("f")])
    assert sum(one.width for one in head.cells) == pytest.approx(style.BODY_WIDTH)
    assert all(one.width > 0 for one in head.cells)
