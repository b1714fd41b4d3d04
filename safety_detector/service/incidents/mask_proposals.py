"""Proposes a mask where false alarms were, and takes it at one request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, RowMapping, select

from safety_detector.database.engine import Database
from safety_detector.database.tables import incident_acts, incident_sightings, incidents
from safety_detector.domain.camera_rules import Mask, WatchedHazard
from safety_detector.domain.geometry import Box
from safety_detector.domain.incidents.handling import ActKind, Review
from safety_detector.domain.incidents.looks import family_of
from safety_detector.domain.incidents.mask_proposals import (
    LARGEST_SHARE,
    is_masked,
    is_same_place,
    place_of,
    share_of_picture,
)
from safety_detector.errors import ActRefused, SubmissionRefused
from safety_detector.service.access.audit import Actor
from safety_detector.service.cameras.cameras import Cameras, CameraSettings, find_camera
from safety_detector.service.cameras.stored_rules import read_rules
from safety_detector.service.incidents.finding import find_whole
from safety_detector.service.incidents.records import StoredIncident
from safety_detector.service.incidents.rows import to_incident

_LOOKED_BACK: Final = timedelta(days=90)
_MOST_INCIDENTS: Final = 2000  # of a camera in that time; the latest
_MOST_BOXES: Final = 500  # of one incident; the latest
_LONGEST_REASON: Final = 255


@dataclass(frozen=True, slots=True)
class MaskProposal:
    """A mask that would keep a false alarm from coming again.

    Attributes:
        incident_id, camera_id: for which it was asked.
        box: where that incident is.
        mask: what would be added to the camera.
        share: of the picture that it covers.
        false_alarms: incidents at that place that people called so, the latest first.
        confirmed: incidents that lie in it and that people confirmed: it would hide their like.
        hidden: incidents of the last 90 days that lie in it, whatever people said of them.
    """

    incident_id: str
    camera_id: str
    box: Box
    mask: Mask
    share: float
    false_alarms: tuple[str, ...]
    confirmed: tuple[str, ...]
    hidden: int


class MaskProposals:
    """Makes proposals, and takes them.

    Args:
        database: where incidents are.
        cameras: which get the masks.
        clock: the present moment, with its zone.
    """

    def __init__(self, database: Database, cameras: Cameras, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._cameras = cameras
        self._clock = clock

    def propose(self, incident_id: str) -> MaskProposal | None:
        """The mask that is proposed for the place of an incident; None without such an incident.

        Raises:
            ActRefused: nobody called anything there a false alarm, it is masked already, or a mask
                would make the camera blind.
            UnknownCamera: the camera was removed.
        """
        with self._database.read() as connection:
            row = find_whole(connection, incident_id)
            if row is None:
                return None
            return _proposal(connection, to_incident(row), self._clock())

    def accept(self, incident_id: str, reason: str | None, by: Actor) -> MaskProposal | None:
        """Adds the proposed mask to the camera; None without such an incident.

        Args:
            incident_id: the incident.
            reason: of the mask; None for what was said of the false alarm.
            by: goes into the audit log.

        Raises:
            ActRefused, UnknownCamera: as of ``propose``.
            SubmissionRefused: the camera has as many masks as it may.
        """
        proposal = self.propose(incident_id)
        if proposal is None:
            return None
        mask = replace(proposal.mask, reason=reason or proposal.mask.reason)

        def with_mask(present: CameraSettings) -> CameraSettings:
            # Whoever accepted it at the same time may have been first.
            _check_unmasked(proposal.box, mask.hazards, present.rules.masks)
            masks = (*present.rules.masks, mask)
            try:
                return replace(present, rules=replace(present.rules, masks=masks))
            except ValueError as exc:
                raise SubmissionRefused("mask-not-added", problem=str(exc)) from None

        self._cameras.change(proposal.camera_id, with_mask, by)
        return replace(proposal, mask=mask)


def _proposal(connection: Connection, incident: StoredIncident, now: datetime) -> MaskProposal:
    box, hazards = incident.best_box, _watched(incident)
    if box is None:
        raise ActRefused("no-mask-for-cameras")
    rules = read_rules(find_camera(connection, incident.camera_id))
    _check_unmasked(box, hazards, rules.masks)
    others = _lately(connection, incident, now)
    false_alarms = [
        one
        for one in others
        if one.review is Review.FALSE_ALARM
        and one.best_box is not None
        and is_same_place(box, one.best_box)
    ]
    if not false_alarms:
        raise ActRefused("no-false-alarm-there")
    there = {one.id: one for one in (incident, *false_alarms)}
    polygon = place_of([box for one in there.values() for box in _boxes(connection, one)])
    share = share_of_picture(polygon)
    if share > LARGEST_SHARE:
        raise ActRefused("mask-too-large", percent=round(100 * share))
    seen = {hazard for one in (incident, *false_alarms) for hazard in _watched(one)}
    wanted = tuple(hazard for hazard in WatchedHazard if hazard in seen)
    reason = _reason(connection, false_alarms[0])
    mask = Mask(polygon, reason, wanted)
    hidden = [
        one
        for one in others
        if one.best_box is not None and is_masked(one.best_box, _watched(one), mask)
    ]
    return MaskProposal(
        incident.id,
        incident.camera_id,
        box,
        mask,
        share,
        tuple(one.id for one in false_alarms),
        tuple(one.id for one in hidden if one.review is Review.CONFIRMED),
        len(hidden),
    )


def _check_unmasked(box: Box, hazards: Sequence[WatchedHazard], masks: Iterable[Mask]) -> None:
    for mask in masks:
        if is_masked(box, hazards, mask):
            raise ActRefused("place-is-masked", reason=mask.reason)


def _watched(incident: StoredIncident) -> list[WatchedHazard]:
    return [WatchedHazard(one) for one in incident.hazards if not one.is_of_camera]


def _lately(
    connection: Connection, incident: StoredIncident, now: datetime
) -> list[StoredIncident]:
    """Incidents of the same kind and camera, the latest first, the one itself among them."""
    query = (
        select(incidents)
        .where(
            incidents.c.camera_id == incident.camera_id,
            incidents.c.opened_at >= now - _LOOKED_BACK,
            incidents.c.best_inspection_id.is_not(None),
        )
        .order_by(incidents.c.opened_at.desc(), incidents.c.id.desc())
        .limit(_MOST_INCIDENTS)
    )
    found = {row["id"]: to_incident(row) for row in connection.execute(query).mappings()}
    family = family_of(incident.hazards[0])
    of_kind = [one for one in found.values() if family_of(one.hazards[0]) == family]
    return of_kind if incident.id in found else [*of_kind, incident]


def _boxes(connection: Connection, incident: StoredIncident) -> Sequence[Box]:
    """Where an incident was seen, at its best moment for certain."""
    query = (
        select(incident_sightings.c.box)
        .where(incident_sightings.c.incident_id == incident.id)
        .order_by(incident_sightings.c.at.desc())
        .limit(_MOST_BOXES)
    )
    boxes = [Box(*one) for one in connection.scalars(query)]
    return boxes if incident.best_box is None else [*boxes, incident.best_box]


def _reason(connection: Connection, false_alarm: StoredIncident) -> str:
    """What was said of a false alarm, as a mask's reason."""
    query = (
        select(incident_acts)
        .where(
            incident_acts.c.incident_id == false_alarm.id, incident_acts.c.act == ActKind.DISMISS
        )
        .order_by(incident_acts.c.number.desc())
        .limit(1)
    )
    act: RowMapping | None = connection.execute(query).mappings().one_or_none()
    said = act["details"].get("text") if act is not None else None
    return str(said or f"false alarm {false_alarm.id}")[:_LONGEST_REASON]
