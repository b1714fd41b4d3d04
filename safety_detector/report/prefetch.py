"""Pictures are made ready for print by threads, a few sheets ahead of the one that is drawn.

Reading, decoding, shrinking and encoding run without Python's lock.  So they take none of the time
of the thread that sets the pages, and a report that has several cores is done sooner.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, Self, TypeVar

from safety_detector.pictures.memory_budget import MemoryBudget

_MOST_THREADS = 4
"""More would wait for the one thread that sets the pages."""
_BYTES_A_PIXEL = 7  # while it is decoded
_MOST_BYTES = 1_200_000_000  # a report is set beside them
_AHEAD = 2
"""Orders a thread that are begun before they are collected; a sheet's pictures take 0.1 MB."""

_Result = TypeVar("_Result")


class Order(Generic[_Result]):
    """Work whose result will be collected, once."""

    def __init__(self, prefetcher: Prefetcher, work: Callable[[], _Result]) -> None:
        self._prefetcher = prefetcher
        self._work = work
        self._future: Future[_Result] | None = None

    @property
    def is_begun(self) -> bool:
        """Whether a thread has the work, or had it."""
        return self._future is not None

    def begin(self, pool: ThreadPoolExecutor) -> None:
        """Hands the work to a thread."""
        self._future = pool.submit(self._work)

    def collect(self) -> _Result:
        """The result; waits for it.

        Raises:
            Exception: what the work raised, or what the prefetcher's ``on_collect`` did.
        """
        self._prefetcher.make_ready(self)
        future, self._future = self._future, None  # what is drawn is not kept
        if future is None:
            raise RuntimeError("an order was collected twice")
        return future.result()


class Prefetcher:
    """Does orders in threads in the order in which they were given, few of them ahead.

    Args:
        on_collect: told before each result is handed out, on the thread that collects it.
    """

    def __init__(self, on_collect: Callable[[], None]) -> None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
        threads = min(cores, _MOST_THREADS)
        self._on_collect = on_collect
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="prefetcher")
        self._most_ahead = _AHEAD * threads
        self._budget = MemoryBudget(_MOST_BYTES)
        self._waiting: deque[Order[Any]] = deque()
        self._ahead = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def order(self, work: Callable[[], _Result], *, pixels: int) -> Order[_Result]:
        """Takes an order.

        Args:
            work: called on another thread.
            pixels: of the largest picture that it holds; they are within the bound of
                ``MemoryBudget`` together with those of the other threads.
        """

        def work_in_bounds() -> _Result:
            with self._budget.room_for(_BYTES_A_PIXEL * pixels):
                return work()

        order = Order(self, work_in_bounds)
        self._waiting.append(order)
        return order

    def make_ready(self, order: Order[Any]) -> None:
        """Sees to it that this order and some behind it are begun; its turn is over then."""
        self._on_collect()
        while self._waiting and (not order.is_begun or self._ahead < self._most_ahead):
            self._waiting.popleft().begin(self._pool)
            self._ahead += 1
        self._ahead -= 1
