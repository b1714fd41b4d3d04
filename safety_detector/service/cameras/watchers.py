"""Processes that watch cameras: how they stand, what they count, and what they give back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, select

from safety_detector.database.engine import Database
from safety_detector.database.tables import QUEUED, RUNNING, camera_sightings, jobs, workers
from safety_detector.jobs.records import Again, Claim
from safety_detector.jobs.store import JobStore
from safety_detector.service.cameras.watching import LEASE, WATCH_QUEUE, WatchedCamera
from safety_detector.service.operation.work_counters import Meter, WatchCount

OVERDUE = timedelta(seconds=3)
"""A camera that waits longer was left by those who have fewer; whoever has room takes it."""

# Built once: each watcher asks every second.
_WAITING = select(func.count()).where(
    jobs.c.queue == WATCH_QUEUE, jobs.c.due_at <= bindparam("by"), QUEUED
)
_HELD = (
    select(jobs.c.worker, func.count())
    .where(jobs.c.queue == WATCH_QUEUE, RUNNING)
    .group_by(jobs.c.worker)
)
_CONNECTED = (
    select(func.count())
    .select_from(jobs)
    .join(camera_sightings, camera_sightings.c.camera_id == jobs.c.subject_id)
    .where(jobs.c.queue == WATCH_QUEUE, RUNNING, jobs.c.due_at > bindparam("now"))
    .where(camera_sightings.c.connected)
)
_ALIVE = (
    select(workers.c.id, workers.c.slots)
    .where(workers.c.queue == WATCH_QUEUE, workers.c.seen_at >= bindparam("since"))
    .order_by(workers.c.id)
)


@dataclass(frozen=True, slots=True)
class WatcherSeen:
    """A watcher that gave a sign of life within the lease.

    Attributes:
        id: its name.
        slots: cameras that it may hold.
        held: cameras that it holds.
    """

    id: str
    slots: int
    held: int


@dataclass(frozen=True, slots=True)
class WatchStanding:
    """How the watched cameras stand, as of one moment.

    Attributes:
        watchers: those that are alive, by their names.
        held: cameras that somebody holds, or held until a moment ago.
        waiting: cameras that nobody holds.
        overdue: of these, those for which nobody came in time.
        connected: held ones whose pictures come.
    """

    watchers: tuple[WatcherSeen, ...]
    held: int
    waiting: int
    overdue: int
    connected: int

    @property
    def cameras(self) -> int:
        """All of them."""
        return self.held + self.waiting

    def held_by(self, watcher: str) -> int:
        """How many that one holds."""
        return next((one.held for one in self.watchers if one.id == watcher), 0)


class Watchers:
    """What watchers tell each other and the rest of the service.

    Args:
        database: where it stands.
        jobs: the cameras.
        meter: what this process counts, written when it reports.
        clock: the one that all processes share.
    """

    def __init__(
        self,
        database: Database,
        jobs: JobStore[WatchedCamera],
        meter: Meter,
        clock: Callable[[Connection], datetime],
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._meter = meter
        self._clock = clock

    def standing(self) -> WatchStanding:
        """How the cameras stand."""
        with self._database.read() as connection:
            now = self._clock(connection)
            held = Counter({row[0]: row[1] for row in connection.execute(_HELD)})
            alive = connection.execute(_ALIVE, {"since": now - LEASE}).all()
            waiting = connection.scalar(_WAITING, {"by": now}) or 0
            overdue = connection.scalar(_WAITING, {"by": now - OVERDUE}) or 0
            connected = connection.scalar(_CONNECTED, {"now": now}) or 0
        return WatchStanding(
            watchers=tuple(WatcherSeen(row.id, row.slots, held[row.id]) for row in alive),
            held=held.total(),
            waiting=waiting,
            overdue=overdue,
            connected=connected,
        )

    def give_back(self, claims: Sequence[Claim[WatchedCamera]]) -> None:
        """Frees cameras for others at once; those that were lost meanwhile are others' already."""
        if not claims:
            return
        again = Again(timedelta(0), waiting_reason=None, failures=0, losses=0, outages=0)
        with self._database.write(durable=False) as connection:
            for claim in sorted(claims, key=lambda one: one.subject_id):
                self._jobs.settle(claim, again, within=connection)

    def count(self, what: WatchCount, amount: int = 1) -> None:
        """Counts what this process did."""
        self._meter.watched(what, amount)
