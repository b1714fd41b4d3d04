"""The life of a report in a worker: claimed, extended, and ended with files, a fault or an outage.

As with inspections, every write names the claim's fence: a worker that lost its lease writes
nothing.  Its files lie in a folder of that fence, which nobody looks into.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, Select, func, select, tuple_, update

from safety_detector.database.engine import Database
from safety_detector.database.tables import QUEUED, RUNNING, reports
from safety_detector.domain.inspection import Problem, Status
from safety_detector.errors import SafetyDetectorError, WorkerLost
from safety_detector.message_texts.reason import Reason
from safety_detector.service.report_records import (
    ReportClaim,
    ReportFile,
    ReportOrder,
    ReportStage,
)
from safety_detector.storage import Storage

MOST_LOSSES = 5
"""So many workers may be lost with a report before it is taken for the cause."""


class ReportClaims:
    """Gives reports to workers and takes what they made.

    Args:
        database, storage: where reports are.
        lease: how long a claim holds without being extended.
        clock: the present moment, with its zone.
    """

    def __init__(
        self,
        database: Database,
        storage: Storage,
        lease: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._storage = storage
        self._lease = lease
        self._clock = clock

    def claim(self, worker: str) -> ReportClaim | None:
        """The report that waits for longest, None if nothing is due."""
        now = self._clock()
        if not self.count_due(at_most=1):
            return None
        longest_due = (
            _due(now).order_by(reports.c.due_at).limit(1).with_for_update(skip_locked=True)
        )
        statement = (
            update(reports)
            # With IN PostgreSQL may look for it again for each row, and claim several.
            .where(reports.c.id == longest_due.correlate(None).scalar_subquery())
            .values(
                status=Status.RUNNING,
                fence=reports.c.fence + 1,
                worker=worker,
                due_at=now + self._lease,
                waiting_reason=None,
                stage=ReportStage.COLLECTING,
                done=0,
                total=None,
            )
            .returning(reports)
        )
        with self._database.write(durable=False) as connection:
            row = connection.execute(statement).mappings().one_or_none()
        return _to_claim(row) if row else None

    def count_due(self, at_most: int) -> int:
        """How many reports could be claimed now; counting ends at ``at_most``."""
        due = _due(self._clock()).limit(at_most).subquery()
        with self._database.read() as connection:
            return connection.scalar(select(func.count()).select_from(due)) or 0

    def extend(self, claims: Sequence[ReportClaim]) -> frozenset[str]:
        """Renews the leases; returns the reports that are still held."""
        if not claims:
            return frozenset()
        held = tuple_(reports.c.id, reports.c.fence).in_(
            [(claim.report_id, claim.fence) for claim in claims]
        )
        statement = (
            update(reports)
            .where(held, reports.c.status == Status.RUNNING)
            .values(due_at=self._clock() + self._lease)
            .returning(reports.c.id)
        )
        with self._database.write(durable=False) as connection:
            return frozenset(connection.scalars(statement))

    def note_progress(self, claim: ReportClaim, done: int, total: int) -> bool:
        """Tells how many of the report's pictures are drawn; False if the claim was lost."""
        changes = {"stage": ReportStage.DRAWING, "done": done, "total": total}
        return self._change(claim, changes, durable=False)

    def complete(self, claim: ReportClaim, files: Sequence[ReportFile], pictures: int) -> bool:
        """Ends the report with its files; False if the claim was lost.

        True also if this very claim ended it before: the answer to that commit may have been lost.

        Args:
            claim: the right to do so.
            files: what lies, whole, in the folder of the claim.
            pictures: how many inspections the report is about.

        Raises:
            StorageUnavailable, DatabaseUnavailable: nothing is recorded; the claim still stands.
        """
        self._storage.keep_report(claim.report_id, claim.fence)
        changes = {
            "status": Status.COMPLETED,
            "files": [asdict(one) for one in files],
            "finished_at": self._clock(),
            "due_at": None,
            "stage": None,
            "done": pictures,
            "total": pictures,
        }
        if self._change(claim, changes) or self._is_completed(claim):
            self._storage.delete_reports(claim.report_id, but_fence=claim.fence)
            return True
        self.discard(claim)
        return False

    def discard(self, claim: ReportClaim) -> None:
        """Removes what was written under the claim, unless the report was completed with it.

        Raises:
            DatabaseUnavailable: nobody knows; nothing is removed.
        """
        if not self._is_completed(claim):
            self._storage.delete_report(claim.report_id, claim.fence)

    def fail(self, claim: ReportClaim, error: SafetyDetectorError) -> bool:
        """Ends the report without files, with its reason; False if the claim was lost."""
        failures = claim.failures + 1
        problem = Problem(error.code, error.reason, failures)
        return self._change(claim, _failed(problem, self._clock()) | {"failures": failures})

    def retry(self, claim: ReportClaim, error: SafetyDetectorError, delay: timedelta) -> bool:
        """Counts a fault and tries the report again later; False if the claim was lost."""
        reason = Reason.of("tried-again", tries=claim.failures + 1, reason=error.reason)
        return self._requeue(claim, reason, delay, {"failures": claim.failures + 1})

    def return_claim(
        self, claim: ReportClaim, error: SafetyDetectorError, delay: timedelta
    ) -> bool:
        """Gives the report back because something is away; no fault is counted."""
        return self._requeue(claim, error.reason, delay, {"outages": claim.outages + 1})

    def take_back_lost(self) -> int:
        """Queues the reports of workers that are lost, and fails those that cost too many.

        What such a worker had written is removed when the report is made by the next one.

        Returns:
            How many reports were taken back.
        """
        now = self._clock()
        lost = select(reports.c.id).where(RUNNING, reports.c.due_at <= now)
        with self._database.read() as connection:
            if connection.scalar(lost.limit(1)) is None:
                return 0
        lost = lost.with_for_update(skip_locked=True).correlate(None)
        statement = (
            update(reports)
            .where(reports.c.id.in_(lost.scalar_subquery()))
            .values(
                status=Status.QUEUED,
                losses=reports.c.losses + 1,
                worker=None,
                stage=None,
                waiting_reason=Reason("worker-lost-report"),
            )
            .returning(reports.c.id, reports.c.losses)
        )
        with self._database.write() as connection:
            rows = connection.execute(statement).all()
            for row in rows:
                if row.losses >= MOST_LOSSES:
                    reason = Reason.of("workers-lost-report", losses=row.losses)
                    outcome = _failed(Problem(WorkerLost.code, reason, row.losses), now)
                    connection.execute(
                        update(reports).where(reports.c.id == row.id).values(outcome)
                    )
        for row in rows:
            if row.losses >= MOST_LOSSES:
                self._storage.delete_reports(row.id)
        return len(rows)

    def _requeue(
        self, claim: ReportClaim, reason: Reason, delay: timedelta, counted: dict[str, Any]
    ) -> bool:
        changes = {
            "status": Status.QUEUED,
            "due_at": self._clock() + delay,
            "worker": None,
            "stage": None,
            "waiting_reason": reason,
        }
        return self._change(claim, changes | counted)

    def _is_completed(self, claim: ReportClaim) -> bool:
        """Whether the report was completed under this very claim."""
        query = select(reports.c.id).where(
            reports.c.id == claim.report_id,
            reports.c.fence == claim.fence,
            reports.c.status == Status.COMPLETED,
        )
        with self._database.read() as connection:
            return connection.scalar(query) is not None

    def _change(self, claim: ReportClaim, changes: dict[str, Any], *, durable: bool = True) -> bool:
        statement = (
            update(reports)
            .where(
                reports.c.id == claim.report_id,
                reports.c.fence == claim.fence,
                reports.c.worker == claim.worker,
                reports.c.status == Status.RUNNING,
            )
            .values(changes)
        )
        with self._database.write(durable=durable) as connection:
            return connection.execute(statement).rowcount == 1


def _due(now: datetime) -> Select[tuple[str]]:
    return select(reports.c.id).where(QUEUED, reports.c.due_at <= now)


def _failed(problem: Problem, now: datetime) -> dict[str, Any]:
    return {
        "status": Status.FAILED,
        "error": asdict(problem),
        "finished_at": now,
        "due_at": None,
        "stage": None,
        "waiting_reason": None,
    }


def _to_claim(row: RowMapping) -> ReportClaim:
    return ReportClaim(
        report_id=row["id"],
        fence=row["fence"],
        worker=row["worker"],
        order=ReportOrder.from_json(row["wanted"]),
        requested_at=row["requested_at"],
        failures=row["failures"],
        outages=row["outages"],
    )
