"""What every end of an inspection has in common, as part of other transactions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from safety_detector.database.feed import append_events
from safety_detector.database.statements import add_to_tally
from safety_detector.database.tables import cameras
from safety_detector.documents.reasons import stored_failure
from safety_detector.domain.inspection import Problem, Status, Verdict
from safety_detector.domain.urgency import urgency_of
from safety_detector.jobs.records import Job
from safety_detector.service.records import EventKind


def failed(problem: Problem, now: datetime) -> dict[str, Any]:
    """The columns of an inspection that ends without a result."""
    return {
        "status": Status.FAILED,
        "verdict": Verdict.INCONCLUSIVE,
        "urgency": urgency_of(Status.FAILED, Verdict.INCONCLUSIVE, ()),
        "error": stored_failure(problem),
        "finished_at": now,
    }


def note_ends(connection: Connection, ended: Sequence[Job], kind: EventKind, now: datetime) -> None:
    """Tells readers of the feed, and counts.

    Args:
        connection: a writing transaction; see ``add_to_tally`` for the order of what it counts.
        ended: all jobs that end in this way in this transaction; may be none.
        kind: in which way.
        now: the present moment.
    """
    if not ended:
        return
    append_events(connection, [one.subject_id for one in ended], kind, now)
    # What a job of a frame is coalesced by is its camera.
    count_frames(connection, "frames_inspected", [one.coalesce_key for one in ended])
    add_to_tally(connection, kind.value, len(ended))


def take_back_failures(
    connection: Connection, inspection_ids: Sequence[str], now: datetime
) -> None:
    """Notes that failed inspections are queued again; a camera's frame stays counted."""
    if inspection_ids:
        append_events(connection, inspection_ids, EventKind.QUEUED, now)
        add_to_tally(connection, EventKind.FAILED.value, -len(inspection_ids))
        add_to_tally(connection, "requeued", len(inspection_ids))


def count_frames(connection: Connection, column: str, camera_ids: Iterable[str | None]) -> None:
    """Counts a frame of each camera, which may be named several times.

    In the order of their ids: two transactions that count for the same cameras wait for each other
    in turn, and not both at once.
    """
    counts = Counter(one for one in camera_ids if one is not None)
    for camera_id, frames in sorted(counts.items()):
        connection.execute(
            update(cameras)
            .where(cameras.c.id == camera_id)
            .values({column: cameras.c[column] + frames})
        )
