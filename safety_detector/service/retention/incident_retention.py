"""Retention of incidents and messages: what is over, and of which nobody needs the picture, goes.

An incident goes with everything that belongs to it, by the age of its end or of what was last done
about it.  It stays while cameras see it, while people are at work on it, and while evidence of it
is under hold.  One that nobody ever dealt with is kept for a year and a month at least: registers
and statistics about a year have to show it.  Messages go by their own end, with every try to
deliver them; what still waits stays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, or_, select

from safety_detector.database.engine import Database
from safety_detector.database.tables import (
    deliveries,
    escalations,
    holds,
    incident_acts,
    incident_aliases,
    incident_changes,
    incident_sightings,
    incidents,
    messages,
    overdue_alerts,
)
from safety_detector.domain.incidents.handling import HandlingState
from safety_detector.service.access.audit import Actor, AuditAction, note_act
from safety_detector.service.retention.age_clock import AgeClock
from safety_detector.service.retention.evidence import PART_OF, SETTLED
from safety_detector.service.retention.retention import KeepPolicy

_AT_ONCE = 200  # in one transaction, and in one entry of the audit log

NEGLECTED_KEPT = timedelta(days=400)
"""So long stays at least what nobody dealt with."""

_OF_AN_INCIDENT = (
    incident_changes,
    incident_acts,
    incident_sightings,
    incident_aliases,
    escalations,
    overdue_alerts,
)


@dataclass(frozen=True, slots=True)
class PurgedIncidents:
    """What went, or would go: the ids of incidents, the oldest first, and how many messages."""

    incident_ids: tuple[str, ...] = ()
    messages: int = 0

    def __add__(self, later: PurgedIncidents) -> PurgedIncidents:
        return PurgedIncidents(
            self.incident_ids + later.incident_ids, self.messages + later.messages
        )


class IncidentRetention:
    """Removes incidents and messages that need not be kept.

    Args:
        database: where they are.
        policy: how long they are kept unless a call says otherwise.
        clock: the present moment, with its zone, for the audit log.
        age_clock: how old they are.
    """

    def __init__(
        self,
        database: Database,
        policy: KeepPolicy,
        clock: Callable[[], datetime],
        age_clock: AgeClock,
    ) -> None:
        self._database = database
        self._policy = policy
        self._clock = clock
        self._age_clock = age_clock

    def enforce(self, by: Actor, policy: KeepPolicy | None = None) -> PurgedIncidents:
        """Removes one chunk of what goes; call it again until nothing is left.

        Raises:
            DatabaseUnavailable: nothing, or the whole chunk is gone.
        """
        age = (policy or self._policy).age
        if age is None:
            return PurgedIncidents()
        now = self._clock()
        with self._database.write() as connection:
            ids = self._next(connection, age, _AT_ONCE)
            _remove(connection, ids)
            gone = self._remove_messages(connection, age)
            if ids:
                days = age.total_seconds() / 86_400
                note_act(
                    connection,
                    by,
                    AuditAction.INCIDENTS_PURGED,
                    now,
                    incidents=len(ids),
                    first=ids[0],
                    last=ids[-1],
                    keep_days=days,
                )
        return PurgedIncidents(tuple(ids), gone)

    def preview(self, policy: KeepPolicy | None = None) -> PurgedIncidents:
        """What would go now; changes nothing."""
        age = (policy or self._policy).age
        if age is None:
            return PurgedIncidents()
        with self._database.read() as connection:
            ids = self._next(connection, age, None)
            old = select(messages.c.id).where(self._is_old_message(connection, age))
            return PurgedIncidents(tuple(ids), len(connection.scalars(old).all()))

    def _next(self, connection: Connection, age: timedelta, at_most: int | None) -> list[str]:
        row = incidents.c
        before = self._age_clock.stamp_before(connection, age)
        long_before = self._age_clock.stamp_before(connection, max(age, NEGLECTED_KEPT))
        is_old = or_(
            and_(row.state.in_(SETTLED), row.aged_from < before, ~_is_needed("settled", before)),
            and_(
                row.state == HandlingState.OPEN,
                row.aged_from < long_before,
                ~_is_needed("neglected", long_before),
            ),
        )
        whole = incidents.alias()
        is_part = exists().where(whole.c.id == PART_OF)
        query = (
            select(row.id)
            # What went into another one goes with that.
            .where(is_old, ~is_part)
            .order_by(row.aged_from, row.id)
            .limit(at_most)
        )
        ids = latest = list(connection.scalars(query))
        while latest:
            parts = select(row.id).where(PART_OF.in_(latest), row.id.not_in(ids)).order_by(row.id)
            latest = list(connection.scalars(parts))
            ids = ids + latest
        return ids

    def _remove_messages(self, connection: Connection, age: timedelta) -> int:
        old = select(messages.c.id).where(self._is_old_message(connection, age)).limit(_AT_ONCE)
        ids = connection.scalars(old).all()
        connection.execute(delete(deliveries).where(deliveries.c.message_id.in_(ids)))
        connection.execute(delete(messages).where(messages.c.id.in_(ids)))
        return len(ids)

    def _is_old_message(self, connection: Connection, age: timedelta) -> ColumnElement[bool]:
        return messages.c.aged_from < self._age_clock.stamp_before(connection, age)


def _is_needed(name: str, before: datetime) -> ColumnElement[bool]:
    """Whether an incident stays for its own sake, or for that of what went into it.

    One of its pictures is evidence that is kept, or cameras see it, or did after a moment.
    """
    is_young = or_(incidents.c.aged_from.is_(None), incidents.c.aged_from >= before)
    its_own = select(PART_OF.label("id")).where(
        PART_OF.is_not(None), or_(is_young, _is_evidence(incidents.c))
    )
    needed = its_own.cte(f"needed_{name}", recursive=True)
    further = select(PART_OF).join(needed, needed.c.id == incidents.c.id)
    needed = needed.union(further.where(PART_OF.is_not(None)))
    return or_(_is_evidence(incidents.c), incidents.c.id.in_(select(needed.c.id)))


def _is_evidence(row: Any) -> ColumnElement[bool]:
    seen = incident_sightings.c
    return or_(
        exists().where(holds.c.inspection_id == row.best_inspection_id),
        exists().where(holds.c.inspection_id == row.after_inspection_id),
        exists().where(seen.incident_id == row.id, seen.inspection_id == holds.c.inspection_id),
    )


def _remove(connection: Connection, ids: list[str]) -> None:
    if not ids:
        return
    for table in _OF_AN_INCIDENT:
        connection.execute(delete(table).where(table.c.incident_id.in_(ids)))
    connection.execute(delete(incidents).where(incidents.c.id.in_(ids)))
