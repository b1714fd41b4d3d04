"""The tasks: ten lines each."""

from __future__ import annotations

from celery import Celery

from safety_detector.job_queue import INSPECT_TASK
from worker.process import WorkerProcess


def register(app: Celery, process: WorkerProcess) -> None:
    """Makes the tasks known to the application."""

    def inspect() -> None:
        """Inspects what is due; the message says only that something may be."""
        process.inspect_for_a_while()

    app.task(inspect, name=INSPECT_TASK)
