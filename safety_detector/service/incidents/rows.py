"""Incidents between the domain's form and the tables'."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import RowMapping

from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.geometry import Box
from safety_detector.domain.incidents.camera_faults import FaultIncident
from safety_detector.domain.incidents.handling import HandlingState, Level, Review
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.incident import Change, Incident, Shown, Stage
from safety_detector.domain.incidents.looks import Severity
from safety_detector.domain.incidents.permits import Permit
from safety_detector.domain.incidents.state_machine import CameraState
from safety_detector.service.incidents.records import AfterPicture, StoredIncident

_STATE = TypeAdapter(CameraState)
_ORDER: Mapping[str, int] = {one: place for place, one in enumerate(IncidentHazard)}


def from_state(state: CameraState) -> Any:
    """A camera's state as the JSON that is stored."""
    return _STATE.dump_python(state, mode="json")


def to_state(stored: Any) -> CameraState:
    """The state that ``from_state`` wrote."""
    return _STATE.validate_python(stored, strict=False)


def hazard_bits(hazards: Iterable[IncidentHazard | WatchedHazard]) -> int:
    """One bit a hazard, in the order in which they are declared; they are only added to."""
    return sum(1 << _ORDER[one] for one in set(hazards))


def from_incident(incident: Incident) -> dict[str, Any]:
    """An announced incident as a row of the table."""
    return {
        "id": incident.id,
        "camera_id": incident.camera_id,
        "stage": incident.stage,
        "hazards": sorted(incident.hazards, key=_ORDER.__getitem__),
        "hazard_bits": hazard_bits(incident.hazards),
        "severity": incident.severity.rank,
        "zone_id": incident.zone_id,
        "permit_id": incident.permit_id,
        "first_seen_at": incident.first_seen_at,
        "opened_at": incident.opened_at,
        "last_seen_at": incident.last_seen_at,
        "quiet_at": incident.quiet_at,
        "ended_at": incident.ended_at,
        "merged_into": incident.merged_into,
        "looks": incident.looks,
        "sightings": incident.sightings,
        "peak_score": incident.peak_score,
        "verified": incident.is_verified,
        "extent": incident.extent,
        "best_inspection_id": incident.best.inspection_id,
        "best_box": list(incident.best.box.xyxy),
        "reason": None,
    }


def from_fault(incident: FaultIncident) -> dict[str, Any]:
    """What is wrong with a camera as a row of the table."""
    return {
        "id": incident.id,
        "camera_id": incident.camera_id,
        "stage": incident.stage,
        "hazards": [incident.hazard],
        "hazard_bits": hazard_bits([incident.hazard]),
        "severity": incident.severity.rank,
        "zone_id": None,
        "permit_id": None,
        "first_seen_at": incident.first_seen_at,
        "opened_at": incident.opened_at,
        "last_seen_at": incident.last_seen_at,
        "quiet_at": incident.quiet_at,
        "ended_at": incident.ended_at,
        "merged_into": None,
        "looks": 0,
        "sightings": incident.spells,
        "peak_score": None,
        "verified": False,
        "extent": 0.0,
        "best_inspection_id": None,
        "best_box": None,
        "reason": incident.reason,
    }


def to_fault(row: RowMapping, changes: int) -> FaultIncident:
    """The incident that ``from_fault`` wrote, of which so many changes were told."""
    return FaultIncident(
        id=row["id"],
        camera_id=row["camera_id"],
        hazard=IncidentHazard(row["hazards"][0]),
        stage=Stage(row["stage"]),
        severity=tuple(Severity)[row["severity"]],
        first_seen_at=row["first_seen_at"],
        opened_at=row["opened_at"],
        last_seen_at=row["last_seen_at"],
        reason=row["reason"],
        quiet_at=row["quiet_at"],
        ended_at=row["ended_at"],
        spells=row["sightings"],
        changes=changes,
    )


BITS_OF_CAMERAS = hazard_bits(one for one in IncidentHazard if one.is_of_camera)
"""Of what is wrong with cameras themselves."""

INCIDENT_COLUMNS = (
    "stage", "hazards", "hazard_bits", "severity", "zone_id", "permit_id", "first_seen_at",
    "opened_at", "last_seen_at", "quiet_at", "ended_at", "merged_into", "looks", "sightings",
    "peak_score", "verified", "extent", "best_inspection_id", "best_box", "reason",
)  # fmt: skip
"""Those that looks or faults decide and may change."""

HANDLING_COLUMNS = (
    "state", "review", "version", "location", "description", "basis", "level", "measure",
    "assignee", "responsible_unit", "funds", "due_at", "contingency_plan", "after_inspection_id",
    "acknowledged_at", "rectified_at", "verified_at", "closed_at", "effect_due_at",
    "effect_checked_at",
)  # fmt: skip
"""Those that people decide; they go on with what an incident becomes."""


def sighting_row(shown: Shown) -> dict[str, Any]:
    """Where an incident was seen, as a row of the table."""
    seen = shown.seen
    return {
        "incident_id": shown.incident_id,
        "at": seen.at,
        "inspection_id": seen.inspection_id,
        "box": list(seen.box.xyxy),
        "severity": seen.severity.rank,
        "score": seen.score,
    }


def to_incident(
    row: RowMapping,
    names: Mapping[str, str] | None = None,
    after: Mapping[str, AfterPicture] | None = None,
    permits: Mapping[str, Permit] | None = None,
) -> StoredIncident:
    """A row of the table.

    Args:
        row: every column of it.
        names: of cameras, by their ids.
        after: pictures of what was put right, by the ids of their inspections.
        permits: for hot work, by their ids.
    """
    after_id = row["after_inspection_id"]
    return StoredIncident(
        id=row["id"],
        camera_id=row["camera_id"],
        stage=Stage(row["stage"]),
        hazards=tuple(IncidentHazard(one) for one in row["hazards"]),
        severity=tuple(Severity)[row["severity"]],
        zone_id=row["zone_id"],
        permit_id=row["permit_id"],
        first_seen_at=row["first_seen_at"],
        opened_at=row["opened_at"],
        last_seen_at=row["last_seen_at"],
        quiet_at=row["quiet_at"],
        ended_at=row["ended_at"],
        merged_into=row["joined_to"] or row["merged_into"],
        looks=row["looks"],
        sightings=row["sightings"],
        peak_score=row["peak_score"],
        verified=row["verified"],
        extent=row["extent"],
        best_inspection_id=row["best_inspection_id"],
        best_box=None if row["best_box"] is None else Box(*row["best_box"]),
        reason=row["reason"],
        state=HandlingState(row["state"]),
        review=Review(row["review"]) if row["review"] else None,
        version=row["version"],
        location=row["location"],
        description=row["description"],
        basis=row["basis"],
        level=Level(row["level"]) if row["level"] else None,
        measure=row["measure"],
        assignee=row["assignee"],
        responsible_unit=row["responsible_unit"],
        funds=row["funds"],
        due_at=row["due_at"],
        contingency_plan=row["contingency_plan"],
        after=after_id and (after or {}).get(after_id, AfterPicture(after_id, None, None)),
        acknowledged_at=row["acknowledged_at"],
        rectified_at=row["rectified_at"],
        verified_at=row["verified_at"],
        closed_at=row["closed_at"],
        effect_due_at=row["effect_due_at"],
        effect_checked_at=row["effect_checked_at"],
        camera_name=(names or {}).get(row["camera_id"]),
        permit=(permits or {}).get(row["permit_id"]),
    )


def change_row(change: Change) -> dict[str, Any]:
    """Something that happened to an incident as a row of its table."""
    return {
        "incident_id": change.incident_id,
        "number": change.number,
        "kind": change.kind,
        "at": change.at,
        "inspection_id": change.inspection_id,
        "because": list(change.because),
    }


_LIVELIEST = (Stage.OPEN, Stage.QUIET, Stage.ENDED, Stage.MERGED, Stage.CANDIDATE)


def with_parts(whole: StoredIncident, parts: Sequence[StoredIncident]) -> StoredIncident:
    """An incident as it is seen with those of which a person said that they are this one.

    How grave it is, and whether it goes on, is that of all of them: a small fire in one picture may
    be a large one in another's.
    """
    if not parts:
        return whole
    every = (whole, *parts)
    hazards = {hazard for one in every for hazard in one.hazards}
    scores = [one.peak_score for one in every if one.peak_score is not None]
    stage = min((one.stage for one in every), key=_LIVELIEST.index)
    return replace(
        whole,
        parts=tuple(one.id for one in parts),
        hazards=tuple(sorted(hazards, key=lambda one: _ORDER[one])),
        severity=max((one.severity for one in every), key=lambda each: each.rank),
        stage=stage,
        verified=any(one.verified for one in every),
        first_seen_at=min(one.first_seen_at for one in every),
        opened_at=min(one.opened_at for one in every),
        last_seen_at=max(one.last_seen_at for one in every),
        quiet_at=None if stage is Stage.OPEN else whole.quiet_at,
        ended_at=None if stage in (Stage.OPEN, Stage.QUIET) else whole.ended_at,
        looks=sum(one.looks for one in every),
        sightings=sum(one.sightings for one in every),
        peak_score=max(scores, default=None),
    )
