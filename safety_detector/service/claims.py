"""The life of a claim: taken, extended, and ended with a result, a fault or an outage.

Every write names the claim's fence.  A worker that lost its lease writes nothing, whatever it does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Update, tuple_, update

from safety_detector.database.claims import claim_most_urgent
from safety_detector.database.engine import Database
from safety_detector.database.feed import append_event
from safety_detector.database.tables import inspections
from safety_detector.domain.hazards import Label
from safety_detector.domain.inspection import Problem, Status
from safety_detector.errors import SafetyDetectorError
from safety_detector.pipeline import InspectedPicture
from safety_detector.service.ends import Ended, failed, note_end
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
                note_end(connection, _ended(claim), EventKind.COMPLETED, now)
                end_outage(connection, claim.backend)
        if not recorded:
            self._storage.annotated_path(claim.inspection_id, claim.fence).unlink(missing_ok=True)
        return recorded

    def fail(self, claim: Claim, error: SafetyDetectorError) -> bool:
        """Ends the inspection as ``failed`` with its reason; False if the claim was lost."""
        now = self._clock()
        failures = claim.failures + 1
        outcome = failed(Problem(error.code, error.message, failures), now) | {"failures": failures}
        with self._database.write() as connection:
            if not _end(connection, claim, outcome):
                return False
            note_end(connection, _ended(claim), EventKind.FAILED, now)
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


def _ended(claim: Claim) -> Ended:
    return Ended(claim.inspection_id, claim.source, claim.camera_id)


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
