"""Values: an incident as it is stored, and which of them are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.geometry import Box
from safety_detector.domain.incidents.incident import Stage
from safety_detector.domain.incidents.looks import Severity


@dataclass(frozen=True, slots=True)
class StoredIncident:
    """An announced incident; see ``domain.incidents.incident.Incident`` for what its fields mean.

    Attributes:
        best_inspection_id, best_box: the picture that shows it best, and where in it, in fractions.
    """

    id: str
    camera_id: str
    stage: Stage
    hazards: tuple[WatchedHazard, ...]
    severity: Severity
    zone_id: str | None
    permit_id: str | None
    first_seen_at: datetime
    opened_at: datetime
    last_seen_at: datetime
    quiet_at: datetime | None
    ended_at: datetime | None
    merged_into: str | None
    looks: int
    sightings: int
    peak_score: float | None
    verified: bool
    extent: float
    best_inspection_id: str
    best_box: Box
    camera_name: str | None = None

    @property
    def best(self) -> StoredIncident:
        """What is known of the best picture."""
        return self


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Which incidents are listed; None means any.  ``since`` is inclusive, ``until`` exclusive."""

    stage: Stage | None = None
    hazard: WatchedHazard | None = None
    camera_id: str | None = None
    severity: Severity | None = None
    since: datetime | None = None
    until: datetime | None = None
