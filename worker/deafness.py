"""Notices a worker that is connected to the broker and gets nothing.

It happens after some broken connections (celery issues 8030, 8091, 9054, 10205): everything looks
alive, wake-ups wait, and nobody comes for them.  Only starting the worker anew helps.
"""

from __future__ import annotations


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
