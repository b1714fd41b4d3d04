"""Retention of reports: those that ended too long ago go, with their files, holds excepted.

A report shows pictures.  So it is kept as long as inspections are, from its own end on, and while
it is about an inspection that is under hold.  One that has just ended stays as an inspection does,
so that who ordered it can fetch it.  Limits in bytes are about pictures alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from safety_detector.database.engine import Database
from safety_detector.database.tables import holds, inspections, reports
from safety_detector.domain.inspection import Status
from safety_detector.jobs.store import remove_jobs
from safety_detector.service.access.audit import Actor, AuditAction, note_act
from safety_detector.service.inspections.listing import filtered
from safety_detector.service.reports.jobs import REPORT
from safety_detector.service.reports.records import ReportOrder
from safety_detector.service.retention.age_clock import AgeClock
from safety_detector.service.retention.retention import KeepPolicy
from safety_detector.service.retention.unused_pictures import UNUSED_PICTURE_AGE
from safety_detector.storage.storage import Storage

_AT_ONCE = 100  # reports that are read, and removed in one transaction


class ReportRetention:
    """Removes reports that need not be kept.

    Args:
        database, storage: where reports are.
        policy: how long they are kept unless a call says otherwise.
        clock: the present moment, with its zone, for the audit log.
        age_clock: how old reports are.
    """

    def __init__(
        self,
        database: Database,
        storage: Storage,
        policy: KeepPolicy,
        clock: Callable[[], datetime],
        age_clock: AgeClock,
    ) -> None:
        self._database = database
        self._storage = storage
        self._policy = policy
        self._clock = clock
        self._age_clock = age_clock

    def enforce(self, by: Actor, policy: KeepPolicy | None = None) -> tuple[str, ...]:
        """Removes what goes, each with its entry in the audit log; returns the ids, oldest first.

        Raises:
            DatabaseUnavailable: some of them are still there.
            StorageUnavailable: files of removed ones are still there; the sweeper removes them.
        """
        age = (policy or self._policy).age
        removed: tuple[str, ...] = ()
        after = None if age is None else ""
        while age is not None and after is not None:
            now, days = self._clock(), age.total_seconds() / 86_400
            with self._database.write() as connection:
                planned, after = _next_old(connection, self._oldest_kept(connection, age), after)
                gone = [
                    one
                    for one in planned
                    if delete_report(connection, one, by, now, keep_days=days)
                ]
            for report_id in gone:
                self._storage.delete_reports(report_id)
            removed += tuple(gone)
        return removed

    def preview(self, policy: KeepPolicy | None = None) -> tuple[str, ...]:
        """What would go now, oldest first; changes nothing."""
        age = (policy or self._policy).age
        found: tuple[str, ...] = ()
        after = None if age is None else ""
        while age is not None and after is not None:
            with self._database.read() as connection:
                planned, after = _next_old(connection, self._oldest_kept(connection, age), after)
            found += tuple(planned)
        return found

    def just_ended(self, policy: KeepPolicy | None = None) -> int:
        """How many more would go, had they not ended less than ``UNUSED_PICTURE_AGE`` ago."""
        age = (policy or self._policy).age
        if age is None:
            return 0
        with self._database.read() as connection:
            ended = select(reports).where(
                reports.c.aged_from >= self._age_clock.stamp_before(connection, UNUSED_PICTURE_AGE),
                reports.c.aged_from <= self._age_clock.stamp_before(connection, age),
            )
            rows = connection.execute(ended).all()
            return sum(not _is_about_held(connection, row) for row in rows)

    def _oldest_kept(self, connection: Connection, age: timedelta) -> datetime:
        return self._age_clock.stamp_before(connection, max(age, UNUSED_PICTURE_AGE))


def delete_report(
    connection: Connection, report_id: str, by: Actor, now: datetime, **details: Any
) -> bool:
    """Deletes a report, and its job, and notes it; its files are removed after the transaction.

    Should the process end before that, the sweeper removes them, for the note's sake.

    Args:
        connection: a writing transaction.
        report_id: which.
        by: who wants it.
        now: the present moment.
        **details: JSON-ready values that belong to the note.

    Returns:
        False if there is none with that id (any more).
    """
    remove_jobs(connection, REPORT, [report_id])
    statement = delete(reports).where(reports.c.id == report_id).returning(reports)
    row = connection.execute(statement).one_or_none()
    if row is None:
        return False
    details |= {"files": len(row.files), "wanted": row.wanted}
    note_act(connection, by, AuditAction.REPORT_REMOVED, now, report_id, **details)
    return True


def _next_old(
    connection: Connection, oldest_kept: datetime, after: str
) -> tuple[list[str], str | None]:
    """Reports behind an id that may go, and the id behind which to look next (None: all seen)."""
    query = (
        select(reports)
        .where(
            reports.c.id > after,
            reports.c.status.in_((Status.COMPLETED, Status.FAILED)),
            reports.c.aged_from < oldest_kept,
        )
        .order_by(reports.c.id)
        .limit(_AT_ONCE)
    )
    rows = connection.execute(query).all()
    going = [row.id for row in rows if not _is_about_held(connection, row)]
    return going, rows[-1].id if len(rows) == _AT_ONCE else None


def _is_about_held(connection: Connection, row: Row[Any]) -> bool:
    order = ReportOrder.from_json(row.wanted)
    held = select(holds.c.inspection_id).join(
        inspections, inspections.c.id == holds.c.inspection_id
    )
    if order.named_ids:
        about = held.where(inspections.c.id.in_(order.named_ids))
    else:
        about = filtered(held, order.filter).where(inspections.c.received_at < row.requested_at)
    return connection.scalar(about.limit(1)) is not None
