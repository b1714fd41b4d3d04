"""``Prefer: wait=10``: an answer that comes when the inspection is final, or when time is up."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool

from safety_detector.domain.inspection import Inspection, Status
from safety_detector.errors import ServiceUnavailable
from safety_detector.service.inspections.results import Results
from safety_detector.web.collaborators import Collaborators
from safety_detector.web.events.feed import EventFeed

_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*(\d{1,6})(?:$|[,;\s])")


def wait_preference_s(prefer: str | None, longest_s: float) -> float:
    """Seconds that a client is ready to wait (RFC 7240, section 4.3), 0.0 if it does not say so."""
    found = _WAIT.search(prefer or "")
    return min(float(found[1]), longest_s) if found else 0.0


def granted_wait_s(here: Collaborators, wanted_s: float) -> float:
    """The wait, or 0.0 while as many wait or follow events as may.

    A preference may be ignored (RFC 7240, section 2); what is accepted is not refused for it.
    """
    return wanted_s if here.streams.feed.listeners < here.streams.at_most else 0.0


def is_final(inspection: Inspection) -> bool:
    """Whether nothing will change any more."""
    return inspection.status in (Status.COMPLETED, Status.FAILED)


async def wait_until_final(
    accepted: Sequence[Inspection], results: Results, feed: EventFeed, timeout_s: float
) -> list[Inspection]:
    """The inspections as they stand when all are final or the time is up.

    What is accepted stays accepted: if the database goes away meanwhile, they are given back as
    they were.
    """
    if timeout_s <= 0 or all(is_final(one) for one in accepted):
        return list(accepted)
    deadline = asyncio.get_running_loop().time() + timeout_s
    try:
        async with feed.listening():
            return [await _wait_for(one, results, feed, deadline) for one in accepted]
    except ServiceUnavailable:
        return list(accepted)


async def _wait_for(
    inspection: Inspection, results: Results, feed: EventFeed, deadline: float
) -> Inspection:
    async with feed.watching(inspection.id) as changed:
        while True:
            changed.clear()
            found = await run_in_threadpool(results.get, inspection.id)
            inspection = found or inspection  # a frame may have been replaced meanwhile
            if is_final(inspection) or feed.closing:
                return inspection
            try:
                async with asyncio.timeout_at(deadline):
                    await changed.wait()
            except TimeoutError:
                return inspection
