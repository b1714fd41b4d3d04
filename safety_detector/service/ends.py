"""What every end of an inspection has in common, as part of other transactions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from safety_detector.database.feed import append_events
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


def note_ends(
    connection: Connection, ended: Sequence[Ended], kind: EventKind, now: datetime
) -> None:
    """Tells readers of the feed, and counts.

    Args:
        connection: a writing transaction; see ``add_to_tally`` for the order of what it counts.
        ended: all that end in this way in this transaction; may be none.
        kind: in which way.
        now: the present moment.
    """
    _note(connection, ended, kind, now, kind, 1)


def take_back_failures(connection: Connection, ended: Sequence[Ended], now: datetime) -> None:
    """Undoes ``note_ends`` of failed inspections that are queued again."""
    _note(connection, ended, EventKind.QUEUED, now, EventKind.FAILED, -1)


def count_frames(
    connection: Connection, column: str, camera_ids: Iterable[str | None], amount: int = 1
) -> None:
    """Counts a frame of each camera, which may be named several times.

    In the order of their ids: two transactions that count for the same cameras wait for each other
    in turn, and not both at once.
    """
    counts = Counter(one for one in camera_ids if one is not None)
    for camera_id, frames in sorted(counts.items()):
        connection.execute(
            update(cameras)
            .where(cameras.c.id == camera_id)
            .values({column: cameras.c[column] + frames * amount})
        )


def _note(
    connection: Connection,
    ended: Sequence[Ended],
    told: EventKind,
    now: datetime,
    counted: EventKind,
    amount: int,
) -> None:
    if not ended:
        return
    append_events(connection, [one.inspection_id for one in ended], told, now)
    frames = [one.camera_id for one in ended if one.source is Source.FRAME]
    count_frames(connection, "frames_inspected", frames, amount)
    add_to_tally(connection, counted.value, amount * len(ended))
