"""The audit log: who did what to keys, cameras, holds and stored evidence.

An entry is written in the transaction of the act: nothing happens without its entry, and no entry
tells of something that was rolled back.  The program changes and removes none, and triggers in the
database refuse to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select

from safety_detector.database.engine import Database
from safety_detector.database.tables import audit


class AuditAction(StrEnum):
    """What was done."""

    KEY_MADE = "key-made"
    KEY_REVOKED = "key-revoked"
    PERSON_ADDED = "person-added"
    PERSON_CHANGED = "person-changed"
    SIGNED_IN = "signed-in"
    SESSIONS_ENDED = "sessions-ended"
    CAMERA_ADDED = "camera-added"
    CAMERA_CHANGED = "camera-changed"
    CAMERA_REMOVED = "camera-removed"
    INCIDENT_ACT = "incident-act"
    CHANNEL_ADDED = "channel-added"
    CHANNEL_CHANGED = "channel-changed"
    CHANNEL_REMOVED = "channel-removed"
    ALERT_RULE_ADDED = "alert-rule-added"
    ALERT_RULE_CHANGED = "alert-rule-changed"
    ALERT_RULE_REMOVED = "alert-rule-removed"
    PERMIT_ADDED = "permit-added"
    PERMIT_REVOKED = "permit-revoked"
    CAMERA_REFERENCE_SET = "camera-reference-set"
    HOLD_SET = "hold-set"
    HOLD_RELEASED = "hold-released"
    CORRECTED = "corrected"
    REQUEUED = "requeued"
    PURGED = "purged"
    ORPHANS_REMOVED = "orphans-removed"
    REPORT_ORDERED = "report-ordered"
    REPORT_REMOVED = "report-removed"
    INCIDENTS_PURGED = "incidents-purged"
    DATASET_EXPORTED = "dataset-exported"
    FOLDER_ORDERED = "folder-ordered"
    FOLDER_STOPPED = "folder-stopped"
    WEIGHTS_CHANGED = "weights-changed"
    CLOCK_STEP = "clock-step"
    TIME_COUNTED = "time-counted"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it.

    Attributes:
        name: of the person or the API key, or user and machine of a command.
        key_id: the API key, if it was one.
        person_id: the person, if it was one who had signed in.
    """

    name: str
    key_id: str | None = None
    person_id: str | None = None

    def is_same_as(self, other: Actor) -> bool:
        """Whether it is the same person, or program; names may have changed since."""
        ours, theirs = (self.person_id, self.key_id), (other.person_id, other.key_id)
        return ours == theirs and (ours != (None, None) or self.name == other.name)


PROGRAM = Actor("the service itself")
"""Who does what nobody asked for at that moment, such as scheduled retention."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act.

    Attributes:
        id: rises with each entry.
        subject: the id of the key, camera or inspection, if it was one.
        details: whatever else belongs to the act, JSON-ready.
    """

    id: int
    at: datetime
    actor: Actor
    action: AuditAction
    subject: str | None
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are listed; None means any.  ``since`` is inclusive, ``until`` exclusive.

    Attributes:
        actor: what stands anywhere in the name of who did it, in capitals or not.
        subject: to what it was done, by its whole id.
    """

    action: AuditAction | None = None
    since: datetime | None = None
    until: datetime | None = None
    actor: str | None = None
    subject: str | None = None


class AuditLog:
    """Reads the log; changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def entries(
        self, wanted: AuditFilter, limit: int, before: int | None = None
    ) -> tuple[AuditEntry, ...]:
        """Entries that match, newest first.

        Args:
            wanted: the filter.
            limit: most entries.
            before: the id of the last entry of the page before.
        """
        query = select(audit).order_by(audit.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(audit.c.id < before)
        if wanted.action is not None:
            query = query.where(audit.c.action == wanted.action)
        if wanted.since is not None:
            query = query.where(audit.c.at >= wanted.since)
        if wanted.until is not None:
            query = query.where(audit.c.at < wanted.until)
        if wanted.actor is not None:
            query = query.where(audit.c.actor.icontains(wanted.actor, autoescape=True))
        if wanted.subject is not None:
            query = query.where(audit.c.subject == wanted.subject)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return tuple(
            AuditEntry(
                id=row.id,
                at=row.at,
                actor=Actor(row.actor, row.key_id, row.person_id),
                action=AuditAction(row.action),
                subject=row.subject,
                details=row.details,
            )
            for row in rows
        )


def note_act(
    connection: Connection,
    by: Actor,
    action: AuditAction,
    at: datetime,
    subject: str | None = None,
    **details: Any,
) -> None:
    """Adds an entry, as part of the transaction of the act.

    Args:
        connection: the act's transaction.
        by: who acts.
        action: what they do.
        at: the present moment.
        subject: the id of what it is done to, if it is one thing.
        **details: JSON-ready values that belong to it.
    """
    values = {
        "at": at,
        "actor": by.name,
        "key_id": by.key_id,
        "person_id": by.person_id,
        "action": action,
        "subject": subject,
        "details": details,
    }
    connection.execute(insert(audit), values)
