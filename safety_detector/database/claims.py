"""The claim: one statement takes the most urgent due inspection and no other worker gets it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    Connection,
    RowMapping,
    ScalarSelect,
    and_,
    exists,
    func,
    literal_column,
    select,
    update,
)

from safety_detector.database.tables import QUEUED, RUNNING, inspections, outages
from safety_detector.domain.inspection import Status


def claim_most_urgent(
    connection: Connection,
    backend: str,
    worker: str,
    now: datetime,
    lease_end: datetime,
    priorities: tuple[int, ...],
) -> RowMapping | None:
    """Takes the due inspection with the lowest priority number, and among those the longest due.

    While the backend's model is known to be away nothing is claimed.

    Args:
        connection: a writing transaction.
        backend: whose inspections.
        worker: who claims.
        now: the present moment.
        lease_end: until when it stays the worker's.
        priorities: every priority number, the most urgent first.

    Returns:
        The changed row, None if nothing is due.
    """
    # One look into the index a priority, the later ones only if the earlier found nothing: sorted
    # over all priorities, the databases would pass thousands of rows that are not due yet.
    most_urgent = func.coalesce(*(_longest_due(backend, number, now) for number in priorities))
    is_away = exists().where(outages.c.backend == backend, outages.c.paused_until > now)
    statement = (
        update(inspections)
        .where(inspections.c.id == most_urgent, ~is_away)
        .values(
            status=Status.RUNNING,
            fence=inspections.c.fence + 1,
            worker=worker,
            claimed_at=now,
            due_at=lease_end,
            waiting_reason=None,
        )
        .returning(inspections)
    )
    return connection.execute(statement).mappings().one_or_none()


def take_back_lost(connection: Connection, now: datetime) -> Sequence[RowMapping]:
    """Queues what runs under a lease that has ended: its worker is lost, and the loss is counted.

    Returns:
        The changed rows; due at once, unless the caller decides otherwise.
    """
    lost = (
        select(inspections.c.id)
        .where(RUNNING, inspections.c.due_at <= now)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(inspections)
        .where(inspections.c.id.in_(lost.correlate(None).scalar_subquery()))
        .values(status=Status.QUEUED, losses=inspections.c.losses + 1, worker=None)
        .returning(inspections)
    )
    return connection.execute(statement).mappings().all()


def _longest_due(backend: str, priority: int, now: datetime) -> ScalarSelect[str]:
    query = (
        select(inspections.c.id)
        .where(
            and_(
                inspections.c.backend == backend,
                inspections.c.priority == literal_column(str(priority)),
                inspections.c.due_at <= now,
                QUEUED,
            )
        )
        .order_by(inspections.c.due_at)
        .limit(1)
        # Rendered on PostgreSQL only: rows that another claim holds are passed over.
        .with_for_update(skip_locked=True)
    )
    # The inner query looks at the table anew, not at the row that the update stands on.
    return query.correlate(None).scalar_subquery()
