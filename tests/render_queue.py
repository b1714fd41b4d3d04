"""The part of a worker of the render queue that makes one thing after the other."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from safety_detector.job_queue import JobQueue, create_celery
from safety_detector.jobs.runner import Handler, Runner
from safety_detector.jobs.store import JobStore
from safety_detector.service.core import Service
from safety_detector.service.reports.records import RENDER_QUEUE
from safety_detector.worker.pulse import Presence, Pulse
from safety_detector.worker.sweeper import Sweeper

SubjectT = TypeVar("SubjectT")


def render_runner(
    service: Service, store: JobStore[SubjectT], handler: Handler[SubjectT]
) -> Runner[SubjectT]:
    """Has jobs of one kind handled; its pulse is not started, and there is no broker."""
    nowhere = JobQueue(create_celery("redis+socket:///nowhere/valkey.sock"))
    pulse: Pulse[SubjectT] = Pulse(
        service,
        store.extend,
        Presence("render-1", RENDER_QUEUE, 1),
        Sweeper(service, nowhere),
        heartbeat=timedelta(seconds=5),
        claim_limit=timedelta(hours=1),
        on_hang=lambda _: None,
        listens=lambda _: None,
        is_present=lambda: True,
    )
    return Runner(store, RENDER_QUEUE, pulse, handler)
