"""Changes of inspections for everything in this process that waits for them.

The feed itself is in the database, so that it survives restarts and tells of every process's work.
One poller reads it, and only while somebody listens.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from safety_detector.errors import ServiceUnavailable
from safety_detector.service.inspections.results import Results
from safety_detector.service.records import Event

_log = logging.getLogger(__name__)

_PAGE = 500
_PAUSE_AFTER_ERROR_S = 1.0


@dataclass(frozen=True, slots=True)
class _Batch:
    """Events that stand directly behind ``after`` in the feed."""

    after: str
    events: tuple[Event, ...]

    def behind(self, event_id: str) -> tuple[Event, ...] | None:
        """The events behind that one; None if it is not at the start of or in this batch."""
        if event_id == self.after:
            return self.events
        ids = [event.id for event in self.events]
        return self.events[ids.index(event_id) + 1 :] if event_id in ids else None


class EventFeed:
    """Wakes listeners when the feed grows.

    Args:
        results: reads the feed.
        interval_s: pause between two looks at the database while somebody listens; 50 ms is
            short beside an inspection, and a look takes a fraction of a millisecond.
    """

    def __init__(self, results: Results, interval_s: float = 0.05) -> None:
        self._results = results
        self._interval_s = interval_s
        self._listeners = 0
        self._poller: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._batch = _Batch("", ())
        self._grown = asyncio.Event()
        self._watchers: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self.closing = False

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Keeps the poller going; what happens from here on is not missed."""
        self._listeners += 1
        try:
            async with self._starting:
                if self._poller is None:
                    position = await run_in_threadpool(self._results.newest_event_id)
                    self._batch = _Batch(position, ())
                    self._poller = asyncio.create_task(self._poll())
            yield
        finally:
            self._listeners -= 1
            if self._listeners == 0 and self._poller is not None:
                self._poller.cancel()
                self._poller = None

    @property
    def listeners(self) -> int:
        """How many listen at the moment."""
        return self._listeners

    @property
    def position(self) -> str:
        """The newest event that the poller has seen; for listeners."""
        return self._batch.events[-1].id if self._batch.events else self._batch.after

    @asynccontextmanager
    async def watching(self, inspection_id: str) -> AsyncIterator[asyncio.Event]:
        """An event that is set by each change of one inspection; for listeners."""
        changed = asyncio.Event()
        self._watchers[inspection_id].add(changed)
        try:
            yield changed
        finally:
            self._watchers[inspection_id].discard(changed)
            if not self._watchers[inspection_id]:
                del self._watchers[inspection_id]

    async def next(self, event_id: str, timeout_s: float) -> Sequence[Event]:
        """A page of events behind one, oldest first; for listeners.

        If there are none yet it waits for some, until the time-out or the end of the service, and
        then gives none.

        Raises:
            CursorInvalid: the id is none of ours.
            DatabaseUnavailable: the feed cannot be read.
        """
        grown = self._grown  # taken first: what is published during the look wakes us all the same
        found = await self._behind(event_id)
        if found or self.closing:
            return found
        try:
            async with asyncio.timeout(timeout_s):
                await grown.wait()
        except TimeoutError:
            return ()
        return await self._behind(event_id)

    async def _behind(self, event_id: str) -> Sequence[Event]:
        found = self._batch.behind(event_id)
        if found is None:
            found = await run_in_threadpool(self._results.events_after, event_id, _PAGE)
        return found

    def close(self) -> None:
        """Sends every listener home; streams end, and clients come back with their last event."""
        self.closing = True
        self._wake_everybody()
        for watchers in self._watchers.values():
            for changed in watchers:
                changed.set()

    async def _poll(self) -> None:
        while True:
            try:
                events = await run_in_threadpool(self._results.events_after, self.position, _PAGE)
            except ServiceUnavailable as exc:
                _log.warning("the event feed cannot be read: %s", exc)
                await asyncio.sleep(_PAUSE_AFTER_ERROR_S)
                continue
            except Exception:  # noqa: BLE001 (the task ends here; a dead poller would hang all)
                _log.exception("unexpected error in reading the event feed")
                await asyncio.sleep(_PAUSE_AFTER_ERROR_S)
                continue
            if events:
                self._publish(events)
            if len(events) < _PAGE:
                await asyncio.sleep(self._interval_s)

    def _publish(self, events: tuple[Event, ...]) -> None:
        self._batch = _Batch(self.position, events)
        self._wake_everybody()
        for event in events:
            if event.inspection_id is None or event.incident_id is not None:
                continue
            for changed in self._watchers.get(event.inspection_id, ()):
                changed.set()

    def _wake_everybody(self) -> None:
        self._grown.set()
        self._grown = asyncio.Event()
