"""What keeps the queue moving and the tables small: presence of workers, roles, leftovers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, exists, func, or_, select, update

from safety_detector.database.engine import Database
from safety_detector.database.feed import mark_feed, remove_events
from safety_detector.database.statements import add_to_tally, insert_unless_there, upsert
from safety_detector.database.tables import (
    audit,
    camera_faults,
    folder_errors,
    folder_readings,
    frame_counts,
    inspections,
    leases,
    pictures,
    replaced_frames,
    reports,
    workers,
)
from safety_detector.errors import DatabaseUnavailable
from safety_detector.jobs.outages import BROKER, end_outage, note_outage
from safety_detector.message_texts.reason import Reason
from safety_detector.service.access.audit import AuditAction
from safety_detector.service.operation.figures import FOREIGN_TALLY, PRESENCE
from safety_detector.service.operation.work_counters import Meter
from safety_detector.service.retention.age_clock import AgeClock
from safety_detector.service.retention.purged_files import remove_purged_files
from safety_detector.service.retention.unused_pictures import is_unused, remove_unused
from safety_detector.storage.storage import Storage

_EVENTS_KEPT = timedelta(days=7)
_REPLACED_FRAMES_KEPT = timedelta(days=1)
_FRAME_COUNTS_KEPT = timedelta(days=400)  # for reports on a year; and faults of cameras
_FOLDER_ERRORS_KEPT = timedelta(days=30)  # after the reading; longer while it has inspections
_FOLDER_ERRORS_A_ROUND = 10_000
_UPLOAD_AGE = timedelta(hours=6)  # longer than any upload is allowed to take
_PICTURES_A_ROUND = 200  # removed under the lock that uploads of the same bytes take


class Upkeep:
    """Keeps order.

    Args:
        database, storage: what is kept in order.
        meter: what this process counts, written when it reports.
        clock: the present moment, with its zone.
        shared_clock: the one that all processes share, for what they tell each other.
        age_clock: how old leftovers are.
    """

    def __init__(
        self,
        database: Database,
        storage: Storage,
        meter: Meter,
        clock: Callable[[], datetime],
        shared_clock: Callable[[Connection], datetime],
        age_clock: AgeClock,
    ) -> None:
        self._database = database
        self._storage = storage
        self._meter = meter
        self._clock = clock
        self._shared_clock = shared_clock
        self._age_clock = age_clock

    def report_worker(self, worker: str, queue: str, slots: int) -> None:
        """Notes that a working process is alive, and what it did since the last time."""
        with self._database.write(durable=False) as connection:
            now = self._shared_clock(connection)
            values = {
                "id": worker,
                "queue": queue,
                "slots": slots,
                "started_at": now,
                "seen_at": now,
            }
            statement = upsert(
                connection.dialect.name, workers, on=("id",), overwrite=("seen_at", "slots")
            )
            connection.execute(statement, values)
        self._write_meter()

    def forget_worker(self, worker: str) -> None:
        """Notes that a working process has ended in order, and the last of what it did."""
        with self._database.write(durable=False) as connection:
            connection.execute(delete(workers).where(workers.c.id == worker))
        self._write_meter()

    def note_broker_outage(self, reason: Reason) -> None:
        """Notes that nobody can be woken, so that what is queued says why it waits."""
        with self._database.write(durable=False) as connection:
            note_outage(connection, BROKER, reason, self._shared_clock(connection))

    def end_broker_outage(self) -> None:
        """Notes that workers can be woken."""
        with self._database.write(durable=False) as connection:
            end_outage(connection, BROKER)

    def count_foreign_messages(self, amount: int) -> None:
        """Notes that others put so many messages into the queues of workers."""
        with self._database.write(durable=False) as connection:
            add_to_tally(connection, FOREIGN_TALLY, amount)

    def _write_meter(self) -> None:
        amounts = self._meter.drain()
        if not amounts:
            return
        try:
            with self._database.write(durable=False) as connection:
                for name, amount in amounts.items():
                    add_to_tally(connection, name, amount)
        except DatabaseUnavailable:
            self._meter.put_back(amounts)
            raise

    def hold_lease(self, name: str, holder: str, length: timedelta) -> bool:
        """Takes or keeps a role that one process at a time has; False if another has it."""
        with self._database.read() as connection:
            row = connection.execute(select(leases).where(leases.c.name == name)).one_or_none()
            now = self._shared_clock(connection)
        if row is not None:
            # No lease reaches so far, unless a clock was wrong when it was taken.
            is_plausible = row.until <= now + 2 * length
            if row.until > now and is_plausible and row.holder != holder:
                return False
            if row.holder == holder and now + length / 2 < row.until and is_plausible:
                return True
        # Somebody else may have taken it since it was read.
        is_free = or_(
            leases.c.until <= now, leases.c.until > now + 2 * length, leases.c.holder == holder
        )
        take = update(leases).where(leases.c.name == name, is_free)
        with self._database.write(durable=False) as connection:
            if connection.execute(take.values(holder=holder, until=now + length)).rowcount:
                return True
            first = insert_unless_there(connection.dialect.name, leases, on=("name",))
            values = {"name": name, "holder": holder, "until": now + length}
            return connection.execute(first, values).rowcount == 1

    def give_up_lease(self, name: str, holder: str) -> None:
        """Lets another process have a role at once; nothing happens if it is not the holder's."""
        with self._database.write(durable=False) as connection:
            connection.execute(
                delete(leases).where(leases.c.name == name, leases.c.holder == holder)
            )

    def remove_leftovers(self) -> int:
        """Removes old events and errors, forgotten workers, stale uploads, files that nobody wants.

        These are of purged inspections, of removed reports, and pictures to which nobody refers.

        Returns:
            How many unused pictures were removed.
        """
        with self._database.write() as connection:
            now = self._age_clock.plausible_now(connection)
            upload_age = _UPLOAD_AGE + self._age_clock.excess_of(self._clock(), connection)
            mark_feed(connection, self._age_clock.stamp_before(connection, timedelta(0)))
            before = self._age_clock.stamp_before(connection, _EVENTS_KEPT)
            remove_events(connection, before)
            connection.execute(
                delete(workers).where(workers.c.seen_at < self._shared_clock(connection) - PRESENCE)
            )
            connection.execute(
                delete(replaced_frames).where(
                    replaced_frames.c.replaced_at < now - _REPLACED_FRAMES_KEPT
                )
            )
            connection.execute(
                delete(frame_counts).where(frame_counts.c.slot < now - _FRAME_COUNTS_KEPT)
            )
            connection.execute(
                delete(camera_faults).where(camera_faults.c.ended_at < now - _FRAME_COUNTS_KEPT)
            )
            _remove_folder_errors(connection, now - _FOLDER_ERRORS_KEPT)
        self._storage.discard_stale_uploads(upload_age)
        self._delete_removed_reports()
        remove_purged_files(self._database, self._storage)
        return self._remove_unused_pictures(now)

    def _delete_removed_reports(self) -> None:
        """Files that a worker wrote, or did not get to remove, when their report was removed.

        Only where the audit log tells of the removal: a new or restored database does not know
        reports that are there.
        """
        unknown = self._storage.report_ids()
        if not unknown:
            return
        with self._database.read() as connection:
            unknown -= set(connection.scalars(select(reports.c.id)))
            if not unknown:
                return
            query = select(audit.c.subject).where(audit.c.action == AuditAction.REPORT_REMOVED)
            removed = unknown.intersection(connection.scalars(query))
        for report_id in removed:
            self._storage.delete_reports(report_id)

    def _remove_unused_pictures(self, now: datetime) -> int:
        unused = (
            select(pictures.c.sha256)
            .where(is_unused(now))
            .order_by(pictures.c.touched_at)
            .limit(_PICTURES_A_ROUND)
        )
        with self._database.read() as connection:
            candidates = connection.scalars(unused).all()
        return remove_unused(self._database, self._storage, candidates, now)


def _remove_folder_errors(connection: Connection, ended_before: datetime) -> None:
    """Error lines of one folder that was read long ago and of whose pictures nothing is left."""
    of_batch = inspections.c.batch_id == folder_readings.c.batch_id
    has_errors = folder_errors.c.batch_id == folder_readings.c.batch_id
    batch_id = connection.scalar(
        select(folder_readings.c.batch_id)
        .where(
            folder_readings.c.finished_at < ended_before,
            exists().where(has_errors),
            ~exists().where(of_batch),
        )
        .limit(1)
    )
    if batch_id is None:
        return
    theirs = folder_errors.c.batch_id == batch_id
    first = connection.scalar(select(func.min(folder_errors.c.number)).where(theirs))
    connection.execute(
        delete(folder_errors).where(theirs, folder_errors.c.number < first + _FOLDER_ERRORS_A_ROUND)
    )
