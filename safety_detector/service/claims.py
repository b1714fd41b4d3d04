"""The life of a claim: taken, extended, and ended with a result, a fault or an outage.

Every write names the claim's fence.  A worker that lost its lease writes nothing, whatever it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Update, tuple_, update

from safety_detector.database.claims import claim_most_urgent
from safety_detector.database.engine import Database
from safety_detector.database.feed import append_event
from safety_detector.database.statements import add_to_tally
from safety_detector.database.tables import cameras, inspections
from safety_detector.domain.hazards import Label
from safety_detector.domain.inspection import Problem, Status, Verdict
from safety_detector.errors import SafetyDetectorError
from safety_detector.pipeline import InspectedPicture
from safety_detector.service.outages import end_outage, note_outage
from safety_detector.service.records import Claim, EventKind, Priority, Source
from safety_detector.service.rows import from_detection, from_run, to_picture
from safety_detector.storage import Storage


class Claims:
    """Gives pictures to workers and takes their results.

    Args:
        database, storage: where inspections and annotated pictures are.
        lease: how long a claim holds without being extended.
        wake_up: told the backend's name when something became claimable.
        clock: the present moment, with its zone.
    """

    def __init__(
        self,
        database: Database,
        storage: Storage,
        lease: timedelta,
        wake_up: Callable[[str], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._storage = storage
        self._lease = lease
        self._wake_up = wake_up
        self._clock = clock

    def claim(self, backend: str, worker: str) -> Claim | None:
        """The most urgent due inspection of a backend, None if nothing is due."""
        now = self._clock()
        with self._database.write(durable=False) as connection:
            row = claim_most_urgent(
                connection, backend, worker, now, now + self._lease, tuple(Priority)
            )
            if row is None:
                return None
            append_event(connection, row["id"], EventKind.RUNNING, now)
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

    def record(self, claim: Claim, inspected: InspectedPicture, annotated_jpeg: bytes) -> bool:
        """Completes the inspection; False if the claim was lost, and then nothing is written.

        Raises:
            StorageUnavailable, DatabaseUnavailable: nothing is recorded; the claim still stands.
        """
        self._storage.store_annotated(claim.inspection_id, claim.fence, annotated_jpeg)
        now = self._clock()
        with self._database.write() as connection:
            outcome = _outcome(inspected) | {"annotated_fence": claim.fence, "finished_at": now}
            if not _end(connection, claim, outcome):
                recorded = False
            else:
                recorded = True
                _count_final(connection, claim, EventKind.COMPLETED, now)
                end_outage(connection, claim.backend)
        if not recorded:
            self._storage.annotated_path(claim.inspection_id, claim.fence).unlink(missing_ok=True)
        return recorded

    def fail(self, claim: Claim, error: SafetyDetectorError) -> bool:
        """Ends the inspection as ``failed`` with its reason; False if the claim was lost."""
        now = self._clock()
        problem = Problem(error.code, error.message, attempts=claim.failures + 1)
        outcome = {
            "status": Status.FAILED,
            "verdict": Verdict.INCONCLUSIVE,
            "error": {
                "code": problem.code,
                "reason": problem.reason,
                "attempts": problem.attempts,
            },
            "failures": claim.failures + 1,
            "finished_at": now,
            "due_at": None,
        }
        with self._database.write() as connection:
            if not _end(connection, claim, outcome):
                return False
            _count_final(connection, claim, EventKind.FAILED, now)
        return True

    def retry(self, claim: Claim, error: SafetyDetectorError, delay: timedelta) -> bool:
        """Counts a fault of the picture and tries it again later; False if the claim was lost."""
        now = self._clock()
        changes = {
            "failures": claim.failures + 1,
            "waiting_reason": f"Tried {claim.failures + 1} times, last: {error.message}",
        }
        return self._requeue_claim(claim, changes, now, delay)

    def return_claim(self, claim: Claim, error: SafetyDetectorError, delay: timedelta) -> bool:
        """Gives the picture back because the model cannot be reached; no fault is counted.

        The whole backend pauses, for longer each time, so that a backlog does not knock at a dead
        server picture by picture.  The picture itself waits for ``delay``, so that one which the
        server cannot bear does not stand first in the queue for ever.

        Returns:
            False if the claim was lost.
        """
        now = self._clock()
        changes = {"outages": claim.outages + 1, "waiting_reason": error.message}
        with self._database.write() as connection:
            note_outage(connection, claim.backend, error.message, now)
        return self._requeue_claim(claim, changes, now, delay)

    def release(self, claim: Claim) -> bool:
        """Gives the picture back untried, because the worker stops; False if the claim was lost."""
        released = self._requeue_claim(claim, {}, self._clock(), timedelta(0))
        if released:
            self._wake_up(claim.backend)
        return released

    def requeue(self, inspection_ids: Iterable[str]) -> tuple[str, ...]:
        """Runs failed inspections again, their faults forgotten; returns those that were failed."""
        now = self._clock()
        fresh = {
            "status": Status.QUEUED,
            "verdict": None,
            "error": None,
            "failures": 0,
            "losses": 0,
            "outages": 0,
            "finished_at": None,
            "waiting_reason": None,
            "due_at": now,
        }
        statement = (
            update(inspections)
            .where(
                inspections.c.id.in_(list(inspection_ids)), inspections.c.status == Status.FAILED
            )
            .values(fresh)
            .returning(
                inspections.c.id,
                inspections.c.backend,
                inspections.c.source,
                inspections.c.camera_id,
            )
        )
        with self._database.write() as connection:
            rows = connection.execute(statement).all()
            for row in rows:
                append_event(connection, row.id, EventKind.QUEUED, now)
                add_to_tally(connection, EventKind.FAILED.value, -1)
                _count_frame(connection, row.source, row.camera_id, -1)
        for backend in {row.backend for row in rows}:
            self._wake_up(backend)
        return tuple(row.id for row in rows)

    def _requeue_claim(
        self, claim: Claim, changes: dict[str, Any], now: datetime, delay: timedelta
    ) -> bool:
        queued = {"status": Status.QUEUED, "due_at": now + delay, "worker": None}
        with self._database.write() as connection:
            if not _end(connection, claim, queued | changes):
                return False
            append_event(connection, claim.inspection_id, EventKind.QUEUED, now)
        return True


def _held_by(claim: Claim) -> Update:
    return update(inspections).where(
        inspections.c.id == claim.inspection_id,
        inspections.c.fence == claim.fence,
        inspections.c.worker == claim.worker,
        inspections.c.status == Status.RUNNING,
    )


def _end(connection: Connection, claim: Claim, changes: dict[str, Any]) -> bool:
    return connection.execute(_held_by(claim).values(changes)).rowcount == 1


def _outcome(inspected: InspectedPicture) -> dict[str, Any]:
    labels = {detection.hazard.label for detection in inspected.detections}
    return {
        "status": Status.COMPLETED,
        "verdict": inspected.verdict,
        "detections": [from_detection(one) for one in inspected.detections],
        "runs": [from_run(run) for run in inspected.runs],
        "has_fire": Label.FIRE in labels,
        "has_smoke": Label.SMOKE in labels,
        "has_person": Label.PERSON in labels,
        "due_at": None,
    }


def _count_final(connection: Connection, claim: Claim, kind: EventKind, now: datetime) -> None:
    append_event(connection, claim.inspection_id, kind, now)
    add_to_tally(connection, kind.value)
    _count_frame(connection, claim.source, claim.camera_id, 1)


def _count_frame(connection: Connection, source: str, camera_id: str | None, amount: int) -> None:
    """Keeps the cameras' counts of inspected frames."""
    if source == Source.FRAME:
        connection.execute(
            update(cameras)
            .where(cameras.c.id == camera_id)
            .values(frames_inspected=cameras.c.frames_inspected + amount)
        )
