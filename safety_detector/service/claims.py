"""The life of a claim: taken, extended, and ended with a result, a fault or an outage.

Every write names the claim's fence.  A worker that lost its lease writes nothing, whatever it does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, select, tuple_, update

from safety_detector.database.claims import claim_longest_due, is_anything_due
from safety_detector.database.engine import Database
from safety_detector.database.feed import append_event, append_events
from safety_detector.database.tables import inspections
from safety_detector.documents.runs import RunDocument
from safety_detector.domain.inspection import Problem, Status
from safety_detector.domain.urgency import hazard_bits, urgency_of
from safety_detector.errors import (
    ModelUnreachable,
    SafetyDetectorError,
    ServerFailure,
    StorageUnavailable,
)
from safety_detector.message_texts.reason import Reason
from safety_detector.service.ends import Ended, failed, note_ends
from safety_detector.service.meter import Meter
from safety_detector.service.outages import end_outage, note_outage
from safety_detector.service.records import Claim, EventKind, Finding, Priority, Source
from safety_detector.service.replacement import QueuedFrame, give_way
from safety_detector.service.rows import from_detection, to_picture
from safety_detector.storage import Storage

_HELD = update(inspections).where(
    inspections.c.id == bindparam("held_id"),
    inspections.c.fence == bindparam("held_fence"),
    inspections.c.worker == bindparam("held_worker"),
    inspections.c.status == Status.RUNNING,
)


class Claims:
    """Gives pictures to workers and takes their results.

    Args:
        database, storage: where inspections and annotated pictures are.
        lease: how long a claim holds without being extended.
        meter: counts what becomes of claims.
        wake_up: told the backend's name when something became claimable.
        clock: the present moment, with its zone.
    """

    def __init__(
        self,
        database: Database,
        storage: Storage,
        lease: timedelta,
        meter: Meter,
        wake_up: Callable[[str], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._storage = storage
        self._lease = lease
        self._meter = meter
        self._wake_up = wake_up
        self._clock = clock

    def claim(self, backend: str, worker: str) -> Claim | None:
        """The most urgent due inspection of a backend, None if nothing is due."""
        return next(iter(self.claim_several(backend, worker, at_most=1)), None)

    def claim_several(self, backend: str, worker: str, at_most: int) -> list[Claim]:
        """The most urgent due inspections of a backend; none if nothing is due.

        Args:
            backend: whose inspections.
            worker: who claims.
            at_most: how many; several save time where each takes next to none.
        """
        now = self._clock()
        rows: list[RowMapping] = []
        with self._database.read() as connection:
            if not is_anything_due(connection, backend, tuple(Priority), now):
                return []
        with self._database.write(durable=False) as connection:
            for priority in Priority:
                missing = at_most - len(rows)
                if missing:
                    rows += claim_longest_due(
                        connection, backend, priority, worker, now, now + self._lease, missing
                    )
            if rows:
                append_events(connection, [row["id"] for row in rows], EventKind.RUNNING, now)
        return [_to_claim(row, worker, now) for row in rows]

    def extend(self, claims: Sequence[Claim]) -> frozenset[str]:
        """Renews the leases; returns the inspections that are still held.

        What is missing from the answer was claimed by somebody else or is no longer there.
        """
        if not claims:
            return frozenset()
        held = tuple_(inspections.c.id, inspections.c.fence).in_(
            [(claim.inspection_id, claim.fence) for claim in claims]
        )
        statement = (
            update(inspections)
            .where(held, inspections.c.status == Status.RUNNING)
            .values(due_at=self._clock() + self._lease)
            .returning(inspections.c.id)
        )
        with self._database.write(durable=False) as connection:
            return frozenset(connection.scalars(statement))

    def record(self, findings: Sequence[Finding]) -> list[bool]:
        """Completes inspections, all in one transaction.

        Returns:
            For each, False if its claim was lost; then nothing of it is written.  True also if
            this very claim was recorded before: the answer to that commit may have been lost.

        Raises:
            StorageUnavailable, DatabaseUnavailable: nothing is recorded; the claims still stand.
        """
        self._storage.store_annotated(
            [(one.claim.inspection_id, one.claim.fence, one.annotated_jpeg) for one in findings]
        )
        with self._database.write() as connection:
            recorded = self._complete(connection, findings)
        for finding, is_recorded in zip(findings, recorded, strict=True):
            if not is_recorded:
                claim = finding.claim
                path = self._storage.annotated_path(claim.inspection_id, claim.fence)
                path.unlink(missing_ok=True)
            else:
                self._meter.inspected(finding)
                self._remove_those_of_lost_workers(finding.claim)
        return recorded

    def _remove_those_of_lost_workers(self, claim: Claim) -> None:
        """Annotated pictures of earlier claims whose workers ended before they could record them.

        What cannot be removed now is counted as a file without a row (``orphans``).
        """
        if claim.losses:
            with suppress(StorageUnavailable):
                for fence in range(1, claim.fence):
                    self._storage.delete_annotated(claim.inspection_id, fence)

    def _complete(self, connection: Connection, findings: Sequence[Finding]) -> list[bool]:
        now = self._clock()
        is_new = [_end(connection, one.claim, _completed(one, now)) for one in findings]
        completed = [one.claim for one, new in zip(findings, is_new, strict=True) if new]
        for backend in sorted({claim.backend for claim in completed}):
            end_outage(connection, backend)
        note_ends(connection, [_ended(claim) for claim in completed], EventKind.COMPLETED, now)
        return [
            new or _is_recorded(connection, one.claim)
            for one, new in zip(findings, is_new, strict=True)
        ]

    def fail(self, claim: Claim, error: SafetyDetectorError) -> bool:
        """Ends the inspection as ``failed`` with its reason; False if the claim was lost."""
        now = self._clock()
        failures = claim.failures + 1
        outcome = failed(Problem(error.code, error.reason, failures), now) | {"failures": failures}
        with self._database.write() as connection:
            if not _end(connection, claim, outcome):
                return False
            note_ends(connection, [_ended(claim)], EventKind.FAILED, now)
        self._meter.ended_otherwise(claim, "failed")
        return True

    def retry(self, claim: Claim, error: SafetyDetectorError, delay: timedelta) -> bool:
        """Counts a fault of the picture and tries it again later; False if the claim was lost."""
        now = self._clock()
        changes = {
            "failures": claim.failures + 1,
            "waiting_reason": Reason.of(
                "tried-again", tries=claim.failures + 1, reason=error.reason
            ),
        }
        self._meter.ended_otherwise(claim, "retried")
        return self._requeue_claim(claim, changes, now, delay)

    def return_claim(self, claim: Claim, error: SafetyDetectorError, delay: timedelta) -> bool:
        """Gives the picture back because the model cannot be reached; no fault is counted.

        The whole backend pauses, for longer each time, so that a backlog does not knock at a dead
        server picture by picture.  The picture itself waits for ``delay``, so that one which the
        server cannot bear does not stand first in the queue for ever.  Servers that only have no
        room are no outage: other pictures are let through.  If a server broke down while it had the
        picture, that is counted like the loss of a worker.

        Returns:
            False if the claim was lost.
        """
        now = self._clock()
        broke_down = isinstance(error, ModelUnreachable) and error.server_broke_down
        busy = isinstance(error, ModelUnreachable) and error.failure is ServerFailure.NO_ROOM
        changes = {
            "outages": claim.outages + 1,
            "losses": claim.losses + broke_down,
            "waiting_reason": error.reason,
        }
        if not busy:
            with self._database.write() as connection:
                note_outage(connection, claim.backend, error.reason, now)
        self._meter.ended_otherwise(claim, "returned")
        return self._requeue_claim(claim, changes, now, delay)

    def release(self, claim: Claim) -> bool:
        """Gives the picture back untried, because the worker stops; False if the claim was lost."""
        released = self._requeue_claim(claim, {}, self._clock(), timedelta(0))
        if released:
            self._wake_up(claim.backend)
        return released

    def _requeue_claim(
        self, claim: Claim, changes: dict[str, Any], now: datetime, delay: timedelta
    ) -> bool:
        """Queues the picture again; a frame beside which a newer one waits is replaced by it."""
        queued = {"status": Status.QUEUED, "due_at": now + delay, "worker": None}
        with self._database.write() as connection:
            if not _end(connection, claim, queued | changes):
                return False
            if not give_way(connection, _queued_frames(claim), now):
                append_event(connection, claim.inspection_id, EventKind.QUEUED, now)
        return True


def _end(connection: Connection, claim: Claim, changes: dict[str, Any]) -> bool:
    """Changes the claim's inspection; False if the claim was lost."""
    held = {
        "held_id": claim.inspection_id,
        "held_fence": claim.fence,
        "held_worker": claim.worker,
    }
    return connection.execute(_HELD, held | changes).rowcount == 1


def _is_recorded(connection: Connection, claim: Claim) -> bool:
    """Whether the inspection was completed under this very claim."""
    query = select(inspections.c.id).where(
        inspections.c.id == claim.inspection_id,
        inspections.c.annotated_fence == claim.fence,
        inspections.c.status == Status.COMPLETED,
    )
    return connection.scalar(query) is not None


def _to_claim(row: RowMapping, worker: str, now: datetime) -> Claim:
    return Claim(
        inspection_id=row["id"],
        backend=row["backend"],
        fence=row["fence"],
        picture=to_picture(row),
        worker=worker,
        failures=row["failures"],
        losses=row["losses"],
        outages=row["outages"],
        claimed_at=now,
        received_at=row["received_at"],
        source=Source(row["source"]),
        camera_id=row["camera_id"],
    )


def _ended(claim: Claim) -> Ended:
    return Ended(claim.inspection_id, claim.source, claim.camera_id)


def _queued_frames(claim: Claim) -> list[QueuedFrame]:
    """The claim's picture where it is a frame, which newer ones may replace."""
    if claim.source is not Source.FRAME or claim.camera_id is None:
        return []
    return [QueuedFrame(claim.inspection_id, claim.camera_id, claim.received_at)]


def _completed(finding: Finding, now: datetime) -> dict[str, Any]:
    hazards = [detection.hazard for detection in finding.detections]
    return {
        "status": Status.COMPLETED,
        "verdict": finding.verdict,
        "detections": [from_detection(one) for one in finding.detections],
        "runs": [RunDocument.of(run).as_json() for run in finding.runs],
        "urgency": urgency_of(Status.COMPLETED, finding.verdict, hazards),
        "hazard_bits": hazard_bits(finding.detections),
        "annotated_fence": finding.claim.fence,
        "annotated_bytes": len(finding.annotated_jpeg),
        "finished_at": now,
        "due_at": None,
    }
