"""Keeps the queue moving whatever was lost: wake-ups, workers, leftovers."""

from __future__ import annotations

import logging
import random
import time

from safety_detector.errors import BrokerUnavailable
from safety_detector.job_queue import WAKE_UPS_AT_ONCE, JobQueue
from safety_detector.service.access.audit import PROGRAM
from safety_detector.service.core import Service
from safety_detector.service.retention.incident_retention import PurgedIncidents

_log = logging.getLogger(__name__)

_LEFTOVERS_EVERY_S = 60.0
_COUNTED_EVERY_S = 10.0
_MENDING_EVERY_S = 60.0
_STEP_S = 5.0  # more than a time server corrects in a second
_RETENTION_EVERY_S = 600.0


class Sweeper:
    """The rounds of the one process that holds the sweeper's lease."""

    def __init__(self, service: Service, job_queue: JobQueue) -> None:
        self._service = service
        self._job_queue = job_queue
        self._broker_is_away: bool | None = None  # unknown at first
        self._wall_s, self._monotonic_s = time.time(), time.monotonic()
        self._next_count_s = 0.0
        self._next_mending_s = 0.0
        self._next_leftovers_s = 0.0
        self._next_retention_s = 0.0
        # Sweepers come and go; one that always began with the first part might never see the last.
        self._part = random.randrange(service.retention.orphans.parts)  # noqa: S311 (no secret)

    def sweep(self) -> None:
        """One round.

        Raises:
            DatabaseUnavailable, StorageUnavailable: it could not be finished.
        """
        self._count_time()
        for store in self._service.jobs:
            lost = store.take_back_lost()
            if lost:
                _log.warning("took back jobs of lost workers: %s, %d", store.kind.name, lost)
        self._mend_times()
        self._service.cameras.health.sweep()
        self._service.incidents.folding.fold_late_looks()
        self._service.incidents.folding.end_of_removed()
        self._top_up()
        if time.monotonic() >= self._next_leftovers_s:
            self._next_leftovers_s = time.monotonic() + _LEFTOVERS_EVERY_S
            self._service.operation.upkeep.remove_leftovers()
            self._count_orphans()
        if time.monotonic() >= self._next_retention_s:
            self._purge()

    def _count_time(self) -> None:
        """Lets the clock go on by which things grow older; first, whatever else fails."""
        if time.monotonic() >= self._next_count_s:
            self._next_count_s = time.monotonic() + _COUNTED_EVERY_S
            self._service.retention.age_clock.advance()

    def _mend_times(self) -> None:
        """After a step of the clock, and now and then: another machine's may have been wrong."""
        wall_s, monotonic_s = time.time(), time.monotonic()
        step_s = (wall_s - self._wall_s) - (monotonic_s - self._monotonic_s)
        self._wall_s, self._monotonic_s = wall_s, monotonic_s
        if abs(step_s) > _STEP_S:
            _log.warning("the clock was set by %+.0f s", step_s)
            self._service.retention.age_clock.advance()
        elif monotonic_s < self._next_mending_s:
            return
        self._next_mending_s = monotonic_s + _MENDING_EVERY_S
        mended = self._service.operation.clock_steps.mend()
        if mended:
            _log.warning("%d times of a clock that was ahead made due", mended)

    def _count_orphans(self) -> None:
        """One part of the data folder; in some hours all are seen."""
        self._part = (self._part + 1) % self._service.retention.orphans.parts
        self._service.retention.orphans.note(self._part)

    def _purge(self) -> None:
        """One chunk; while there is more, the next round goes on, so that no round is long."""
        purged = self._service.retention.inspections.enforce(PROGRAM)
        if not purged.inspection_ids:
            self._purge_reports()
            if self._purge_incidents():
                return
            self._next_retention_s = time.monotonic() + _RETENTION_EVERY_S
            return
        _log.info(
            "purged %d inspections from %s to %s, %d bytes",
            len(purged.inspection_ids),
            purged.oldest,
            purged.newest,
            purged.size_bytes,
        )

    def _purge_reports(self) -> None:
        removed = self._service.retention.reports.enforce(PROGRAM)
        if removed:
            _log.info("removed %d reports, from %s to %s", len(removed), removed[0], removed[-1])

    def _purge_incidents(self) -> bool:
        """One chunk; whether there may be more."""
        removed = self._service.retention.incidents.enforce(PROGRAM)
        if removed == PurgedIncidents():
            return False
        _log.info(
            "removed %d incidents and %d messages", len(removed.incident_ids), removed.messages
        )
        return True

    def _top_up(self) -> None:
        try:
            self._job_queue.check()
            dropped = self._job_queue.take_dropped()
            if dropped:
                self._service.operation.upkeep.count_foreign_messages(dropped)
            for queue, slots in self._service.operation.figures.slots().items():
                most = WAKE_UPS_AT_ONCE * slots
                due = self._service.operation.figures.count_due(queue, at_most=most)
                if due:
                    self._job_queue.top_up(queue, due)
        except BrokerUnavailable as exc:
            _log.warning("no wake-ups: %s", exc)
            self._service.operation.upkeep.note_broker_outage(exc.reason)
            self._broker_is_away = True
        else:
            if self._broker_is_away is not False:
                self._service.operation.upkeep.end_broker_outage()
            self._broker_is_away = False
