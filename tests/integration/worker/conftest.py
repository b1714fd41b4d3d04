"""A broker, a service and real workers for the tests in this folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from celery.app.control import Control

from safety_detector.database.engine import Database
from safety_detector.domain.inspection import Status
from safety_detector.ingest.admission import Limits
from safety_detector.job_queue import JobQueue, WakeUps, create_celery
from safety_detector.service.core import Service, build_service
from safety_detector.service.records import InspectionFilter, Source, Submission
from safety_detector.storage.storage import Storage
from tests.pictures import jpeg
from tests.program_environment import program_environment
from tests.valkey_server import ValkeyServer, valkey_server

DEADLINE_S = 180.0  # the machine may be busy with other things
_REPOSITORY = Path(__file__).parents[3]
SLOTS = 2


@dataclass
class Cluster:
    """A broker, a service as the API has it, and the means to start workers."""

    broker: ValkeyServer
    service: Service
    job_queue: JobQueue
    control: Control
    environment: dict[str, str]

    @contextmanager
    def worker(self, *program: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        """A worker in a group of its own; of two processes, unless it is another program."""
        process = subprocess.Popen(
            [sys.executable, "-m", *(program or ["tests.instant_worker"])],
            cwd=_REPOSITORY,
            env={**self.environment, **environment},
            start_new_session=True,
        )
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def accept(
        self, count: int, source: Source = Source.UPLOAD, backend: str | None = None
    ) -> list[str]:
        """Accepts pictures; gives their ids."""
        picture = jpeg()
        submissions = [
            Submission(f"{number}.jpg", source=source, backend=backend) for number in range(count)
        ]
        return [self.service.inspections.intake.accept(picture, one).id for one in submissions]

    def all_completed(self, count: int) -> Callable[[], bool]:
        """Whether so many are completed and nothing is in flight."""

        def check() -> bool:
            counters = self.service.operation.figures.counters()
            return counters.completed == count and counters.in_flight == 0

        return check

    def check_nothing_lost(self, accepted: list[str]) -> None:
        """Each accepted picture completed once and has its annotated picture."""
        done = self.service.inspections.results.list(
            InspectionFilter(status=Status.COMPLETED), 1000
        )
        assert sorted(one.id for one in done.items) == sorted(accepted)
        counters = self.service.operation.figures.counters()
        assert (counters.accepted, counters.completed) == (len(accepted), len(accepted))
        assert counters.lost == 0
        for one in done.items:
            annotated = self.service.inspections.results.annotated(one.id)
            assert annotated is not None
            stored = self.service.inspections.results.read(annotated)
            assert stored is not None
            assert stored.endswith(b"\xff\xd9")


@pytest.fixture
def cluster(database_url: str, database: Database, quick_path: Path) -> Iterator[Cluster]:
    """An empty service with a broker and no worker."""
    storage = Storage(quick_path / "data")
    storage.prepare()
    with valkey_server() as broker:
        app = create_celery(broker.url)
        job_queue = JobQueue(app)
        wake_ups = WakeUps(job_queue)
        wake_ups.start()
        service = build_service(
            database,
            storage,
            limits=Limits(),
            default_backend="embedded",
            wake_up=wake_ups.notify,
        )
        environment = {
            **program_environment(),
            "SAFETY_DATA_DIR": str(quick_path / "data"),
            "SAFETY_DATABASE_URL": database_url,
            "SAFETY_REDIS_URL": broker.url,
            "SAFETY_EMBEDDED_SLOTS": str(SLOTS),
            "SAFETY_LEASE": "4",
            "SAFETY_HEARTBEAT": "1",
        }
        yield Cluster(broker, service, job_queue, app.control, environment)
        wake_ups.stop()
        job_queue.close()
        app.close()
