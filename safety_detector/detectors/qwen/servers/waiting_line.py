"""A line of threads in front of something scarce: those that go first, urgent ones, by arrival."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from typing import TypeVar

_LOOK_EVERY_S = 0.05  # other processes give back places without a word

Found = TypeVar("Found")


class WaitingLine:
    """Lets threads wait; only the first in line looks whether its turn has come."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._line: list[tuple[bool, bool, int]] = []
        self._arrivals = itertools.count()

    def __len__(self) -> int:
        """How many stand in it."""
        with self._changed:
            return len(self._line)

    def wait_for(
        self,
        look: Callable[[], Found | None],
        *,
        urgent: bool,
        timeout_s: float,
        first: bool = False,
    ) -> Found | None:
        """What ``look`` finds when it is this thread's turn, None if it found nothing in time.

        Args:
            look: called by the first in line alone, now and then; what it raises ends the waiting.
            urgent: goes before all that are not.
            timeout_s: longest time to wait, in seconds.
            first: goes before all that are not, however urgent those are.
        """
        until = time.monotonic() + timeout_s
        with self._changed:
            ticket = (not first, not urgent, next(self._arrivals))
            heapq.heappush(self._line, ticket)
            try:
                while True:
                    is_first = self._line[0] == ticket
                    found = look() if is_first else None
                    left_s = until - time.monotonic()
                    if found is not None or left_s <= 0:
                        return found
                    self._changed.wait(min(left_s, _LOOK_EVERY_S) if is_first else left_s)
            finally:
                self._line.remove(ticket)
                heapq.heapify(self._line)
                self._changed.notify_all()

    def look_again(self) -> None:
        """Something has changed here."""
        with self._changed:
            self._changed.notify_all()
