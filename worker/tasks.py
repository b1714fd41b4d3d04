"""The task: what a wake-up sets in motion."""

from __future__ import annotations

from typing import Protocol

from celery import Celery

from safety_detector.job_queue import WAKE_UP_TASK


class Process(Protocol):
    """What one working process holds, whatever it works on."""

    def start(self) -> None:
        """Builds what is needed and reports for work."""
        ...

    def stop(self) -> None:
        """Closes what ``start`` opened."""
        ...

    def work_for_a_while(self) -> None:
        """Works on what is due, and comes back before long."""
        ...


def register(app: Celery, process: Process) -> None:
    """Makes the task known to the application."""

    def wake_up() -> None:
        """Works on what is due; the message says only that something may be."""
        process.work_for_a_while()

    app.task(wake_up, name=WAKE_UP_TASK, shared=False)  # this application is the only one
