"""Pictures to inspect, as a kind of jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, update

from safety_detector.database.feed import append_events
from safety_detector.database.tables import inspections
from safety_detector.domain.inspection import Problem, Status
from safety_detector.jobs.kinds import JobKind
from safety_detector.jobs.records import Job, NewJob, Place
from safety_detector.service.cameras.replacement import give_way, lock_cameras
from safety_detector.service.inspections.endings import failed, note_ends
from safety_detector.service.inspections.rows import to_picture
from safety_detector.service.operation.work_counters import Meter
from safety_detector.service.records import (
    INSPECTION,
    PRIORITIES,
    ClaimedPicture,
    EventKind,
    Source,
)

# A picture that brings down its process takes along those beside it.  Each loss spreads them
# further, so that soon they are no longer claimed together.
_SPREAD = timedelta(seconds=10)

_SET_STATUS = update(inspections).where(inspections.c.id.in_(bindparam("ids", expanding=True)))
_BEGIN = _SET_STATUS.values(status=Status.RUNNING).returning(
    inspections.c.id,
    inspections.c.name,
    inspections.c.sha256,
    inspections.c.width,
    inspections.c.height,
    inspections.c.received_at,
    inspections.c.camera_id,
    inspections.c.source,
)
_QUEUE = _SET_STATUS.values(status=Status.QUEUED)


def inspection_kind(
    lease: timedelta, meter: Meter, *, frames_pass_pauses: bool
) -> JobKind[ClaimedPicture]:
    """What is particular about pictures: frames give way to newer ones, outages pause all.

    All but frames, where another detector stands in for their model.
    """
    return JobKind(
        name=INSPECTION,
        lease=lease,
        begun=_begun,
        requeued=_requeued,
        given_up=_given_up,
        lock=_lock,
        counted=meter.ended_otherwise,
        pauses_queue=True,
        newest_pass_pauses=frames_pass_pauses,
        spread=_SPREAD,
        given_up_as_lost="workers-lost-picture",
    )


def inspection_job(row: Mapping[str, Any] | RowMapping, place: Place | None = None) -> NewJob:
    """The job of an inspection, given as a row; ``place`` is one that it takes over.

    Whoever sends much waits behind itself: each camera and each API key is a sender, and where
    there are no keys each batch.
    """
    is_frame = row["source"] == Source.FRAME
    camera_id, key_id = row["camera_id"], row["submitted_by"]
    return NewJob(
        subject_id=row["id"],
        queue=row["backend"],
        priority=PRIORITIES[Source(row["source"])],
        sender=f"camera:{camera_id}" if is_frame else key_id or row["batch_id"] or "-",
        coalesce_key=camera_id if is_frame else None,
        fence=row["fence"],
        place=place,
    )


def _begun(
    connection: Connection, inspection_ids: Sequence[str], now: datetime
) -> dict[str, ClaimedPicture]:
    rows = connection.execute(_BEGIN, {"ids": list(inspection_ids)}).mappings().all()
    append_events(connection, inspection_ids, EventKind.RUNNING, now)
    return {
        row["id"]: ClaimedPicture(
            picture=to_picture(row),
            received_at=row["received_at"],
            source=Source(row["source"]),
            camera_id=row["camera_id"],
        )
        for row in rows
    }


def _requeued(connection: Connection, jobs: Sequence[Job], now: datetime) -> None:
    """A frame beside which a newer one of its camera waits is replaced by it."""
    connection.execute(_QUEUE, {"ids": [one.subject_id for one in jobs]})
    replaced = give_way(connection, jobs, now)
    waiting = [one.subject_id for one in jobs if one.subject_id not in replaced]
    if waiting:
        append_events(connection, waiting, EventKind.QUEUED, now)


def _given_up(connection: Connection, ended: Sequence[tuple[Job, Problem]], now: datetime) -> None:
    for job, problem in ended:
        connection.execute(
            update(inspections)
            .where(inspections.c.id == job.subject_id)
            .values(failed(problem, now) | {"fence": job.fence})
        )
    note_ends(connection, [job for job, _ in ended], EventKind.FAILED, now)


def _lock(connection: Connection, jobs: Sequence[Job]) -> None:
    lock_cameras(connection, [one.coalesce_key for one in jobs if one.coalesce_key])
