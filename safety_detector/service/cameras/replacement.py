"""Frames that give way to a newer one of their camera, as part of other transactions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from safety_detector.database.feed import append_events
from safety_detector.database.statements import add_to_tally
from safety_detector.database.tables import (
    cameras,
    holds,
    inspections,
    jobs,
    replaced_frames,
)
from safety_detector.jobs.records import Job, JobState
from safety_detector.jobs.store import remove_jobs
from safety_detector.service.cameras.history import count_frame_fates
from safety_detector.service.inspections.endings import count_frames
from safety_detector.service.records import INSPECTION, EventKind


@dataclass(frozen=True, slots=True)
class Replacement:
    """A frame of a camera and the newer one that takes its place."""

    older_id: str
    newer_id: str
    camera_id: str


def replace_frames(
    connection: Connection, replacements: Sequence[Replacement], now: datetime
) -> frozenset[str]:
    """Removes frames that newer ones replace, notes by which, and counts them.

    Args:
        connection: a transaction that has locked the older frames' jobs.
        replacements: which frames, and by which.
        now: the present moment.

    Returns:
        The ids of the frames that are gone; those under hold stay in the queue.
    """
    if not replacements:
        return frozenset()
    held = _held(connection, [one.older_id for one in replacements])
    replacements = [one for one in replacements if one.older_id not in held]
    if not replacements:
        return frozenset()
    older = [one.older_id for one in replacements]
    remove_jobs(connection, INSPECTION, older)
    connection.execute(delete(inspections).where(inspections.c.id.in_(older)))
    rows = [
        {
            "id": one.older_id,
            "camera_id": one.camera_id,
            "replaced_by": one.newer_id,
            "replaced_at": now,
        }
        for one in replacements
    ]
    connection.execute(insert(replaced_frames), rows)
    append_events(connection, older, EventKind.REPLACED, now)
    count_frames(connection, "frames_replaced", [one.camera_id for one in replacements])
    count_frame_fates(connection, now, replaced=[one.camera_id for one in replacements])
    add_to_tally(connection, "replaced", len(older))
    return frozenset(older)


def give_way(connection: Connection, requeued: Sequence[Job], now: datetime) -> frozenset[str]:
    """Replaces those frames, just queued again, beside which a newer one of their camera waits.

    Args:
        connection: a writing transaction.
        requeued: jobs; those that are no frames stay.
        now: the present moment.

    Returns:
        The ids of the frames that are gone; the others stay in the queue.
    """
    frames = [(one.subject_id, one.coalesce_key) for one in requeued if one.coalesce_key]
    lock_cameras(connection, [camera_id for _, camera_id in frames])
    replacements = []
    for frame_id, camera_id in frames:
        newest_id = _newest_waiting(connection, camera_id)
        if newest_id is not None and newest_id > frame_id:
            replacements.append(Replacement(frame_id, newest_id, camera_id))
    return replace_frames(connection, replacements, now)


def lock_cameras(connection: Connection, camera_ids: Sequence[str]) -> None:
    """Keeps pushes of frames of these cameras out until the transaction ends.

    In the order of their ids, like everything that counts for several cameras.
    """
    if camera_ids:
        query = select(cameras.c.id).where(cameras.c.id.in_(set(camera_ids)))
        connection.execute(query.order_by(cameras.c.id).with_for_update()).all()


def _held(connection: Connection, inspection_ids: Sequence[str]) -> frozenset[str]:
    """Those under hold; a hold takes the lock of its inspection, so that none is set meanwhile.

    Two statements: on PostgreSQL the one that takes the locks may not see a hold that was committed
    while it looked.
    """
    lock = select(inspections.c.id).where(inspections.c.id.in_(inspection_ids))
    connection.execute(lock.order_by(inspections.c.id).with_for_update()).all()
    query = select(holds.c.inspection_id).where(holds.c.inspection_id.in_(inspection_ids))
    return frozenset(connection.scalars(query))


def _newest_waiting(connection: Connection, camera_id: str) -> str | None:
    """The camera's frame that arrived last, of those that wait: ids are in the order of arrival."""
    query = select(func.max(jobs.c.subject_id)).where(
        jobs.c.coalesce_key == camera_id, jobs.c.state == JobState.QUEUED
    )
    found: str | None = connection.scalar(query)
    return found
