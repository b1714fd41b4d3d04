"""A bounded number of places that are given in the order in which they were asked for."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_BREATHE_EVERY_S = 0.5


class Places:
    """Like a semaphore, but nobody overtakes: whoever asks often does not come first for that.

    Args:
        number: of places.
    """

    def __init__(self, number: int) -> None:
        self._free = number
        self._waiting: deque[threading.Event] = deque()
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, breathe: Callable[[], None]) -> Iterator[None]:
        """Holds a place until the block ends.

        Args:
            breathe: called now and then while it waits; what it raises ends the waiting.
        """
        self._take(breathe)
        try:
            yield
        finally:
            self._pass_on()

    def _take(self, breathe: Callable[[], None]) -> None:
        given = threading.Event()
        with self._lock:
            if self._free and not self._waiting:
                self._free -= 1
                return
            self._waiting.append(given)
        try:
            while not given.wait(_BREATHE_EVERY_S):
                breathe()
        except BaseException:
            with self._lock:
                is_waiting = given in self._waiting
                if is_waiting:
                    self._waiting.remove(given)
            if not is_waiting:  # it was given meanwhile
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1
