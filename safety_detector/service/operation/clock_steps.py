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
    jobs,
    leases,
    outages,
    workers,
)
from safety_detector.service.access.audit import PROGRAM, AuditAction, note_act

# Retries and pauses wait for a minute or two at most; leases for as long as the operator says.
_FARTHEST = timedelta(minutes=15)

_ENDS: tuple[tuple[ColumnElement[datetime], *tuple[TextClause, ...]], ...] = (
    # One index knows those that wait by this time, another the few that run.
    (jobs.c.due_at, QUEUED),
    (jobs.c.due_at, RUNNING),
    (outages.c.paused_until,),
    (leases.c.until,),
    (workers.c.seen_at,),
)


class ClockSteps:
    """Mends times that lie implausibly far in the future.

    Args:
        database: where they are.
        lease: how long a claim holds without a heartbeat.
        clock: the one that all processes share.
    """

    def __init__(
        self, database: Database, lease: timedelta, clock: Callable[[Connection], datetime]
    ) -> None:
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
        # Usually there is nothing, and no need for the right to write.
        with self._database.read() as connection:
            now = self._clock(connection)
            far = now + max(_FARTHEST, self._lease * 4)
            beyond = (exists().where(end > far, *condition) for end, *condition in _ENDS)
            if not connection.scalar(select(or_(*beyond))):
                return 0
        with self._database.write() as connection:
            is_far = jobs.c.due_at > far
            mended = connection.execute(
                update(jobs).where(is_far, QUEUED).values(due_at=now)
            ).rowcount
            mended += connection.execute(
                update(jobs).where(is_far, RUNNING).values(due_at=now + self._lease)
            ).rowcount
            mended += connection.execute(
                update(outages).where(outages.c.paused_until > far).values(paused_until=now)
            ).rowcount
            mended += connection.execute(delete(leases).where(leases.c.until > far)).rowcount
            mended += connection.execute(delete(workers).where(workers.c.seen_at > far)).rowcount
            if mended:
                note_act(connection, PROGRAM, AuditAction.CLOCK_STEP, now, times=mended)
        return mended
