"""What a report counts of incidents."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.incidents.handling import ActKind, HandlingState, Level
from safety_detector.report.incidents import figures
from safety_detector.report.incidents.records import EarlierIncident, Handled, ReportedIncident
from tests.incident_entries import (
    AS_OF,
    ASSIGNED,
    CHINA,
    CLOSED,
    CONFIRMED,
    DISMISSED,
    NOON,
    RECTIFIED,
    SINCE,
    UNTIL,
    act,
    incident,
)


def counted(*incidents: ReportedIncident) -> figures.Counts:
    """The counts of these incidents."""
    return figures.count(incidents, AS_OF, frozenset())


def test_a_false_alarm_is_no_hazard_whatever_becomes_of_it() -> None:
    """It is counted apart; closing it puts nothing right."""
    closed = replace(DISMISSED, state=HandlingState.CLOSED, closed_at=NOON)
    counts = counted(incident(1, DISMISSED), incident(2, closed), incident(3, CLOSED))
    assert (counts.found, counts.false_alarms) == (1, 2)
    assert (counts.closed, counts.solved, counts.rate) == (1, 1, 1.0)


def test_what_nobody_judged_counts_as_a_hazard() -> None:
    """Silence of people makes nothing safe, and the rate falls with it."""
    counts = counted(incident(1), incident(2, CLOSED))
    assert (counts.found, counts.unjudged, counts.rate) == (2, 1, 0.5)


def test_what_is_put_right_counts_when_somebody_else_has_looked() -> None:
    """Rectified alone is not solved; verified is, and closed."""
    verified = replace(RECTIFIED, state=HandlingState.VERIFIED)
    counts = counted(incident(1, RECTIFIED), incident(2, verified), incident(3, CLOSED))
    assert (counts.solved, counts.closed) == (2, 1)
    assert counts.by_level[Level.MAJOR] == figures.Solved(3, 2)
    assert counts.by_level[None] == figures.Solved(0, 0)


@pytest.mark.parametrize(
    ("handled", "is_overdue"),
    [
        (ASSIGNED, True),
        (replace(ASSIGNED, due_at=AS_OF + timedelta(days=1)), False),
        (replace(ASSIGNED, due_at=None), False),
        (RECTIFIED, False),
        (CLOSED, False),
        (CONFIRMED, False),
    ],
)
def test_overdue_is_what_was_not_put_right_in_time(handled: Handled, is_overdue: bool) -> None:
    """At the moment up to which the report tells."""
    assert counted(incident(1, handled)).overdue == int(is_overdue)


def test_the_same_again_at_the_same_place_is_a_repetition() -> None:
    """Of the same category at the same camera and zone within thirty days; not of a false alarm."""
    ones = [
        incident(1),
        incident(2),
        incident(3, zone_id="tanks"),
        incident(4, hazards=(WatchedHazard.NO_HELMET,)),
        incident(5, camera_id="roof"),
        incident(6, DISMISSED),
        incident(7, hazards=(WatchedHazard.SMOKE,)),
    ]
    earlier = [
        EarlierIncident("roof", None, WatchedHazard.FIRE, NOON - timedelta(days=29), False),
        EarlierIncident("gate-3", None, WatchedHazard.SMOKE, NOON - timedelta(days=31), False),
        EarlierIncident("gate-3", None, WatchedHazard.NO_HELMET, NOON - timedelta(days=1), True),
    ]
    assert figures.find_repeated(ones, earlier) == {ones[1].id, ones[4].id}


def test_times_count_from_the_opening() -> None:
    """Response also of false alarms, closing of hazards alone."""
    closed_false = replace(DISMISSED, state=HandlingState.CLOSED, closed_at=NOON)
    slow = replace(CLOSED, acknowledged_at=NOON + timedelta(minutes=15))
    ones = [incident(1, slow), incident(1, closed_false), incident(1)]
    respond, close = figures.time_to_acknowledge(ones), figures.time_to_close(ones)
    assert respond is not None
    assert (respond.number, respond.mean) == (2, timedelta(minutes=10))
    assert close is not None
    assert (close.number, close.median) == (1, timedelta(days=1))
    assert figures.time_to_close([incident(1)]) is None


def test_reasons_of_false_alarms_are_counted_together() -> None:
    """However their white space differs; the most frequent first."""
    texts = ("sun on the  tank", "steam", "sun on the tank\n", None)
    ones = [
        incident(number, replace(DISMISSED, acts=(act(ActKind.DISMISS, 5, text=text),)))
        for number, text in enumerate(texts, start=1)
    ]
    assert figures.count_reasons(ones) == [("sun on the tank", 2), ("", 1), ("steam", 1)]


def test_reopened_ones_are_counted_once() -> None:
    """However often people took one up again."""
    again = (act(ActKind.REOPEN, 100), act(ActKind.REOPEN, 200))
    taken_up = replace(CONFIRMED, acts=(*CONFIRMED.acts, *again))
    assert counted(incident(1, taken_up), incident(2, CLOSED)).reopened == 1


def test_every_day_of_the_period_has_a_column() -> None:
    """Also those on which nothing was found, by the days of the report's zone."""
    late = incident(1, opened_at=NOON.replace(hour=23))
    columns = figures.count_days([late], CHINA, SINCE, UNTIL)
    assert len(columns) == 30
    assert [one.name for one in columns if any(one.counts)] == ["11-22"]
    assert figures.count_months([late], CHINA, SINCE, UNTIL) == ()
    assert figures.count_days([], CHINA, SINCE, UNTIL) == ()
