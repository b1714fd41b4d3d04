"""A pipe that FFmpeg reads what others fetched from, with an end to its patience."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from safety_detector.errors import CameraUnavailable

_LOOK_EVERY_S = 0.5


class Feed:
    """Fetches in a thread, into a pipe.

    FFmpeg cannot be interrupted while it reads a pipe; so it sees the pipe's end when it has waited
    for too long.

    Args:
        fetch: is given what writes into the pipe; raises ``CameraUnavailable`` where it cannot.

    Attributes:
        reading: the pipe's end for FFmpeg.
        error: why nothing more comes; None where there was an end.
    """

    def __init__(self, fetch: Callable[[Callable[[bytes], None]], None]) -> None:
        self.reading, self._writing = os.pipe()
        os.set_blocking(self._writing, False)  # nobody waits in there with the lock
        self._lock = threading.Lock()
        self.error: CameraUnavailable | None = None
        self._fetch = fetch
        self._deadline = float("inf")
        self._has_ended = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()
        threading.Thread(target=self._watch, daemon=True).start()

    def wait_at_most(self, seconds: float) -> None:
        """Says how long FFmpeg may wait from now on."""
        self._deadline = time.monotonic() + seconds

    def close(self) -> None:
        """Nobody reads any more."""
        with suppress(OSError):
            os.close(self.reading)

    def _run(self) -> None:
        try:
            self._fetch(self._write)
        except CameraUnavailable as exc:
            self.error = exc
        except OSError:
            pass  # nobody reads any more, or somebody waited for too long
        finally:
            self._end()

    def _write(self, data: bytes) -> None:
        """Hands bytes over; waits where FFmpeg has no use for them yet."""
        view = memoryview(data)
        while view:
            with self._lock:
                if self._has_ended.is_set():  # by now its number may be another file's
                    raise BrokenPipeError
                with suppress(BlockingIOError):
                    view = view[os.write(self._writing, view) :]
                    continue
            poll = select.poll()
            poll.register(self._writing, select.POLLOUT)
            poll.poll(1000 * _LOOK_EVERY_S)

    def _watch(self) -> None:
        while not self._has_ended.wait(_LOOK_EVERY_S):
            if time.monotonic() > self._deadline:
                self._end()

    def _end(self) -> None:
        with self._lock:
            if not self._has_ended.is_set():
                self._has_ended.set()
                os.close(self._writing)
