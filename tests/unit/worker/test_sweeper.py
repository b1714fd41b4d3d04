"""The rounds of the process that holds the sweeper's lease."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from safety_detector.database.engine import Database
from safety_detector.ingest.admission import Limits
from safety_detector.job_queue import JobQueue, create_celery
from safety_detector.service.access.audit import PROGRAM, AuditAction, AuditFilter
from safety_detector.service.core import Service, build_service
from safety_detector.service.records import Submission
from safety_detector.service.reports.records import RENDER_QUEUE, ReportOrder
from safety_detector.service.retention.orphans import ORPHAN_AGE
from safety_detector.service.retention.retention import KeepPolicy
from safety_detector.storage.keys import picture_key
from safety_detector.storage.storage import Storage
from safety_detector.worker.sweeper import Sweeper
from tests.pictures import jpeg
from tests.service_stand import FIRE, Clock, finding, next_claim
from tests.valkey_server import valkey_server


@pytest.fixture
def clock() -> Clock:
    """The time, as the test sets it."""
    return Clock()


@pytest.fixture
def service(database: Database, quick_path: Path, clock: Clock) -> Service:
    """A service that keeps pictures for a week."""
    storage = Storage(quick_path / "data")
    storage.prepare()
    service = build_service(
        database,
        storage,
        limits=Limits(),
        default_backend="embedded",
        wake_up=lambda _: None,
        keep=KeepPolicy(age=timedelta(days=7)),
        clock=clock,
        uptime=clock.uptime,
        counted_at_once=timedelta.max,
    )
    clock.passed = service.retention.age_clock.advance
    service.retention.age_clock.advance()
    return service


@pytest.fixture
def sweeper(service: Service) -> Iterator[Sweeper]:
    """The sweeper; its broker is not there, and not needed."""
    job_queue = JobQueue(create_celery("redis://127.0.0.1:9/0"))
    yield Sweeper(service, job_queue)
    job_queue.close()


def complete(service: Service, seed: int) -> str:
    """The id of an inspection with a result."""
    accepted = service.inspections.intake.accept(jpeg(seed), Submission(f"{seed}.jpg"))
    claim = next_claim(service, "worker-1")
    assert claim is not None
    assert service.inspections.findings.record([finding(claim, FIRE)]) == [True]
    return accepted.id


def make_report(service: Service, inspection_id: str) -> str:
    """The id of a report that is made."""
    ordered = service.reports.orders.order(ReportOrder(inspection_ids=(inspection_id,)), PROGRAM)
    claim = next(iter(service.reports.jobs.claim(RENDER_QUEUE, "render-1")), None)
    assert claim is not None
    service.storage.begin_report(claim.subject_id, claim.fence)
    assert service.reports.files.complete(claim, [], 1)
    return ordered.id


def test_what_the_operator_does_not_keep_is_purged_by_itself(
    service: Service, sweeper: Sweeper, clock: Clock
) -> None:
    """In the name of the service, until nothing is left that has to go; reports too."""
    old = [complete(service, seed) for seed in range(3)]
    report = make_report(service, old[0])
    clock.advance(8 * 24 * 3600)
    young = complete(service, 9)
    sweeper.sweep()
    sweeper.sweep()
    assert [service.inspections.results.get(one) for one in old] == [None] * 3
    assert service.reports.orders.get(report) is None
    assert service.storage.report_ids() == set()
    assert service.inspections.results.get(young) is not None
    [entry] = service.access.audit.entries(AuditFilter(action=AuditAction.PURGED), 10)
    assert (entry.actor, entry.details["inspections"]) == (PROGRAM, 3)


def test_every_part_of_the_folder_is_looked_at_in_turn(
    service: Service, sweeper: Sweeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file without a row is counted after as many rounds as there are parts, and stays.

    The database may be a new or restored one, which does not know evidence that is there.
    """
    path = service.storage.root / picture_key(service.storage.store_picture(b"accepted by nobody"))
    long_ago = time.time() - ORPHAN_AGE.total_seconds() - 60
    os.utime(path, (long_ago, long_ago))
    monkeypatch.setattr("safety_detector.worker.sweeper._LEFTOVERS_EVERY_S", 0.0)
    for _ in range(service.retention.orphans.parts):
        sweeper.sweep()
    assert path.exists()
    assert service.operation.figures.standing().orphan_files == 1
    assert service.retention.orphans.collect(int(path.name[:2], 16), PROGRAM).files == 1
    assert service.operation.figures.standing().orphan_files == 0


def test_what_waits_for_the_broker_says_so(service: Service) -> None:
    """A broker that takes no messages wakes nobody; when it does again nothing is said any more."""
    waiting = service.inspections.intake.accept(jpeg(1), Submission("1.jpg")).id
    with valkey_server() as broker, closing(JobQueue(create_celery(broker.url))) as job_queue:
        sweeper = Sweeper(service, job_queue)
        broker.client.config_set("maxmemory", 1)
        sweeper.sweep()
        assert "takes no messages" in reason_of(service, waiting)
        assert service.operation.figures.health().outages == ()
        broker.client.config_set("maxmemory", 0)
        sweeper.sweep()
        assert reason_of(service, waiting) == ""


def reason_of(service: Service, inspection_id: str) -> str:
    """Why it waits, as people read it."""
    inspection = service.inspections.results.get(inspection_id)
    assert inspection is not None
    return str(inspection.waiting_reason or "")
