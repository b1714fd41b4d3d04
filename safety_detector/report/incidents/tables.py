"""Statistics of incidents as rows of tables: by category, area, unit; times; reasons (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta

from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.hazards import Language
from safety_detector.message_texts.phrase import Phrase
from safety_detector.report import sentences
from safety_detector.report import wording as general
from safety_detector.report.incidents import figures, wording
from safety_detector.report.incidents.contents import (
    CameraBar,
    CountsRow,
    CountsTable,
    ReasonRow,
    Standing,
    TimesRow,
)
from safety_detector.report.incidents.figures import Counts, Durations
from safety_detector.report.incidents.incident_texts import (
    camera_place,
    responsible_text,
    standing_of,
)
from safety_detector.report.incidents.records import IncidentScope, ReportedIncident

_MOST_ROWS = 12
"""Areas, units and reasons by themselves; the others share a row."""


def build_statistics(
    incidents: Sequence[ReportedIncident], scope: IncidentScope, language: Language
) -> tuple[CountsTable, ...]:
    """By category beside the period before, by area, and by who is responsible."""
    repeated = figures.find_repeated(incidents, scope.earlier)

    def counted(some: Sequence[ReportedIncident]) -> Counts:
        return figures.count(some, scope.as_of, repeated)

    before = _count_before(scope)
    by_category = [
        _counts_row(
            sentences.capitalise(wording.CATEGORIES[hazard].say(language)),
            counted([one for one in incidents if one.hazard is hazard]),
            None if before is None else before[hazard],
            language,
        )
        for hazard in WatchedHazard
        # Where others were not asked for nobody knows that there were none.
        if "hazard" not in scope.filters or any(one.hazard is hazard for one in incidents)
    ]
    total = _counts_row(
        sentences.capitalise(wording.ALL.say(language)),
        counted(incidents),
        None if before is None else before.total(),
        language,
        is_total=True,
    )
    first = (wording.STATISTICS.say(language), wording.CATEGORY.say(language))
    tables = [CountsTable(*first, (total, *by_category))]
    hazards = [one for one in incidents if not one.is_false_alarm]
    nobody = wording.NOBODY.say(language)
    for title, key, name in (
        (wording.BY_AREA, wording.AREA, lambda one: camera_place(one, scope, language)),
        (wording.BY_UNIT, wording.UNIT, lambda one: responsible_text(one, language) or nobody),
    ):
        # Nobody is assigned to a false alarm.
        some = hazards if title is wording.BY_UNIT else incidents
        rows = _rows_by(some, name, counted, language)
        if rows:
            tables.append(CountsTable(title.say(language), key.say(language), rows))
    return tuple(tables)


def _count_before(scope: IncidentScope) -> Counter[WatchedHazard] | None:
    """Hazards of the period before, of the same length, by category; None: nothing to compare."""
    since, until = scope.report.since, scope.report.until
    if not scope.is_compared or since is None or until is None:
        return None
    begin = since - (until - since)
    return Counter(
        one.hazard
        for one in scope.earlier
        if begin <= one.opened_at < since and not one.is_false_alarm
    )


def _rows_by(
    incidents: Sequence[ReportedIncident],
    name: Callable[[ReportedIncident], str],
    counted: Callable[[Sequence[ReportedIncident]], Counts],
    language: Language,
) -> tuple[CountsRow, ...]:
    groups = sorted(figures.group(incidents, name).items(), key=lambda one: (-len(one[1]), one[0]))
    shown = groups if len(groups) <= _MOST_ROWS else groups[: _MOST_ROWS - 1]
    rows = [_counts_row(key, counted(some), None, language) for key, some in shown]
    rest = groups[len(shown) :]
    if rest:
        others = wording.OTHERS.say(language, n=len(rest))
        some = [one for _, group in rest for one in group]
        rows.append(_counts_row(others, counted(some), None, language))
    return tuple(rows)


def _counts_row(
    name: str, counts: Counts, before: int | None, language: Language, *, is_total: bool = False
) -> CountsRow:
    none = general.NONE.say(language)
    return CountsRow(
        name=name,
        found=f"{counts.found:,}",
        before=none if before is None else f"{before:,}",
        change=f"{(counts.found - before) / before:+.0%}" if before else none,
        repeated=f"{counts.repeated:,}",
        by_level=tuple(
            wording.OF.say(language, n=f"{one.solved:,}", total=f"{one.found:,}")
            for one in counts.by_level.values()
        ),
        rate=none if counts.rate is None else f"{counts.rate:.0%}",
        closed=f"{counts.closed:,}",
        overdue=f"{counts.overdue:,}",
        false_alarms=f"{counts.false_alarms:,}",
        is_total=is_total,
    )


def build_times(incidents: Sequence[ReportedIncident], language: Language) -> tuple[TimesRow, ...]:
    """How long it took to respond and to close, in all and by category; none without any."""

    def row(name: Phrase, some: Sequence[ReportedIncident], *, is_total: bool) -> TimesRow:
        return TimesRow(
            sentences.capitalise(name.say(language)),
            _durations(figures.time_to_acknowledge(some), language),
            _durations(figures.time_to_close(some), language),
            is_total,
        )

    if not any(one.handled.acknowledged_at for one in incidents):
        return ()
    by_category = figures.group(incidents, lambda one: one.hazard)
    return (
        row(wording.INCIDENTS, incidents, is_total=True),
        *(
            row(wording.CATEGORIES[one], by_category[one], is_total=False)
            for one in WatchedHazard
            if one in by_category
        ),
    )


def _durations(taken: Durations | None, language: Language) -> tuple[str, ...]:
    none = general.NONE.say(language)
    if taken is None:
        return ("0", none, none, none)

    def say(one: timedelta) -> str:
        return sentences.say_rough_duration(one, language)

    return (f"{taken.number:,}", say(taken.mean), say(taken.median), say(taken.ninetieth))


def build_reasons(
    incidents: Sequence[ReportedIncident], language: Language
) -> tuple[ReasonRow, ...]:
    """Why incidents were false alarms, the most frequent reasons first."""
    reasons = figures.count_reasons(incidents)
    total = sum(number for _, number in reasons)
    shown = reasons if len(reasons) <= _MOST_ROWS else reasons[: _MOST_ROWS - 1]
    without = wording.WITHOUT_REASON.say(language)
    rows = [
        ReasonRow(sentences.shorten(text) or without, f"{number:,}", f"{number / total:.0%}")
        for text, number in shown
    ]
    rest = reasons[len(shown) :]
    if rest:
        number = sum(one for _, one in rest)
        others = wording.OTHERS.say(language, n=len(rest))
        rows.append(ReasonRow(others, f"{number:,}", f"{number / total:.0%}"))
    return tuple(rows)


def build_camera_bars(
    incidents: Sequence[ReportedIncident], scope: IncidentScope
) -> tuple[CameraBar, ...]:
    """The cameras with their incidents, those with most hazards first."""
    bars = []
    for camera_id, some in figures.group(incidents, lambda one: one.camera_id).items():
        standings = Counter(standing_of(one, scope.as_of) for one in some)
        bars.append(
            CameraBar(
                sentences.shorten(scope.report.camera_text(camera_id)),
                standings[Standing.OPEN],
                standings[Standing.OVERDUE],
                standings[Standing.CLOSED],
                standings[Standing.FALSE_ALARM],
            )
        )
    return tuple(sorted(bars, key=lambda one: (-one.hazards, -one.false_alarms, one.name)))
