"""One working process and the kinds of jobs in its queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from safety_detector import wiring
from safety_detector.database.clock import database_now
from safety_detector.database.tables import jobs
from safety_detector.errors import SafetyDetectorError
from safety_detector.job_queue import create_celery
from safety_detector.jobs.kinds import JobKind
from safety_detector.jobs.records import Claim, Done, NewJob
from safety_detector.jobs.store import JobStore
from safety_detector.service.core import Service
from safety_detector.settings import Settings, load_settings
from safety_detector.worker.process import WorkerProcess, no_wake_up
from tests.eventually import eventually
from tests.valkey_server import valkey_server

QUEUE = "render"


@dataclass
class Noted:
    """Work of a kind that is about nothing: a job is done once its lease was extended.

    Attributes:
        done: the kinds of the jobs that were done, in that order.
    """

    kind: str
    done: list[str]
    service: Service | None = None
    burst_s = 0.0
    most_at_once = 1

    def longest(self, settings: Settings) -> timedelta:
        """Long enough."""
        return timedelta(minutes=5)

    def store(self, service: Service) -> JobStore[str]:
        """Its jobs."""
        kind: JobKind[str] = JobKind(
            self.kind,
            timedelta(seconds=30),
            begun=lambda _connection, ids, _now: {one: one for one in ids},
            requeued=lambda _connection, _jobs, _now: None,
        )
        return JobStore(service.database, kind, database_now)

    def open(
        self, settings: Settings, service: Service, let_go: Callable[[Claim[Any]], None]
    ) -> Noted:
        """Itself."""
        self.service = service
        return self

    def handle(self, claim: Claim[str], begin: Callable[[], None]) -> bool:
        """Waits until the process tells that it is still there."""
        begin()
        assert self.service is not None
        claimed_until = self._leased_until(claim)
        eventually(lambda: self._leased_until(claim) > claimed_until)
        with self.service.database.write() as connection:
            assert self.store(self.service).settle(claim, Done(), within=connection)
        self.done.append(self.kind)
        return True

    def _leased_until(self, claim: Claim[str]) -> datetime:
        assert self.service is not None
        mine = (jobs.c.kind == self.kind, jobs.c.subject_id == claim.subject_id)
        with self.service.database.read() as connection:
            until: datetime = connection.scalars(select(jobs.c.due_at).where(*mine)).one()
        return until

    def explain(self, fault: Exception) -> SafetyDetectorError | None:
        """Nothing is known."""
        return None

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def settings(quick_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Of a migrated service with a broker."""
    with valkey_server() as broker:
        monkeypatch.setenv("SAFETY_DATA_DIR", str(quick_path / "data"))
        monkeypatch.setenv("SAFETY_REDIS_URL", broker.url)
        monkeypatch.setenv("SAFETY_HEARTBEAT", "1")
        settings = load_settings()
        wiring.open_migrated_database(settings).close()
        yield settings


def test_kinds_in_one_queue_take_turns_and_keep_their_leases(settings: Settings) -> None:
    """A wake-up does one job, of another kind than the last one where one of that kind is due."""
    done: list[str] = []
    works = [Noted("first", done), Noted("second", done)]
    service = wiring.open_service(settings, no_wake_up)
    with service.database.write() as connection:
        for work, count in zip(works, (3, 1), strict=True):
            new = (NewJob(f"{number}", QUEUE, sender="key") for number in range(count))
            work.store(service).add(connection, *new)
    service.close()
    app = create_celery(wiring.broker_url(settings))
    process = WorkerProcess(app, settings, QUEUE, 1, works, lambda: None, lambda: True)
    process.start()
    try:
        for _ in range(5):
            process.work_for_a_while()
    finally:
        process.stop()
        app.close()
    assert done == ["first", "second", "first", "first"]
