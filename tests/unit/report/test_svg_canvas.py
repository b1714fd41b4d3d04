"""Charts on pages: the report's drawing as SVG, whose colours a style sheet decides about."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from importlib.resources import files

import pytest
from reportlab.lib.colors import HexColor

from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.report.chart_canvas import SCREEN, ChartBlock
from safety_detector.report.charts import Columns, Paint, Segment, StackedColumn, bar_rows
from safety_detector.report.incidents.contents import Standing
from safety_detector.report.incidents.looks import HAZARD_PAINTS, PAINTS
from safety_detector.report.svg_canvas import ScreenMeasure, SvgTexts, draw_svg

TEXTS = SvgTexts("days", "Hazards <by> day", 'most & "others"')
STYLES = (files("safety_detector.console") / "assets" / "papers.css").read_text(encoding="utf-8")
LEGEND = tuple((one.value, PAINTS[one]) for one in Standing)


def drawn(*blocks: ChartBlock) -> ET.Element:
    """The chart as a browser reads it."""
    text = draw_svg(blocks, SCREEN, TEXTS)
    assert "style=" not in text
    return ET.fromstring(text)  # noqa: S314 (our own)


def bars(name: str) -> list[ChartBlock]:
    """One bar of that name."""
    segments = tuple(Segment(0.25, paint) for _, paint in LEGEND)
    rows = [(name, segments, ("3", "4"))]
    return list(bar_rows(("Hazards", "All"), LEGEND, rows, ScreenMeasure(), SCREEN))


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "\u202eevil", "x\x00y", "3 号高炉" * 40, "", "\"&'"]
)
def test_a_name_is_text_whatever_stands_in_it(name: str) -> None:
    """It is escaped, has no controls, and ends before its bar begins."""
    chart = drawn(*bars(name))
    assert {one.tag for one in chart.iter()} <= {
        "svg", "title", "desc", "defs", "pattern", "line", "rect", "text"
    }  # fmt: skip
    said = [one.text or "" for one in chart.iter("text")]
    (shown,) = [one for one in said if one not in {"Hazards", "All", "3", "4", *map(str, Standing)}]
    assert shown.isprintable()
    measure = ScreenMeasure()
    assert measure.width_pt(shown, SCREEN.cell.weight, SCREEN.cell.size) <= SCREEN.name_width


def test_every_colour_of_a_chart_is_told_by_the_style_sheet() -> None:
    """In light and dark: none is black because nobody wrote a rule."""
    hazards = tuple((one.value, HAZARD_PAINTS[one]) for one in WatchedHazard)
    columns = Columns((StackedColumn("11-01", (1, 2, 3)),), hazards, SCREEN)
    for chart in (drawn(columns), drawn(*bars("x"))):
        named = {name for one in chart.iter() for name in one.get("class", "").split()}
        named -= {"chart"}
        assert named
        assert [one for one in sorted(named) if not re.search(rf"\.{one}[ ,]", STYLES)] == []


def test_a_colour_without_a_class_stands_in_the_picture() -> None:
    """A new paint of the report is seen before somebody names it."""
    legend = (("new", Paint(HexColor("#123456"))),)
    chart = drawn(Columns((StackedColumn("1", (2,)),), legend, SCREEN))
    assert [one.get("fill") for one in chart.iter("rect")] == ["#123456", "#123456"]


def test_columns_are_as_high_as_their_numbers() -> None:
    """The one with twice as much is twice as high; nothing stands outside of the picture."""
    legend = (("open", PAINTS[Standing.OPEN]),)
    columns = tuple(StackedColumn(f"11-{day:02}", (day,)) for day in range(1, 31))
    chart = drawn(Columns(columns, legend, SCREEN))
    heights = [float(one.get("height", "0")) for one in chart.iter("rect")][1:]
    assert heights[29] == pytest.approx(2 * heights[14], abs=0.2)
    _, _, width, height = map(float, chart.get("viewBox", "").split())
    for one in chart.iter("rect"):
        assert 0 <= float(one.get("x", "")) <= width
        assert float(one.get("y", "")) + float(one.get("height", "")) <= height
    measure = ScreenMeasure()
    for one in chart.iter("text"):
        if one.get("text-anchor") == "middle":
            half = measure.width_pt(one.text or "", SCREEN.cell.weight, 11) / 2
            assert half <= float(one.get("x", "")) + 1
            assert float(one.get("x", "")) + half <= width + 1


def test_a_chart_says_what_it_shows() -> None:
    """To whoever does not see it; the names lead to title and description."""
    chart = drawn(*bars("x"))
    labels = chart.get("aria-labelledby", "").split()
    assert [one.get("id") for one in (*chart.iter("title"), *chart.iter("desc"))] == labels
    assert [one.text for one in chart.iter("title")] == [TEXTS.title]
    ids = re.findall(r"url\(#([^)]+)\)", draw_svg(bars("x"), SCREEN, TEXTS))
    assert set(ids) == {one.get("id") for one in chart.iter("pattern")}
