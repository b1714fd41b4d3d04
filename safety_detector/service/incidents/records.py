"""Values: an incident as it is stored, which of them are wanted, and what people do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from safety_detector.domain.geometry import Box
from safety_detector.domain.incidents.handling import ActKind, HandlingState, Level, Review
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.incident import Stage
from safety_detector.domain.incidents.looks import Severity
from safety_detector.domain.incidents.permits import Permit
from safety_detector.domain.inspection import Status, Verdict
from safety_detector.message_texts.reason import Reason
from safety_detector.service.access.audit import Actor


@dataclass(frozen=True, slots=True)
class AfterPicture:
    """A picture that is to show an incident put right, and what the detector says of it.

    Attributes:
        status: how far its inspection is; None where it was removed.
        verdict: None before its result.
        hazards: what is seen in it, the most urgent first.
        taken_at: when it was taken.
    """

    inspection_id: str
    status: Status | None
    verdict: Verdict | None
    hazards: tuple[IncidentHazard, ...] = ()
    taken_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredIncident:
    """An announced incident; see ``domain.incidents.incident.Incident`` for what its fields mean.

    Attributes:
        best_inspection_id, best_box: the picture that shows it best, and where in it, in fractions;
            None for a fault of the camera, of which there is no such picture.
        permit: for the hot work that it may be; see ``permit_id``.
        unseen_because: why it is not seen any more though it is open, where nobody looks.
        reason: what was seen of a camera's fault; None for what pictures show.
        merged_into: the incident that it is part of by now: looks or a person said so.
        parts: incidents of which a person said that they are this one; what is seen of it is seen
            of all of them.
        state, review: how far people are with it, and what they said that it is.
        version: rises with each act.
        location, description, basis, level: what a person says of the hazard: where (部位), what
            (隐患描述), against which rule (依据), how grave (等级).
        measure, assignee, responsible_unit, funds, due_at, contingency_plan: what is done about it,
            by whom of which unit, with what money, until when, and what until then (五落实).
        after: the newest picture that is to show it put right.
        acknowledged_at: when somebody first did something about it.
        rectified_at, verified_at, closed_at: when it last came to be so.
        effect_due_at, effect_checked_at: when somebody will look, or looked, whether it lasts.
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
    version: int
    location: str | None
    description: str | None
    basis: str | None
    level: Level | None
    measure: str | None
    assignee: str | None
    responsible_unit: str | None
    funds: str | None
    due_at: datetime | None
    contingency_plan: str | None
    after: AfterPicture | None
    acknowledged_at: datetime | None
    rectified_at: datetime | None
    verified_at: datetime | None
    closed_at: datetime | None
    effect_due_at: datetime | None
    effect_checked_at: datetime | None
    parts: tuple[str, ...] = ()
    camera_name: str | None = None
    permit: Permit | None = None
    unseen_because: Reason | None = None

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
    """Which incidents are listed; None means any.  ``since`` is inclusive, ``until`` exclusive.

    What is part of another incident is left out, and found with that one, except where ``stage`` is
    ``merged``: then it is all that is listed.

    Attributes:
        overdue: whether it should have been put right by now.
        text: stands in what people wrote of it, or in the name or id of its camera.
        of_camera: whether it is a fault of the camera itself, and no hazard.
    """

    state: HandlingState | None = None
    stage: Stage | None = None
    hazard: IncidentHazard | None = None
    camera_id: str | None = None
    severity: Severity | None = None
    assignee: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    zone_id: str | None = None
    review: Review | None = None
    level: Level | None = None
    responsible_unit: str | None = None
    overdue: bool | None = None
    text: str | None = None
    of_camera: bool | None = None


@dataclass(frozen=True, slots=True)
class NewAct:
    """What somebody wants to do about an incident.

    Attributes:
        text: in their words: why it is a false alarm, what was done.
        assignee, responsible_unit, measure, funds, due_at, contingency_plan: of an assignment; what
            is None stays as it was.
        due_at: of a closing when its effect is to be looked at.
        inspection_id: a picture that shows it put right; of what the program does by itself, the
            picture because of which.
        override: what the detector says of that picture is known, and ``text`` says why it counts
            as put right all the same.
        incident_id: the other incident of a merge or split.
        inspection_ids: pictures that show something else, which becomes an incident of its own.
        shown_inspection_id: of a judgement, the picture that was looked at; None where it is not
            said.
        changed: of a description, the columns and what is written there; of an assignment, those
            that it empties.
    """

    kind: ActKind
    text: str | None = None
    assignee: str | None = None
    due_at: datetime | None = None
    inspection_id: str | None = None
    measure: str | None = None
    responsible_unit: str | None = None
    funds: str | None = None
    contingency_plan: str | None = None
    override: bool = False
    incident_id: str | None = None
    inspection_ids: tuple[str, ...] = ()
    shown_inspection_id: str | None = None
    changed: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SeenVersion:
    """What somebody has seen of an incident: by which id, and after how many acts."""

    incident_id: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Act(NewAct):
    """What somebody did about an incident.

    Attributes:
        number: from 1.
        state, review: what it led to; no state where that follows from the act alone.
    """

    number: int
    at: datetime
    by: Actor
    state: HandlingState | None = None
    review: Review | None = None
