"""Faults of cameras for a stream of events: those that are open when it begins, and each change."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from starlette.concurrency import run_in_threadpool

from safety_detector.domain.camera_health import Fault
from safety_detector.domain.hazards import Language
from safety_detector.service.cameras.health import CameraHealth
from safety_detector.service.records import CameraFault
from safety_detector.web.events.documents import CameraEventDocument

_LOOK_S = 1.0
CAMERA_EVENT = "camera"
"""The events' name."""


@dataclass(frozen=True, slots=True)
class _Change:
    camera_id: str
    fault: Fault
    since: datetime
    open: bool
    reason: object


class FaultFollower:
    """Finds what changed since it looked last.

    These events have no place in the feed: whoever comes back is told what is open now.

    Args:
        health: of the cameras.
        camera_id: the only one that counts; None: all.
    """

    def __init__(self, health: CameraHealth, camera_id: str | None) -> None:
        self._health = health
        self._camera_id = camera_id
        self._known: dict[tuple[str, Fault, datetime], CameraFault] = {}
        self._next_s = 0.0

    async def changes(self, language: Language | None) -> list[str]:
        """The data of each change; looks at most once a second.

        Raises:
            DatabaseUnavailable: nobody knows at the moment.
        """
        if time.monotonic() < self._next_s:
            return []
        self._next_s = time.monotonic() + _LOOK_S
        found = await run_in_threadpool(self._health.open_faults, self._camera_id)
        now = {(one.camera_id, one.fault, one.since): one for one in found}
        before, self._known = self._known, now
        opened = [now[key] for key in now if key not in before]
        ended = [before[key] for key in before if key not in now]
        return [
            *(_written(one, language, is_open=True) for one in opened),
            *(_written(one, language, is_open=False) for one in ended),
        ]


def _written(fault: CameraFault, language: Language | None, *, is_open: bool) -> str:
    change = _Change(fault.camera_id, fault.fault, fault.since, is_open, fault.reason)
    return CameraEventDocument.of(change, language).model_dump_json()
