"""Counters that reconcile, and what stands in the way of inspections."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, TextClause, func, literal_column, select

from safety_detector.database.engine import Database
from safety_detector.database.tables import (
    QUEUED,
    RUNNING,
    cameras,
    inspections,
    reports,
    tallies,
    workers,
)
from safety_detector.service.cameras import frames_in_flight
from safety_detector.service.orphans import ORPHAN_TALLY
from safety_detector.service.outages import is_paused, read_outages
from safety_detector.service.records import (
    Counters,
    FrameCounts,
    Health,
    Priority,
    WorkerSeen,
)
from safety_detector.service.report_records import RENDER_QUEUE

PRESENCE = timedelta(seconds=25)
"""A worker not seen for so long is taken for gone: five missed reports."""


class Figures:
    """Counts; changes nothing."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def counters(self) -> Counters:
        """What was accepted and what became of it, as of one moment."""
        with self._database.read() as connection:
            totals = _totals(connection)
            queued = _count(connection, QUEUED)
            running = _count(connection, RUNNING)
            frames = _frame_counts(connection)
        return Counters(
            accepted=totals.get("accepted", 0),
            completed=totals.get("completed", 0),
            failed=totals.get("failed", 0),
            queued=queued,
            running=running,
            purged=totals.get("purged", 0),
            replaced=totals.get("replaced", 0),
            frames=frames,
            purged_failed=totals.get("purged_failed", 0),
            requeued=totals.get("requeued", 0),
        )

    def measured(self) -> dict[tuple[str, str, str], int]:
        """What the workers counted (``Meter``): by kind, backend and what."""
        with self._database.read() as connection:
            totals = _totals(connection)
        named = ((tuple(name.split(":")), total) for name, total in totals.items())
        return {(*parts,): total for parts, total in named if len(parts) == 3}

    def orphan_files(self) -> int:
        """Files that no row tells of, as the last round through the data folder found them."""
        with self._database.read() as connection:
            return _totals(connection).get(ORPHAN_TALLY, 0)

    def health(self) -> Health:
        """What stands in the way of inspections, for ``readyz``."""
        now = self._clock()
        oldest_due = select(func.min(inspections.c.due_at)).where(
            QUEUED, inspections.c.due_at <= now
        )
        due_backends = (
            select(inspections.c.backend)
            .where(QUEUED, inspections.c.due_at <= now)
            .distinct()
            .order_by(inspections.c.backend)
        )
        due_report = select(reports.c.id).where(QUEUED, reports.c.due_at <= now).limit(1)
        with self._database.read() as connection:
            return Health(
                outages=tuple(read_outages(connection)),
                workers=tuple(_present_workers(connection, now)),
                oldest_due_at=connection.scalar(oldest_due),
                due_queues=(
                    *connection.scalars(due_backends),
                    *([RENDER_QUEUE] if connection.scalar(due_report) else []),
                ),
            )

    def count_due(self, backend: str, at_most: int) -> int:
        """How many inspections could be claimed now; counting ends at ``at_most``.

        While the backend's model is known to be away there are none.
        """
        now = self._clock()
        with self._database.read() as connection:
            if is_paused(connection, backend, now):
                return 0
            counted = 0
            for priority in Priority:
                due = (
                    select(inspections.c.id)
                    .where(
                        inspections.c.backend == backend,
                        inspections.c.priority == literal_column(str(int(priority))),
                        inspections.c.due_at <= now,
                        QUEUED,
                    )
                    .limit(at_most - counted)
                    .subquery()
                )
                counted += connection.scalar(select(func.count()).select_from(due)) or 0
                if counted >= at_most:
                    break
        return counted

    def present_workers(self) -> tuple[WorkerSeen, ...]:
        """Working processes that gave a sign of life lately."""
        with self._database.read() as connection:
            return tuple(_present_workers(connection, self._clock()))

    def slots(self) -> dict[str, int]:
        """By queue, how many pictures its present workers can have in hand."""
        totals: dict[str, int] = {}
        for worker in self.present_workers():
            totals[worker.queue] = totals.get(worker.queue, 0) + worker.slots
        return totals


def _totals(connection: Connection) -> dict[str, int]:
    query = select(tallies.c.name, func.sum(tallies.c.total)).group_by(tallies.c.name)
    return {name: int(total) for name, total in connection.execute(query)}


def _count(connection: Connection, condition: TextClause) -> int:
    query = select(func.count()).select_from(inspections).where(condition)
    return connection.scalar(query) or 0


def _frame_counts(connection: Connection) -> FrameCounts:
    sums = connection.execute(
        select(
            *(
                func.coalesce(func.sum(cameras.c[f"frames_{name}"]), 0)
                for name in ("received", "inspected", "skipped", "replaced", "refused")
            )
        )
    ).one()
    received, inspected, skipped, replaced, refused = (int(value) for value in sums)
    return FrameCounts(
        received=received,
        inspected=inspected,
        in_flight=frames_in_flight(connection).total(),
        skipped=skipped,
        replaced=replaced,
        refused=refused,
    )


def _present_workers(connection: Connection, now: datetime) -> list[WorkerSeen]:
    query = select(workers).where(workers.c.seen_at >= now - PRESENCE).order_by(workers.c.id)
    return [
        WorkerSeen(row.id, row.queue, row.slots, row.seen_at) for row in connection.execute(query)
    ]
