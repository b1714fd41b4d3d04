"""Values that go in: incidents with what was done about them, and the ways to their pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from safety_detector.domain.camera_health import Fault
from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.incidents.handling import ActKind, HandlingState, Level, Review
from safety_detector.domain.incidents.incident import Change, ChangeKind
from safety_detector.domain.incidents.looks import Severity
from safety_detector.report.contents import ReportEntry, ReportScope
from safety_detector.report.figures import CameraCount

SOLVED = (HandlingState.VERIFIED, HandlingState.CLOSED)
"""Put right, and somebody else has looked."""


@dataclass(frozen=True, slots=True)
class ReportedAct:
    """What somebody did about an incident, and what they said of it."""

    kind: ActKind
    at: datetime
    by: str
    text: str | None = None
    assignee: str | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """How far people are with an incident, at the moment up to which the report tells.

    Attributes:
        state, review: of the loop that has to be closed; what a person said that it is.
        level: as a person ranked it; None: nobody has.
        location, description, basis: in a person's words.
        measure, assignee, unit, funds, due_at, plan: what is to be done, by whom of which unit,
            with what money, until when, and what in an emergency.
        acknowledged_at, closed_at: when somebody first acted; when it was closed.
        acts: all of them, in order.
    """

    state: HandlingState = HandlingState.OPEN
    review: Review | None = None
    level: Level | None = None
    location: str | None = None
    description: str | None = None
    basis: str | None = None
    measure: str | None = None
    assignee: str | None = None
    unit: str | None = None
    funds: str | None = None
    due_at: datetime | None = None
    plan: str | None = None
    acknowledged_at: datetime | None = None
    closed_at: datetime | None = None
    acts: tuple[ReportedAct, ...] = ()

    def last(self, kind: ActKind) -> ReportedAct | None:
        """The last act of a kind."""
        return next((one for one in reversed(self.acts) if one.kind is kind), None)

    def current(self, kind: ActKind) -> ReportedAct | None:
        """The last act of a kind that was not taken back since."""
        found = None
        for one in self.acts:
            if one.kind is kind:
                found = one
            elif one.kind in _TAKES_BACK:
                found = None
        return found


_TAKES_BACK = (ActKind.REOPEN, ActKind.REJECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedIncident:
    """An incident of the report; see ``domain.incidents.incident.Incident`` for most fields.

    Attributes:
        reference: its number for good.
        zone: name of the zone; None outside of all.
        changes: what cameras saw of it, in order.
    """

    id: str
    reference: str
    camera_id: str
    hazards: tuple[WatchedHazard, ...]
    severity: Severity
    first_seen_at: datetime
    opened_at: datetime
    last_seen_at: datetime
    looks: int
    sightings: int
    zone_id: str | None = None
    zone: str | None = None
    ended_at: datetime | None = None
    peak_score: float | None = None
    verified: bool = False
    permit: str | None = None
    changes: tuple[Change, ...] = ()
    handled: Handled = field(default_factory=Handled)

    @property
    def hazard(self) -> WatchedHazard:
        """Its category: the most urgent of its hazards."""
        return self.hazards[0]

    @property
    def is_false_alarm(self) -> bool:
        """Whether a person said that it is none; closing it does not make it a hazard."""
        return self.handled.review is Review.FALSE_ALARM

    @property
    def is_solved(self) -> bool:
        """Whether it was put right and somebody else has looked."""
        return self.handled.state in SOLVED and not self.is_false_alarm

    @property
    def is_closed(self) -> bool:
        """Whether it is closed, as what it was."""
        return self.handled.state is HandlingState.CLOSED

    @property
    def is_judged(self) -> bool:
        """Whether a person said what it is."""
        return self.handled.review is not None

    @property
    def reopened(self) -> int:
        """How often people took it up again."""
        return sum(one.kind is ActKind.REOPEN for one in self.handled.acts)

    @property
    def escalations(self) -> tuple[Change, ...]:
        """When it became worse."""
        return tuple(one for one in self.changes if one.kind is ChangeKind.ESCALATED)

    def is_overdue(self, moment: datetime) -> bool:
        """Whether it should have been put right by then, and was not."""
        due_at = self.handled.due_at
        is_waiting = self.handled.state is HandlingState.ASSIGNED
        return is_waiting and due_at is not None and due_at < moment


class EvidenceRole(StrEnum):
    """Why a picture of an incident is shown."""

    BEST = "best"
    OPENED = "opened"
    WORST = "worst"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A picture of an incident and the way to it."""

    role: EvidenceRole
    entry: ReportEntry


@dataclass(frozen=True, slots=True)
class IncidentEntry:
    """An incident and its pictures, the best one first; none where retention has removed them."""

    incident: ReportedIncident
    pictures: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class EarlierIncident:
    """An incident from before the period, as far as it counts for a comparison."""

    camera_id: str
    zone_id: str | None
    hazard: WatchedHazard
    opened_at: datetime
    is_false_alarm: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraIncident:
    """What was wrong with a camera, and what people did about it; ``until`` None: it still is."""

    reference: str
    camera_id: str
    fault: Fault
    since: datetime
    until: datetime | None
    handled: Handled


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentScope:
    """What a report about incidents is about, besides what every report is.

    Attributes:
        report: period, site, cameras, faults; its ``notices`` are ids of incidents.
        as_of: the moment at which handling is told, and what is overdue counts.
        filters: names and values of what the incidents were chosen by, as the order says them.
        earlier: incidents from before the period, back as far as they count.
        is_compared: whether the period before was watched too, so that its counts mean something.
        carried: incidents from before the period that were not closed when it began.
        merged: incidents of the period that went into others, and are not counted.
        coverage: what each camera delivered.
        of_cameras: what was wrong with cameras, as incidents.
    """

    report: ReportScope
    as_of: datetime
    filters: Mapping[str, str] = field(default_factory=dict)
    earlier: tuple[EarlierIncident, ...] = ()
    is_compared: bool = False
    carried: tuple[ReportedIncident, ...] = ()
    merged: int = 0
    coverage: tuple[CameraCount, ...] = ()
    of_cameras: tuple[CameraIncident, ...] = ()
