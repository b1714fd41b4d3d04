"""What becomes due by the clock alone: nobody acknowledged, nobody put it right, nobody was told.

All of it is rows; every process of the API looks at them, and one takes each.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, exists, select, update

from safety_detector.database.engine import Database
from safety_detector.database.statements import insert_unless_there
from safety_detector.database.tables import (
    HELD,
    UNSETTLED,
    escalations,
    incidents,
    messages,
    overdue_alerts,
)
from safety_detector.domain.incidents.alert_rules import Occasion, receivers
from safety_detector.domain.incidents.handling import HandlingState
from safety_detector.domain.incidents.incident import Stage
from safety_detector.errors import ServiceUnavailable
from safety_detector.jobs.store import JobStore
from safety_detector.service.incidents.finding import find_whole, with_all_said
from safety_detector.service.incidents.records import StoredIncident
from safety_detector.service.notifications.bodies import OVERDUE, UNACKNOWLEDGED, Event
from safety_detector.service.notifications.outbox import (
    Outbox,
    Told,
    stored_incidents,
    who_is_told,
)
from safety_detector.service.notifications.records import ClaimedMessage
from safety_detector.service.notifications.writing import collect, held_back

_log = logging.getLogger(__name__)

_AT_ONCE = 100
"""In one transaction; the rest follows in the next."""

_ESCALATION_DUE = select(escalations).where(UNSETTLED)
_OVERDUE = select(incidents.c.id, incidents.c.due_at).where(
    incidents.c.state == HandlingState.ASSIGNED,
    incidents.c.due_at.is_not(None),
    ~exists().where(
        overdue_alerts.c.incident_id == incidents.c.id,
        overdue_alerts.c.due_at == incidents.c.due_at,
    ),
)
_HELD_DUE = select(messages.c.channel_id).where(HELD).distinct()


class DueAlerts:
    """Tells what became due.

    Args:
        database: where it is.
        outbox: writes the messages.
        jobs: of messages.
        clock: the present moment, with its zone.
    """

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        jobs: JobStore[ClaimedMessage],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._jobs = jobs
        self._clock = clock

    def run(self) -> bool:
        """Tells what is due, each part in a transaction of its own; whether there was anything."""
        now = self._clock()
        with self._database.read() as connection:
            unacknowledged = connection.execute(
                _ESCALATION_DUE.where(escalations.c.due_at <= now).limit(1)
            ).first()
            overdue = connection.execute(_OVERDUE.where(incidents.c.due_at <= now).limit(1)).first()
            held = connection.scalars(
                _HELD_DUE.where(messages.c.next_try_at <= now).limit(_AT_ONCE)
            ).all()
        if unacknowledged is not None:
            with self._database.write() as connection:
                self._tell_others(connection, now)
        if overdue is not None:
            with self._database.write() as connection:
                self._tell_of_overdue(connection, now)
        told = [self._tell_of_held(channel_id, now) for channel_id in held]
        return bool(unacknowledged or overdue or any(told))

    def _tell_of_held(self, channel_id: str, now: datetime) -> bool:
        """Has a digest tell what was held back; False if that fails, which is this channel's."""
        try:
            with self._database.write() as connection:
                rows = held_back(connection, channel_id, now)
                collect(connection, self._jobs, rows, now)
        except ServiceUnavailable:
            raise
        except Exception:  # noqa: BLE001 (the edge: the others are told all the same)
            _log.exception("no digest is written", extra={"channel": channel_id})
            return False
        return True

    def _tell_others(self, connection: Connection, now: datetime) -> None:
        """Of incidents that nobody has acknowledged."""
        query = _ESCALATION_DUE.where(escalations.c.due_at <= now).order_by(escalations.c.due_at)
        query = query.limit(_AT_ONCE).with_for_update(skip_locked=True)
        rows = connection.execute(query).mappings().all()
        here = who_is_told(connection)
        for row in rows:
            rule_id, incident_id = row["rule_id"], row["incident_id"]
            this_one = update(escalations).where(
                escalations.c.rule_id == rule_id, escalations.c.incident_id == incident_id
            )
            connection.execute(this_one.values(settled_at=now))
            rule, whole = here.rules.get(rule_id), find_whole(connection, incident_id)
            if rule is None or rule.escalate is None or whole is None:
                continue
            (incident,) = with_all_said(connection, [whole])
            if not _needs_acknowledging(incident):
                continue
            if incident.id != incident_id and _is_expected(connection, rule_id, incident.id):
                continue
            event = Event(Occasion.ESCALATED, now, (UNACKNOWLEDGED,))
            for channel_id in rule.escalate.channel_ids:
                if channel_id in here.languages:
                    self._outbox.write(
                        connection, here, channel_id, incident, event, (rule_id,), now
                    )

    def _tell_of_overdue(self, connection: Connection, now: datetime) -> None:
        """Of incidents that somebody should have put right by now."""
        query = _OVERDUE.where(incidents.c.due_at <= now).order_by(incidents.c.id).limit(_AT_ONCE)
        rows = connection.execute(query.with_for_update(of=incidents, skip_locked=True)).all()
        here = who_is_told(connection)
        stored = stored_incidents(connection, [row.id for row in rows])
        first = insert_unless_there(
            connection.dialect.name, overdue_alerts, on=("incident_id", "due_at")
        )
        for row in rows:
            values = {"incident_id": row.id, "due_at": row.due_at, "told_at": now}
            if connection.execute(first, values).rowcount == 0:
                continue
            event = Event(Occasion.ESCALATED, now, (OVERDUE,))
            for channel_id, rule_ids in _of_overdue(here, stored[row.id], now).items():
                self._outbox.write(
                    connection, here, channel_id, stored[row.id], event, rule_ids, now
                )


def _of_overdue(here: Told, incident: StoredIncident, now: datetime) -> dict[str, Sequence[str]]:
    """Whom the rules name for an incident, at whatever hour, and who would be told next."""
    found: dict[str, Sequence[str]] = {}
    about = {one: rule for one, rule in here.rules.items() if rule.is_about(incident)}
    for rule_id, rule in about.items():
        for channel_id in rule.every_channel_id:
            found[channel_id] = (*found.get(channel_id, ()), rule_id)
    unnamed = receivers(list(here.rules.items()), here.channel_ids, incident, Occasion.OPENED, now)
    found |= {one: () for one, rule_ids in unnamed.items() if not rule_ids}
    return {one: rule_ids for one, rule_ids in found.items() if one in here.languages}


def _needs_acknowledging(incident: StoredIncident) -> bool:
    if incident.state is not HandlingState.OPEN:
        return False
    # A camera that sees again needs nobody; a fire that is not seen any more does.
    return not (incident.stage is Stage.ENDED and incident.hazards[0].is_of_camera)


def _is_expected(connection: Connection, rule_id: str, incident_id: str) -> bool:
    """Whether it is, or was, looked at by itself."""
    query = select(escalations.c.rule_id).where(
        escalations.c.rule_id == rule_id, escalations.c.incident_id == incident_id
    )
    return connection.scalar(query) is not None
