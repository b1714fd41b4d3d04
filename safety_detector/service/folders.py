"""Folders on the server that are read into batches: ordering, stopping, how they stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import RowMapping, func, select, update

from safety_detector.database.engine import Database
from safety_detector.database.statements import insert_unless_there
from safety_detector.database.tables import folder_errors, folder_readings
from safety_detector.errors import BatchExists
from safety_detector.service.audit import Actor, AuditAction, note_act
from safety_detector.service.folder_records import (
    FolderError,
    FolderFigures,
    FolderOrder,
    FolderProgress,
    FolderReading,
    ReadingStatus,
)
from safety_detector.service.intake import check_camera

_FINAL = [status for status in ReadingStatus if status.is_final]


class Folders:
    """Takes orders for folders and tells how far they are read.

    Args:
        database: where the readings are.
        clock: the present moment, with its zone.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
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
                details = {"folder": order.folder, "camera_id": order.camera_id}
                note_act(connection, by, AuditAction.FOLDER_ORDERED, now, order.batch_id, **details)
            query = select(folder_readings).where(folder_readings.c.batch_id == order.batch_id)
            reading = to_reading(connection.execute(query).mappings().one())
        if not is_new and reading.order != order:
            raise BatchExists(
                "batch-read-from-elsewhere", batch_id=order.batch_id, folder=reading.order.folder
            )
        return reading

    def get(self, batch_id: str) -> FolderReading | None:
        """How the reading into a batch stands, None if no folder is read into it."""
        query = select(folder_readings).where(folder_readings.c.batch_id == batch_id)
        with self._database.read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return to_reading(row) if row else None

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
            .values(status=ReadingStatus.STOPPED, due_at=None, finished_at=now, waiting_reason=None)
        )
        with self._database.write() as connection:
            stopped = connection.execute(statement).rowcount
            row = connection.execute(select(folder_readings).where(this_one)).mappings().first()
            if stopped and row is not None:
                details = {"folder": row["folder"], "accepted": row["accepted"]}
                note_act(connection, by, AuditAction.FOLDER_STOPPED, now, batch_id, **details)
        return to_reading(row) if row else None

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
        columns = folder_readings.c
        query = select(
            columns.status, func.count(), func.sum(columns.accepted), func.sum(columns.rejected)
        ).group_by(columns.status)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return FolderFigures(
            readings={ReadingStatus(status): count for status, count, _, _ in rows},
            accepted=sum(int(accepted) for _, _, accepted, _ in rows),
            rejected=sum(int(rejected) for *_, rejected in rows),
        )


def to_reading(row: RowMapping) -> FolderReading:
    """A row of the table as a reading."""
    return FolderReading(
        order=to_order(row),
        status=ReadingStatus(row["status"]),
        progress=to_progress(row),
        requested_at=row["requested_at"],
        requested_by=row["requested_by"],
        waiting_reason=row["waiting_reason"],
        finished_at=row["finished_at"],
    )


def to_order(row: RowMapping) -> FolderOrder:
    """What was ordered."""
    return FolderOrder.from_json(row["batch_id"], row["folder"], row["options"])


def to_progress(row: RowMapping) -> FolderProgress:
    """How far it is."""
    return FolderProgress(row["position"], row["accepted"], row["rejected"], row["skipped"])


def _new_row(order: FolderOrder, requested_by: str | None, now: datetime) -> dict[str, object]:
    return {
        "batch_id": order.batch_id,
        "status": ReadingStatus.QUEUED,
        "folder": order.folder,
        "options": order.options_as_json(),
        "requested_at": now,
        "requested_by": requested_by,
        "due_at": now,
        "fence": 0,
        "losses": 0,
        "outages": 0,
        "accepted": 0,
        "rejected": 0,
        "skipped": {},
    }
