"""A bound on the memory of pictures that are in hand at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

MOST_PIXELS = 256_000_000
"""Pixels in hand in one process: 0.8 GB as RGB arrays, up to three times that at the peak."""


class PixelBudget:
    """Lets pictures in while there is room for their pixels; safe to share between threads."""

    def __init__(self, most_pixels: int = MOST_PIXELS) -> None:
        self._most = most_pixels
        self._in_hand = 0
        self._changed = threading.Condition()

    @contextmanager
    def room_for(self, pixels: int) -> Iterator[None]:
        """Waits until the picture fits, and keeps its room; one above the bound goes alone."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._in_hand == 0 or self._in_hand + pixels <= self._most
            )
            self._in_hand += pixels
        try:
            yield
        finally:
            with self._changed:
                self._in_hand -= pixels
                self._changed.notify_all()
