"""Writes what channels are told, in the transaction of what it tells of."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from safety_detector.database.tables import channels, incidents
from safety_detector.documents.incidents import IncidentDocument
from safety_detector.domain.hazards import Language
from safety_detector.domain.incidents.hazards import HAZARD_NAMES
from safety_detector.domain.incidents.incident import Change, ChangeKind
from safety_detector.domain.incidents.looks import Severity
from safety_detector.domain.inspection import timestamp
from safety_detector.jobs.store import JobStore
from safety_detector.message_texts.reason import Reason
from safety_detector.service.cameras.history import camera_names
from safety_detector.service.incidents.records import StoredIncident
from safety_detector.service.incidents.rows import to_incident
from safety_detector.service.notifications.channels import write_message
from safety_detector.service.notifications.records import ClaimedMessage, MessageType

_TYPES = {ChangeKind.OPENED: MessageType.OPENED, ChangeKind.ESCALATED: MessageType.ESCALATED}

_SEVERITIES = {
    Severity.UNCERTAIN: Reason("severity-uncertain"),
    Severity.MINOR: Reason("severity-minor"),
    Severity.MODERATE: Reason("severity-moderate"),
    Severity.SEVERE: Reason("severity-severe"),
}

_TOO_OLD = timedelta(minutes=15)
"""Nobody is alarmed by a picture that was taken so long ago; the list shows what it came to."""


class Outbox:
    """Tells every channel of incidents that open or escalate.

    Args:
        jobs: of messages.
        clock: the present moment, with its zone.
        base_url: what stands before the paths of links.
    """

    def __init__(
        self, jobs: JobStore[ClaimedMessage], clock: Callable[[], datetime], base_url: str = ""
    ) -> None:
        self._jobs = jobs
        self._clock = clock
        self._base_url = base_url

    def tell(
        self,
        connection: Connection,
        known: Container[str],
        changes: Sequence[Change],
    ) -> None:
        """Writes a message a channel for each change that is worth one."""
        now = self._clock()
        told = [
            one
            for one in changes
            if one.kind in _TYPES and one.incident_id in known and now - one.at <= _TOO_OLD
        ]
        if not told:
            return
        receivers = connection.execute(
            select(channels.c.id, channels.c.language)
            .where(channels.c.disabled_reason.is_(None))
            .order_by(channels.c.id)
        ).all()
        if not receivers:
            return
        stored = _stored(connection, {one.incident_id for one in told})
        for change in told:
            incident = stored[change.incident_id]
            for channel_id, language in receivers:
                body = incident_body(incident, change, language, self._base_url)
                message_type = _TYPES[change.kind]
                write_message(
                    connection, self._jobs, channel_id, message_type, incident.id, body, now
                )


def incident_body(
    incident: StoredIncident, change: Change, language: Language, base_url: str = ""
) -> dict[str, object]:
    """What a receiver gets of a change of an incident."""
    data = IncidentDocument.of(incident, base_path=base_url).as_json()
    sentence = _sentence(incident, change.kind).text(language)
    return {
        "type": _TYPES[change.kind],
        "timestamp": timestamp(change.at),
        "data": data | {"because": list(change.because), "sentence": sentence},
    }


def _sentence(incident: StoredIncident, kind: ChangeKind) -> Reason:
    camera, name = incident.camera_name or incident.camera_id, HAZARD_NAMES[incident.hazards[0]]
    if incident.reason is not None:
        return Reason.of(
            "camera-incident-opened", camera=camera, hazards=name, reason=incident.reason
        )
    facts = {
        "hazards": Reason("hazard-fire-and-smoke") if len(incident.hazards) > 1 else name,
        "camera": camera,
        "severity": _SEVERITIES[incident.severity],
        "sightings": incident.sightings,
        "looks": incident.looks,
        "judge": Reason("judge-verified") if incident.verified else Reason("judge-unverified"),
    }
    if kind is ChangeKind.ESCALATED:
        return Reason.of("incident-escalated", **facts)
    return Reason.of("incident-opened", **facts)


def _stored(connection: Connection, incident_ids: set[str]) -> dict[str, StoredIncident]:
    rows = connection.execute(select(incidents).where(incidents.c.id.in_(incident_ids)))
    found = rows.mappings().all()
    names = camera_names(connection, {row["camera_id"] for row in found})
    return {row["id"]: to_incident(row, names) for row in found}
