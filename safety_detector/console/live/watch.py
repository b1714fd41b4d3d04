"""Looks whether something has changed, once for all pages of this process that are open."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.concurrency import run_in_threadpool

from safety_detector.errors import ServiceUnavailable
from safety_detector.service.operation.changes import Standing

_log = logging.getLogger(__name__)

_EVERY_S = 0.3
_AFTER_ERROR_S = 2.0


class ChangeWatch:
    """Wakes who follows; asks nothing while nobody does.

    Args:
        read: where things stand.
    """

    def __init__(self, read: Callable[[], Standing]) -> None:
        self._read = read
        self._followers = 0
        self._task: asyncio.Task[None] | None = None
        self._moved = asyncio.Event()
        self._standing: Standing | None = None

    @property
    def followers(self) -> int:
        """How many follow."""
        return self._followers

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Keeps the looking going."""
        self._followers += 1
        try:
            if self._task is None:
                self._task = asyncio.create_task(self._look())
            yield
        finally:
            self._followers -= 1
            if self._followers == 0 and self._task is not None:
                self._task.cancel()
                self._task, self._standing = None, None

    async def next(self, known: Standing | None, timeout_s: float) -> Standing | None:
        """Where things stand, as soon as that is not what is known; None after the time-out."""
        moved = self._moved  # taken first: what moves during the look wakes us all the same
        if self._standing is not None and self._standing != known:
            return self._standing
        try:
            async with asyncio.timeout(timeout_s):
                await moved.wait()
        except TimeoutError:
            return None
        return self._standing

    async def _look(self) -> None:
        while True:
            try:
                standing = await run_in_threadpool(self._read)
            except ServiceUnavailable as exc:
                _log.warning("what has changed cannot be read: %s", exc)
                await asyncio.sleep(_AFTER_ERROR_S)
                continue
            if standing != self._standing:
                self._standing = standing
                self._moved.set()
                self._moved = asyncio.Event()
            await asyncio.sleep(_EVERY_S)
