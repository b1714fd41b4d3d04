"""Where uploaded pictures are checked and stored: not in the threads of all other requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from anyio import CapacityLimiter, from_thread, to_thread
from fastapi import Request
from starlette.requests import ClientDisconnect

Result = TypeVar("Result")
Item = TypeVar("Item")

_LARGE_BYTES = 4 * 2**20  # cameras' pictures have less
_SMALL_AT_ONCE = 32  # they wait for the same fsync, mostly
_LARGE_AT_ONCE = 4  # each is held in memory twice


class AcceptPlaces:
    """Runs the checking of uploads in threads of their own.

    Lists and probes are answered however many uploads wait, and cameras' pictures do not stand
    behind large ones.
    """

    def __init__(self) -> None:
        self._small = CapacityLimiter(_SMALL_AT_ONCE)
        self._large = CapacityLimiter(_LARGE_AT_ONCE)
        self._threads = CapacityLimiter(_SMALL_AT_ONCE + _LARGE_AT_ONCE)

    async def run(self, request: Request, size_bytes: int, work: Callable[[], Result]) -> Result:
        """Calls ``work`` in a thread when it is its turn.

        Args:
            request: that brought the pictures.
            size_bytes: theirs.
            work: checks and stores them.

        Raises:
            ClientDisconnect: who sent them is gone by then; nothing was begun.
        """
        async with self._large if size_bytes > _LARGE_BYTES else self._small:
            if await request.is_disconnected():
                raise ClientDisconnect
            return await to_thread.run_sync(work, limiter=self._threads)


def while_there(request: Request, items: Iterable[Item]) -> Iterator[Item]:
    """The items, one after the other, until who sent them is gone; in a thread of the event loop's.

    Who has only ended the sending is still there.

    Raises:
        ClientDisconnect: the connection is closed; the items that are left are not begun.
    """
    for item in items:
        if from_thread.run(request.is_disconnected):
            raise ClientDisconnect
        yield item
