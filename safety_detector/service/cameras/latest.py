"""The newest picture of a camera in which something was looked for, and how old it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from safety_detector.database.engine import Database
from safety_detector.database.tables import inspections
from safety_detector.service.inspections.results import Results
from safety_detector.service.records import Camera, StoredPicture

_INTERVALS = 3
"""So many may be missed before a camera counts as away."""


@dataclass(frozen=True, slots=True)
class LivePolicy:
    """What is still shown as live.

    Attributes:
        grace: how long a camera may be away, beyond three of its intervals.
        unchanged_max: how long frames that show nothing new are not inspected.
    """

    grace: timedelta = timedelta(seconds=30)
    unchanged_max: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class LatestPicture:
    """The newest annotated picture of a camera.

    Attributes:
        camera: as it stands.
        inspection_id: in which it was made.
        picture: as it is stored.
        taken_at: when it was taken.
        age: how long ago; never negative.
        is_live: whether it shows how things are: the camera sends, and what it sent is not much
            older than it may be.
    """

    camera: Camera
    inspection_id: str
    picture: StoredPicture
    taken_at: datetime
    age: timedelta
    is_live: bool


class LatestPictures:
    """Finds them.

    Args:
        database: where the inspections are.
        results: the pictures.
        policy: what is still live.
        clock: the present moment.
    """

    def __init__(
        self,
        database: Database,
        results: Results,
        policy: LivePolicy,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._results = results
        self._policy = policy
        self._clock = clock

    def find(self, camera: Camera) -> LatestPicture | None:
        """The newest one of a camera; None while none was inspected."""
        row = inspections.c
        query = (
            select(row.id, row.taken_at)
            .where(row.camera_id == camera.id, row.annotated_fence.is_not(None))
            # Of the camera's present record: an id may have been another camera's before.
            .where(row.received_at >= camera.created_at)
            .order_by(row.taken_at.desc(), row.id.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            found = connection.execute(query).one_or_none()
        picture = found and self._results.annotated(found.id)
        if found is None or picture is None:
            return None
        now = self._clock()
        age = max(now - found.taken_at, timedelta(0))
        return LatestPicture(
            camera, found.id, picture, found.taken_at, age, self._is_live(camera, age, now)
        )

    def _is_live(self, camera: Camera, age: timedelta, now: datetime) -> bool:
        interval_s = camera.every_s or camera.min_interval_ms / 1000
        patience = timedelta(seconds=_INTERVALS * interval_s) + self._policy.grace
        sighting = camera.sighting
        times = (camera.newest_frame_at, sighting.last_frame_at if sighting else None)
        last_frame_at = max((one for one in times if one is not None), default=None)
        return (
            camera.enabled
            and last_frame_at is not None
            and now - last_frame_at <= patience
            and age <= patience + self._policy.unchanged_max
        )
