"""Closes connections when the last thread that uses them is done.

What a client stumbles over whose connections are closed under it is no error of its own, so that
nobody handles it; and a connection that is made at that moment stays open.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class DeferredClosing:
    """Counts who uses something, and closes it when nobody does; safe to use from several threads.

    Args:
        close: closes it; called once.
    """

    def __init__(self, close: Callable[[], None]) -> None:
        self._close = close
        self._lock = threading.Lock()
        self._users = 0
        self._is_closed = False

    @contextmanager
    def in_use(self) -> Iterator[bool]:
        """Whether it is open; if so, it stays open for the block."""
        with self._lock:
            is_open = not self._is_closed
            self._users += is_open
        try:
            yield is_open
        finally:
            if is_open:
                self._leave()

    def close(self) -> None:
        """Closes it for whoever comes from now on: at once, or when the last user leaves."""
        with self._lock:
            is_last = not self._is_closed and not self._users
            self._is_closed = True
        if is_last:
            self._close()

    def _leave(self) -> None:
        with self._lock:
            self._users -= 1
            is_last = self._is_closed and not self._users
        if is_last:
            self._close()
