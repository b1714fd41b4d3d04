"""Counters that reconcile, and what stands in the way of inspections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, select

from safety_detector.database.engine import Database
from safety_detector.database.tables import QUEUED, RUNNING, cameras, jobs, tallies, workers
from safety_detector.jobs.outages import read_outages
from safety_detector.jobs.queues import count_due, due_queues, oldest_due, waiting_queues
from safety_detector.message_texts.reason import Reason
from safety_detector.service.cameras.cameras import frames_in_flight
from safety_detector.service.cameras.watching import WATCH_QUEUE
from safety_detector.service.folders.records import FOLDER_QUEUE
from safety_detector.service.operation.work_counters import WATCHED, WatchCount
from safety_detector.service.records import (
    INSPECTION,
    Counters,
    FrameCounts,
    Health,
    WorkerSeen,
)
from safety_detector.service.retention.orphans import ORPHAN_TALLY

PRESENCE = timedelta(seconds=25)
"""A worker not seen for so long is taken for gone: five missed reports."""

FOREIGN_TALLY = "foreign_messages"

MOST_COUNTED = 10_000
"""Jobs of one queue that are counted; more are said to be more."""


# Built once: Prometheus asks every few seconds, and building them took longer than answering.
_TOTALS = select(tallies.c.name, func.sum(tallies.c.total)).group_by(tallies.c.name)
# Inspections that wait or run, each counted in the index that has no others.
_WAITING, _RUNNING = (
    select(func.count()).select_from(jobs).where(state, jobs.c.kind == INSPECTION)
    for state in (QUEUED, RUNNING)
)
_FRAMES = select(
    *(
        func.coalesce(func.sum(cameras.c[f"frames_{name}"]), 0)
        for name in ("received", "inspected", "unchanged", "skipped", "replaced", "refused")
    )
)
_PRESENT = select(workers).where(workers.c.seen_at >= bindparam("since")).order_by(workers.c.id)


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that there is to count, as of one moment.

    Attributes:
        counters: what was accepted and what became of it.
        health: what stands in the way of inspections.
        measured: what the workers counted (``Meter``): by kind, backend and what.
        orphan_files: files that no row tells of, as the last round found them.
    """

    counters: Counters
    health: Health
    measured: Mapping[tuple[str, str, str], int]
    orphan_files: int


@dataclass(frozen=True, slots=True)
class QueueStanding:
    """What waits in a queue, and who works on it.

    Attributes:
        waiting: jobs, due or not; counting ends at ``MOST_COUNTED``.
        slots: jobs that the present workers have in hand at a time.
        paused_since: what its jobs need is away since then, for the reason.
    """

    queue: str
    waiting: int
    slots: int
    paused_since: datetime | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class WorkStanding:
    """Queues and workers, as of one moment."""

    queues: tuple[QueueStanding, ...]
    workers: tuple[WorkerSeen, ...]


class Figures:
    """Counts; changes nothing.

    Args:
        database: where it counts.
        clock: the present moment by the clock that all processes share.
        newest_pass_pauses: see ``jobs.kinds.JobKind``.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[Connection], datetime],
        *,
        newest_pass_pauses: bool = False,
    ) -> None:
        self._database = database
        self._clock = clock
        self._newest_pass_pauses = newest_pass_pauses

    def standing(self) -> Standing:
        """All of it, read at once."""
        with self._database.read() as connection:
            totals = _totals(connection)
            return Standing(
                _counters(connection, totals),
                self._health(connection),
                _measured(totals),
                totals.get(ORPHAN_TALLY, 0),
            )

    def counters(self) -> Counters:
        """What was accepted and what became of it, as of one moment."""
        with self._database.read() as connection:
            return _counters(connection, _totals(connection))

    def foreign_messages(self) -> int:
        """Messages of others that workers found in their queues, and dropped."""
        with self._database.read() as connection:
            return _totals(connection).get(FOREIGN_TALLY, 0)

    def watch_counts(self) -> Mapping[WatchCount, int]:
        """What watchers of cameras did, as of their last signs of life."""
        with self._database.read() as connection:
            totals = _totals(connection)
        return {one: totals.get(f"{WATCHED}:{one}", 0) for one in WatchCount}

    def health(self) -> Health:
        """What stands in the way of inspections, for ``readyz``."""
        with self._database.read() as connection:
            return self._health(connection)

    def _health(self, connection: Connection) -> Health:
        now = self._clock(connection)
        return Health(
            outages=tuple(read_outages(connection)),
            workers=tuple(_woken_workers(connection, now)),
            oldest_due_at=oldest_due(connection, INSPECTION, now),
            # No worker reads folders or watches cameras: processes of the API and watchers do.
            due_queues=tuple(
                queue
                for queue in due_queues(connection, now)
                if queue not in (FOLDER_QUEUE, WATCH_QUEUE)
            ),
        )

    def count_due(self, queue: str, at_most: int) -> int:
        """How many jobs of a queue could be claimed now; counting ends at ``at_most``.

        While it is known that the backend's model is away there are none, but for frames.
        """
        with self._database.read() as connection:
            now = self._clock(connection)
            passes = self._newest_pass_pauses
            return count_due(connection, queue, now, at_most, newest_pass_pauses=passes)

    def present_workers(self) -> tuple[WorkerSeen, ...]:
        """Working processes that gave a sign of life lately, and those that watch cameras."""
        with self._database.read() as connection:
            return tuple(_present_workers(connection, self._clock(connection)))

    def work(self) -> WorkStanding:
        """Queues and workers, those that watch cameras too."""
        with self._database.read() as connection:
            workers = _present_workers(connection, self._clock(connection))
            waiting = waiting_queues(connection, MOST_COUNTED)
            outages = {one.backend: one for one in read_outages(connection)}
        slots: dict[str, int] = {}
        for worker in workers:
            slots[worker.queue] = slots.get(worker.queue, 0) + worker.slots
        # A watched camera's job never ends: those are no backlog.
        names = sorted((waiting.keys() | slots.keys() | outages.keys()) - {WATCH_QUEUE})
        return WorkStanding(
            tuple(
                QueueStanding(
                    name,
                    waiting.get(name, 0),
                    slots.get(name, 0),
                    outages[name].since if name in outages else None,
                    outages[name].reason if name in outages else None,
                )
                for name in names
            ),
            tuple(workers),
        )

    def slots(self) -> dict[str, int]:
        """By queue, how many jobs its present workers can have in hand; of those that are woken."""
        totals: dict[str, int] = {}
        with self._database.read() as connection:
            for worker in _woken_workers(connection, self._clock(connection)):
                totals[worker.queue] = totals.get(worker.queue, 0) + worker.slots
        return totals


def _totals(connection: Connection) -> dict[str, int]:
    return {name: int(total) for name, total in connection.execute(_TOTALS)}


def _counters(connection: Connection, totals: Mapping[str, int]) -> Counters:
    return Counters(
        accepted=totals.get("accepted", 0),
        completed=totals.get("completed", 0),
        failed=totals.get("failed", 0),
        queued=connection.scalar(_WAITING) or 0,
        running=connection.scalar(_RUNNING) or 0,
        purged=totals.get("purged", 0),
        replaced=totals.get("replaced", 0),
        frames=_frame_counts(connection),
        purged_failed=totals.get("purged_failed", 0),
        requeued=totals.get("requeued", 0),
    )


def _measured(totals: Mapping[str, int]) -> dict[tuple[str, str, str], int]:
    named = ((tuple(name.split(":")), total) for name, total in totals.items())
    return {(*parts,): total for parts, total in named if len(parts) == 3}


def _frame_counts(connection: Connection) -> FrameCounts:
    sums = connection.execute(_FRAMES).one()
    received, inspected, unchanged, skipped, replaced, refused = (int(value) for value in sums)
    return FrameCounts(
        received=received,
        inspected=inspected,
        unchanged=unchanged,
        in_flight=frames_in_flight(connection).total(),
        skipped=skipped,
        replaced=replaced,
        refused=refused,
    )


def _present_workers(connection: Connection, now: datetime) -> list[WorkerSeen]:
    rows = connection.execute(_PRESENT, {"since": now - PRESENCE})
    return [WorkerSeen(row.id, row.queue, row.slots, row.seen_at) for row in rows]


def _woken_workers(connection: Connection, now: datetime) -> list[WorkerSeen]:
    """Without those that look for cameras by themselves."""
    return [one for one in _present_workers(connection, now) if one.queue != WATCH_QUEUE]
