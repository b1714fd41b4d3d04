"""Frames of cameras: the newest wins, and what became of each is counted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from safety_detector.database.engine import Database
from safety_detector.database.tables import cameras, inspections, jobs
from safety_detector.domain.capture_time import CLOCK_ERROR, CameraTime
from safety_detector.domain.inspection import PictureFacts
from safety_detector.errors import PictureRefused
from safety_detector.ingest.admission import Limits, admit
from safety_detector.ingest.exif_time import read_camera_time
from safety_detector.jobs.records import JobState, Place
from safety_detector.message_texts.reason import Reason
from safety_detector.pictures.change import Excess, SmallCopy, reduced, small_copy
from safety_detector.service.cameras.cameras import find_camera
from safety_detector.service.cameras.health import CameraHealth
from safety_detector.service.cameras.history import count_frame_fates
from safety_detector.service.cameras.looks import keep_look, standing_looks, unchanged_since
from safety_detector.service.cameras.replacement import Replacement, replace_frames
from safety_detector.service.cameras.scenes import Scene, mark_of, seen_in
from safety_detector.service.inspections.intake import Intake, keep_picture, picture_facts
from safety_detector.service.records import (
    FrameDisposition,
    FrameReceipt,
    Source,
    Submission,
)
from safety_detector.storage.storage import Storage
from safety_detector.storage.upload import Upload


def _anybody(_connection: Connection) -> None:
    """Whoever knows the camera may push its frames."""


_OF_FILES = ("folder", "file")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was seen in a frame before anything was locked.

    Attributes:
        small: its small copy; None where nothing is compared.
        standing: the inspection that stands for it; None if it shows something new.
        excess: by how much it differs from the last look.
        scene: what it says of the camera; None where it was looked at a moment ago.
    """

    small: SmallCopy | None = None
    standing: str | None = None
    excess: Excess | None = None
    scene: Scene | None = None


class Frames:
    """Takes pushed frames: at most one of a camera waits, besides the inspected and the held."""

    def __init__(
        self,
        database: Database,
        storage: Storage,
        limits: Limits,
        intake: Intake,
        health: CameraHealth,
        unchanged_max: timedelta,
        wake_up: Callable[[str], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._health = health
        self._unchanged_max = unchanged_max
        self._database = database
        self._storage = storage
        self._limits = limits
        self._intake = intake
        self._wake_up = wake_up
        self._clock = clock

    def was_taken(self, camera_id: str, picture: bytes, name: str, since: datetime) -> bool:
        """Whether the camera's picture of this name was accepted since it was written.

        Of a drop folder's file, that a process could not put away before it was killed.
        """
        query = select(inspections.c.id).where(
            inspections.c.camera_id == camera_id,
            inspections.c.sha256 == hashlib.sha256(picture).hexdigest(),
            inspections.c.name == name,
            inspections.c.received_at >= since,
        )
        with self._database.read() as connection:
            return connection.scalar(query.limit(1)) is not None

    def push(
        self,
        camera_id: str,
        picture: bytes | Upload,
        frame: Submission,
        permit: Callable[[Connection], None] = _anybody,
    ) -> FrameReceipt:
        """Takes a frame; an accepted one is as durable as an upload until a newer one replaces it.

        Args:
            camera_id: the camera.
            picture: the submitted bytes, or an upload with all of them.
            frame: what else is known; its camera, source and backend are the camera's, and an
                idempotency key means nothing: a frame that is sent twice is two frames.
            permit: asked under the camera's lock, and before; what it raises leaves everything as
                it was.

        Raises:
            UnknownCamera: there is no such camera.
            PictureRefused: not a picture, too large, …; counted as refused.
            StorageUnavailable, DatabaseUnavailable: nothing was accepted.
        """
        self._storage.room.require()
        # Looked at again under the camera's lock; this spares most skipped frames the disk.
        with self._database.read() as connection:
            permit(connection)
            camera = find_camera(connection, camera_id)
            reason = _reason_to_skip(connection, camera, frame, self._clock())
        if reason is not None:
            with self._database.write() as connection:
                return _skip(connection, camera_id, reason, self._clock())
        frame = replace(
            frame,
            camera_id=camera_id,
            source=Source.FRAME,
            backend=camera["backend"],
            idempotency_key=None,
        )
        if isinstance(picture, Upload):
            return self._accept(camera_id, picture, frame, permit)
        with self._storage.new_upload() as upload:
            upload.write(picture)
            return self._accept(camera_id, upload, frame, permit)

    def _accept(
        self,
        camera_id: str,
        upload: Upload,
        frame: Submission,
        permit: Callable[[Connection], None],
    ) -> FrameReceipt:
        data = upload.read()
        try:
            header = admit(data, self._limits)
        except PictureRefused as exc:
            with self._database.write() as connection:
                camera = find_camera(connection, camera_id, lock=True)
                _count(connection, camera_id, "frames_received", "frames_refused")
                self._health.note_refusal(connection, camera, exc.reason)
            raise
        facts = picture_facts(frame.name, upload.sha256, header)
        camera_time = read_camera_time(data)
        seen = self._look_at(camera_id, data)
        if seen.standing is not None:
            receipt = self._leave_unchanged(camera_id, frame, camera_time, seen, permit)
            if receipt is not None:
                return receipt
        upload.commit()
        with self._database.write() as connection:
            # The camera's row is the lock: frames of one camera are taken one after the other.
            camera = find_camera(connection, camera_id, lock=True)
            permit(connection)
            now = self._clock()
            # Also where the frame is skipped: only then are its bytes removed in time.
            keep_picture(connection, self._storage, facts, header, data, now)
            reason = _reason_to_skip(connection, camera, frame, now)
            if reason is not None:
                return _skip(connection, camera_id, reason, now)
            receipt = self._take(connection, camera_id, facts, frame, camera_time, now)
            if seen.small is not None and receipt.inspection is not None:
                keep_look(connection, camera_id, receipt.inspection.id, seen.small, now)
            self._note_health(connection, camera, frame, camera_time, seen, now)
        self._wake_up(self._intake.backend_of(frame))
        return receipt

    def _look_at(self, camera_id: str, data: bytes) -> _Seen:
        """Compares the picture with the last looks, and looks at it, before anything is locked."""
        rgb = reduced(data)
        if rgb is None:
            return _Seen()
        small, now = small_copy(rgb), self._clock()
        with self._database.read() as connection:
            looks = standing_looks(connection, camera_id, now, self._unchanged_max)
            remembered = self._health.remembered(connection, camera_id, now)
        standing, excess = unchanged_since(looks, small, remembered.differences)
        scene = None
        if remembered.is_due:
            scene = seen_in(rgb, mark_of(small), remembered.scenes)
        return _Seen(small if self._unchanged_max else None, standing, excess, scene)

    def _leave_unchanged(
        self,
        camera_id: str,
        frame: Submission,
        camera_time: CameraTime | None,
        seen: _Seen,
        permit: Callable[[Connection], None],
    ) -> FrameReceipt | None:
        """Counts a frame for which an earlier look stands; None if it stands no longer."""
        with self._database.write() as connection:
            camera = find_camera(connection, camera_id, lock=True)
            permit(connection)
            now = self._clock()
            reason = _reason_to_skip(connection, camera, frame, now)
            if reason is not None:
                return _skip(connection, camera_id, reason, now)
            looks = standing_looks(connection, camera_id, now, self._unchanged_max)
            if seen.standing not in {one.inspection_id for one in looks}:
                return None
            _count(connection, camera_id, "frames_received", "frames_unchanged")
            count_frame_fates(connection, now, unchanged=[camera_id])
            self._note_health(connection, camera, frame, camera_time, seen, now)
        return FrameReceipt(
            FrameDisposition.UNCHANGED,
            reason=Reason.of("frame-unchanged", inspection_id=seen.standing),
        )

    def _note_health(
        self,
        connection: Connection,
        camera: RowMapping,
        frame: Submission,
        camera_time: CameraTime | None,
        seen: _Seen,
        now: datetime,
    ) -> None:
        if seen.scene is None:
            return
        # Pictures out of files are as old as they are.
        stated = None
        if camera["source_kind"] not in _OF_FILES:
            stated = self._intake.stated_time(frame, camera_time)
        ahead = None if stated is None else stated - now
        self._health.note_picture(connection, camera, seen.scene, seen.excess, ahead, now)

    def _take(
        self,
        connection: Connection,
        camera_id: str,
        facts: PictureFacts,
        frame: Submission,
        camera_time: CameraTime | None,
        now: datetime,
    ) -> FrameReceipt:
        _count(
            connection,
            camera_id,
            "frames_received",
            newest_frame_at=now,
            newest_captured_at=frame.captured_at,
        )
        older = _waiting(connection, camera_id)
        gone: list[str] = []

        def replace_older(inspection_id: str) -> Place | None:
            replacements = [Replacement(one, inspection_id, camera_id) for one in older]
            replaced = replace_frames(connection, replacements, now)
            gone.extend(one for one in older if one in replaced)
            # A camera that sends faster than it is served does not fall back each time.
            return min((older[one] for one in gone), key=lambda one: one.turn, default=None)

        inspection = self._intake.insert(connection, facts, frame, camera_time, replace_older)
        return FrameReceipt(
            FrameDisposition.ACCEPTED, inspection, replaces=gone[0] if gone else None
        )


def _skip(connection: Connection, camera_id: str, reason: Reason, now: datetime) -> FrameReceipt:
    _count(connection, camera_id, "frames_received", "frames_skipped")
    count_frame_fates(connection, now, skipped=[camera_id])
    return FrameReceipt(FrameDisposition.SKIPPED, reason=reason)


def _reason_to_skip(
    connection: Connection, camera: RowMapping, frame: Submission, now: datetime
) -> Reason | None:
    if not camera["enabled"]:
        return Reason.of("camera-switched-off", camera_id=camera["id"])
    newest, interval_ms = camera["newest_frame_at"], camera["min_interval_ms"]
    # One from the future was written by a clock that was wrong then.
    if newest and timedelta(0) <= now - newest < timedelta(milliseconds=interval_ms):
        return Reason.of("frame-too-soon", milliseconds=interval_ms)
    if frame.captured_at and _is_overtaken(connection, camera["id"], frame.captured_at, now):
        return Reason("frame-overtaken")
    return None


def _is_overtaken(
    connection: Connection, camera_id: str, captured_at: datetime, now: datetime
) -> bool:
    """Whether a frame that was taken later waits or is inspected; a wrong clock says nothing."""
    if captured_at > now + CLOCK_ERROR:
        return False
    in_flight = select(jobs.c.subject_id).where(jobs.c.coalesce_key == camera_id)
    query = select(inspections.c.captured_at, inspections.c.received_at).where(
        inspections.c.id.in_(in_flight), inspections.c.captured_at > captured_at
    )
    return any(
        row.captured_at <= row.received_at + CLOCK_ERROR for row in connection.execute(query)
    )


def _count(connection: Connection, camera_id: str, *names: str, **values: Any) -> None:
    counts: Mapping[str, Any] = {name: cameras.c[name] + 1 for name in names}
    connection.execute(
        update(cameras).where(cameras.c.id == camera_id).values({**counts, **values})
    )


def _waiting(connection: Connection, camera_id: str) -> dict[str, Place]:
    """The camera's frames that nobody has claimed, newest first, locked; and their places.

    One that is being claimed at this moment stays; it gives way when it is queued again.
    """
    query = (
        select(jobs.c.subject_id, jobs.c.turn, jobs.c.due_at)
        .where(jobs.c.coalesce_key == camera_id, jobs.c.state == JobState.QUEUED)
        .order_by(jobs.c.subject_id.desc())
        .with_for_update(skip_locked=True)
    )
    return {row.subject_id: Place(row.turn, row.due_at) for row in connection.execute(query)}
