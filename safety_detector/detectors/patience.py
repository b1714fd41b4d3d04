"""Waiting for model servers no longer than an alarm may wait; both frame detectors share it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

from safety_detector.errors import AnswerTimedOut

Answer = TypeVar("Answer")


class Patience:
    """Asks in threads that may outlive whoever waits; safe to share between threads.

    Args:
        seconds: how long an answer is waited for.
        most_waiting: so many may wait on, behind that, for an answer that may never come.
    """

    def __init__(self, seconds: float, most_waiting: int) -> None:
        self.seconds = seconds
        self._places = threading.Semaphore(most_waiting)
        self._is_silent = threading.Event()

    @property
    def is_silent(self) -> bool:
        """Whether the last that were waited for did not come in time, and none has come since."""
        return self._is_silent.is_set()

    @contextmanager
    def place(self) -> Iterator[bool]:
        """A place to wait on at; False where all are taken."""
        has_place = self._places.acquire(blocking=False)
        try:
            yield has_place
        finally:
            if has_place:
                self._places.release()

    def ask(self, ask: Callable[[], Answer]) -> Future[Answer]:
        """Asks in a thread of its own; an answer says that the servers are not silent."""
        asked: Future[Answer] = Future()

        def run() -> None:
            try:
                answer = ask()
            except BaseException as exc:  # noqa: BLE001 (raised where the answer is waited for)
                asked.set_exception(exc)
            else:
                self._is_silent.clear()
                asked.set_result(answer)

        threading.Thread(target=run, name="alarm", daemon=True).start()
        return asked

    def ran_out(self) -> AnswerTimedOut:
        """Notes that an answer did not come in time; the error that says so."""
        self._is_silent.set()
        return self.too_slow()

    def too_slow(self) -> AnswerTimedOut:
        """The error of an answer that is not waited for."""
        return AnswerTimedOut("model-too-slow", seconds=self.seconds)
