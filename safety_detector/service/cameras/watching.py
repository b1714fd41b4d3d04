"""Cameras that are watched, as a kind of jobs: one for each whose pictures have to be fetched.

Such a job never ends.  A watcher claims it, keeps it for as long as it can, and hands over frames
under its claim: none is taken of whoever lost it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, delete, select

from safety_detector.database.tables import camera_sightings, cameras
from safety_detector.jobs.kinds import JobKind
from safety_detector.jobs.records import Job, NewJob
from safety_detector.jobs.store import JobStore, remove_jobs

WATCH: Final = "watch"
"""The kind's name in the table of jobs."""

WATCH_QUEUE: Final = "watch"

LEASE = timedelta(seconds=10)
"""How long a camera stays with a watcher of which nobody hears; the longest part of the 20 s in
which another one takes over.  The rest is for noticing it, for opening the stream and for its first
picture."""

DEFAULT_INTERVAL_S: Final = 2.0
"""Seconds between two frames of a camera for which nothing else was said."""

PUSH: Final = "push"
"""The kind of sources that send by themselves, so that nobody watches them."""

# What is claimed anew when one of these changes.
_ABOUT_THE_SOURCE = ("enabled", "source_kind", "source", "sealed", "every_s")


@dataclass(frozen=True, slots=True)
class WatchedCamera:
    """What a watcher needs to know of a camera.

    Attributes:
        source_kind: of its source.
        source: where it is, without anything secret.
        sealed: user and password; None where there are none.
        every_s: seconds between two frames.
        was_connected: whether it was when it was last seen.
    """

    source_kind: str
    source: Mapping[str, Any]
    sealed: bytes | None = field(repr=False)
    every_s: float
    was_connected: bool


def watch_kind(lease: timedelta = LEASE) -> JobKind[WatchedCamera]:
    """What is particular about it: a camera is never given up, however many watchers it cost."""
    return JobKind(name=WATCH, lease=lease, begun=_begun, requeued=_nothing, is_given_up=False)


def watch_job(camera_id: str) -> NewJob:
    """The job of a camera."""
    return NewJob(camera_id, WATCH_QUEUE, sender="-")


def follow_camera(
    connection: Connection,
    jobs: JobStore[WatchedCamera],
    before: RowMapping | None,
    after: RowMapping | None,
) -> None:
    """Has a camera watched from now on, otherwise than before, or no longer.

    Part of the transaction that adds, changes or removes it.  Whoever watches it notices within a
    second or two; one whose source stays as it was is not disturbed.

    Args:
        connection: a writing transaction.
        jobs: of this kind.
        before: its row as it was; None for a new one.
        after: its row as it is; None for one that was removed.
    """
    if before is not None:
        if after is not None and _source_of(before) == _source_of(after):
            return
        # What was seen of another source, or long ago, says nothing.
        gone = camera_sightings.c.camera_id == before["id"]
        connection.execute(delete(camera_sightings).where(gone))
    if after is not None and _is_watched(after):
        jobs.offer_anew(connection, watch_job(after["id"]))
    elif before is not None:
        remove_jobs(connection, WATCH, [before["id"]])


def _source_of(camera: RowMapping) -> list[Any]:
    return [camera[one] for one in _ABOUT_THE_SOURCE]


def _is_watched(camera: RowMapping) -> bool:
    return bool(camera["enabled"]) and camera["source_kind"] != PUSH


def _begun(
    connection: Connection, camera_ids: Sequence[str], _now: datetime
) -> dict[str, WatchedCamera]:
    seen = camera_sightings
    query = (
        select(cameras, seen.c.connected)
        .join(seen, seen.c.camera_id == cameras.c.id, isouter=True)
        .where(cameras.c.id.in_(camera_ids))
    )
    return {
        row["id"]: WatchedCamera(
            source_kind=row["source_kind"],
            source=row["source"],
            sealed=row["sealed"],
            every_s=row["every_s"] or DEFAULT_INTERVAL_S,
            was_connected=bool(row["connected"]),
        )
        for row in connection.execute(query).mappings()
        if _is_watched(row)
    }


def _nothing(_connection: Connection, _jobs: Sequence[Job], _now: datetime) -> None:
    """A camera that waits for a watcher is as it was."""
