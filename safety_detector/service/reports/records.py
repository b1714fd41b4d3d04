"""Ordered reports as the service takes and gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from safety_detector.domain.hazards import Language
from safety_detector.domain.incidents.handling import HandlingState, Level
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.looks import Severity
from safety_detector.domain.inspection import Problem, Status, Verdict
from safety_detector.message_texts.reason import Reason
from safety_detector.service.incidents.records import IncidentFilter
from safety_detector.service.records import InspectionFilter

RENDER_QUEUE: Final = "render"
"""The queue of the workers that make reports."""


@dataclass(frozen=True, slots=True)
class ReportLimits:
    """What may be ordered.

    Attributes:
        max_pictures: inspections in one report; None for any number, in volumes.
        max_unfinished: reports of one API key that are queued or running at the same time.
    """

    max_pictures: int | None = None
    max_unfinished: int = 10


class ReportSubject(StrEnum):
    """What a report is about."""

    INSPECTIONS = "inspections"
    INCIDENTS = "incidents"


class ReportSort(StrEnum):
    """In which order the pictures of a report stand, where they are not named one by one."""

    TIME = "time"
    URGENCY = "urgency"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOrder:
    """What a report shall be about; named inspections or incidents, or all that the rest describes.

    Attributes:
        about: inspections, or incidents; the period, the camera and the notices are theirs.
        inspection_ids: the inspections, in the report's order; empty to go by the others.
        camera_id, batch_id: pictures of this camera, of this batch.
        since: taken at or after; the report writes its times in this one's zone.
        until: taken before.
        verdict: only pictures of this verdict have sheets; all of them are counted.
        sort: in which order the pictures stand.
        notices: inspections, or incidents, for which a rectification notice is made.
        incident_ids: the incidents; empty to go by the others.
        hazard, severity, state, level, zone_id, assignee: of incidents, only these.
        language: None for the service's.
        title: None for the usual one.
        site: name of the place, if it is to be said.
    """

    about: ReportSubject = ReportSubject.INSPECTIONS
    inspection_ids: tuple[str, ...] = ()
    camera_id: str | None = None
    batch_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    verdict: Verdict | None = None
    sort: ReportSort = ReportSort.TIME
    notices: tuple[str, ...] = ()
    incident_ids: tuple[str, ...] = ()
    hazard: IncidentHazard | None = None
    severity: Severity | None = None
    state: HandlingState | None = None
    level: Level | None = None
    zone_id: str | None = None
    assignee: str | None = None
    language: Language | None = None
    title: str | None = None
    site: str | None = None

    @property
    def named_ids(self) -> tuple[str, ...]:
        """The inspections that are named one by one, each once; a notice's is among them.

        Empty where the report is about all pictures of a camera, batch or period.
        """
        if self.about is ReportSubject.INCIDENTS:
            return ()
        if self.inspection_ids or self.filter == InspectionFilter():
            return tuple(dict.fromkeys((*self.inspection_ids, *self.notices)))
        return ()

    @property
    def named_incidents(self) -> tuple[str, ...]:
        """The incidents that are named one by one, each once; a notice's is among them."""
        if self.about is not ReportSubject.INCIDENTS:
            return ()
        if self.incident_ids or self.chosen == IncidentFilter():
            return tuple(dict.fromkeys((*self.incident_ids, *self.notices)))
        return ()

    @property
    def chosen(self) -> IncidentFilter:
        """The description of the incidents, where they are not named."""
        return IncidentFilter(
            hazard=self.hazard,
            severity=self.severity,
            state=self.state,
            level=self.level,
            camera_id=self.camera_id,
            zone_id=self.zone_id,
            assignee=self.assignee,
            since=self.since,
            until=self.until,
        )

    @property
    def filter(self) -> InspectionFilter:
        """The description of the pictures, where they are not named."""
        return InspectionFilter(
            camera_id=self.camera_id,
            batch_id=self.batch_id,
            since=self.since,
            until=self.until,
            verdict=self.verdict,
        )

    @property
    def is_about_a_period(self) -> bool:
        """Whether the report says how well a camera, or all of them, covered a time."""
        return not (self.named_ids or self.named_incidents) and self.batch_id is None

    def as_json(self) -> dict[str, Any]:
        """The order as it is stored; ``from_json`` reads it."""
        moments = {
            name: moment.isoformat() if moment else None
            for name, moment in (("since", self.since), ("until", self.until))
        }
        return asdict(self) | moments

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> ReportOrder:
        """The order that was stored; a moment keeps the offset in which it was given."""
        moments = {
            name: datetime.fromisoformat(stored[name]) if stored[name] else None
            for name in ("since", "until")
        }
        lists = {
            name: tuple(stored.get(name, ()))
            for name in ("inspection_ids", "incident_ids", "notices")
        }
        # What an earlier version stored has not all of them.
        choices = {
            name: kind(stored[name]) if stored.get(name) else None
            for name, kind in _CHOICES.items()
        }
        sort = ReportSort(stored.get("sort", ReportSort.TIME))
        about = ReportSubject(stored.get("about", ReportSubject.INSPECTIONS))
        return cls(**{**stored, **moments, **lists, **choices, "sort": sort, "about": about})


_CHOICES: Mapping[str, type[StrEnum]] = {
    "verdict": Verdict,
    "hazard": IncidentHazard,
    "severity": Severity,
    "state": HandlingState,
    "level": Level,
}


class ReportStage(StrEnum):
    """What is being done for a running report."""

    COLLECTING = "collecting"
    DRAWING = "drawing"


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A file of a finished report, by its name in the report's folder."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class RenderingProgress:
    """How far a report is; its attributes are those of ``OrderedReport``."""

    stage: ReportStage | None
    done: int
    total: int | None


@dataclass(frozen=True, slots=True)
class OrderedReport:
    """An ordered report as it stands.

    Attributes:
        stage: of a running one.
        done: pictures whose sheets are drawn.
        total: pictures in the report; None until they are collected.
        waiting_reason: why a queued one that was begun before waits.
        files: of a completed one; the whole report, or the index before its volumes.
        fence: of the claim that made it; its files lie under it.
        error: why it failed.
    """

    id: str
    status: Status
    order: ReportOrder
    requested_at: datetime
    stage: ReportStage | None
    done: int
    total: int | None
    waiting_reason: Reason | None
    finished_at: datetime | None
    files: tuple[ReportFile, ...]
    fence: int
    error: Problem | None

    @property
    def progress(self) -> RenderingProgress:
        """How far it is."""
        return RenderingProgress(self.stage, self.done, self.total)


@dataclass(frozen=True, slots=True)
class ClaimedReport:
    """A report that a worker has claimed.

    Attributes:
        order: what it shall be about.
        requested_at: the report's clock, so that every attempt makes the same bytes.
    """

    order: ReportOrder
    requested_at: datetime
