"""Reports to make, as a kind of jobs; and what becomes of the files that a worker made.

A claim's files lie in a folder of its fence, which nobody looks into until the report is completed
with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, update

from safety_detector.database.engine import Database
from safety_detector.database.tables import reports
from safety_detector.documents.reasons import stored_failure
from safety_detector.domain.inspection import Problem, Status
from safety_detector.jobs.kinds import JobKind
from safety_detector.jobs.records import Claim, Done, Job, Kept, NewJob
from safety_detector.jobs.store import JobStore
from safety_detector.message_texts.reason import Reason
from safety_detector.service.reports.records import (
    RENDER_QUEUE,
    ClaimedReport,
    ReportFile,
    ReportOrder,
    ReportStage,
)
from safety_detector.storage.storage import Storage

REPORT = "report"
"""The kind's name in the table of jobs."""


def report_kind(lease: timedelta, storage: Storage) -> JobKind[ClaimedReport]:
    """What is particular about reports: those that are given up leave no files."""

    def given_up(
        connection: Connection, ended: Sequence[tuple[Job, Problem]], now: datetime
    ) -> None:
        for job, problem in ended:
            _set(connection, job.subject_id, _failed(problem, now))
            storage.delete_reports(job.subject_id)

    return JobKind(
        name=REPORT,
        lease=lease,
        begun=_begun,
        requeued=_requeued,
        given_up=given_up,
        lost_reason=Reason("worker-lost-report"),
        given_up_as_lost="workers-lost-report",
    )


def report_job(report_id: str, requested_by: str | None) -> NewJob:
    """The job of a report; each API key is a sender."""
    return NewJob(report_id, RENDER_QUEUE, sender=requested_by or "-")


class ReportFiles:
    """Takes what workers make.

    Args:
        database, storage: where reports are.
        jobs: of reports.
        clock: the present moment, with its zone.
    """

    def __init__(
        self,
        database: Database,
        storage: Storage,
        jobs: JobStore[ClaimedReport],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._storage = storage
        self._jobs = jobs
        self._clock = clock

    def begin(self, claim: Claim[ClaimedReport]) -> Path:
        """An empty folder for the files of a claim; those of earlier claims are removed.

        Raises:
            StorageUnavailable: it cannot be made.
        """
        return self._storage.begin_report(claim.subject_id, claim.fence)

    def note_progress(self, claim: Claim[ClaimedReport], done: int, total: int) -> bool:
        """Tells how many of the report's pictures are drawn; False if the claim was lost."""
        with self._database.write(durable=False) as connection:
            if not self._jobs.settle(claim, Kept(), within=connection):
                return False
            changes = {"stage": ReportStage.DRAWING, "done": done, "total": total}
            _set(connection, claim.subject_id, changes)
        return True

    def complete(
        self, claim: Claim[ClaimedReport], files: Sequence[ReportFile], pictures: int
    ) -> bool:
        """Ends the report with its files; False if the claim was lost.

        True also if this very claim ended it before: the answer to that commit may have been lost.

        Args:
            claim: the right to do so.
            files: what lies, whole, in the folder of the claim.
            pictures: how many inspections the report is about.

        Raises:
            StorageUnavailable, DatabaseUnavailable: nothing is recorded; the claim still stands.
        """
        self._storage.keep_report(claim.subject_id, claim.fence)
        changes = {
            "status": Status.COMPLETED,
            "fence": claim.fence,
            "files": [asdict(one) for one in files],
            "finished_at": self._clock(),
            "stage": None,
            "done": pictures,
            "total": pictures,
        }
        with self._database.write() as connection:
            held = self._jobs.settle(claim, Done(), within=connection)
            if held:
                _set(connection, claim.subject_id, changes)
        if held or self._is_completed(claim):
            self._storage.delete_reports(claim.subject_id, but_fence=claim.fence)
            return True
        self.discard(claim)
        return False

    def discard(self, claim: Claim[ClaimedReport]) -> None:
        """Removes what was written under the claim, unless the report was completed with it.

        Raises:
            DatabaseUnavailable: nobody knows; nothing is removed.
        """
        if not self._is_completed(claim):
            self._storage.delete_report(claim.subject_id, claim.fence)

    def _is_completed(self, claim: Claim[ClaimedReport]) -> bool:
        """Whether the report was completed under this very claim."""
        query = select(reports.c.id).where(
            reports.c.id == claim.subject_id,
            reports.c.fence == claim.fence,
            reports.c.status == Status.COMPLETED,
        )
        with self._database.read() as connection:
            return connection.scalar(query) is not None


def _begun(
    connection: Connection, report_ids: Sequence[str], _now: datetime
) -> dict[str, ClaimedReport]:
    statement = (
        update(reports)
        .where(reports.c.id.in_(report_ids))
        .values(status=Status.RUNNING, stage=ReportStage.COLLECTING, done=0, total=None)
        .returning(reports.c.id, reports.c.wanted, reports.c.requested_at)
    )
    return {
        row.id: ClaimedReport(ReportOrder.from_json(row.wanted), row.requested_at)
        for row in connection.execute(statement)
    }


def _requeued(connection: Connection, jobs: Sequence[Job], _now: datetime) -> None:
    ids = [one.subject_id for one in jobs]
    waits = {"status": Status.QUEUED, "stage": None}
    connection.execute(update(reports).where(reports.c.id.in_(ids)).values(waits))


def _set(connection: Connection, report_id: str, changes: dict[str, Any]) -> None:
    connection.execute(update(reports).where(reports.c.id == report_id).values(changes))


def _failed(problem: Problem, now: datetime) -> dict[str, Any]:
    return {
        "status": Status.FAILED,
        "error": stored_failure(problem),
        "finished_at": now,
        "stage": None,
    }
