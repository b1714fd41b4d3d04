"""The claim: one statement takes the most urgent due inspections and no other worker gets them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, bindparam, exists, select, update

from safety_detector.database.tables import QUEUED, RUNNING, inspections, outages
from safety_detector.domain.inspection import Status

# The longest due of one priority.  The index of what is queued holds them in this order, so that
# only the rows that are taken are read, however long the queue is.
_LONGEST_DUE = (
    select(inspections.c.id)
    .where(
        inspections.c.backend == bindparam("of_backend"),
        inspections.c.priority == bindparam("of_priority"),
        inspections.c.due_at <= bindparam("now"),
        QUEUED,
    )
    .order_by(inspections.c.due_at)
    .limit(bindparam("at_most"))
    # Rendered on PostgreSQL only: rows that another claim holds are passed over.
    .with_for_update(skip_locked=True)
    # Looked for once.  As a subquery PostgreSQL may ask for it again for each row that it compares,
    # find others each time, since those before are locked, and claim them all.
    .cte("longest_due")
)

_ANYTHING_DUE = (
    select(inspections.c.id)
    .where(
        inspections.c.backend == bindparam("of_backend"),
        # Named one by one: each is a look at the front of its part of the index.
        inspections.c.priority.in_(bindparam("priorities", expanding=True)),
        inspections.c.due_at <= bindparam("now"),
        QUEUED,
    )
    .limit(1)
)

# While the model is known to be away nothing is claimed.
_IS_AWAY = exists().where(
    outages.c.backend == bindparam("of_backend"), outages.c.paused_until > bindparam("now")
)

_CLAIM = (
    update(inspections)
    .where(inspections.c.id.in_(select(_LONGEST_DUE.c.id)), ~_IS_AWAY)
    .values(
        status=Status.RUNNING,
        fence=inspections.c.fence + 1,
        worker=bindparam("by_worker"),
        claimed_at=bindparam("now"),
        due_at=bindparam("lease_end"),
        waiting_reason=None,
    )
    .returning(
        inspections.c.id,
        inspections.c.backend,
        inspections.c.name,
        inspections.c.sha256,
        inspections.c.width,
        inspections.c.height,
        inspections.c.received_at,
        inspections.c.camera_id,
        inspections.c.source,
        inspections.c.fence,
        inspections.c.failures,
        inspections.c.losses,
        inspections.c.outages,
    )
)


def is_anything_due(
    connection: Connection, backend: str, priorities: Sequence[int], now: datetime
) -> bool:
    """Whether a claim is worth the write lock."""
    values = {"of_backend": backend, "priorities": priorities, "now": now}
    return connection.scalar(_ANYTHING_DUE, values) is not None


def claim_longest_due(
    connection: Connection,
    backend: str,
    priority: int,
    worker: str,
    now: datetime,
    lease_end: datetime,
    at_most: int,
) -> Sequence[RowMapping]:
    """Takes the inspections of one priority that are due for longest.

    Args:
        connection: a writing transaction.
        backend: whose inspections.
        priority: their priority's number.
        worker: who claims.
        now: the present moment.
        lease_end: until when they stay the worker's.
        at_most: how many.

    Returns:
        What a worker needs to know of each, in the order of their arrival.
    """
    values = {
        "of_backend": backend,
        "of_priority": priority,
        "by_worker": worker,
        "now": now,
        "lease_end": lease_end,
        "at_most": at_most,
    }
    rows = connection.execute(_CLAIM, values).mappings().all()
    return sorted(rows, key=lambda row: str(row["id"])) if len(rows) > 1 else rows


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
