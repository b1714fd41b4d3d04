"""The newest picture of a camera in which something was looked for, and how old it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from safety_detector.database.engine import Database
from safety_detector.database.tables import cameras, inspections
from safety_detector.domain.inspection import Verdict
from safety_detector.service.inspections.results import stored_annotated
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
        width, height: in pixels of the upright original, on which areas are drawn.
        taken_at: when it was taken.
        age: how long ago; never negative.
        verdict: what was found in it.
        live_until: until when it shows how things are, if nothing new comes: the camera sends, and
            what it sent is not much older than it may be.  None for a camera that does not send.
        is_live: whether it still does.
    """

    camera: Camera
    inspection_id: str
    picture: StoredPicture
    width: int
    height: int
    taken_at: datetime
    age: timedelta
    verdict: Verdict | None
    live_until: datetime | None
    is_live: bool


class LatestPictures:
    """Finds them.

    Args:
        database: where the inspections are.
        policy: what is still live.
        clock: the present moment.
    """

    def __init__(
        self, database: Database, policy: LivePolicy, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._policy = policy
        self._clock = clock

    def find(self, camera: Camera) -> LatestPicture | None:
        """The newest one of a camera; None while none was inspected."""
        return self.of([camera]).get(camera.id)

    def of(self, wanted: Sequence[Camera]) -> dict[str, LatestPicture]:
        """The newest one of each camera of which one was inspected, by the camera's id."""
        row = inspections.c
        newest = (
            select(row.id)
            .where(row.camera_id == cameras.c.id, row.annotated_fence.is_not(None))
            # Of the camera's present record: an id may have been another camera's before.
            .where(row.received_at >= cameras.c.created_at)
            .order_by(row.taken_at.desc(), row.id.desc())
            .limit(1)
            .correlate(cameras)
            .scalar_subquery()
        )
        query = (
            select(
                *(row.camera_id, row.id, row.taken_at, row.annotated_fence, row.name, row.verdict),
                *(row.width, row.height),
            )
            .join_from(cameras, inspections, row.id == newest)
            .where(cameras.c.id.in_([camera.id for camera in wanted]))
        )
        with self._database.read() as connection:
            found = {one.camera_id: one for one in connection.execute(query)}
        now = self._clock()
        pictures = {}
        for camera in wanted:
            one = found.get(camera.id)
            if one is None:
                continue
            live_until = self._live_until(camera, one.taken_at)
            pictures[camera.id] = LatestPicture(
                camera=camera,
                inspection_id=one.id,
                picture=stored_annotated(one.id, one.annotated_fence, one.name),
                width=one.width,
                height=one.height,
                taken_at=one.taken_at,
                age=max(now - one.taken_at, timedelta(0)),
                verdict=None if one.verdict is None else Verdict(one.verdict),
                live_until=live_until,
                is_live=live_until is not None and now <= live_until,
            )
        return pictures

    def _live_until(self, camera: Camera, taken_at: datetime) -> datetime | None:
        interval_s = camera.every_s or camera.min_interval_ms / 1000
        patience = timedelta(seconds=_INTERVALS * interval_s) + self._policy.grace
        sighting = camera.sighting
        times = (camera.newest_frame_at, sighting.last_frame_at if sighting else None)
        last_frame_at = max((one for one in times if one is not None), default=None)
        if not camera.enabled or last_frame_at is None:
            return None
        return min(last_frame_at + patience, taken_at + patience + self._policy.unchanged_max)
