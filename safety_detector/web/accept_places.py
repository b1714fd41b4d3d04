"""Where uploaded pictures are checked and stored: not in the threads of all other requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import TypeVar, cast

from anyio import CapacityLimiter, from_thread, to_thread
from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.types import Message

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
        # Not anyio's: those take a turn of the event loop also where nobody waits.
        self._small = asyncio.Semaphore(_SMALL_AT_ONCE)
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)
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
            if _is_gone(request):
                raise ClientDisconnect
            return await to_thread.run_sync(work, limiter=self._threads)


def _is_gone(request: Request) -> bool:
    """Whether the connection is closed, as far as the server knows by now.

    ``Request.is_disconnected`` without its cancelled scope, which costs as much as reading the
    picture's header: what would have to be waited for is not there.
    """
    news = cast(Coroutine[object, None, Message], request.receive())
    try:
        news.send(None)
    except StopIteration as at_once:
        message: Message = at_once.value
        return bool(message["type"] == "http.disconnect")
    news.close()
    return False


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
