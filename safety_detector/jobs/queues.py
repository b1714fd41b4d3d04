"""How the queues stand: what could be claimed now, since when it waits."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, func, select

from safety_detector.database.tables import QUEUED, jobs
from safety_detector.jobs.outages import is_paused
from safety_detector.message_texts.reason import Reason


def count_due(connection: Connection, queue: str, now: datetime, at_most: int) -> int:
    """How many jobs could be claimed now; counting ends at ``at_most``.

    While it is known that what they need is away there are none.
    """
    if is_paused(connection, queue, now):
        return 0
    due = select(jobs.c.subject_id).where(jobs.c.queue == queue, jobs.c.due_at <= now, QUEUED)
    return _count(connection, due.limit(at_most))


def count_waiting(connection: Connection, queue: str, priority: int, at_most: int) -> int:
    """How many jobs of a priority wait, due or not; counting ends at ``at_most``."""
    waiting = select(jobs.c.subject_id).where(
        jobs.c.queue == queue, jobs.c.priority == priority, QUEUED
    )
    return _count(connection, waiting.limit(at_most))


def oldest_due(connection: Connection, kind: str, now: datetime) -> datetime | None:
    """Since when the oldest claimable job of a kind waits, None if there is none."""
    query = (
        select(jobs.c.due_at)
        .where(jobs.c.kind == kind, jobs.c.due_at <= now, QUEUED)
        .order_by(jobs.c.due_at)
        .limit(1)
    )
    found: datetime | None = connection.scalar(query)
    return found


def due_queues(connection: Connection, now: datetime) -> Sequence[str]:
    """The queues whose workers could claim something now, in the order of the alphabet."""
    return [
        queue
        for queue in _queues(connection)
        if _count(
            connection,
            select(jobs.c.subject_id)
            .where(jobs.c.queue == queue, jobs.c.due_at <= now, QUEUED)
            .limit(1),
        )
    ]


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
        query = select(func.min(jobs.c.queue)).where(jobs.c.queue > queue, QUEUED)
        found: str | None = connection.scalar(query)
        if found is None:
            return
        yield found
        queue = found


def _count(connection: Connection, query: Select[tuple[str]]) -> int:
    return connection.scalar(select(func.count()).select_from(query.subquery())) or 0
