"""Values: an incident as it is stored, which of them are wanted, and what people do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from safety_detector.domain.geometry import Box
from safety_detector.domain.incidents.handling import ActKind, HandlingState, Review
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.incident import Stage
from safety_detector.domain.incidents.looks import Severity
from safety_detector.message_texts.reason import Reason
from safety_detector.service.access.audit import Actor


@dataclass(frozen=True, slots=True)
class StoredIncident:
    """An announced incident; see ``domain.incidents.incident.Incident`` for what its fields mean.

    Attributes:
        best_inspection_id, best_box: the picture that shows it best, and where in it, in fractions;
            None for a fault of the camera, of which there is no such picture.
        reason: what was seen of a camera's fault; None for what pictures show.
        state, review: how far people are with it, and what they said that it is.
        assignee, due_at: who puts it right until when.
        acknowledged_at, closed_at: when somebody first did something about it; when it was closed.
    """

    id: str
    camera_id: str
    stage: Stage
    hazards: tuple[IncidentHazard, ...]
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
    best_inspection_id: str | None
    best_box: Box | None
    reason: Reason | None
    state: HandlingState
    review: Review | None
    assignee: str | None
    due_at: datetime | None
    acknowledged_at: datetime | None
    closed_at: datetime | None
    camera_name: str | None = None

    @property
    def best(self) -> StoredIncident | None:
        """What is known of the best picture; None where there is none."""
        return None if self.best_inspection_id is None else self

    @property
    def is_of_camera(self) -> bool:
        """Whether it is a fault of the camera, and nothing that pictures show."""
        return self.hazards[0].is_of_camera


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Which incidents are listed; None means any.  ``since`` is inclusive, ``until`` exclusive."""

    state: HandlingState | None = None
    stage: Stage | None = None
    hazard: IncidentHazard | None = None
    camera_id: str | None = None
    severity: Severity | None = None
    assignee: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewAct:
    """What somebody wants to do about an incident.

    Attributes:
        text: in their words: why it is a false alarm, what was done.
        assignee, due_at: who puts it right until when; of an assignment.
        inspection_id: a picture that shows it put right, which was inspected.
    """

    kind: ActKind
    text: str | None = None
    assignee: str | None = None
    due_at: datetime | None = None
    inspection_id: str | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did about an incident; see ``NewAct``.

    Attributes:
        number: from 1.
    """

    number: int
    kind: ActKind
    at: datetime
    by: Actor
    text: str | None
    assignee: str | None
    due_at: datetime | None
    inspection_id: str | None
