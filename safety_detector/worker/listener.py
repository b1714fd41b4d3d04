"""Looks, now and then, whether wake-ups wait and none comes here."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from safety_detector.errors import BrokerUnavailable
from safety_detector.job_queue import JobQueue
from safety_detector.service.core import Service

_log = logging.getLogger(__name__)


class Deafness:
    """Judges from samples of one idle process; pure.

    Args:
        limit_s: how long wake-ups may wait while the process has nothing to do, in seconds.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._unheard_since_s: float | None = None

    def woken(self) -> None:
        """A wake-up came."""
        self._unheard_since_s = None

    def is_deaf(self, now_s: float, *, idle: bool, wake_ups_wait: bool) -> bool:
        """Whether wake-ups were waiting, unheard, in every sample for too long.

        Args:
            now_s: a clock that only goes forward, in seconds.
            idle: the process has no picture in hand.
            wake_ups_wait: there is work, and wake-ups for it wait in the queue.
        """
        if not (idle and wake_ups_wait):
            self._unheard_since_s = None
            return False
        if self._unheard_since_s is None:
            self._unheard_since_s = now_s
        return now_s - self._unheard_since_s >= self._limit_s


class Listener:
    """Asks for a new start of the worker when this process is deaf.

    Args:
        service: knows whether there is work.
        job_queue: knows whether wake-ups wait.
        queue: the queue of this process.
        deaf_after: how long wake-ups may wait beside an idle process.
        end_worker: asks the whole worker to end; its supervisor starts it anew.
    """

    def __init__(
        self,
        service: Service,
        job_queue: JobQueue,
        queue: str,
        deaf_after: timedelta,
        end_worker: Callable[[], None],
    ) -> None:
        self._service = service
        self._job_queue = job_queue
        self._queue = queue
        self._end_worker = end_worker
        self._deafness = Deafness(deaf_after.total_seconds())

    def woken(self) -> None:
        """A wake-up came."""
        self._deafness.woken()

    def listen(self, idle: bool) -> None:
        """One look.

        Args:
            idle: whether this process has nothing in hand.
        """
        try:
            wait = (
                idle
                and self._job_queue.length(self._queue) > 0
                and self._service.operation.figures.count_due(self._queue, at_most=1) > 0
            )
        except BrokerUnavailable:
            wait = False
        if self._deafness.is_deaf(time.monotonic(), idle=idle, wake_ups_wait=wait):
            self._deafness.woken()  # if this does not help, the next time is as far away
            _log.critical("wake-ups wait and none comes; the worker ends, to be started anew")
            self._end_worker()
