"""Hot-work permits as records."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update
from ulid import ULID

from safety_detector.database.engine import Database
from safety_detector.database.tables import permits
from safety_detector.domain.camera_rules import Polygon
from safety_detector.domain.incidents.permits import Permit
from safety_detector.errors import SubmissionRefused
from safety_detector.service.access.audit import PROGRAM, Actor, AuditAction, note_act
from safety_detector.service.cameras.cameras import find_camera
from safety_detector.service.cameras.stored_rules import read_polygon

MOST_AT_ONCE = 50
"""Of one camera, coming and in force: they are gone through with each of its pictures."""


class PermitState(StrEnum):
    """Where a permit stands at a moment."""

    COMING = "coming"
    IN_FORCE = "in_force"
    OVER = "over"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class NewPermit:
    """A permit as somebody enters it; see ``domain.incidents.permits.Permit``."""

    camera_id: str
    polygon: Polygon
    since: datetime
    until: datetime
    number: str
    who: str


@dataclass(frozen=True, slots=True)
class ShownPermit:
    """A permit, and where it stands."""

    permit: Permit
    state: PermitState


class Permits:
    """Keeps the permits.

    Args:
        database: where they are.
        clock: the present moment, with its zone.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def create(self, wanted: NewPermit, by: Actor = PROGRAM) -> ShownPermit:
        """Enters a permit; it covers what is seen from now on.

        Raises:
            UnknownCamera: there is none with that id.
            SubmissionRefused: it is over already, or no permit, or there are too many.
        """
        now = self._clock()
        if wanted.until <= now:
            raise SubmissionRefused("permit-over", until=wanted.until.isoformat())
        permit = Permit(
            str(ULID.from_datetime(now)),
            wanted.camera_id,
            wanted.polygon,
            wanted.since,
            wanted.until,
            wanted.number,
            wanted.who,
            now,
        )
        with self._database.write() as connection:
            # Under its lock: with each of its pictures all of them are gone through.
            find_camera(connection, wanted.camera_id, lock=True)
            _check_number(connection, wanted.camera_id, now)
            connection.execute(insert(permits), _row(permit))
            note_act(
                connection,
                by,
                AuditAction.PERMIT_ADDED,
                now,
                permit.id,
                camera_id=permit.camera_id,
                number=permit.number,
                who=permit.who,
                **{"from": permit.since.isoformat(), "until": permit.until.isoformat()},
            )
        return _shown(permit, now)

    def get(self, permit_id: str) -> ShownPermit | None:
        """One permit; None if there is none with that id."""
        with self._database.read() as connection:
            found = permits_by_id(connection, [permit_id]).get(permit_id)
        return None if found is None else _shown(found, self._clock())

    def list(
        self, camera_id: str | None, at_most: int, before: str | None = None
    ) -> tuple[ShownPermit, ...]:
        """Permits, the latest entered first.

        Args:
            camera_id: of this camera; None for all.
            at_most: most of them.
            before: the id of the last one of the page before.
        """
        query = select(permits).order_by(permits.c.id.desc()).limit(at_most)
        if camera_id is not None:
            query = query.where(permits.c.camera_id == camera_id)
        if before is not None:
            query = query.where(permits.c.id < before)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        now = self._clock()
        return tuple(_shown(_to_permit(row), now) for row in rows)

    def revoke(self, permit_id: str, by: Actor = PROGRAM) -> ShownPermit | None:
        """Takes a permit back; it stays, since what it covered stays covered.

        None if there is none with that id.
        """
        now = self._clock()
        with self._database.write() as connection:
            found = permits_by_id(connection, [permit_id]).get(permit_id)
            if found is None:
                return None
            if _shown(found, now).state in (PermitState.COMING, PermitState.IN_FORCE):
                this_one = update(permits).where(permits.c.id == permit_id)
                connection.execute(this_one.values(revoked_at=now))
                note_act(
                    connection, by, AuditAction.PERMIT_REVOKED, now, permit_id, number=found.number
                )
            now_stored = permits_by_id(connection, [permit_id])[permit_id]
        return _shown(now_stored, now)


def permits_between(
    connection: Connection, camera_id: str, since: datetime, until: datetime
) -> Sequence[Permit]:
    """The permits of a camera that may be in force at some time of a period."""
    query = select(permits).where(
        permits.c.camera_id == camera_id, permits.c.until > since, permits.c.since <= until
    )
    rows = connection.execute(query.order_by(permits.c.id)).mappings()
    return tuple(_to_permit(row) for row in rows)


def permits_by_id(connection: Connection, permit_ids: Collection[str | None]) -> dict[str, Permit]:
    """These permits, by their ids."""
    wanted = {one for one in permit_ids if one is not None}
    if not wanted:
        return {}
    rows = connection.execute(select(permits).where(permits.c.id.in_(wanted))).mappings()
    return {row["id"]: _to_permit(row) for row in rows}


def _check_number(connection: Connection, camera_id: str, now: datetime) -> None:
    query = select(permits.c.id).where(
        permits.c.camera_id == camera_id, permits.c.until > now, permits.c.revoked_at.is_(None)
    )
    if len(connection.scalars(query.limit(MOST_AT_ONCE)).all()) >= MOST_AT_ONCE:
        raise SubmissionRefused("too-many-permits", camera_id=camera_id, limit=MOST_AT_ONCE)


def _shown(permit: Permit, now: datetime) -> ShownPermit:
    if permit.revoked_at is not None:
        state = PermitState.REVOKED
    elif now >= permit.until:
        state = PermitState.OVER
    else:
        state = PermitState.IN_FORCE if permit.holds(now) else PermitState.COMING
    return ShownPermit(permit, state)


def _row(permit: Permit) -> dict[str, Any]:
    return {
        "id": permit.id,
        "camera_id": permit.camera_id,
        "polygon": [list(corner) for corner in permit.polygon.corners],
        "since": permit.since,
        "until": permit.until,
        "number": permit.number,
        "who": permit.who,
        "created_at": permit.created_at,
        "revoked_at": None,
    }


def _to_permit(row: RowMapping) -> Permit:
    return Permit(
        row["id"],
        row["camera_id"],
        read_polygon(row["polygon"]),
        row["since"],
        row["until"],
        row["number"],
        row["who"],
        row["created_at"],
        row["revoked_at"],
    )
