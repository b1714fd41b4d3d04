"""What one working process holds: built in the process itself, after a fork, and closed there."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import cv2
from celery import Celery

from safety_detector import wiring
from safety_detector.errors import ServiceUnavailable
from safety_detector.job_queue import JobQueue
from safety_detector.ports import Detector
from safety_detector.service.core import Service
from safety_detector.service.presence import worker_name
from safety_detector.service.records import Claim
from safety_detector.settings import Backend, Settings
from worker.finisher import Finisher
from worker.inspector import Equipment, Inspector
from worker.listener import Listener
from worker.pulse import Held, Presence, Pulse
from worker.settlement import record
from worker.sweeper import Sweeper

_log = logging.getLogger(__name__)

# One wake-up works on for so long, then sends its successor: long enough that the broker's part of
# the time is small, short enough that a stop or a more urgent queue never waits for it.
_BURST_S = 1.0

# How long after a picture's own limit something must hang for the process to be given up.
_HANG_MARGIN = timedelta(seconds=60)

DetectorFactory = Callable[[Settings, Backend], Detector]


@dataclass(frozen=True, slots=True)
class _Running:
    service: Service
    job_queue: JobQueue
    pulse: Pulse[Claim]
    listener: Listener
    finisher: Finisher
    inspector: Inspector
    detector: Detector


class WorkerProcess:
    """Claims and inspects pictures of one backend in this process.

    Args:
        app: Celery's application, for sending wake-ups.
        settings: where everything is.
        backend: whose pictures; also the queue's name.
        slots: pictures that this process has in hand at a time.
        build_detector: makes the detector, once a process.
        end_worker: asks the whole worker to end; its supervisor starts it anew.
        main_runs: whether the worker's main process runs, without which nobody is woken here.
    """

    def __init__(
        self,
        app: Celery,
        settings: Settings,
        backend: Backend,
        slots: int,
        build_detector: DetectorFactory,
        end_worker: Callable[[], None],
        main_runs: Callable[[], bool],
    ) -> None:
        self._app = app
        self._settings = settings
        self._backend = backend
        self._slots = slots
        self._build_detector = build_detector
        self._end_worker = end_worker
        self._main_runs = main_runs
        self._running: _Running | None = None

    def start(self) -> None:
        """Builds detector and service and reports for work.

        Raises:
            SafetyDetectorError: something that is needed is missing or away.
        """
        settings = self._settings
        # Each core has a process of its own; OpenCV's threads would only get in their way.
        cv2.setNumThreads(1)
        job_queue = JobQueue(self._app)
        service = wiring.open_service(settings, wake_up=no_wake_up)
        detector = self._build_detector(settings, self._backend)
        listener = Listener(
            service, job_queue, self._backend, settings.deaf_after, self._end_worker
        )
        pulse = Pulse(
            service,
            service.claims.extend,
            Presence(worker_name(self._backend), self._backend, self._slots),
            Sweeper(service, job_queue),
            heartbeat=settings.heartbeat,
            claim_limit=_longest_inspection(settings) + _HANG_MARGIN,
            on_hang=give_up_process,
            listens=listener.listen,
            is_present=self._main_runs,
        )
        equipment = Equipment(
            detector,
            wiring.picture_limits(settings),
            wiring.find_configured_fonts(settings),
            settings.language,
        )
        finisher = Finisher(
            record=partial(record, service.claims),
            finished=lambda finding: pulse.let_go(finding.claim),
        )
        inspector = Inspector(service, pulse, finisher, self._backend, equipment)
        self._running = _Running(service, job_queue, pulse, listener, finisher, inspector, detector)
        pulse.start()
        finisher.start()

    def stop(self) -> None:
        """Closes what ``start`` opened."""
        if self._running is not None:
            self._running.finisher.stop()
            self._running.pulse.stop()
            self._running.detector.close()
            self._running.service.close()
            self._running = None

    def work_for_a_while(self) -> None:
        """Inspects until nothing is due or a second has passed; then the next wake-up goes on."""
        running = self._running
        if running is None:
            raise RuntimeError("the process was not started")
        running.listener.woken()
        until = time.monotonic() + _BURST_S
        try:
            while running.inspector.inspect_next():
                if time.monotonic() >= until:
                    running.job_queue.send(self._backend)
                    return
        except ServiceUnavailable as exc:
            # The sweeper wakes again when it is back.
            _log.warning("stopped working for now: %s", exc)


def no_wake_up(_queue: str) -> None:
    """Workers send no wake-ups one by one; the sweeper does for whatever became due."""


def _longest_inspection(settings: Settings) -> timedelta:
    # The qwen adapter waits for a place and for an answer, once more for another server's that it
    # asks in the last moment, and for a test picture's; each for as long as an answer may take.
    return max(settings.picture_time_limit, settings.qwen_deadline * 4)


def give_up_process(claim: Held) -> None:
    """Ends a process in which something hangs; its supervisor starts another one."""
    _log.critical("hangs, so this process ends", extra={"subject": claim.subject_id})
    logging.shutdown()
    os._exit(os.EX_SOFTWARE)
