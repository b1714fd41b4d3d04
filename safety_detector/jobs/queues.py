"""How the queues stand: what could be claimed now, since when it waits."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, bindparam, func, select

from safety_detector.database.tables import COALESCED, QUEUED, jobs
from safety_detector.jobs.outages import is_paused
from safety_detector.message_texts.reason import Reason

# Built once: building them took longer than answering.
_OLDEST_DUE = (
    select(jobs.c.due_at)
    .where(jobs.c.kind == bindparam("of_kind"), jobs.c.due_at <= bindparam("now"), QUEUED)
    .order_by(jobs.c.due_at)
    .limit(1)
)
_IS_ANY_DUE = (
    select(jobs.c.subject_id)
    .where(jobs.c.queue == bindparam("of_queue"), jobs.c.due_at <= bindparam("now"), QUEUED)
    .limit(1)
)
_NEXT_QUEUE = select(func.min(jobs.c.queue)).where(jobs.c.queue > bindparam("behind"), QUEUED)


def count_due(
    connection: Connection, queue: str, now: datetime, at_most: int, *, newest_pass_pauses: bool
) -> int:
    """How many jobs could be claimed now; counting ends at ``at_most``.

    While it is known that what they need is away there are none, but those of which the newest
    alone is wanted, where they pass pauses.
    """
    due = select(jobs.c.subject_id).where(jobs.c.queue == queue, jobs.c.due_at <= now, QUEUED)
    if is_paused(connection, queue, now):
        if not newest_pass_pauses:
            return 0
        due = due.where(COALESCED)
    return _count(connection, due.limit(at_most))


def count_waiting(connection: Connection, queue: str, priority: int, at_most: int) -> int:
    """How many jobs of a priority wait, due or not; counting ends at ``at_most``."""
    waiting = select(jobs.c.subject_id).where(
        jobs.c.queue == queue, jobs.c.priority == priority, QUEUED
    )
    return _count(connection, waiting.limit(at_most))


def oldest_due(connection: Connection, kind: str, now: datetime) -> datetime | None:
    """Since when the oldest claimable job of a kind waits, None if there is none."""
    found: datetime | None = connection.scalar(_OLDEST_DUE, {"of_kind": kind, "now": now})
    return found


def due_queues(connection: Connection, now: datetime) -> Sequence[str]:
    """The queues whose workers could claim something now, in the order of the alphabet."""
    return [
        queue
        for queue in _queues(connection)
        if connection.scalar(_IS_ANY_DUE, {"of_queue": queue, "now": now}) is not None
    ]


def waiting_queues(connection: Connection, at_most: int) -> dict[str, int]:
    """By queue, how many jobs wait in it, due or not; counting ends at ``at_most`` each."""
    return {
        queue: _count(
            connection,
            select(jobs.c.subject_id).where(jobs.c.queue == queue, QUEUED).limit(at_most),
        )
        for queue in _queues(connection)
    }


def waiting_reasons(
    connection: Connection, kind: str, subject_ids: Collection[str]
) -> dict[str, Reason | None]:
    """By subject, why its job waits; without those that have no job."""
    query = select(jobs.c.subject_id, jobs.c.waiting_reason).where(
        jobs.c.kind == kind, jobs.c.subject_id.in_(subject_ids)
    )
    return {row.subject_id: row.waiting_reason for row in connection.execute(query)}


def _queues(connection: Connection) -> Iterator[str]:
    """Those in which something waits, each found by a look into the index."""
    queue = ""
    while True:
        found: str | None = connection.scalar(_NEXT_QUEUE, {"behind": queue})
        if found is None:
            return
        yield found
        queue = found


def _count(connection: Connection, query: Select[tuple[str]]) -> int:
    return connection.scalar(select(func.count()).select_from(query.subquery())) or 0
