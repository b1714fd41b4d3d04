"""Counts over the incidents of a report: found, put right, overdue, repeated, how fast (pure).

A hazard that nobody has judged counts as one; what a person called a false alarm does not, and is
counted apart.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import TypeVar

from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.incidents.handling import ActKind, Level
from safety_detector.report.figures import day_names, month_names
from safety_detector.report.incidents.records import EarlierIncident, ReportedIncident

REPEATED_WITHIN = timedelta(days=30)
"""The same category at the same place of the same camera again within so long is a repetition."""

_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Solved:
    """Hazards of one level: how many, and how many of them were put right and verified."""

    found: int
    solved: int


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of some incidents.

    Attributes:
        found: hazards.
        unjudged: of these, nobody has said yet whether they are any.
        by_level: of these, as people ranked them; None: not ranked.
        solved: put right, and verified by somebody else.
        closed: of these, closed.
        overdue: should have been put right by now.
        repeated: the same was found at the same place shortly before.
        reopened: taken up again after they were thought to be done.
        false_alarms: beside the hazards.
    """

    found: int
    unjudged: int
    by_level: dict[Level | None, Solved]
    solved: int
    closed: int
    overdue: int
    repeated: int
    reopened: int
    false_alarms: int

    @property
    def rate(self) -> float | None:
        """The share that was put right; None where there is nothing to put right."""
        return self.solved / self.found if self.found else None


def count(
    incidents: Sequence[ReportedIncident], as_of: datetime, repeated: frozenset[str]
) -> Counts:
    """Counts incidents.

    Args:
        incidents: hazards and false alarms.
        as_of: the moment at which an item is overdue.
        repeated: ids of repetitions, see ``find_repeated``.
    """
    hazards = [one for one in incidents if not one.is_false_alarm]
    levels: dict[Level | None, Solved] = {}
    for level in (*Level, None):
        own = [one for one in hazards if one.handled.level is level]
        levels[level] = Solved(len(own), sum(one.is_solved for one in own))
    return Counts(
        found=len(hazards),
        unjudged=sum(not one.is_judged for one in hazards),
        by_level=levels,
        solved=sum(one.is_solved for one in hazards),
        closed=sum(one.is_closed for one in hazards),
        overdue=sum(one.is_overdue(as_of) for one in hazards),
        repeated=sum(one.id in repeated for one in hazards),
        reopened=sum(one.reopened > 0 for one in hazards),
        false_alarms=len(incidents) - len(hazards),
    )


def group(
    incidents: Iterable[ReportedIncident], key: Callable[[ReportedIncident], _Key]
) -> dict[_Key, list[ReportedIncident]]:
    """The incidents by a key, in the order in which keys come first."""
    groups: defaultdict[_Key, list[ReportedIncident]] = defaultdict(list)
    for one in incidents:
        groups[key(one)].append(one)
    return dict(groups)


def find_repeated(
    incidents: Iterable[ReportedIncident], earlier: Iterable[EarlierIncident]
) -> frozenset[str]:
    """Ids of those before which the same was found at the same place within ``REPEATED_WITHIN``."""
    last: dict[tuple[str, str | None, WatchedHazard], datetime] = {}
    for before in sorted(earlier, key=lambda each: each.opened_at):
        if not before.is_false_alarm:
            last[before.camera_id, before.zone_id, before.hazard] = before.opened_at
    found = set()
    for one in sorted(incidents, key=lambda each: (each.opened_at, each.id)):
        if one.is_false_alarm:
            continue
        place = (one.camera_id, one.zone_id, one.hazard)
        if place in last and one.opened_at - last[place] <= REPEATED_WITHIN:
            found.add(one.id)
        last[place] = one.opened_at
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Durations:
    """How long something took: how often it came to that, mean, median, and 90th percentile."""

    number: int
    mean: timedelta
    median: timedelta
    ninetieth: timedelta


def time_to_acknowledge(incidents: Iterable[ReportedIncident]) -> Durations | None:
    """From when an incident opened until somebody did something about it; also false alarms."""
    taken = [
        # What went into it may have been acknowledged before: nobody waited.
        max(one.handled.acknowledged_at - one.opened_at, timedelta(0))
        for one in incidents
        if one.handled.acknowledged_at is not None
    ]
    return _durations(taken)


def time_to_close(incidents: Iterable[ReportedIncident]) -> Durations | None:
    """From when a hazard opened until it was closed; false alarms are none."""
    taken = [
        one.handled.closed_at - one.opened_at
        for one in incidents
        if one.handled.closed_at is not None and not one.is_false_alarm
    ]
    return _durations(taken)


def _durations(taken: Sequence[timedelta]) -> Durations | None:
    if not taken:
        return None
    # Somebody may act on the live picture before the incident's own time: no time, not less.
    ordered = sorted(max(one, timedelta(0)).total_seconds() for one in taken)
    ninetieth = ordered[min(int(0.9 * len(ordered)), len(ordered) - 1)]
    return Durations(
        len(ordered),
        timedelta(seconds=statistics.fmean(ordered)),
        timedelta(seconds=statistics.median(ordered)),
        timedelta(seconds=ninetieth),
    )


def count_reasons(incidents: Iterable[ReportedIncident]) -> list[tuple[str, int]]:
    """Why incidents were dismissed, the most frequent reason first."""
    reasons: Counter[str] = Counter()
    for one in incidents:
        act = one.handled.last(ActKind.DISMISS) if one.is_false_alarm else None
        if act is not None:
            reasons[" ".join((act.text or "").split())] += 1
    return sorted(reasons.items(), key=lambda each: (-each[1], each[0]))


@dataclass(frozen=True, slots=True)
class HazardColumn:
    """The hazards of one hour, day or month, by category in the order of ``WatchedHazard``."""

    name: str
    counts: tuple[int, ...]


def count_hours(incidents: Sequence[ReportedIncident], zone: tzinfo) -> tuple[HazardColumn, ...]:
    """The 24 hours of the day in which hazards were found; none where there are none."""
    if not incidents:
        return ()
    return _columns(incidents, [f"{hour:02}" for hour in range(24)], "%H", zone)


def count_days(
    incidents: Sequence[ReportedIncident],
    zone: tzinfo,
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[HazardColumn, ...]:
    """Every day of the period; none for one day, or more than a month, or without hazards.

    Args:
        incidents: what is counted.
        zone: where the days begin and end.
        since: beginning of the period; None: the first incident.
        until: its end, which is no part of it; None: the last incident.
    """
    moments = [one.opened_at for one in incidents]
    return _columns(incidents, day_names(moments, zone, since, until), "%m-%d", zone)


def count_months(
    incidents: Sequence[ReportedIncident],
    zone: tzinfo,
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[HazardColumn, ...]:
    """Every month of the period; none where the days can be shown, or without hazards."""
    moments = [one.opened_at for one in incidents]
    return _columns(incidents, month_names(moments, zone, since, until), "%Y-%m", zone)


def _columns(
    incidents: Iterable[ReportedIncident], names: Sequence[str], form: str, zone: tzinfo
) -> tuple[HazardColumn, ...]:
    counts: defaultdict[str, Counter[WatchedHazard]] = defaultdict(Counter)
    for one in incidents:
        counts[one.opened_at.astimezone(zone).strftime(form)][one.hazard] += 1
    return tuple(
        HazardColumn(name, tuple(counts[name][hazard] for hazard in WatchedHazard))
        for name in names
    )
