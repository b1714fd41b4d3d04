"""Charts of a page of statistics, by the report's drawing (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from markupsafe import Markup

from safety_detector.console.words import Words
from safety_detector.documents.incident_statistics import TallyDocument
from safety_detector.report.chart_canvas import SCREEN, ChartBlock
from safety_detector.report.charts import Columns, Paint, Segment, StackedColumn, bar_rows
from safety_detector.report.figures import day_names, month_names
from safety_detector.report.incidents import wording
from safety_detector.report.incidents.contents import Standing
from safety_detector.report.incidents.looks import PAINTS
from safety_detector.report.svg_canvas import ScreenMeasure, SvgTexts, draw_svg

MOST_BARS = 20

_LEGEND = (
    (Standing.OVERDUE, wording.LEGEND_OVERDUE),
    (Standing.OPEN, wording.LEGEND_OPEN),
    (Standing.CLOSED, wording.LEGEND_CLOSED),
    (Standing.FALSE_ALARM, wording.LEGEND_FALSE),
)


@dataclass(frozen=True, slots=True)
class Standings:
    """How some incidents stand; the four parts of each column and bar.

    Attributes:
        overdue, open, closed: of the hazards.
        false_alarms: beside them.
    """

    overdue: int = 0
    open: int = 0
    closed: int = 0
    false_alarms: int = 0

    @classmethod
    def of(cls, tally: TallyDocument) -> Standings:
        """Those of a tally."""
        # Whoever looks while somebody acts shall never see a negative part.
        open_ = max(0, tally.found - tally.closed - tally.overdue)
        return cls(tally.overdue, open_, tally.closed, tally.false_alarms)

    @property
    def parts(self) -> tuple[int, int, int, int]:
        """In the legend's order."""
        return (self.overdue, self.open, self.closed, self.false_alarms)

    @property
    def hazards(self) -> int:
        """Without false alarms."""
        return self.overdue + self.open + self.closed

    @property
    def all(self) -> int:
        """With false alarms."""
        return self.hazards + self.false_alarms

    def plus(self, other: Standings) -> Standings:
        """Both together."""
        both = zip(self.parts, other.parts, strict=True)
        return Standings(*(one + more for one, more in both))


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart and the same as a table.

    Attributes:
        key: tells it from others on the page.
        title: what it shows.
        drawing: as SVG; None where there is too little to draw.
        head: what the rows are named by.
        rows: name, and how those stand.
        left_out: rows of the table that have no bar.
    """

    key: str
    title: str
    drawing: Markup | None
    head: str
    rows: Sequence[tuple[str, Standings]]
    left_out: int = 0


def over_time(
    by_day: Mapping[str, TallyDocument],
    since: datetime | None,
    until: datetime | None,
    words: Words,
) -> Chart:
    """Columns of every day of the period, of every month of a long one.

    Args:
        by_day: by the day, as ``2026-11-29``.
        since: the beginning of the period, where one is chosen.
        until: its end, where one is chosen.
        words: of the page.
    """
    days = {date.fromisoformat(day): Standings.of(one) for day, one in by_day.items()}
    # At noon no clock that is set leads to another day.
    moments = [datetime(one.year, one.month, one.day, 12, tzinfo=words.zone) for one in days]
    if until is not None:
        until = min(until, words.now.astimezone(UTC) + timedelta(seconds=1))
    if names := month_names(moments, words.zone, since, until):
        rows = _gathered(names, ((f"{day:%Y-%m}", one) for day, one in days.items()))
        title = "statistics-by-month"
    else:
        names = day_names(moments, words.zone, since, until) or [f"{day:%m-%d}" for day in days]
        rows = _gathered(names, ((f"{day:%m-%d}", one) for day, one in days.items()))
        title = "statistics-by-day"
    return _columns("days", words.say(title), words.say("statistics-day"), rows, words)


def over_the_day(by_hour: Mapping[str, TallyDocument], words: Words) -> Chart:
    """Columns of the 24 hours."""
    names = [f"{hour:02}" for hour in range(24)]
    found = ((f"{int(hour):02}", Standings.of(one)) for hour, one in by_hour.items())
    rows = _gathered(names, found) if by_hour else []
    title = words.say("statistics-by-hour")
    return _columns("hours", title, words.say("statistics-hour"), rows, words)


def by_name(
    key: str, title: str, head: str, tallies: Iterable[tuple[str, TallyDocument]], words: Words
) -> Chart:
    """One bar a name, those with most hazards first.

    Args:
        key: tells it from others on the page.
        title: what it shows.
        head: what the names are.
        tallies: by name.
        words: of the page.
    """
    rows = [(name, Standings.of(one)) for name, one in tallies]
    rows.sort(key=lambda one: (-one[1].hazards, -one[1].all, one[0]))
    shown = rows[:MOST_BARS]
    longest = max((one.all for _, one in shown), default=0)
    if not longest:
        return Chart(key, title, None, head, rows)
    legend = _legend(words)
    texts = [
        (
            name,
            tuple(
                Segment(count / longest, paint)
                for count, (_, paint) in zip(one.parts, legend, strict=True)
            ),
            (f"{one.hazards:,}", f"{one.all:,}"),
        )
        for name, one in shown
    ]
    names = (
        wording.HAZARDS_COLUMN.say(words.language),
        wording.INCIDENTS.say(words.language),
    )
    blocks = bar_rows(names, legend, texts, ScreenMeasure(), SCREEN)
    drawing = _drawn(blocks, SvgTexts(key, title, _said(shown, words)))
    return Chart(key, title, drawing, head, rows, len(rows) - len(shown))


def _columns(
    key: str, title: str, head: str, rows: Sequence[tuple[str, Standings]], words: Words
) -> Chart:
    if not any(one.all for _, one in rows):
        return Chart(key, title, None, head, rows)
    columns = tuple(StackedColumn(name, one.parts) for name, one in rows)
    blocks = [Columns(columns, _legend(words), SCREEN)]
    return Chart(key, title, _drawn(blocks, SvgTexts(key, title, _said(rows, words))), head, rows)


def _drawn(blocks: Sequence[ChartBlock], texts: SvgTexts) -> Markup:
    return Markup(draw_svg(blocks, SCREEN, texts))  # noqa: S704 (every text in it is escaped)


def _legend(words: Words) -> tuple[tuple[str, Paint], ...]:
    return tuple((text.say(words.language), PAINTS[one]) for one, text in _LEGEND)


def _gathered(
    names: Sequence[str], found: Iterable[tuple[str, Standings]]
) -> list[tuple[str, Standings]]:
    sums = {name: Standings() for name in names}
    for name, one in found:
        if name in sums:  # older months than a chart has are left to the numbers above
            sums[name] = sums[name].plus(one)
    return list(sums.items())


def _said(rows: Sequence[tuple[str, Standings]], words: Words) -> str:
    """The most of it in a sentence; the table below has everything."""
    most = max(rows, key=lambda one: one[1].all)
    total = sum(one.all for _, one in rows)
    return words.say("statistics-said", total=total, most=most[0], number=most[1].all)
