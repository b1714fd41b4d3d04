"""A service whose time the test sets, with what it woke, and results to record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from safety_detector.database.engine import Database
from safety_detector.domain.detections import Detection, DetectorRun
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.inspection import Inspection, decide_verdict
from safety_detector.errors import SafetyDetectorError
from safety_detector.ingest.admission import Limits
from safety_detector.jobs.kinds import Decision
from safety_detector.jobs.records import Again, Claim
from safety_detector.jobs.store import JobStore
from safety_detector.service.cameras.sources import AllowedPlaces
from safety_detector.service.core import Service, build_service
from safety_detector.service.records import ClaimedPicture, Finding, Source, Submission
from safety_detector.service.retention.age_clock import Uptime
from safety_detector.storage.storage import Storage
from tests.pictures import jpeg

PictureClaim: TypeAlias = Claim[ClaimedPicture]

LEASE = timedelta(seconds=30)
_STARTED = datetime(1970, 1, 1, tzinfo=UTC)


class Clock:
    """The time is what the test says; a call gives it and lets a microsecond pass."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
        self.passed: Callable[[], None] = lambda: None

    def __call__(self) -> datetime:
        """The present moment."""
        self.now += timedelta(microseconds=1)
        return self.now

    def advance(self, seconds: float) -> None:
        """Lets time pass while the service runs."""
        self.now += timedelta(seconds=seconds)
        self.passed()

    def uptime(self) -> Uptime:
        """What a process would measure."""
        return Uptime("boot", self.now - _STARTED)


@dataclass
class Stand:
    """A service and what surrounds it."""

    service: Service
    clock: Clock
    folder: Path
    woken: list[str] = field(default_factory=list)

    def accept(self, seed: int = 0, source: Source = Source.UPLOAD) -> Inspection:
        """Accepts a picture; the next one arrives a millisecond later."""
        self.clock.advance(0.001)
        return self.service.inspections.intake.accept(
            jpeg(seed), Submission(f"{seed}.jpg", source=source)
        )

    def claim(self, worker: str = "worker-1") -> PictureClaim:
        """Claims what is most urgent; something must be due."""
        claim = self.next_claim(worker)
        assert claim is not None
        return claim

    def next_claim(
        self, worker: str = "worker-1", backend: str = "embedded"
    ) -> PictureClaim | None:
        """Claims what is most urgent, if anything is due."""
        return next_claim(self.service, worker, backend)

    def complete(self, claim: PictureClaim, *hazards: Hazard) -> bool:
        """Records a result for the claim."""
        return self.service.inspections.findings.record([finding(claim, *hazards)]) == [True]


def build_stand(database: Database, folder: Path, unchanged_max: timedelta = timedelta(0)) -> Stand:
    """A service on the database and an empty data folder."""
    storage = Storage(folder / "data")
    storage.prepare()
    clock = Clock()
    woken: list[str] = []
    service = build_service(
        database,
        storage,
        limits=Limits(max_bytes=1_000_000, max_pixels=1_000_000),
        default_backend="embedded",
        wake_up=woken.append,
        lease=LEASE,
        clock=clock,
        uptime=clock.uptime,
        counted_at_once=timedelta.max,
        camera_places=AllowedPlaces(folders=(folder / "drop",)),
        unchanged_max=unchanged_max,
    )
    clock.passed = service.retention.age_clock.advance
    service.retention.age_clock.advance()
    return Stand(service, clock, folder / "data", woken)


def next_claim(
    service: Service, worker: str = "worker-1", backend: str = "embedded"
) -> PictureClaim | None:
    """Claims the most urgent picture of a backend, if any is due."""
    return next(iter(service.inspections.jobs.claim(backend, worker)), None)


def fail(jobs: JobStore[Any], claim: Claim[Any], error: SafetyDetectorError) -> bool:
    """Gives a job up for the error, whatever else could be done; whether the claim held."""
    return jobs.settle_error(claim, error, Decision("giveup"))


def put_back(
    jobs: JobStore[Any],
    claim: Claim[Any],
    error: SafetyDetectorError,
    delay: timedelta = timedelta(0),
) -> bool:
    """Queues a job again for the error, to be due after the delay; whether the claim held."""
    decision = jobs.kind.decide(claim, error)
    assert decision.again is not None
    again = replace(decision.again, delay=delay)
    return jobs.settle_error(claim, error, Decision(decision.word, again))


def release(stand: Stand, claim: Claim[Any], jobs: JobStore[Any] | None = None) -> bool:
    """Queues a job again untried; whether the claim held."""
    again = Again(timedelta(0), None, claim.failures, claim.losses, claim.outages)
    with stand.service.database.write() as connection:
        jobs = jobs or stand.service.inspections.jobs
        return jobs.settle(claim, again, within=connection)


def finding(claim: PictureClaim, *hazards: Hazard) -> Finding:
    """A result with these hazards; without any, a clear picture."""
    detections = tuple(Detection(Box(1, 2, 30, 40), hazard, 0.8) for hazard in hazards)
    runs = (DetectorRun("embedded", "a model", timings_ms={"model": 1.5}),)
    return Finding(claim, detections, runs, decide_verdict(detections, runs), b"annotated")


FIRE = Hazard(Label.FIRE, SubLabel.SEVERE)
BARE_HEAD = Hazard(Label.PERSON, SubLabel.NO_HELMET)
