"""Celery's application: pools, limits, and the life of the processes.

The ``qwen`` queue has one process of many threads, since its work is waiting for HTTP; Celery's
time limits do nothing there, so the adapter's deadline and the pulse bound each picture.  The
``embedded`` queue has processes of its own kind, which Celery ends when a picture takes too long;
so has the ``render`` queue, for reports.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from celery import Celery, signals

from safety_detector import wiring
from safety_detector.job_queue import WAKE_UP_TASK, create_celery
from safety_detector.service.reports.records import RENDER_QUEUE
from safety_detector.settings import Backend, Queue, Settings
from safety_detector.worker.inspector import DetectorFactory, InspectionWork
from safety_detector.worker.lifeline import Lifeline
from safety_detector.worker.process import Work, WorkerProcess
from safety_detector.worker.renderer import ReportWork
from safety_detector.worker.wake_ups import take_only_wake_ups

_log = logging.getLogger(__name__)

# The hard limit is for what ignores the soft one: a decoder that hangs in C code.
_HARD_LIMIT_MARGIN_S = 10.0
# A child that grew beyond this is replaced after its picture; in KiB, as Celery wants it.
_MOST_MEMORY_KIB = 2 * 2**20
# After a long report: what ReportLab held is given back only by the end of the process.
_MOST_RENDER_MEMORY_KIB = 2**19
# Loading the model's weights on a busy machine takes longer than Celery's default of 4 s.
_START_TIMEOUT_S = 60.0
# A pool replaces its processes at once; what is missing is rarely there again within milliseconds.
_FAILED_START_PAUSE_S = 1.0


@dataclass(frozen=True, slots=True)
class Pool:
    """How a queue is worked on.

    Attributes:
        kind: Celery's name of the pool.
        processes: working processes.
        slots: pictures that each has in hand at a time.
        time_limit: after which Celery interrupts a task, and ends its process a little later; None
            where Celery has no time limits.
        max_memory_kib: beyond which a process is replaced after its task.
    """

    kind: str
    processes: int
    slots: int
    time_limit: timedelta | None = None
    max_memory_kib: int = _MOST_MEMORY_KIB

    @property
    def concurrency(self) -> int:
        """Pictures that the worker has in hand at a time."""
        return self.processes * self.slots


def pool_of(queue: Queue, settings: Settings) -> Pool:
    """The pool of a queue."""
    if queue == "qwen":
        return Pool("threads", processes=1, slots=wiring.qwen_slots(settings))
    if queue == RENDER_QUEUE:
        return Pool(
            "prefork",
            processes=1,
            slots=1,
            time_limit=settings.report_time_limit,
            max_memory_kib=_MOST_RENDER_MEMORY_KIB,
        )
    return Pool(
        "prefork",
        processes=settings.embedded_slots or _cores(),
        slots=1,
        time_limit=settings.picture_time_limit,
    )


def create_worker_app(
    settings: Settings,
    backend: Backend,
    build_detector: DetectorFactory = wiring.build_worker_detector,
) -> Celery:
    """The application of a worker that inspects pictures; starts nothing.

    Raises:
        ConfigurationInvalid: there is no broker.
    """
    pool = pool_of(backend, settings)
    app = _create_app(settings, backend, pool)
    settings = _with_threads_for(pool, settings)
    lifeline = Lifeline()
    work = InspectionWork(backend, build_detector)
    process = WorkerProcess(
        app, settings, backend, pool.slots, [work], _ender(), lifeline.main_runs
    )
    _give_work(app, pool, process, lifeline)
    return app


def create_render_app(settings: Settings) -> Celery:
    """The application of a worker that makes reports; starts nothing.

    Raises:
        ConfigurationInvalid: there is no broker.
    """
    pool = pool_of(RENDER_QUEUE, settings)
    app = _create_app(settings, RENDER_QUEUE, pool)
    lifeline = Lifeline()
    works: Sequence[Work] = (ReportWork(),)
    process = WorkerProcess(
        app, settings, RENDER_QUEUE, pool.slots, works, _ender(), lifeline.main_runs
    )
    _give_work(app, pool, process, lifeline)
    return app


def _create_app(settings: Settings, queue: Queue, pool: Pool) -> Celery:
    take_only_wake_ups(queue)
    app = create_celery(wiring.broker_url(settings))
    limit_s = pool.time_limit.total_seconds() if pool.time_limit else None
    app.conf.update(
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_proc_alive_timeout=_START_TIMEOUT_S,
        worker_max_memory_per_child=pool.max_memory_kib,
        task_soft_time_limit=limit_s,
        task_time_limit=limit_s + _HARD_LIMIT_MARGIN_S if limit_s else None,
    )
    return app


def _give_work(app: Celery, pool: Pool, process: WorkerProcess, lifeline: Lifeline) -> None:
    def wake_up() -> None:
        """Works on what is due; the message says only that something may be."""
        process.work_for_a_while()

    app.task(wake_up, name=WAKE_UP_TASK, shared=False)  # this application is the only one
    _tie_together(pool, lifeline)
    _follow_processes(pool, process)


def run_worker(app: Celery, settings: Settings, queue: Queue) -> int:
    """Works until SIGTERM or SIGINT, then finishes what is in hand; returns the exit status."""
    pool = pool_of(queue, settings)
    worker = app.Worker(
        hostname=f"{queue}@{socket.gethostname()}-{os.getpid()}",
        queues=[queue],
        pool=pool.kind,
        concurrency=pool.concurrency,
        loglevel=settings.log_level,
        without_gossip=True,
        without_mingle=True,
        quiet=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


def _ender() -> Callable[[], None]:
    """What ends this worker, from its own process or from a child of it."""
    main_process = os.getpid()

    def end() -> None:
        os.kill(main_process, signal.SIGTERM)

    return end


def _with_threads_for(pool: Pool, settings: Settings) -> Settings:
    """Shares the cores among the processes, unless the operator said how many each may use."""
    if settings.embedded_threads:
        return settings
    return settings.model_copy(update={"embedded_threads": max(_cores() // pool.processes, 1)})


def _tie_together(pool: Pool, lifeline: Lifeline) -> None:
    """Lets the worker's processes notice when another is stopped or hangs."""

    def watch_pool(**_: Any) -> None:
        lifeline.watch_pool()

    def watch_main(**_: Any) -> None:
        lifeline.watch_main()

    signals.worker_init.connect(watch_pool, weak=False)
    if pool.kind == "prefork":
        signals.worker_process_init.connect(watch_main, weak=False)


def _follow_processes(pool: Pool, process: WorkerProcess) -> None:
    """Starts and stops what a process holds together with the process."""
    started, ended = signals.worker_process_init, signals.worker_process_shutdown
    if pool.kind == "threads":
        # There the worker's own process is the only one, and Celery sends other signals.
        started, ended = signals.worker_init, signals.worker_shutdown

    def start(**_: Any) -> None:
        try:
            process.start()
        except Exception:  # noqa: BLE001 (the edge of the process)
            # Celery would log it and go on with a process that takes wake-ups and can do nothing.
            # The pool, or whoever started this worker, starts another one.
            _log.exception("cannot work; this process ends")
            time.sleep(_FAILED_START_PAUSE_S)
            logging.shutdown()
            os._exit(os.EX_SOFTWARE)

    def stop(**_: Any) -> None:
        process.stop()

    started.connect(start, weak=False)
    ended.connect(stop, weak=False)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
