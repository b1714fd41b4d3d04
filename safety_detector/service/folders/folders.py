"""Folders on the server that are read into batches: ordering, stopping, how they stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from safety_detector.database.engine import Database
from safety_detector.database.statements import insert_unless_there
from safety_detector.database.tables import folder_errors, folder_readings
from safety_detector.errors import BatchExists
from safety_detector.jobs.queues import waiting_reasons
from safety_detector.jobs.store import JobStore
from safety_detector.service.access.audit import Actor, AuditAction, note_act
from safety_detector.service.folders.jobs import FOLDER, folder_job, to_order, to_progress
from safety_detector.service.folders.records import (
    ClaimedFolder,
    FolderError,
    FolderFigures,
    FolderOrder,
    FolderReading,
    ReadingStatus,
)
from safety_detector.service.inspections.intake import check_camera

_FINAL = [status for status in ReadingStatus if status.is_final]


_SUMS = select(
    folder_readings.c.status,
    func.count(),
    func.sum(folder_readings.c.accepted),
    func.sum(folder_readings.c.rejected),
).group_by(folder_readings.c.status)


class Folders:
    """Takes orders for folders and tells how far they are read.

    Args:
        database: where the readings are.
        jobs: of folders.
        clock: the present moment, with its zone.
    """

    def __init__(
        self, database: Database, jobs: JobStore[ClaimedFolder], clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._clock = clock

    def begin(self, order: FolderOrder, by: Actor) -> FolderReading:
        """Takes an order; when this returns, the folder is durably queued.

        The same order once more changes nothing, however far the reading is.

        Args:
            order: the folder, and what is said of its pictures.
            by: who wants it; the pictures are accepted in this one's name.

        Raises:
            BatchExists: another folder, or the same with other options, is read into the batch.
            UnknownCamera: the order names a camera that is not there.
            DatabaseUnavailable: nothing was ordered.
        """
        now = self._clock()
        with self._database.write() as connection:
            if order.camera_id is not None:
                check_camera(connection, order.camera_id)
            first = insert_unless_there(connection.dialect.name, folder_readings, on=("batch_id",))
            is_new = connection.execute(first, _new_row(order, by.key_id, now)).rowcount == 1
            if is_new:
                self._jobs.add(connection, folder_job(order.batch_id, by.key_id))
                details = {"folder": order.folder, "camera_id": order.camera_id}
                note_act(connection, by, AuditAction.FOLDER_ORDERED, now, order.batch_id, **details)
            reading = _read(connection, order.batch_id)
        if reading is None:
            raise RuntimeError("an insert met a row that is not there")
        if not is_new and reading.order != order:
            raise BatchExists(
                "batch-read-from-elsewhere", batch_id=order.batch_id, folder=reading.order.folder
            )
        return reading

    def get(self, batch_id: str) -> FolderReading | None:
        """How the reading into a batch stands, None if no folder is read into it."""
        with self._database.read() as connection:
            return _read(connection, batch_id)

    def stop(self, batch_id: str, by: Actor) -> FolderReading | None:
        """Reads no further; None if no folder is read into the batch.

        Pictures that are accepted already stay so.  What is final stays as it is.  Whoever reads at
        this moment notices with the next picture, which is not accepted any more.
        """
        now = self._clock()
        this_one = folder_readings.c.batch_id == batch_id
        statement = (
            update(folder_readings)
            .where(this_one, folder_readings.c.status.not_in(_FINAL))
            .values(status=ReadingStatus.STOPPED, finished_at=now)
        )
        with self._database.write() as connection:
            self._jobs.remove(connection, [batch_id])
            stopped = connection.execute(statement).rowcount
            reading = _read(connection, batch_id)
            if stopped and reading is not None:
                details = {
                    "folder": reading.order.folder,
                    "accepted": reading.progress.accepted,
                }
                note_act(connection, by, AuditAction.FOLDER_STOPPED, now, batch_id, **details)
        return reading

    def errors(self, batch_id: str, after: int, limit: int) -> Sequence[FolderError]:
        """Files that did not become inspections, in the order of the reading.

        Args:
            batch_id: the batch; one into which no folder is read has none.
            after: ``number`` of the last one before, 0 for the first page.
            limit: most of them.
        """
        query = (
            select(folder_errors)
            .where(folder_errors.c.batch_id == batch_id, folder_errors.c.number > after)
            .order_by(folder_errors.c.number)
            .limit(limit)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [FolderError(row.number, row.path, row.code, row.reason) for row in rows]

    def figures(self) -> FolderFigures:
        """All readings together."""
        with self._database.read() as connection:
            rows = connection.execute(_SUMS).all()
        return FolderFigures(
            readings={ReadingStatus(status): count for status, count, _, _ in rows},
            accepted=sum(int(accepted) for _, _, accepted, _ in rows),
            rejected=sum(int(rejected) for *_, rejected in rows),
        )


def _read(connection: Connection, batch_id: str) -> FolderReading | None:
    query = select(folder_readings).where(folder_readings.c.batch_id == batch_id)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return None
    return FolderReading(
        order=to_order(row),
        status=ReadingStatus(row["status"]),
        progress=to_progress(row),
        requested_at=row["requested_at"],
        requested_by=row["requested_by"],
        waiting_reason=waiting_reasons(connection, FOLDER, [batch_id]).get(batch_id),
        finished_at=row["finished_at"],
    )


def _new_row(order: FolderOrder, requested_by: str | None, now: datetime) -> dict[str, object]:
    return {
        "batch_id": order.batch_id,
        "status": ReadingStatus.QUEUED,
        "folder": order.folder,
        "options": order.options_as_json(),
        "requested_at": now,
        "requested_by": requested_by,
        "accepted": 0,
        "rejected": 0,
        "skipped": {},
    }
