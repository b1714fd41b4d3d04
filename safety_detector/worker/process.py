"""What one working process holds: built in the process itself, after a fork, and closed there."""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Protocol

import cv2
from celery import Celery

from safety_detector import wiring
from safety_detector.errors import ServiceUnavailable
from safety_detector.job_queue import JobQueue
from safety_detector.jobs.records import Claim
from safety_detector.jobs.runner import Handler, Runner
from safety_detector.jobs.store import JobStore
from safety_detector.service.core import Service
from safety_detector.service.operation.presence import worker_name
from safety_detector.settings import Queue, Settings
from safety_detector.worker.listener import Listener
from safety_detector.worker.pulse import Presence, Pulse
from safety_detector.worker.sweeper import Sweeper

_log = logging.getLogger(__name__)

# How long after a job's own limit something must hang for the process to be given up.
_HANG_MARGIN = timedelta(seconds=60)


class Work(Protocol):
    """What the processes of a queue do with jobs of one kind.

    Attributes:
        burst_s: one wake-up works on for so long, then sends its successor, so that neither a stop
            nor a more urgent queue ever waits for it.
        most_at_once: jobs that are claimed together at most.
    """

    burst_s: float
    most_at_once: int

    def longest(self, settings: Settings) -> timedelta:
        """How long a job may take."""
        ...

    def store(self, service: Service) -> JobStore[Any]:
        """The jobs."""
        ...

    def open(
        self, settings: Settings, service: Service, let_go: Callable[[Claim[Any]], None]
    ) -> Handler[Any]:
        """Builds what does the work.

        Args:
            settings: where everything is.
            service: where the jobs are.
            let_go: to be told claims that the handler settles in the background.

        Raises:
            SafetyDetectorError: something that is needed is missing or away.
        """
        ...

    def close(self) -> None:
        """Settles what is in hand, and closes what ``open`` opened."""
        ...


@dataclass(frozen=True, slots=True)
class _Running:
    service: Service
    job_queue: JobQueue
    pulse: Pulse[Any]
    listener: Listener
    runners: deque[Runner[Any]]


class WorkerProcess:
    """Claims and handles the jobs of one queue in this process; kinds of jobs take turns.

    Args:
        app: Celery's application, for sending wake-ups.
        settings: where everything is.
        queue: whose jobs.
        slots: jobs that this process has in hand at a time.
        works: what is done with them, by kind.
        end_worker: asks the whole worker to end; its supervisor starts it anew.
        main_runs: whether the worker's main process runs, without which nobody is woken here.
    """

    def __init__(
        self,
        app: Celery,
        settings: Settings,
        queue: Queue,
        slots: int,
        works: Sequence[Work],
        end_worker: Callable[[], None],
        main_runs: Callable[[], bool],
    ) -> None:
        self._app = app
        self._settings = settings
        self._queue = queue
        self._slots = slots
        self._works = works
        self._burst_s = min(work.burst_s for work in works)
        self._end_worker = end_worker
        self._main_runs = main_runs
        self._running: _Running | None = None

    def start(self) -> None:
        """Builds what is needed and reports for work.

        Raises:
            SafetyDetectorError: something that is needed is missing or away.
        """
        settings, queue, works = self._settings, self._queue, self._works
        # Each core has a process of its own; OpenCV's threads would only get in their way.
        cv2.setNumThreads(1)
        job_queue = JobQueue(self._app)
        service = wiring.open_service(settings, wake_up=no_wake_up)
        stores = [work.store(service) for work in works]
        listener = Listener(service, job_queue, queue, settings.deaf_after, self._end_worker)
        pulse = Pulse(
            service,
            partial(_extend, stores),
            Presence(worker_name(queue), queue, self._slots),
            Sweeper(service, job_queue),
            heartbeat=settings.heartbeat,
            claim_limit=max(work.longest(settings) for work in works) + _HANG_MARGIN,
            on_hang=give_up_process,
            listens=listener.listen,
            is_present=self._main_runs,
        )
        runners = deque(
            Runner(
                store,
                queue,
                pulse,
                work.open(settings, service, pulse.let_go),
                most_at_once=work.most_at_once,
            )
            for store, work in zip(stores, works, strict=True)
        )
        self._running = _Running(service, job_queue, pulse, listener, runners)
        pulse.start()

    def stop(self) -> None:
        """Closes what ``start`` opened."""
        if self._running is not None:
            for work in self._works:
                work.close()
            self._running.pulse.stop()
            self._running.service.close()
            self._running = None

    def work_for_a_while(self) -> None:
        """Works until nothing is due or a burst has passed; then the next wake-up goes on."""
        running = self._running
        if running is None:
            raise RuntimeError("the process was not started")
        running.listener.woken()
        until = time.monotonic() + self._burst_s
        try:
            while _run_next(running.runners):
                if time.monotonic() >= until:
                    running.job_queue.send(self._queue)
                    return
        except ServiceUnavailable as exc:
            # The sweeper wakes again when it is back.
            _log.warning("stopped working for now: %s", exc)


def _run_next(runners: deque[Runner[Any]]) -> int:
    """Has due jobs of one kind handled, next time of another; returns how many, 0 if none is due.

    Of one kind alone, since the time that Celery gives to a wake-up is meant for one of them.
    """
    for _ in range(len(runners)):
        runner = runners[0]
        runners.rotate(-1)
        if count := runner.run_next():
            return count
    return 0


def _extend(stores: Sequence[JobStore[Any]], claims: Sequence[Claim[Any]]) -> frozenset[str]:
    """Renews leases of every kind; returns the subjects that are still held."""
    return frozenset().union(*(store.extend(claims) for store in stores))


def no_wake_up(_queue: str) -> None:
    """Workers send no wake-ups one by one; the sweeper does for whatever became due."""


def give_up_process(claim: Claim[Any]) -> None:
    """Ends a process in which something hangs; its supervisor starts another one."""
    _log.critical("hangs, so this process ends", extra={"subject": claim.subject_id})
    logging.shutdown()
    os._exit(os.EX_SOFTWARE)
