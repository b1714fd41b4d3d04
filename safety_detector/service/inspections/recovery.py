"""Bringing failed pictures back into the queue, on request."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import case, select, update

from safety_detector.database.engine import Database
from safety_detector.database.tables import inspections
from safety_detector.domain.inspection import Status
from safety_detector.domain.urgency import PENDING
from safety_detector.jobs.store import JobStore
from safety_detector.service.access.audit import PROGRAM, Actor, AuditAction, note_act
from safety_detector.service.inspections.endings import take_back_failures
from safety_detector.service.inspections.jobs import inspection_job
from safety_detector.service.records import ClaimedPicture, Source

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
        finished_at=None,
        urgency=PENDING,
    )
    .returning(inspections)
)


class Recovery:
    """Queues failed inspections again.

    Args:
        database: where inspections are.
        jobs: of pictures.
        wake_up: told the backend's name when something became claimable.
        clock: the present moment, with its zone.
    """

    def __init__(
        self,
        database: Database,
        jobs: JobStore[ClaimedPicture],
        wake_up: Callable[[str], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._wake_up = wake_up
        self._clock = clock

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
            statement = _REQUEUE.where(inspections.c.id.in_(ids))
            rows = connection.execute(statement).mappings().all()
            rows = sorted(rows, key=lambda row: str(row["id"]))
            self._jobs.add(connection, *(inspection_job(row) for row in rows))
            requeued = [row["id"] for row in rows]
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
