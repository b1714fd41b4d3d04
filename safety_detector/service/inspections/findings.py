"""Completing inspections: what a worker found, valid for the claim under which it looked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from safety_detector.database.engine import Database
from safety_detector.database.tables import inspections
from safety_detector.documents.runs import RunDocument
from safety_detector.domain.detections import DetectorRun
from safety_detector.domain.inspection import Status
from safety_detector.domain.urgency import hazard_bits, urgency_of
from safety_detector.errors import ModelUnreachable, StorageUnavailable
from safety_detector.jobs.outages import end_outage, note_stand_in
from safety_detector.jobs.records import Claim, Done
from safety_detector.jobs.store import JobStore
from safety_detector.message_texts.reason import Reason
from safety_detector.service.inspections.endings import note_ends
from safety_detector.service.inspections.rows import from_detection
from safety_detector.service.operation.work_counters import Meter
from safety_detector.service.records import ClaimedPicture, EventKind, Finding
from safety_detector.storage.storage import Storage

_COMPLETE = update(inspections).where(inspections.c.id == bindparam("of_inspection"))


class Findings:
    """Takes the results of workers.

    Args:
        database, storage: where inspections and annotated pictures are.
        jobs: of pictures.
        meter: counts what is found.
        fold_in: told the ids of completed pictures of cameras, in their transaction.
        clock: the present moment, with its zone.
    """

    def __init__(
        self,
        database: Database,
        storage: Storage,
        jobs: JobStore[ClaimedPicture],
        meter: Meter,
        fold_in: Callable[[Connection, Sequence[str]], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._storage = storage
        self._jobs = jobs
        self._meter = meter
        self._fold_in = fold_in
        self._clock = clock

    def record(self, findings: Sequence[Finding]) -> list[bool]:
        """Completes inspections, all in one transaction.

        Returns:
            For each, False if its claim was lost; then nothing of it is written.  True also if
            this very claim was recorded before: the answer to that commit may have been lost.

        Raises:
            StorageUnavailable, DatabaseUnavailable: nothing is recorded; the claims still stand.
        """
        self._storage.store_annotated(
            [(one.claim.subject_id, one.claim.fence, one.annotated_jpeg) for one in findings]
        )
        with self._database.write() as connection:
            recorded = self._complete(connection, findings)
        for finding, is_recorded in zip(findings, recorded, strict=True):
            if not is_recorded:
                claim = finding.claim
                self._storage.delete_annotated(claim.subject_id, claim.fence)
            else:
                self._meter.inspected(finding)
                self._remove_those_of_lost_workers(finding.claim)
        return recorded

    def _remove_those_of_lost_workers(self, claim: Claim[ClaimedPicture]) -> None:
        """Annotated pictures of earlier claims whose workers ended before they could record them.

        What cannot be removed now is counted as a file without a row (``orphans``).
        """
        if claim.losses:
            with suppress(StorageUnavailable):
                for fence in range(1, claim.fence):
                    self._storage.delete_annotated(claim.subject_id, fence)

    def _complete(self, connection: Connection, findings: Sequence[Finding]) -> list[bool]:
        now = self._clock()
        is_new = [self._jobs.settle(one.claim, Done(), within=connection) for one in findings]
        completed = [one for one, new in zip(findings, is_new, strict=True) if new]
        if completed:
            connection.execute(_COMPLETE, [_completed(one, now) for one in completed])
        answering = {one.claim.queue for one in completed if _has_answered(one)}
        for queue in sorted(answering):
            end_outage(connection, queue)
        for queue in sorted({one.claim.queue for one in completed if _is_away(one)} - answering):
            note_stand_in(connection, queue, Reason("model-away-and-stood-in"), now)
        note_ends(connection, [one.claim for one in completed], EventKind.COMPLETED, now)
        of_cameras = [one.claim for one in completed if one.claim.subject.camera_id is not None]
        if of_cameras:
            self._fold_in(connection, [one.subject_id for one in of_cameras])
        return [
            new or _is_recorded(connection, one.claim)
            for one, new in zip(findings, is_new, strict=True)
        ]


def _is_recorded(connection: Connection, claim: Claim[ClaimedPicture]) -> bool:
    """Whether the inspection was completed under this very claim."""
    query = select(inspections.c.id).where(
        inspections.c.id == claim.subject_id,
        inspections.c.annotated_fence == claim.fence,
        inspections.c.status == Status.COMPLETED,
    )
    return connection.scalar(query) is not None


def _has_answered(finding: Finding) -> bool:
    """Whether the model that is meant to answer did; one that only screened it says nothing."""
    return any(run.error is None for run in _own_runs(finding))


def _own_runs(finding: Finding) -> list[DetectorRun]:
    """Those of the model that is meant to answer, without answers that stand from earlier."""
    return [
        run
        for run in finding.runs
        if run.backend == finding.claim.queue and not (run.asked and run.asked.age_s)
    ]


def _is_away(finding: Finding) -> bool:
    """Whether a frame was looked at by another model since its own is away."""
    is_frame = finding.claim.coalesce_key is not None
    errors = {run.error for run in _own_runs(finding)}
    return is_frame and ModelUnreachable.code in errors and not _has_answered(finding)


def _completed(finding: Finding, now: datetime) -> dict[str, Any]:
    hazards = [detection.hazard for detection in finding.detections]
    return {
        "of_inspection": finding.claim.subject_id,
        "status": Status.COMPLETED,
        "verdict": finding.verdict,
        "detections": [from_detection(one) for one in finding.detections],
        "runs": [RunDocument.of(run).as_json() for run in finding.runs],
        "urgency": urgency_of(Status.COMPLETED, finding.verdict, hazards),
        "hazard_bits": hazard_bits(finding.detections),
        "fence": finding.claim.fence,
        "annotated_fence": finding.claim.fence,
        "annotated_bytes": len(finding.annotated_jpeg),
        "finished_at": now,
    }
