"""Questions of ``/readyz``, asked in threads of their own.

The threads of all other requests may hang with what is asked about: a disk that does not answer, a
stopped broker, a lock in the database.  The answer shall come all the same, and be the truth.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class Probe(Generic[Answer]):
    """A question with at most one thread at a time: whoever asks meanwhile gets the same answer.

    A thread that hangs is waited for by all who ask after it, each for the time-out, and no second
    one hangs beside it.

    Args:
        ask: gives the answer, or raises.
        timeout_s: how long each waits.
        keep_s: for how long an answer is given again, where asking costs others something.
        earlier_will_do: whether whoever asks gets the answer before while a new one is looked for;
            of what changes slowly and takes long.
    """

    def __init__(
        self,
        ask: Callable[[], Answer],
        *,
        timeout_s: float,
        keep_s: float = 0.0,
        earlier_will_do: bool = False,
    ) -> None:
        self._ask = ask
        self._earlier_will_do = earlier_will_do
        self._earlier: Future[Answer] | None = None
        self._timeout_s = timeout_s
        self._keep_s = keep_s
        self._asked: Future[Answer] | None = None
        self._answered_s = 0.0

    async def answer(self) -> Answer:
        """The answer.

        Raises:
            TimeoutError: there was none in time.
            Exception: whatever the question raises.
        """
        current = self._current()
        if self._earlier is not None and not current.done():
            return self._earlier.result()
        async with asyncio.timeout(self._timeout_s):
            return await asyncio.shield(asyncio.wrap_future(current))

    def _current(self) -> Future[Answer]:
        asked = self._asked
        is_new_enough = time.monotonic() < self._answered_s + self._keep_s
        if asked is None or (asked.done() and not is_new_enough):
            asked = self._asked = _in_own_thread(self._ask)
            asked.add_done_callback(self._note_answer)
        return asked

    def _note_answer(self, asked: Future[Answer]) -> None:
        self._answered_s = time.monotonic()
        if self._earlier_will_do:
            self._earlier = None if asked.exception() else asked


class ReservedThreads:
    """A few threads for what differs from request to request.

    Args:
        most: threads at a time; all of them hang at worst.
    """

    def __init__(self, most: int) -> None:
        self._free = threading.BoundedSemaphore(most)

    async def run(self, function: Callable[[], Answer]) -> Answer:
        """What the function gives.

        Raises:
            TimeoutError: all threads are taken.
            Exception: whatever the function raises.
        """
        if not self._free.acquire(blocking=False):
            raise TimeoutError

        def work() -> Answer:
            try:
                return function()
            finally:
                self._free.release()

        return await asyncio.shield(asyncio.wrap_future(_in_own_thread(work)))


def _in_own_thread(ask: Callable[[], Answer]) -> Future[Answer]:
    """Begins to ask; a thread that hangs does not keep the process from ending."""
    asked: Future[Answer] = Future()

    def run() -> None:
        try:
            answer = ask()
        except BaseException as exc:  # noqa: BLE001 (who waits raises it)
            asked.set_exception(exc)
        else:
            asked.set_result(answer)

    threading.Thread(target=run, name="probe", daemon=True).start()
    return asked
