"""Times that a clock wrote while it was wrong, mended when it is right again.

A clock that was ahead leaves due times, leases and pauses that end in an hour or a year: everything
waits for them in silence.  No time that the program writes lies far in the future, so that those
which do are taken for such traces.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    TextClause,
    delete,
    exists,
    or_,
    select,
    update,
)

from safety_detector.database.engine import Database
from safety_detector.database.tables import (
    QUEUED,
    RUNNING,
    folder_readings,
    inspections,
    leases,
    outages,
    reports,
    workers,
)
from safety_detector.domain.inspection import Status
from safety_detector.service.audit import PROGRAM, AuditAction, note_act

# Retries and pauses wait for a minute or two at most; leases for as long as the operator says.
_FARTHEST = timedelta(minutes=15)

_DUE = (inspections, reports, folder_readings)
_ENDS: tuple[tuple[ColumnElement[datetime], *tuple[TextClause, ...]], ...] = (
    # Two indexes know the few inspections that wait or run, none all of them by this time.
    (inspections.c.due_at, QUEUED),
    (inspections.c.due_at, RUNNING),
    (reports.c.due_at,),
    (folder_readings.c.due_at,),
    (outages.c.paused_until,),
    (leases.c.until,),
    (workers.c.seen_at,),
)


class ClockSteps:
    """Mends times that lie implausibly far in the future.

    Args:
        database: where they are.
        lease: how long a claim holds without a heartbeat.
        clock: the present moment, with its zone.
    """

    def __init__(self, database: Database, lease: timedelta, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._lease = lease
        self._clock = clock

    def mend(self) -> int:
        """Makes due what waits for a moment that was written by a wrong clock.

        What runs under such a lease gets an ordinary one: a worker that is alive extends it, and
        one that is lost is noticed when it ends.

        Returns:
            How many times were mended; they are noted in the audit log.
        """
        now = self._clock()
        far = now + max(_FARTHEST, self._lease * 4)
        # Usually there is nothing, and no need for the right to write.
        with self._database.read() as connection:
            beyond = (exists().where(end > far, *condition) for end, *condition in _ENDS)
            if not connection.scalar(select(or_(*beyond))):
                return 0
        with self._database.write() as connection:
            mended = sum(self._mend_due(connection, table, now, far) for table in _DUE)
            mended += connection.execute(
                update(outages).where(outages.c.paused_until > far).values(paused_until=now)
            ).rowcount
            mended += connection.execute(delete(leases).where(leases.c.until > far)).rowcount
            mended += connection.execute(delete(workers).where(workers.c.seen_at > far)).rowcount
            if mended:
                note_act(connection, PROGRAM, AuditAction.CLOCK_STEP, now, times=mended)
        return mended

    def _mend_due(self, connection: Connection, table: Table, now: datetime, far: datetime) -> int:
        runs = table.c.status == Status.RUNNING
        queued = update(table).where(table.c.due_at > far, ~runs).values(due_at=now)
        running = update(table).where(table.c.due_at > far, runs).values(due_at=now + self._lease)
        return connection.execute(queued).rowcount + connection.execute(running).rowcount
