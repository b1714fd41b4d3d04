"""The last things that devices sent: "no alarm arrives" is the commonest question.

Of each camera, and of those that are no camera's, the last 20 are kept, with what was read of them
and why nothing was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, insert, select

from safety_detector.database.engine import Database
from safety_detector.database.tables import camera_deliveries
from safety_detector.message_texts.reason import Reason
from safety_detector.service.cameras.cameras import find_camera
from safety_detector.vendor_payloads.events import Make

KEPT = 20
"""Deliveries of each camera, and as many of no camera's."""


class Outcome(StrEnum):
    """What became of a delivery."""

    ACCEPTED = "accepted"
    SKIPPED = "skipped"
    UNCHANGED = "unchanged"
    HEARTBEAT = "heartbeat"
    NO_PICTURE = "no-picture"
    UNREADABLE = "unreadable"
    REFUSED = "refused"
    UNKNOWN_CAMERA = "unknown-camera"
    NOT_ALLOWED = "not-allowed"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a device sent at one time.

    Attributes:
        camera_id: None where it could be tied to none.
        make: whose receiver it came to.
        received_at: when it came.
        peer: the address that it came from.
        content_type: as it was announced.
        size_bytes: of the body.
        outcome: what became of it.
        contents: what was read of it: events, parts; JSON-ready.
        reason: why nothing was accepted.
        head: the beginning of its text, without secrets.
        inspection_id: of the picture, if one was accepted.
        id: rises with each.
    """

    camera_id: str | None
    make: Make
    received_at: datetime
    outcome: Outcome
    peer: str | None = None
    content_type: str | None = None
    size_bytes: int = 0
    contents: Mapping[str, Any] = field(default_factory=dict)
    reason: Reason | None = None
    head: str | None = None
    inspection_id: str | None = None
    id: int = 0


class Deliveries:
    """Keeps the last deliveries."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self.clock = clock

    def note(self, delivery: Delivery) -> None:
        """Adds one, and removes what is older than the last 20 of the same camera."""
        row = {
            "camera_id": delivery.camera_id,
            "make": delivery.make.value,
            "received_at": delivery.received_at,
            "peer": delivery.peer,
            "content_type": delivery.content_type,
            "size_bytes": delivery.size_bytes,
            "outcome": delivery.outcome.value,
            "contents": dict(delivery.contents),
            "reason": delivery.reason,
            "head": delivery.head,
            "inspection_id": delivery.inspection_id,
        }
        column = camera_deliveries.c.camera_id
        same = column.is_(None) if delivery.camera_id is None else column == delivery.camera_id
        newest = select(camera_deliveries.c.id).where(same).order_by(camera_deliveries.c.id.desc())
        with self._database.write() as connection:
            connection.execute(insert(camera_deliveries), row)
            oldest_kept = connection.scalar(newest.offset(KEPT - 1).limit(1))
            if oldest_kept is not None:
                gone = delete(camera_deliveries).where(same, camera_deliveries.c.id < oldest_kept)
                connection.execute(gone)

    def of_camera(self, camera_id: str) -> tuple[Delivery, ...]:
        """The last ones of a camera, newest first.

        Raises:
            UnknownCamera: there is no such camera.
        """
        with self._database.read() as connection:
            find_camera(connection, camera_id)
        return self._list(camera_id)

    def of_no_camera(self) -> tuple[Delivery, ...]:
        """The last ones that could be tied to no camera, newest first."""
        return self._list(None)

    def _list(self, camera_id: str | None) -> tuple[Delivery, ...]:
        column = camera_deliveries.c.camera_id
        same = column.is_(None) if camera_id is None else column == camera_id
        query = select(camera_deliveries).where(same).order_by(camera_deliveries.c.id.desc())
        with self._database.read() as connection:
            rows = connection.execute(query.limit(KEPT)).mappings().all()
        return tuple(
            Delivery(
                **{name: value for name, value in row.items() if name not in ("make", "outcome")},
                make=Make(row["make"]),
                outcome=Outcome(row["outcome"]),
            )
            for row in rows
        )
