"""Accepting pictures: checked, stored durably, committed; only then is there an inspection."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import Connection, select
from ulid import ULID

from safety_detector.database.engine import Database
from safety_detector.database.feed import append_event
from safety_detector.database.statements import add_to_tally, insert_unless_there, upsert
from safety_detector.database.tables import cameras, inspections, pictures
from safety_detector.documents.results import ClockNoteDocument
from safety_detector.domain.capture_time import (
    CameraTime,
    Taken,
    decide_taken,
)
from safety_detector.domain.inspection import Inspection, PictureFacts, Status
from safety_detector.domain.urgency import PENDING
from safety_detector.errors import IdempotencyConflict, UnknownCamera
from safety_detector.host.disk_room import DiskRoom
from safety_detector.ingest.admission import Limits, admit
from safety_detector.ingest.exif_time import read_camera_time
from safety_detector.jobs.records import Place
from safety_detector.jobs.store import JobStore
from safety_detector.pictures.images import PictureHeader
from safety_detector.service.cameras.history import camera_names
from safety_detector.service.inspections.jobs import inspection_job
from safety_detector.service.inspections.rows import to_inspection
from safety_detector.service.records import ClaimedPicture, EventKind, Submission
from safety_detector.storage.storage import Storage
from safety_detector.storage.upload import Upload

_NO_OWNER = "-"  # NULL would not be equal to NULL, and the same key would be accepted twice


class Intake:
    """Accepts pictures.

    Args:
        database, storage: where they go.
        limits: what a picture may cost.
        default_backend: the backend of submissions that name none.
        wake_up: told the backend's name after each commit; must neither block nor raise.
        jobs: of pictures.
        clock: the present moment, with its zone.
        zone: in which a camera's time is read that has no zone of its own.
    """

    def __init__(
        self,
        database: Database,
        storage: Storage,
        limits: Limits,
        default_backend: str,
        wake_up: Callable[[str], None],
        jobs: JobStore[ClaimedPicture],
        clock: Callable[[], datetime],
        zone: tzinfo,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._storage = storage
        self._limits = limits
        self._default_backend = default_backend
        self._wake_up = wake_up
        self._clock = clock
        self._zone = zone

    @property
    def default_backend(self) -> str:
        """The backend of submissions that name none."""
        return self._default_backend

    @property
    def room(self) -> DiskRoom:
        """Whether there is room for anything new."""
        return self._storage.room

    def new_upload(self) -> Upload:
        """An empty upload, for ``accept``."""
        return self._storage.new_upload()

    def accept(
        self,
        picture: bytes | Upload,
        submission: Submission,
        along: Callable[[Connection], None] | None = None,
    ) -> Inspection:
        """Accepts a picture: when this returns, its bytes and its inspection are durable.

        Args:
            picture: the submitted bytes, or an upload of ``new_upload`` with all of them.
            submission: what else is known of it.
            along: what is written in the same transaction; if it raises, nothing is accepted.

        Returns:
            The new inspection, or the earlier one of the same idempotency key and bytes.

        Raises:
            PictureRefused: not a picture, too large, truncated, …; nothing is kept.
            UnknownCamera: the submission names a camera that is not there.
            IdempotencyConflict: the key was used with other bytes.
            StorageUnavailable, DatabaseUnavailable: nothing was accepted; ``StorageFull`` where
                there is room, but too little to accept anything new.
        """
        if isinstance(picture, Upload):
            return self._accept(picture, submission, along)
        with self._storage.new_upload() as upload:
            upload.write(picture)
            return self._accept(upload, submission, along)

    def fetched_before(self, submission: Submission) -> Inspection | None:
        """The inspection that a submission by URL already led to; None if it is to be fetched.

        Raises:
            IdempotencyConflict: the key was used with something else.
        """
        if submission.idempotency_key is None or submission.fetched_from is None:
            return None
        with self._database.read() as connection:
            return _known_submission(connection, submission, None)

    def _accept(
        self,
        upload: Upload,
        submission: Submission,
        along: Callable[[Connection], None] | None,
    ) -> Inspection:
        data = upload.read()
        header = admit(data, self._limits)
        facts = picture_facts(submission.name, upload.sha256, header)
        known = self._check(submission, facts)
        if known is not None:
            return known
        self._storage.room.require()
        camera_time = read_camera_time(data)
        upload.commit()

        def commit(connection: Connection) -> Inspection:
            if along is not None:
                along(connection)
            keep_picture(connection, self._storage, facts, header, data, self._clock())
            return self.insert(connection, facts, submission, camera_time)

        inspection = self._database.write_grouped(commit)
        self._wake_up(self.backend_of(submission))
        return inspection

    def backend_of(self, submission: Submission) -> str:
        """The backend that a submission goes to."""
        return submission.backend or self._default_backend

    def stated_time(
        self, submission: Submission, camera_time: CameraTime | None
    ) -> datetime | None:
        """When a picture was taken by its sender's clock, else its camera's, believed or not."""
        if submission.captured_at is not None or camera_time is None:
            return submission.captured_at
        if camera_time.local is None:
            return None
        return camera_time.local.replace(tzinfo=camera_time.offset or self._zone)

    def insert(
        self,
        connection: Connection,
        facts: PictureFacts,
        submission: Submission,
        camera_time: CameraTime | None,
        take_place: Callable[[str], Place | None] = lambda _inspection_id: None,
    ) -> Inspection:
        """The new inspection and its job, as part of a transaction that keeps the picture.

        Args:
            connection: the transaction.
            facts: of the picture.
            submission: what else is known.
            camera_time: that the picture itself states.
            take_place: told the new id; gives the place in the queue that it takes over, if any.
        """
        now = self._clock()
        taken = decide_taken(now, self._zone, submission.captured_at, camera_time)
        values = _new_row(facts, submission, self.backend_of(submission), now, taken)
        statement = insert_unless_there(
            connection.dialect.name, inspections, on=("idempotency_owner", "idempotency_key")
        )
        if connection.execute(statement, values).rowcount == 0:
            return _same_submission(connection, submission, facts)
        place = take_place(values["id"])
        self._jobs.add(connection, inspection_job(values, place))
        append_event(connection, values["id"], EventKind.QUEUED, now)
        add_to_tally(connection, "accepted")
        return Inspection(
            id=values["id"],
            status=Status.QUEUED,
            picture=facts,
            received_at=now,
            camera_id=submission.camera_id,
            camera_name=camera_names(connection, [submission.camera_id]).get(
                submission.camera_id or ""
            ),
            batch_id=submission.batch_id,
            captured_at=submission.captured_at,
            taken=taken,
            metadata=submission.metadata,
        )

    def _check(self, submission: Submission, facts: PictureFacts) -> Inspection | None:
        """Refuses what cannot be accepted before anything is stored; finds a known submission."""
        if submission.camera_id is None and submission.idempotency_key is None:
            return None
        with self._database.read() as connection:
            if submission.camera_id is not None:
                check_camera(connection, submission.camera_id)
            if submission.idempotency_key is not None:
                return _known_submission(connection, submission, facts.sha256)
        return None


def picture_facts(name: str, sha256: str, header: PictureHeader) -> PictureFacts:
    """What is known of an admitted picture."""
    return PictureFacts(name, sha256, header.size.width, header.size.height)


def check_camera(connection: Connection, camera_id: str) -> None:
    """Makes sure that the camera is there.

    Raises:
        UnknownCamera: it is not.
    """
    if connection.scalar(select(cameras.c.id).where(cameras.c.id == camera_id)) is None:
        raise UnknownCamera("no-camera", camera_id=camera_id)


def keep_picture(
    connection: Connection,
    storage: Storage,
    facts: PictureFacts,
    header: PictureHeader,
    data: bytes,
    now: datetime,
) -> None:
    """Notes that a stored picture is wanted, and makes sure that it still is there.

    The row is the lock that the removal of unused pictures takes as well: the same bytes may just
    have been removed between this upload's rename and this transaction.
    """
    connection.execute(
        upsert(connection.dialect.name, pictures, on=("sha256",), overwrite=("touched_at",)),
        {
            "sha256": facts.sha256,
            "size_bytes": len(data),
            "format": header.format,
            "width": header.size.width,
            "height": header.size.height,
            "touched_at": now,
        },
    )
    if facts.sha256 and not storage.has_picture(facts.sha256):
        storage.store_picture(data)


def _new_row(
    facts: PictureFacts, submission: Submission, backend: str, now: datetime, taken: Taken
) -> dict[str, Any]:
    owner = submission.submitted_by or _NO_OWNER
    return {
        "id": str(ULID.from_datetime(now)),
        "status": Status.QUEUED,
        "name": facts.name,
        "sha256": facts.sha256,
        "width": facts.width,
        "height": facts.height,
        "received_at": now,
        "captured_at": submission.captured_at,
        "taken_at": taken.at,
        "taken_from": taken.source,
        "taken_notes": [ClockNoteDocument.of(one).as_json() for one in taken.notes],
        "camera_id": submission.camera_id,
        "batch_id": submission.batch_id,
        "submitted_by": submission.submitted_by,
        "metadata": dict(submission.metadata),
        "source": submission.source,
        "idempotency_owner": owner if submission.idempotency_key is not None else None,
        "idempotency_key": submission.idempotency_key,
        "idempotency_subject": (
            None if submission.idempotency_key is None else _subject(submission, facts.sha256)
        ),
        "backend": backend,
        "fence": 0,
        "detections": [],
        "runs": [],
        "urgency": PENDING,
        "hazard_bits": 0,
    }


def _known_submission(
    connection: Connection, submission: Submission, sha256: str | None
) -> Inspection | None:
    row = (
        connection.execute(
            select(inspections).where(
                inspections.c.idempotency_owner == (submission.submitted_by or _NO_OWNER),
                inspections.c.idempotency_key == submission.idempotency_key,
            )
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    if row["idempotency_subject"] != _subject(submission, sha256):
        raise IdempotencyConflict("idempotency-key-used", inspection_id=row["id"])
    return to_inspection(row, None, camera_names(connection, [row["camera_id"]]))


def _subject(submission: Submission, sha256: str | None) -> str | None:
    """What a repeated submission has to have in common with the first, as a hash."""
    if submission.fetched_from is None:
        return sha256
    return hashlib.sha256(f"url:{submission.fetched_from}".encode("utf-8", "replace")).hexdigest()


def _same_submission(
    connection: Connection, submission: Submission, facts: PictureFacts
) -> Inspection:
    inspection = _known_submission(connection, submission, facts.sha256)
    if inspection is None:
        raise RuntimeError("an insert met a row that is not there")
    return inspection
