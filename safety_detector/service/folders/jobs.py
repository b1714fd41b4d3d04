"""Folders to read, as a kind of jobs; and what becomes of the files that are found there.

A picture's inspection and the place of the reading are written in one transaction, which is valid
for the current claim only: whatever process ends at whatever moment, no picture is accepted twice
and none is passed over.  The same write extends the lease.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, insert, update

from safety_detector.database.engine import Database
from safety_detector.database.tables import folder_errors, folder_readings
from safety_detector.domain.inspection import Inspection
from safety_detector.errors import SafetyDetectorError
from safety_detector.jobs.kinds import JobKind
from safety_detector.jobs.queues import count_waiting
from safety_detector.jobs.records import Again, Claim, Done, Job, Kept, NewJob, Outcome
from safety_detector.jobs.store import JobStore
from safety_detector.message_texts.reason import Reason
from safety_detector.service.folders.records import (
    FOLDER_QUEUE,
    ClaimedFolder,
    FolderOrder,
    FolderProgress,
    ReadingStatus,
)
from safety_detector.service.inspections.intake import Intake
from safety_detector.service.records import Priority, Source, Submission

FOLDER = "folder"
"""The kind's name in the table of jobs."""

# Built once: built anew for each picture it doubled the processor time of accepting one.
_SET = update(folder_readings).where(folder_readings.c.batch_id == bindparam("of_batch"))


def folder_kind(lease: timedelta) -> JobKind[ClaimedFolder]:
    """What is particular about folders: they are never given up, whoever stops reading."""
    return JobKind(name=FOLDER, lease=lease, begun=_begun, requeued=_requeued, is_given_up=False)


def folder_job(batch_id: str, requested_by: str | None) -> NewJob:
    """The job of a folder; each API key is a sender."""
    return NewJob(batch_id, FOLDER_QUEUE, sender=requested_by or "-")


class ReadingLost(Exception):
    """Somebody else reads the folder by now, or it was stopped; nothing was written."""


class FolderIntake:
    """Takes what processes find in the folders that they read.

    Args:
        database: where the readings are.
        intake: accepts the pictures.
        jobs: of folders.
        clock: the present moment, with its zone.
    """

    def __init__(
        self,
        database: Database,
        intake: Intake,
        jobs: JobStore[ClaimedFolder],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._intake = intake
        self._jobs = jobs
        self._clock = clock

    def count_waiting(self, at_most: int) -> int:
        """How many pictures of batches, this way or another, wait; counting ends at ``at_most``."""
        with self._database.read() as connection:
            return count_waiting(connection, self._intake.default_backend, Priority.BATCH, at_most)

    def accept(
        self,
        claim: Claim[ClaimedFolder],
        progress: FolderProgress,
        name: str,
        picture: bytes,
    ) -> Inspection:
        """Accepts a picture and notes the place behind it, both or neither.

        Args:
            claim: the right to do so.
            progress: with this picture.
            name: the picture's path relative to the folder, as text.
            picture: its bytes.

        Raises:
            ReadingLost: the claim was lost.
            PictureRefused, UnknownCamera: it is none; ``reject`` notes it.
            StorageUnavailable, DatabaseUnavailable: nothing was accepted, as far as is known.
        """
        order = claim.subject.order
        submission = Submission(
            name=name,
            camera_id=order.camera_id,
            batch_id=order.batch_id,
            captured_at=order.captured_at,
            metadata=order.metadata,
            source=Source.BATCH,
            submitted_by=claim.subject.requested_by,
        )
        return self._intake.accept(
            picture,
            submission,
            along=lambda connection: self._note(connection, claim, _GOES_ON, progress),
        )

    def reject(
        self,
        claim: Claim[ClaimedFolder],
        progress: FolderProgress,
        path: str,
        error: SafetyDetectorError,
    ) -> None:
        """Notes a file that does not become an inspection, and the place behind it.

        Args:
            claim: the right to do so.
            progress: with this file, which is its ``rejected``-th.
            path: relative to the folder, as text.
            error: why.

        Raises:
            ReadingLost: the claim was lost.
        """
        values = {
            "batch_id": claim.subject_id,
            "number": progress.rejected,
            "path": path,
            "code": error.code,
            "reason": error.reason,
        }
        # A power cut that takes back the line takes back the place as well.
        with self._database.write(durable=False) as connection:
            self._note(connection, claim, _GOES_ON, progress)
            connection.execute(insert(folder_errors), values)

    def keep(
        self,
        claim: Claim[ClaimedFolder],
        progress: FolderProgress,
        waiting_reason: Reason | None = None,
    ) -> None:
        """Notes the place, and extends the lease.

        Raises:
            ReadingLost: the claim was lost.
        """
        with self._database.write(durable=False) as connection:
            self._note(connection, claim, Kept(waiting_reason, forgets=True), progress)

    def complete(self, claim: Claim[ClaimedFolder], progress: FolderProgress) -> None:
        """Ends the reading: the folder has nothing more.

        Raises:
            ReadingLost: the claim was lost.
        """
        ended = {"status": ReadingStatus.COMPLETED, "finished_at": self._clock()}
        with self._database.write() as connection:
            self._note(connection, claim, Done(), progress, **ended)

    def give_back(
        self,
        claim: Claim[ClaimedFolder],
        progress: FolderProgress,
        delay: timedelta = timedelta(0),
        reason: Reason | None = None,
    ) -> None:
        """Notes the place, and lets others go on from there after a while.

        Args:
            claim: what is given back.
            progress: so far.
            delay: until when nobody claims it.
            reason: why it waits, for people.

        Raises:
            ReadingLost: the claim was lost.
        """
        again = Again(delay, reason, failures=0, losses=0, outages=0)
        with self._database.write(durable=False) as connection:
            self._note(connection, claim, again, progress)

    def _note(
        self,
        connection: Connection,
        claim: Claim[ClaimedFolder],
        outcome: Outcome,
        progress: FolderProgress,
        **changes: Any,
    ) -> None:
        if not self._jobs.settle(claim, outcome, within=connection):
            raise ReadingLost
        values = {
            "of_batch": claim.subject_id,
            "position": progress.position,
            "accepted": progress.accepted,
            "rejected": progress.rejected,
            "skipped": dict(progress.skipped),
        }
        connection.execute(_SET, values | changes)


_GOES_ON = Kept(forgets=True)


def _begun(
    connection: Connection, batch_ids: Sequence[str], _now: datetime
) -> dict[str, ClaimedFolder]:
    statement = (
        update(folder_readings)
        .where(folder_readings.c.batch_id.in_(batch_ids))
        .values(status=ReadingStatus.RUNNING)
        .returning(folder_readings)
    )
    return {
        row["batch_id"]: ClaimedFolder(
            order=to_order(row), requested_by=row["requested_by"], progress=to_progress(row)
        )
        for row in connection.execute(statement).mappings()
    }


def _requeued(connection: Connection, jobs: Sequence[Job], _now: datetime) -> None:
    ids = [one.subject_id for one in jobs]
    statement = update(folder_readings).where(folder_readings.c.batch_id.in_(ids))
    connection.execute(statement.values(status=ReadingStatus.QUEUED))


def to_order(row: RowMapping) -> FolderOrder:
    """What was ordered."""
    return FolderOrder.from_json(row["batch_id"], row["folder"], row["options"])


def to_progress(row: RowMapping) -> FolderProgress:
    """How far it is."""
    return FolderProgress(row["position"], row["accepted"], row["rejected"], row["skipped"])
