"""The reading of a folder by one process: claimed, noted with each picture, given back.

A picture's inspection and the place of the reading are written in one transaction, which is valid
for the current fence only: whatever process ends at whatever moment, no picture is accepted twice
and none is passed over.  The same write extends the lease.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    bindparam,
    case,
    func,
    insert,
    literal_column,
    select,
    update,
)

from safety_detector.database.engine import Database
from safety_detector.database.tables import (
    QUEUED,
    folder_errors,
    folder_readings,
    inspections,
)
from safety_detector.domain.inspection import Inspection
from safety_detector.errors import SafetyDetectorError
from safety_detector.message_texts.reason import Reason
from safety_detector.service.folder_records import FolderClaim, FolderProgress, ReadingStatus
from safety_detector.service.folders import to_order, to_progress
from safety_detector.service.intake import Intake
from safety_detector.service.records import Priority, Source, Submission

# Executed with `_claim_of` and the columns that change.  Built once: built anew for each picture it
# doubled the processor time of accepting one.
_CHANGE = update(folder_readings).where(
    folder_readings.c.batch_id == bindparam("of_batch"),
    folder_readings.c.fence == bindparam("of_fence"),
    folder_readings.c.worker == bindparam("of_worker"),
    folder_readings.c.status == ReadingStatus.RUNNING,
)

_LONGEST_REASON = 1000  # characters; messages of the operating system repeat long paths


class ReadingLost(Exception):
    """Somebody else reads the folder by now, or it was stopped; nothing was written."""


class FolderClaims:
    """Gives folders to processes that read them, and takes what they found.

    Args:
        database: where the readings are.
        intake: accepts the pictures.
        lease: how long a claim holds without a write.
        clock: the present moment, with its zone.
    """

    def __init__(
        self,
        database: Database,
        intake: Intake,
        lease: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._intake = intake
        self._clock = clock
        self.lease = lease

    def claim(self, worker: str) -> FolderClaim | None:
        """The folder that waits for longest, None if none is due.

        One whose reader has not been heard of for a lease is due again, and the loss is counted.
        """
        if not self.is_any_due():
            return None
        now = self._clock()
        longest_due = (
            _due(now).order_by(folder_readings.c.due_at).limit(1).with_for_update(skip_locked=True)
        )
        is_lost = folder_readings.c.status == ReadingStatus.RUNNING
        statement = (
            update(folder_readings)
            # With IN PostgreSQL may look for it again for each row, and claim several.
            .where(folder_readings.c.batch_id == longest_due.correlate(None).scalar_subquery())
            .values(
                status=ReadingStatus.RUNNING,
                fence=folder_readings.c.fence + 1,
                worker=worker,
                due_at=now + self.lease,
                losses=folder_readings.c.losses + case((is_lost, 1), else_=0),
            )
            .returning(folder_readings)
        )
        with self._database.write(durable=False) as connection:
            row = connection.execute(statement).mappings().one_or_none()
        return _to_claim(row) if row else None

    def is_any_due(self) -> bool:
        """Whether a folder waits for a process that reads it."""
        with self._database.read() as connection:
            return connection.scalar(_due(self._clock()).limit(1)) is not None

    def count_waiting(self, at_most: int) -> int:
        """How many pictures of batches, this way or another, wait; counting ends at ``at_most``."""
        waiting = (
            select(inspections.c.id)
            .where(
                inspections.c.backend == self._intake.default_backend,
                inspections.c.priority == literal_column(str(int(Priority.BATCH))),
                QUEUED,
            )
            .limit(at_most)
            .subquery()
        )
        with self._database.read() as connection:
            return connection.scalar(select(func.count()).select_from(waiting)) or 0

    def accept(
        self, claim: FolderClaim, progress: FolderProgress, name: str, picture: bytes
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
        order = claim.order
        submission = Submission(
            name=name,
            camera_id=order.camera_id,
            batch_id=order.batch_id,
            captured_at=order.captured_at,
            metadata=order.metadata,
            source=Source.BATCH,
            submitted_by=claim.requested_by,
        )
        return self._intake.accept(
            picture, submission, along=lambda connection: self._note(connection, claim, progress)
        )

    def reject(
        self,
        claim: FolderClaim,
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
            "batch_id": claim.order.batch_id,
            "number": progress.rejected,
            "path": path,
            "code": error.code,
            "reason": error.reason,
        }
        # A power cut that takes back the line takes back the place as well.
        with self._database.write(durable=False) as connection:
            self._note(connection, claim, progress)
            connection.execute(insert(folder_errors), values)

    def keep(
        self, claim: FolderClaim, progress: FolderProgress, waiting_reason: Reason | None = None
    ) -> None:
        """Notes the place, and extends the lease.

        Raises:
            ReadingLost: the claim was lost.
        """
        with self._database.write(durable=False) as connection:
            self._note(connection, claim, progress, waiting_reason=waiting_reason)

    def complete(self, claim: FolderClaim, progress: FolderProgress) -> None:
        """Ends the reading: the folder has nothing more.

        Raises:
            ReadingLost: the claim was lost.
        """
        with self._database.write() as connection:
            self._note(
                connection,
                claim,
                progress,
                status=ReadingStatus.COMPLETED,
                due_at=None,
                finished_at=self._clock(),
            )

    def give_back(
        self,
        claim: FolderClaim,
        delay: timedelta = timedelta(0),
        reason: Reason | None = None,
        *,
        is_outage: bool = False,
    ) -> None:
        """Lets others go on after a while, from the place that was noted last.

        Args:
            claim: what is given back; if it was lost, nothing happens.
            delay: until when nobody claims it.
            reason: why it waits, for people.
            is_outage: whether something is away.
        """
        changes: dict[str, Any] = {
            "status": ReadingStatus.QUEUED,
            "worker": None,
            "due_at": self._clock() + delay,
            "waiting_reason": reason,
            "losses": 0,
            "outages": claim.outages + 1 if is_outage else 0,
        }
        with self._database.write(durable=False) as connection:
            connection.execute(_CHANGE, _claim_of(claim) | changes)

    def _note(
        self, connection: Connection, claim: FolderClaim, progress: FolderProgress, **changes: Any
    ) -> None:
        values = {
            "position": progress.position,
            "accepted": progress.accepted,
            "rejected": progress.rejected,
            "skipped": dict(progress.skipped),
            "due_at": self._clock() + self.lease,
            "waiting_reason": None,
            "losses": 0,
            "outages": 0,
        }
        if connection.execute(_CHANGE, _claim_of(claim) | values | changes).rowcount != 1:
            raise ReadingLost


def _due(now: datetime) -> Select[tuple[str]]:
    return select(folder_readings.c.batch_id).where(folder_readings.c.due_at <= now)


def _claim_of(claim: FolderClaim) -> dict[str, Any]:
    return {
        "of_batch": claim.order.batch_id,
        "of_fence": claim.fence,
        "of_worker": claim.worker,
    }


def _to_claim(row: RowMapping) -> FolderClaim:
    return FolderClaim(
        order=to_order(row),
        fence=row["fence"],
        worker=row["worker"],
        requested_by=row["requested_by"],
        progress=to_progress(row),
        losses=row["losses"],
        outages=row["outages"],
    )
