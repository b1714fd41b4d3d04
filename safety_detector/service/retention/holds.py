"""Holds: evidence that is kept until somebody says otherwise, whatever retention says."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from safety_detector.database.engine import Database
from safety_detector.database.statements import insert_unless_there
from safety_detector.database.tables import holds, inspections
from safety_detector.errors import UnknownInspection
from safety_detector.service.access.audit import PROGRAM, Actor, AuditAction, note_act


@dataclass(frozen=True, slots=True)
class Hold:
    """An inspection that is kept, with everything that belongs to it.

    Attributes:
        reason: why, in the words of whoever set it.
        set_by: their name.
    """

    inspection_id: str
    reason: str
    set_by: str
    set_at: datetime


class Holds:
    """Keeps the holds."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def set(
        self,
        inspection_ids: Collection[str],
        reason: str,
        by: Actor = PROGRAM,
        *,
        all_or_none: bool = True,
    ) -> tuple[Hold, ...]:
        """Holds inspections; one that is held already keeps its reason.

        Args:
            inspection_ids: which.
            reason: why.
            by: who wants it.
            all_or_none: whether one that is not there is an error; if not, it is passed over.

        Returns:
            The holds on them as they stand now, by inspection.

        Raises:
            UnknownInspection: one of them is not there (any more); then none is held.
        """
        now = self._clock()
        with self._database.write() as connection:
            wanted = _lock(connection, inspection_ids)
            missing = set(inspection_ids) - set(wanted)
            if missing and all_or_none:
                first = min(missing)
                raise UnknownInspection("no-inspection", inspection_id=first)
            statement = insert_unless_there(connection.dialect.name, holds, on=("inspection_id",))
            for inspection_id in wanted:
                values = {
                    "inspection_id": inspection_id,
                    "reason": reason,
                    "set_by": by.name,
                    "set_at": now,
                }
                if connection.execute(statement, values).rowcount:
                    note_act(
                        connection, by, AuditAction.HOLD_SET, now, inspection_id, reason=reason
                    )
            query = select(holds).where(holds.c.inspection_id.in_(wanted))
            rows = connection.execute(query.order_by(holds.c.inspection_id)).all()
        return tuple(Hold(*row) for row in rows)

    def release(self, inspection_ids: Collection[str], by: Actor = PROGRAM) -> tuple[str, ...]:
        """Ends holds; retention counts again from now on.

        Returns:
            The inspections that were held.
        """
        now = self._clock()
        statement = (
            delete(holds).where(holds.c.inspection_id.in_(set(inspection_ids))).returning(holds)
        )
        with self._database.write() as connection:
            released = [Hold(*row) for row in connection.execute(statement)]
            for hold in released:
                note_act(
                    connection,
                    by,
                    AuditAction.HOLD_RELEASED,
                    now,
                    hold.inspection_id,
                    reason=hold.reason,
                    set_by=hold.set_by,
                )
        return tuple(sorted(hold.inspection_id for hold in released))

    def get(self, inspection_id: str) -> Hold | None:
        """The hold on an inspection; None where there is none."""
        query = select(holds).where(holds.c.inspection_id == inspection_id)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Hold(*row)

    def list(self, limit: int, after: str = "") -> tuple[Hold, ...]:
        """Holds by inspection, so the oldest picture first.

        Args:
            limit: most of them.
            after: the inspection of the last hold of the page before.
        """
        query = (
            select(holds)
            .where(holds.c.inspection_id > after)
            .order_by(holds.c.inspection_id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return tuple(Hold(*row) for row in connection.execute(query))


def _lock(connection: Connection, inspection_ids: Collection[str]) -> Sequence[str]:
    """Those that are there, in order; they cannot be purged until the transaction ends."""
    query = (
        select(inspections.c.id)
        .where(inspections.c.id.in_(inspection_ids))
        .order_by(inspections.c.id)
        .with_for_update()
    )
    return connection.scalars(query).all()
