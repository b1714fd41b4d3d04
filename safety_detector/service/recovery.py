"""Bringing pictures back into the queue: those of lost workers, and failed ones on request."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, case, select, update

from safety_detector.database.claims import take_back_lost
from safety_detector.database.engine import Database
from safety_detector.database.feed import append_event
from safety_detector.database.tables import inspections
from safety_detector.domain.inspection import Problem, Status
from safety_detector.domain.urgency import PENDING
from safety_detector.errors import WorkerLost
from safety_detector.message_texts.reason import Reason
from safety_detector.service.audit import PROGRAM, Actor, AuditAction, note_act
from safety_detector.service.ends import Ended, failed, note_ends, take_back_failures
from safety_detector.service.records import EventKind, Source
from safety_detector.service.replacement import QueuedFrame, give_way, lock_cameras

MOST_LOSSES = 10
"""So many workers may be lost with a picture before it is taken for the cause.

Twice the faults that a picture may have: a worker that is killed says nothing about the picture.
"""

# A picture that brings down its process takes along those beside it.  Each loss spreads them
# further, so that soon they are no longer claimed together.
_SPREAD_PER_LOSS_S = 10.0

_REQUEUED_AT_ONCE = 500  # in one transaction, and in one entry of the audit log

_REQUEUE = (
    update(inspections)
    .where(inspections.c.status == Status.FAILED)
    .values(
        status=Status.QUEUED,
        source=case(
            (inspections.c.source == Source.FRAME, Source.UPLOAD), else_=inspections.c.source
        ),
        verdict=None,
        error=None,
        failures=0,
        losses=0,
        outages=0,
        waiting_reason=None,
        finished_at=None,
        urgency=PENDING,
    )
    .returning(inspections)
)


class Recovery:
    """Queues again what would otherwise stay where it is.

    Args:
        database: where inspections are.
        wake_up: told the backend's name when something became claimable.
        clock: the present moment, with its zone.
    """

    def __init__(
        self,
        database: Database,
        wake_up: Callable[[str], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._wake_up = wake_up
        self._clock = clock

    def take_back_lost(self) -> int:
        """Queues the pictures of workers that are lost: their lease ended without a result.

        A picture that was with too many lost workers ends ``failed``; one that was with several
        waits for a random time, so that it is not claimed again with those that were beside it.  A
        frame beside which a newer one of its camera waits is replaced by it.

        Returns:
            How many pictures were taken back.
        """
        now = self._clock()
        with self._database.write() as connection:
            rows = take_back_lost(connection, now)
            # Before anything is counted for any of them, so that all are locked in one order.
            lock_cameras(connection, [one.camera_id for one in _frames(rows)])
            _fail(connection, [row for row in rows if row["losses"] >= MOST_LOSSES], now)
            _queue(connection, [row for row in rows if row["losses"] < MOST_LOSSES], now)
        self._wake(row["backend"] for row in rows)
        return len(rows)

    def requeue(self, inspection_ids: Iterable[str], by: Actor = PROGRAM) -> tuple[str, ...]:
        """Runs failed inspections again, their faults forgotten.

        A frame becomes an upload, which no newer frame replaces: somebody wants this very picture.
        Its camera has counted it as inspected already.

        Args:
            inspection_ids: of which inspections.
            by: who wants it, for the audit log.

        Returns:
            The ids of those that were failed; the others are left as they are.
        """
        now = self._clock()
        ids = sorted(set(inspection_ids))
        with self._database.write() as connection:
            statement = _REQUEUE.where(inspections.c.id.in_(ids)).values(due_at=now)
            rows = connection.execute(statement).mappings().all()
            requeued = sorted(row["id"] for row in rows)
            take_back_failures(connection, requeued, now)
            if requeued:
                note_act(
                    connection,
                    by,
                    AuditAction.REQUEUED,
                    now,
                    inspections=len(requeued),
                    ids=requeued,
                )
        self._wake(row["backend"] for row in rows)
        return tuple(requeued)

    def requeue_failed(
        self, since: datetime, until: datetime | None = None, by: Actor = PROGRAM
    ) -> tuple[str, ...]:
        """Runs everything again that failed in a span of time, as ``requeue`` does.

        Args:
            since: failed at that moment or later.
            until: and before this one; None for now.  What fails anew meanwhile is left alone.
            by: who wants it, for the audit log.

        Returns:
            The ids of all that were queued again.
        """
        query = (
            select(inspections.c.id)
            .where(
                inspections.c.status == Status.FAILED,
                inspections.c.finished_at >= since,
                inspections.c.finished_at < (until or self._clock()),
            )
            .order_by(inspections.c.id)
            .limit(_REQUEUED_AT_ONCE)
        )
        requeued: tuple[str, ...] = ()
        after = ""
        while True:
            with self._database.read() as connection:
                found = connection.scalars(query.where(inspections.c.id > after)).all()
            if not found:
                return requeued
            after = found[-1]
            requeued += self.requeue(found, by)

    def _wake(self, backends: Iterable[str]) -> None:
        for backend in set(backends):
            self._wake_up(backend)


def _fail(connection: Connection, rows: Sequence[RowMapping], now: datetime) -> None:
    for row in rows:
        reason = Reason.of("workers-lost-picture", losses=row["losses"])
        outcome = failed(Problem(WorkerLost.code, reason, row["losses"]), now)
        connection.execute(update(inspections).where(inspections.c.id == row["id"]).values(outcome))
    note_ends(connection, [_ended(row) for row in rows], EventKind.FAILED, now)


def _queue(connection: Connection, rows: Sequence[RowMapping], now: datetime) -> None:
    replaced = give_way(connection, _frames(rows), now)
    for row in rows:
        if row["id"] not in replaced:
            _delay(connection, row, now)


def _frames(rows: Sequence[RowMapping]) -> list[QueuedFrame]:
    return [
        QueuedFrame(row["id"], row["camera_id"], row["received_at"])
        for row in rows
        if row["source"] == Source.FRAME
    ]


def _delay(connection: Connection, row: RowMapping, now: datetime) -> None:
    seconds = random.uniform(0, _SPREAD_PER_LOSS_S * (row["losses"] - 1))  # noqa: S311 (no secret)
    connection.execute(
        update(inspections)
        .where(inspections.c.id == row["id"])
        .values(due_at=now + timedelta(seconds=seconds))
    )
    append_event(connection, row["id"], EventKind.QUEUED, now)


def _ended(row: RowMapping) -> Ended:
    return Ended(row["id"], Source(row["source"]), row["camera_id"])
