"""Waiting for model servers no longer than an alarm may wait; both frame detectors share it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

from safety_detector.errors import AnswerTimedOut

Answer = TypeVar("Answer")


class Patience:
    """Asks in threads that may outlive whoever waits; safe to share between threads.

    Args:
        seconds: how long an answer is waited for.
        most_waiting: so many may wait on, behind that, for an answer that may never come; and so
            many answers may be still to come for which nobody waits any more.
    """

    def __init__(self, seconds: float, most_waiting: int) -> None:
        self.seconds = seconds
        self._places = threading.Semaphore(most_waiting)
        self._is_silent = threading.Event()
        self._most_left = most_waiting
        self._left = 0
        self._lock = threading.Lock()

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

    def has_room(self, *, has_place: bool) -> bool:
        """Whether more may be asked.

        Not without a place, if the last answers that were waited for did not come in time and none
        has come since; nor beside too many of which nobody waits for the answers any more.

        Args:
            has_place: whether whoever asks has a place to wait on at.
        """
        with self._lock:
            return self._left <= self._most_left and (has_place or not self._is_silent.is_set())

    def leave(self, asked: Iterable[Future[Any]]) -> None:
        """Notes that nobody waits for these answers any more."""
        for one in asked:
            with self._lock:
                self._left += 1
            one.add_done_callback(self._came)

    def _came(self, _: Future[Any]) -> None:
        with self._lock:
            self._left -= 1

    def ran_out(self) -> AnswerTimedOut:
        """Notes that an answer did not come in time; the error that says so."""
        self._is_silent.set()
        return self.too_slow()

    def too_slow(self) -> AnswerTimedOut:
        """The error of an answer that is not waited for."""
        return AnswerTimedOut("model-too-slow", seconds=self.seconds)
