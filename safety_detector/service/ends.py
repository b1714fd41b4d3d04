"""What every end of an inspection has in common, as part of other transactions."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from safety_detector.database.feed import append_event
from safety_detector.database.statements import add_to_tally
from safety_detector.database.tables import cameras
from safety_detector.domain.inspection import Problem, Status, Verdict
from safety_detector.service.records import EventKind, Source


@dataclass(frozen=True, slots=True)
class Ended:
    """An inspection that ends, and how it came in."""

    inspection_id: str
    source: Source
    camera_id: str | None


def failed(problem: Problem, now: datetime) -> dict[str, Any]:
    """The columns of an inspection that ends without a result."""
    return {
        "status": Status.FAILED,
        "verdict": Verdict.INCONCLUSIVE,
        "error": asdict(problem),
        "finished_at": now,
        "due_at": None,
    }


def note_end(connection: Connection, ended: Ended, kind: EventKind, now: datetime) -> None:
    """Tells readers of the feed, and counts."""
    append_event(connection, ended.inspection_id, kind, now)
    add_to_tally(connection, kind.value)
    _count_inspected_frame(connection, ended, 1)


def take_back_failure(connection: Connection, ended: Ended, now: datetime) -> None:
    """Undoes ``note_end`` of a failed inspection that is queued again."""
    append_event(connection, ended.inspection_id, EventKind.QUEUED, now)
    add_to_tally(connection, EventKind.FAILED.value, -1)
    _count_inspected_frame(connection, ended, -1)


def _count_inspected_frame(connection: Connection, ended: Ended, amount: int) -> None:
    if ended.source is Source.FRAME:
        connection.execute(
            update(cameras)
            .where(cameras.c.id == ended.camera_id)
            .values(frames_inspected=cameras.c.frames_inspected + amount)
        )
