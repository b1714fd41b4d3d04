"""Writes what channels are told, in the transaction of what it tells of."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from safety_detector.database.tables import cameras, channels, incidents
from safety_detector.documents.incidents import IncidentDocument
from safety_detector.domain.hazards import Language
from safety_detector.domain.incidents.alert_rules import ALARMS, Occasion, receivers
from safety_detector.domain.incidents.hazards import HAZARD_NAMES
from safety_detector.domain.incidents.incident import Change, ChangeKind
from safety_detector.domain.incidents.looks import Severity
from safety_detector.domain.inspection import timestamp
from safety_detector.jobs.store import JobStore
from safety_detector.message_texts.reason import Reason
from safety_detector.service.cameras.history import camera_names
from safety_detector.service.incidents.records import StoredIncident
from safety_detector.service.incidents.rows import to_incident
from safety_detector.service.notifications.alert_rules import stored_rules
from safety_detector.service.notifications.channels import write_message
from safety_detector.service.notifications.records import ClaimedMessage, MessageType

_OCCASIONS = {
    ChangeKind.OPENED: Occasion.OPENED,
    ChangeKind.ESCALATED: Occasion.ESCALATED,
    ChangeKind.QUIET: Occasion.QUIET,
}

_SEVERITIES = {
    Severity.UNCERTAIN: Reason("severity-uncertain"),
    Severity.MINOR: Reason("severity-minor"),
    Severity.MODERATE: Reason("severity-moderate"),
    Severity.SEVERE: Reason("severity-severe"),
}

_TOO_OLD = timedelta(minutes=15)
"""Nobody is alarmed by a picture that was taken so long ago; the list shows what it came to."""


class Outbox:
    """Tells of incidents whom the rules name, and of alarms every channel that none names.

    Args:
        jobs: of messages.
        clock: the present moment, with its zone.
        site: the zone of cameras that have none of their own.
        base_url: what stands before the paths of links.
    """

    def __init__(
        self,
        jobs: JobStore[ClaimedMessage],
        clock: Callable[[], datetime],
        site: tzinfo,
        base_url: str,
    ) -> None:
        self._jobs = jobs
        self._clock = clock
        self._site = site
        self._base_url = base_url

    def tell(
        self,
        connection: Connection,
        known: Container[str],
        changes: Sequence[Change],
    ) -> None:
        """Writes a message for each change and each channel that is to know of it."""
        now = self._clock()
        told = [
            one
            for one in changes
            if one.kind in _OCCASIONS and one.incident_id in known and now - one.at <= _TOO_OLD
        ]
        if not told:
            return
        languages = _channels(connection)
        if not languages:
            return
        rules = [(one.id, one.rule) for one in stored_rules(connection)]
        stored = _stored(connection, {one.incident_id for one in told})
        zones = self._zones(connection, {one.camera_id for one in stored.values()})
        for change in told:
            incident, occasion = stored[change.incident_id], _OCCASIONS[change.kind]
            moment = now.astimezone(zones[incident.camera_id])
            found = receivers(rules, list(languages), incident, occasion, moment)
            for channel_id, rule_ids in found.items():
                event = Event(occasion, change.at, change.because)
                body = incident_body(incident, event, languages[channel_id], self._base_url)
                write_message(
                    connection,
                    self._jobs,
                    channel_id,
                    event.message_type,
                    incident.id,
                    body,
                    now,
                    rule_ids,
                )

    def _zones(self, connection: Connection, camera_ids: set[str]) -> dict[str, tzinfo]:
        """In which zone the hours of cameras are."""
        query = select(cameras.c.id, cameras.c.timezone).where(cameras.c.id.in_(camera_ids))
        named = {row.id: row.timezone for row in connection.execute(query)}
        return {one: ZoneInfo(named[one]) if named.get(one) else self._site for one in camera_ids}


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to an incident, as far as people are told.

    Attributes:
        at: when.
        because: of an escalation, why.
    """

    occasion: Occasion
    at: datetime
    because: tuple[str, ...] = ()

    @property
    def message_type(self) -> MessageType:
        """Of the messages that tell it."""
        return MessageType(f"incident.{self.occasion}")


def incident_body(
    incident: StoredIncident, event: Event, language: Language, base_url: str
) -> dict[str, object]:
    """What a receiver gets of something that happened to an incident."""
    data = IncidentDocument.of(incident, base_path=base_url).as_json()
    sentence = _sentence(incident, event.occasion).text(language)
    return {
        "type": event.message_type,
        "timestamp": timestamp(event.at),
        "data": data | {"because": list(event.because), "sentence": sentence},
    }


def _channels(connection: Connection) -> dict[str, Language]:
    """The channels that can be told, and in which language each."""
    query = select(channels.c.id, channels.c.language).where(channels.c.disabled_reason.is_(None))
    return {row.id: row.language for row in connection.execute(query.order_by(channels.c.id))}


def _sentence(incident: StoredIncident, occasion: Occasion) -> Reason:
    camera, name = incident.camera_name or incident.camera_id, HAZARD_NAMES[incident.hazards[0]]
    if incident.reason is not None:
        if occasion in ALARMS:
            return Reason.of(
                "camera-incident-opened", camera=camera, hazards=name, reason=incident.reason
            )
        return Reason.of("camera-incident-over", camera=camera, hazards=name)
    facts = {
        "hazards": Reason("hazard-fire-and-smoke") if len(incident.hazards) > 1 else name,
        "camera": camera,
        "severity": _SEVERITIES[incident.severity],
        "sightings": incident.sightings,
        "looks": incident.looks,
        "judge": Reason("judge-verified") if incident.verified else Reason("judge-unverified"),
    }
    match occasion:
        case Occasion.OPENED:
            return Reason.of("incident-opened", **facts)
        case Occasion.ESCALATED:
            return Reason.of("incident-escalated", **facts)
        case Occasion.QUIET:
            return Reason.of("incident-quiet", **facts)
        case Occasion.CLOSED:
            return Reason.of("incident-closed", **facts)
        case Occasion.VERIFIED:
            return Reason.of("incident-verified", **facts)


def _stored(connection: Connection, incident_ids: set[str]) -> dict[str, StoredIncident]:
    rows = connection.execute(select(incidents).where(incidents.c.id.in_(incident_ids)))
    found = rows.mappings().all()
    names = camera_names(connection, {row["camera_id"] for row in found})
    return {row["id"]: to_incident(row, names) for row in found}
