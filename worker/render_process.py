"""What one process of the render queue holds: no detector, so that it is light."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import cv2
from celery import Celery

from safety_detector import wiring
from safety_detector.errors import ServiceUnavailable
from safety_detector.job_queue import JobQueue
from safety_detector.service.core import Service
from safety_detector.service.presence import worker_name
from safety_detector.service.report_records import RENDER_QUEUE, ReportClaim
from safety_detector.settings import Settings
from worker.listener import Listener
from worker.process import give_up_process, no_wake_up
from worker.pulse import Presence, Pulse
from worker.renderer import Renderer
from worker.sweeper import Sweeper

_log = logging.getLogger(__name__)

# How long after a report's own limit something must hang for the process to be given up.
_HANG_MARGIN = timedelta(seconds=60)

# A third of the weight that an inspecting process has in Linux' scheduler: a report gives way to a
# backlog, and is done all the same.
_NICENESS = 5


@dataclass(frozen=True, slots=True)
class _Running:
    service: Service
    job_queue: JobQueue
    pulse: Pulse[ReportClaim]
    listener: Listener
    renderer: Renderer


class RenderProcess:
    """Claims and makes reports in this process.

    Args:
        app: Celery's application, for sending wake-ups.
        settings: where everything is.
        end_worker: asks the whole worker to end; its supervisor starts it anew.
        main_runs: whether the worker's main process runs, without which nobody is woken here.
    """

    def __init__(
        self,
        app: Celery,
        settings: Settings,
        end_worker: Callable[[], None],
        main_runs: Callable[[], bool],
    ) -> None:
        self._app = app
        self._settings = settings
        self._end_worker = end_worker
        self._main_runs = main_runs
        self._running: _Running | None = None

    def start(self) -> None:
        """Builds the service and reports for work.

        Raises:
            SafetyDetectorError: something that is needed is missing or away.
        """
        settings = self._settings
        # Pictures come before reports, also where all workers share one machine.
        cv2.setNumThreads(1)
        os.nice(_NICENESS)
        job_queue = JobQueue(self._app)
        service = wiring.open_service(settings, wake_up=no_wake_up)
        listener = Listener(service, job_queue, RENDER_QUEUE, settings.deaf_after, self._end_worker)
        pulse = Pulse(
            service,
            service.report_claims.extend,
            Presence(worker_name(RENDER_QUEUE), RENDER_QUEUE, slots=1),
            Sweeper(service, job_queue),
            heartbeat=settings.heartbeat,
            claim_limit=settings.report_time_limit + _HANG_MARGIN,
            on_hang=give_up_process,
            listens=listener.listen,
            is_present=self._main_runs,
        )
        find_fonts = partial(wiring.find_configured_fonts, settings)
        renderer = Renderer(service, pulse, find_fonts, settings.language)
        self._running = _Running(service, job_queue, pulse, listener, renderer)
        pulse.start()

    def stop(self) -> None:
        """Closes what ``start`` opened."""
        if self._running is not None:
            self._running.pulse.stop()
            self._running.service.close()
            self._running = None

    def work_for_a_while(self) -> None:
        """Makes one report; if there was one, the next wake-up goes on."""
        running = self._running
        if running is None:
            raise RuntimeError("the process was not started")
        running.listener.woken()
        try:
            if running.renderer.render_next():
                running.job_queue.send(RENDER_QUEUE)
        except ServiceUnavailable as exc:
            # The sweeper wakes again when it is back.
            _log.warning("stopped working for now: %s", exc)
