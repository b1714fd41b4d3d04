"""A bound on the memory of pictures that are in hand at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

MOST_BYTES = 2_400_000_000
"""Of the pictures in hand in one process at their peaks; five of the largest that are admitted."""


class MemoryBudget:
    """Lets pictures in while there is room for them; safe to share between threads."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._in_hand = 0
        self._changed = threading.Condition()

    @contextmanager
    def room_for(self, size_bytes: int) -> Iterator[None]:
        """Waits until the picture fits, and keeps its room; one above the bound goes alone."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._in_hand == 0 or self._in_hand + size_bytes <= self._most
            )
            self._in_hand += size_bytes
        try:
            yield
        finally:
            with self._changed:
                self._in_hand -= size_bytes
                self._changed.notify_all()
