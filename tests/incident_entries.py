"""Incidents with their pictures and what was done about them, as reports take them, for tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.incidents.handling import ActKind, HandlingState, Level, Review
from safety_detector.domain.incidents.incident import Change, ChangeKind
from safety_detector.domain.incidents.looks import Severity
from safety_detector.report.contents import ReportScope
from safety_detector.report.figures import CameraCount, Outcomes
from safety_detector.report.incidents.numbers import incident_number
from safety_detector.report.incidents.records import (
    Evidence,
    EvidenceRole,
    Handled,
    IncidentEntry,
    IncidentScope,
    ReportedAct,
    ReportedIncident,
)
from tests.report_entries import BARE_HEAD, CHINA, FIRE, HELMET, SMOKE, entry, inspection

NOON = datetime(2026, 11, 21, 4, tzinfo=UTC)
SINCE = datetime(2026, 11, 1, tzinfo=CHINA)
UNTIL = datetime(2026, 12, 1, tzinfo=CHINA)
AS_OF = datetime(2026, 12, 3, 1, tzinfo=UTC)


def scope(**changes: Any) -> IncidentScope:
    """A month of a plant whose camera delivered a thousand pictures."""
    report = ReportScope(
        made_at=AS_OF,
        made_by="safety-detector 0.1.0",
        site="Plant 2",
        since=SINCE,
        until=UNTIL,
        time_zone=CHINA,
        camera_names={"gate-3": "Gate 3"},
    )
    counts = Outcomes(1000, 20, 0, 980, 0, 0, 0)
    coverage = (CameraCount("gate-3", counts, SINCE, UNTIL, None),)
    usual = IncidentScope(report=report, as_of=AS_OF, coverage=coverage)
    of_report = {
        name: changes.pop(name) for name in ("notices", "notices_alone", "site") if name in changes
    }
    return replace(usual, report=replace(report, **of_report), **changes)


def act(
    kind: ActKind, minutes: float, by: str = "Wang Lei", text: str | None = None
) -> ReportedAct:
    """An act so many minutes after noon."""
    return ReportedAct(kind, NOON + timedelta(minutes=minutes), by, text)


def acts(*kinds: ActKind) -> tuple[ReportedAct, ...]:
    """Acts one after the other, ten minutes apart."""
    return tuple(act(kind, 10 * number) for number, kind in enumerate(kinds, start=1))


def incident(number: int = 1, handled: Handled | None = None, **changes: Any) -> ReportedIncident:
    """A fire at the gate that nobody has seen yet, an hour later for each number."""
    at = NOON + timedelta(hours=number - 1)
    incident_id = f"01JD{number:022d}"
    opened = Change(incident_id, 1, ChangeKind.OPENED, at, "")
    values = {
        "id": incident_id,
        "reference": incident_number(incident_id),
        "camera_id": "gate-3",
        "hazards": (WatchedHazard.FIRE,),
        "severity": Severity.SEVERE,
        "first_seen_at": at,
        "opened_at": at,
        "last_seen_at": at + timedelta(minutes=3),
        "looks": 12,
        "sightings": 9,
        "peak_score": 0.87,
        "changes": (opened,),
        "handled": handled or Handled(),
    }
    return ReportedIncident(**{**values, **changes})


CONFIRMED = Handled(
    state=HandlingState.CONFIRMED,
    review=Review.CONFIRMED,
    acknowledged_at=NOON + timedelta(minutes=5),
    acts=acts(ActKind.ACKNOWLEDGE, ActKind.CONFIRM),
)
ASSIGNED = replace(
    CONFIRMED,
    state=HandlingState.ASSIGNED,
    level=Level.MAJOR,
    location="Stairs of tank 4",
    description="Welding without a fire watch",
    basis="GB 50720 6.3.1",
    measure="Post a fire watch and clear the gas cylinders",
    assignee="Zhao Qiang",
    unit="Welding shop",
    funds="800 yuan",
    due_at=NOON + timedelta(days=3),
    plan="Fire plan A",
    acts=acts(ActKind.ACKNOWLEDGE, ActKind.CONFIRM, ActKind.ASSIGN),
)
RECTIFIED = replace(
    ASSIGNED,
    state=HandlingState.RECTIFIED,
    acts=(*ASSIGNED.acts, act(ActKind.RECTIFY, 60, "Zhao Qiang", "Cylinders moved")),
)
CLOSED = replace(
    RECTIFIED,
    state=HandlingState.CLOSED,
    closed_at=NOON + timedelta(days=1),
    acts=(
        *RECTIFIED.acts,
        act(ActKind.VERIFY, 90, "Li Na"),
        act(ActKind.CLOSE, 24 * 60, "Li Na"),
    ),
)
DISMISSED = Handled(
    state=HandlingState.FALSE_ALARM,
    review=Review.FALSE_ALARM,
    acknowledged_at=NOON + timedelta(minutes=5),
    acts=(act(ActKind.DISMISS, 5, text="sun on the tank"),),
)


def with_pictures(one: ReportedIncident, number: int, *roles: EvidenceRole) -> IncidentEntry:
    """The incident with a picture for each role, and with its best one."""
    found = {WatchedHazard.FIRE: FIRE, WatchedHazard.SMOKE: SMOKE}.get(one.hazard, BARE_HEAD)
    pictures = []
    for position, role in enumerate((EvidenceRole.BEST, *roles)):
        shown = HELMET if role is EvidenceRole.AFTER else found
        pictures.append(Evidence(role, entry(inspection(10 * number + position, shown))))
    return IncidentEntry(one, tuple(pictures))


def month() -> list[IncidentEntry]:
    """A hazard of each standing, and a false alarm between them."""
    helmet = {"hazards": (WatchedHazard.NO_HELMET,), "severity": Severity.MODERATE}
    both = {"hazards": (WatchedHazard.FIRE, WatchedHazard.SMOKE)}
    return [
        with_pictures(incident(1), 1, EvidenceRole.OPENED),
        with_pictures(incident(2, DISMISSED), 2),
        with_pictures(incident(3, ASSIGNED, **both), 3, EvidenceRole.OPENED, EvidenceRole.WORST),
        with_pictures(incident(4, CLOSED, **helmet), 4, EvidenceRole.OPENED, EvidenceRole.AFTER),
        with_pictures(incident(5, CONFIRMED, zone_id="tanks", zone="Tank farm"), 5),
    ]


NOTHING_SEEN = CameraCount("gate-3", Outcomes(0, 0, 0, 0, 0, 0, 0), None, None, None)
"""A camera that delivered nothing."""
