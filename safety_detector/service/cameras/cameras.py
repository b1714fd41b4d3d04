"""Cameras as records."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update
from ulid import ULID

from safety_detector.database.engine import Database
from safety_detector.database.statements import insert_unless_there
from safety_detector.database.tables import COALESCED, cameras, former_cameras, jobs
from safety_detector.errors import CameraExists, SubmissionRefused, UnknownCamera
from safety_detector.service.access.audit import PROGRAM, Actor, AuditAction, note_act
from safety_detector.service.cameras.history import (
    CameraLifetime,
    FrameFates,
    camera_lifetimes,
    frame_fates,
)
from safety_detector.service.records import INSPECTION, Camera, FrameCounts

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # stands in URLs, labels and file names


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """What an operator decides about a camera; see ``records.Camera``."""

    name: str
    enabled: bool = True
    backend: str | None = None
    min_interval_ms: int = 0


# Built once: building a statement takes longer than answering it.
_ALL = select(cameras).order_by(cameras.c.id)
_FRAMES_IN_FLIGHT = (
    select(jobs.c.coalesce_key, func.count())
    .where(COALESCED, jobs.c.kind == INSPECTION)
    .group_by(jobs.c.coalesce_key)
)


class Cameras:
    """Keeps the cameras."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def create(
        self, settings: CameraSettings, camera_id: str | None = None, by: Actor = PROGRAM
    ) -> Camera:
        """Adds a camera; without an id one is made up; ``by`` goes into the audit log.

        Raises:
            CameraExists: the id is taken.
            SubmissionRefused: the id has other characters than letters, digits, ``.``, ``_``,
                ``-``, or more than 64.
        """
        camera_id = camera_id or str(ULID.from_datetime(self._clock())).lower()
        if not _ID.fullmatch(camera_id):
            raise SubmissionRefused("camera-id-malformed", camera_id=camera_id[:80])
        now = self._clock()
        values = _values(settings) | {
            "id": camera_id,
            "created_at": now,
            "frames_received": 0,
            "frames_inspected": 0,
            "frames_skipped": 0,
            "frames_replaced": 0,
            "frames_refused": 0,
        }
        with self._database.write() as connection:
            statement = insert_unless_there(connection.dialect.name, cameras, on=("id",))
            if connection.execute(statement, values).rowcount == 0:
                raise CameraExists("camera-exists", camera_id=camera_id)
            note_act(connection, by, AuditAction.CAMERA_ADDED, now, camera_id, **asdict(settings))
            return to_camera(find_camera(connection, camera_id), in_flight=0)

    def get(self, camera_id: str) -> Camera:
        """One camera.

        Raises:
            UnknownCamera: there is none with that id.
        """
        with self._database.read() as connection:
            row = find_camera(connection, camera_id)
            return to_camera(row, frames_in_flight(connection)[camera_id])

    def list(self) -> tuple[Camera, ...]:
        """Every camera, by id."""
        with self._database.read() as connection:
            rows = connection.execute(_ALL).mappings().all()
            in_flight = frames_in_flight(connection)
        return tuple(to_camera(row, in_flight[row["id"]]) for row in rows)

    def lifetimes(self) -> tuple[CameraLifetime, ...]:
        """Every camera that there is and that there was, by id; see ``camera_lifetimes``."""
        with self._database.read() as connection:
            return camera_lifetimes(connection)

    def frame_fates(
        self, since: datetime | None, until: datetime | None
    ) -> Mapping[str, FrameFates]:
        """By camera, the frames that were not inspected; see ``camera_history.frame_fates``."""
        with self._database.read() as connection:
            return frame_fates(connection, since, until)

    def change(self, camera_id: str, settings: CameraSettings, by: Actor = PROGRAM) -> Camera:
        """Replaces the settings of a camera.

        Raises:
            UnknownCamera: there is none with that id.
        """
        statement = update(cameras).where(cameras.c.id == camera_id).values(_values(settings))
        with self._database.write() as connection:
            connection.execute(statement)
            row = find_camera(connection, camera_id)
            note_act(
                connection,
                by,
                AuditAction.CAMERA_CHANGED,
                self._clock(),
                camera_id,
                **asdict(settings),
            )
            return to_camera(row, frames_in_flight(connection)[camera_id])

    def remove(self, camera_id: str, by: Actor = PROGRAM) -> None:
        """Removes a camera; its inspections stay, and its name with them.

        Raises:
            UnknownCamera: there is none with that id.
        """
        with self._database.write() as connection:
            row = find_camera(connection, camera_id)
            now = self._clock()
            connection.execute(delete(cameras).where(cameras.c.id == camera_id))
            gone = {"id": camera_id, "name": row["name"], "created_at": row["created_at"]}
            connection.execute(insert(former_cameras), gone | {"removed_at": now})
            note_act(
                connection,
                by,
                AuditAction.CAMERA_REMOVED,
                now,
                camera_id,
                name=row["name"],
            )


def to_camera(row: RowMapping, in_flight: int) -> Camera:
    """A row of the table as a camera."""
    return Camera(
        id=row["id"],
        name=row["name"],
        created_at=row["created_at"],
        enabled=row["enabled"],
        backend=row["backend"],
        min_interval_ms=row["min_interval_ms"],
        newest_frame_at=row["newest_frame_at"],
        newest_captured_at=row["newest_captured_at"],
        frames=FrameCounts(
            received=row["frames_received"],
            inspected=row["frames_inspected"],
            in_flight=in_flight,
            skipped=row["frames_skipped"],
            replaced=row["frames_replaced"],
            refused=row["frames_refused"],
        ),
    )


def find_camera(connection: Connection, camera_id: str, *, lock: bool = False) -> RowMapping:
    """A camera's row.

    Args:
        connection: a transaction.
        camera_id: the camera.
        lock: whether to keep others from changing the row until the transaction ends.

    Raises:
        UnknownCamera: there is none with that id.
    """
    query = select(cameras).where(cameras.c.id == camera_id)
    if lock:
        query = query.with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise UnknownCamera("no-camera-see-list", camera_id=camera_id)
    return row


def frames_in_flight(connection: Connection) -> Counter[str]:
    """By camera, its frames that are accepted and not final; at most a few each."""
    return Counter({row[0]: row[1] for row in connection.execute(_FRAMES_IN_FLIGHT)})


def _values(settings: CameraSettings) -> dict[str, Any]:
    return {
        "name": settings.name,
        "enabled": settings.enabled,
        "backend": settings.backend,
        "min_interval_ms": settings.min_interval_ms,
    }
