"""Reports that a worker makes: ordering them, and reading how they stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, insert, select
from ulid import ULID

from safety_detector.database.engine import Database
from safety_detector.database.tables import reports
from safety_detector.documents.reasons import read_failure
from safety_detector.domain.inspection import Status
from safety_detector.errors import (
    CursorInvalid,
    SubmissionRefused,
    TooManyReports,
    UnknownCamera,
)
from safety_detector.jobs.queues import waiting_reasons
from safety_detector.jobs.store import JobStore
from safety_detector.message_texts.reason import Reason
from safety_detector.service.access.audit import Actor, AuditAction, note_act
from safety_detector.service.cameras.history import camera_names
from safety_detector.service.incidents.periods import Periods
from safety_detector.service.inspections.listing import ULID_PATTERN
from safety_detector.service.inspections.results import Results
from safety_detector.service.records import InspectionFilter, Page
from safety_detector.service.reports.incident_selection import check_incident_order
from safety_detector.service.reports.jobs import REPORT, report_job
from safety_detector.service.reports.records import (
    RENDER_QUEUE,
    ClaimedReport,
    OrderedReport,
    ReportFile,
    ReportLimits,
    ReportOrder,
    ReportStage,
    ReportSubject,
)
from safety_detector.service.reports.selection import check_order
from safety_detector.service.retention.report_retention import delete_report
from safety_detector.storage.blobs import OpenBlob
from safety_detector.storage.keys import report_group
from safety_detector.storage.storage import Storage

_UNFINISHED = (Status.QUEUED, Status.RUNNING)


class Reports:
    """Takes orders for reports and tells what became of them.

    Args:
        database, storage: where reports are.
        results: where the inspections are.
        periods: where the incidents are.
        jobs: of reports.
        limits: what may be ordered.
        wake_up: told the render queue's name after each order; must neither block nor raise.
        clock: the present moment, with its zone.
    """

    def __init__(
        self,
        database: Database,
        storage: Storage,
        results: Results,
        periods: Periods,
        jobs: JobStore[ClaimedReport],
        limits: ReportLimits,
        wake_up: Callable[[str], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._storage = storage
        self._results = results
        self._periods = periods
        self._jobs = jobs
        self._limits = limits
        self._wake_up = wake_up
        self._clock = clock

    def order(self, order: ReportOrder, by: Actor) -> OrderedReport:
        """Takes an order; when this returns, the report is durably queued.

        Args:
            order: what it shall be about.
            by: who orders it.

        Raises:
            SubmissionRefused: it cannot be made: unknown or unfinished inspections, an unknown
                camera, an empty batch, a period that has not begun, too many pictures, too many
                reports at a time.
            StorageFull, DatabaseUnavailable: nothing was ordered.
        """
        self._storage.room.require()
        self.check(order, self._limits.max_pictures)
        now = self._clock()
        report_id = str(ULID.from_datetime(now))
        with self._database.write() as connection:
            self._check_number(connection, by.key_id)
            connection.execute(
                insert(reports).values(
                    id=report_id,
                    status=Status.QUEUED,
                    wanted=order.as_json(),
                    requested_at=now,
                    requested_by=by.key_id,
                    fence=0,
                    done=0,
                    files=[],
                )
            )
            self._jobs.add(connection, report_job(report_id, by.key_id))
            details = {"about": order.about.value}
            note_act(connection, by, AuditAction.REPORT_ORDERED, now, report_id, **details)
            query = select(reports).where(reports.c.id == report_id)
            [ordered] = _to_reports(connection, connection.execute(query).mappings().all())
        self._wake_up(RENDER_QUEUE)
        return ordered

    def check(self, order: ReportOrder, max_pictures: int | None) -> None:
        """Passes when such a report could be made now; ``max_pictures`` None for any number.

        Raises:
            SubmissionRefused: it cannot be made; the message says why.
        """
        self._check_subject(order)
        if order.about is ReportSubject.INCIDENTS:
            check_incident_order(self._periods, order, max_pictures, self._clock())
            return
        check_order(self._results, order, max_pictures, self._clock())

    def get(self, report_id: str) -> OrderedReport | None:
        """One report as it stands, None if there is none with that id."""
        query = select(reports).where(reports.c.id == report_id)
        with self._database.read() as connection:
            found = _to_reports(connection, connection.execute(query).mappings().all())
        return found[0] if found else None

    def list(
        self, status: Status | None, limit: int, cursor: str | None = None
    ) -> Page[OrderedReport]:
        """Reports, newest first.

        Args:
            status: None for any.
            limit: most reports a page.
            cursor: ``next_cursor`` of the page before.

        Raises:
            CursorInvalid: the cursor is none of ours.
        """
        query = select(reports).order_by(reports.c.id.desc()).limit(limit + 1)
        if status is not None:
            query = query.where(reports.c.status == status)
        if cursor is not None:
            if not ULID_PATTERN.fullmatch(cursor):
                raise CursorInvalid("not-a-cursor", cursor=cursor[:64])
            query = query.where(reports.c.id < cursor)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
            found = _to_reports(connection, rows)
        return Page.cut(found, limit, lambda report: report.id)

    def remove(self, report_id: str, by: Actor) -> bool:
        """Removes a report and its files; False if there is none with that id.

        A worker that is making it notices, and gives it up.

        Raises:
            StorageUnavailable: its files are still there, its row is not.
        """
        with self._database.write() as connection:
            if not delete_report(connection, report_id, by, self._clock()):
                return False
        self._storage.delete_reports(report_id)
        return True

    def open_file(self, report: OrderedReport, file: ReportFile) -> OpenBlob | None:
        """A file of a completed report, to be read; None if it is not stored any more.

        Raises:
            StorageUnavailable: it cannot be read.
        """
        return self._storage.open(report_group(report.id, report.fence) + file.name)

    def _check_subject(self, order: ReportOrder) -> None:
        """A camera's record may be gone while its pictures are still there."""
        camera_id, batch_id = order.camera_id, order.batch_id
        if camera_id and not self._any(InspectionFilter(camera_id=camera_id)):
            with self._database.read() as connection:
                if not camera_names(connection, [camera_id]):
                    raise UnknownCamera("no-camera", camera_id=camera_id)
        if batch_id and not self._any(InspectionFilter(batch_id=batch_id)):
            raise SubmissionRefused("no-batch", batch_id=batch_id)

    def _any(self, wanted: InspectionFilter) -> bool:
        return self._results.count(wanted, at_most=1) > 0

    def _check_number(self, connection: Connection, requested_by: str | None) -> None:
        same_key = reports.c.requested_by.is_not_distinct_from(requested_by)
        query = select(func.count()).where(reports.c.status.in_(_UNFINISHED), same_key)
        if (connection.scalar(query) or 0) >= self._limits.max_unfinished:
            limit = self._limits.max_unfinished
            raise TooManyReports("too-many-reports", limit=limit)


def _to_reports(connection: Connection, rows: Sequence[RowMapping]) -> tuple[OrderedReport, ...]:
    unfinished = [row["id"] for row in rows if row["status"] in _UNFINISHED]
    reasons = waiting_reasons(connection, REPORT, unfinished) if unfinished else {}
    return tuple(_to_report(row, reasons.get(row["id"])) for row in rows)


def _to_report(row: RowMapping, waiting_reason: Reason | None) -> OrderedReport:
    return OrderedReport(
        id=row["id"],
        status=Status(row["status"]),
        order=ReportOrder.from_json(row["wanted"]),
        requested_at=row["requested_at"],
        stage=ReportStage(row["stage"]) if row["stage"] else None,
        done=row["done"],
        total=row["total"],
        waiting_reason=waiting_reason,
        finished_at=row["finished_at"],
        files=tuple(ReportFile(**one) for one in row["files"]),
        fence=row["fence"],
        error=read_failure(row["error"]) if row["error"] else None,
    )
