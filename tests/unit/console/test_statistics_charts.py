"""Charts of the page of statistics: which columns and bars there are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from safety_detector.console.statistics.charts import MOST_BARS, by_name, over_the_day, over_time
from safety_detector.console.words import Words
from safety_detector.documents.incident_statistics import TallyDocument
from safety_detector.domain.incidents.statistics import Tally

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 30, 1, tzinfo=CHINA)
WORDS = Words("en", CHINA, NOW)


def tally(**numbers: int) -> TallyDocument:
    """A tally with these numbers."""
    return TallyDocument.of(Tally(**numbers))


def test_days_without_hazards_have_columns_too() -> None:
    """The axis spans the period as far as it has come; parts add up to what was found."""
    days = {"2026-11-27": tally(found=5, closed=2, overdue=1, false_alarms=3)}
    since = datetime(2026, 11, 25, tzinfo=CHINA)
    chart = over_time(days, since, datetime(2026, 12, 31, tzinfo=CHINA), WORDS)
    names = [name for name, _ in chart.rows]
    assert names == ["11-25", "11-26", "11-27", "11-28", "11-29", "11-30"]
    assert [one.parts for _, one in chart.rows if one.all] == [(1, 2, 2, 3)]
    assert chart.drawing is not None


def test_a_long_period_has_months() -> None:
    """Days of one month are added up; the year is told."""
    days = {f"2026-{month:02}-{day:02}": tally(found=1) for month in (3, 5) for day in (1, 2, 31)}
    chart = over_time(days, None, None, WORDS)
    assert [(name, one.open) for name, one in chart.rows] == [
        ("2026-03", 3),
        ("2026-04", 0),
        ("2026-05", 3),
    ]


@pytest.mark.parametrize("zone", [UTC, CHINA, timezone(timedelta(hours=-11))])
def test_a_single_day_is_a_column(zone: timezone) -> None:
    """Wherever the site is, the day is the one that the document names."""
    words = Words("zh", zone, NOW)
    chart = over_time({"2026-11-30": tally(found=2)}, None, None, words)
    assert [(name, one.open) for name, one in chart.rows] == [("11-30", 2)]


def test_nothing_found_draws_nothing() -> None:
    """No empty axes."""
    assert over_time({}, None, None, WORDS).drawing is None
    assert over_the_day({}, WORDS).drawing is None
    assert by_name("x", "X", "Name", [], WORDS).drawing is None


def test_all_hours_have_columns() -> None:
    """From 00 to 23."""
    chart = over_the_day({"5": tally(found=1), "23": tally(false_alarms=2)}, WORDS)
    assert len(chart.rows) == 24
    assert [name for name, one in chart.rows if one.all] == ["05", "23"]


def test_a_part_is_never_negative() -> None:
    """Whoever acts while others look does not turn a chart upside down."""
    chart = over_the_day({"5": tally(found=1, closed=1, overdue=1)}, WORDS)
    assert min(min(one.parts) for _, one in chart.rows) == 0


def test_bars_beyond_the_most_are_in_the_table() -> None:
    """The largest are drawn, all are told."""
    many = [(f"camera {number}", tally(found=number)) for number in range(1, MOST_BARS + 6)]
    chart = by_name("cameras", "By camera", "Camera", many, WORDS)
    assert (len(chart.rows), chart.left_out) == (MOST_BARS + 5, 5)
    assert chart.rows[0][0] == f"camera {MOST_BARS + 5}"
    assert ">camera 5<" not in str(chart.drawing)
