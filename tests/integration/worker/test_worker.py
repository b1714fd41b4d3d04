"""Real workers on a real broker: nothing is lost, whatever is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
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
from safety_detector.storage import Storage
from tests.pictures import jpeg
from tests.valkey_server import ValkeyServer, valkey_server

_DEADLINE_S = 90.0
_REPOSITORY = Path(__file__).parents[3]
_SLOTS = 2


@dataclass
class Cluster:
    """A broker, a service as the API has it, and the means to start workers."""

    broker: ValkeyServer
    service: Service
    job_queue: JobQueue
    control: Control
    environment: dict[str, str]

    @contextmanager
    def worker(self, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        """A worker of two processes, in a group of its own."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.instant_worker"],
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
        return [self.service.intake.accept(picture, one).id for one in submissions]

    def all_completed(self, count: int) -> Callable[[], bool]:
        """Whether so many are completed and nothing is in flight."""

        def check() -> bool:
            counters = self.service.figures.counters()
            return counters.completed == count and counters.in_flight == 0

        return check

    def check_nothing_lost(self, accepted: list[str]) -> None:
        """Each accepted picture completed once and has its annotated picture."""
        done = self.service.results.list(InspectionFilter(status=Status.COMPLETED), 1000)
        assert sorted(one.id for one in done.inspections) == sorted(accepted)
        counters = self.service.figures.counters()
        assert (counters.accepted, counters.completed) == (len(accepted), len(accepted))
        assert counters.lost == 0
        for one in done.inspections:
            annotated = self.service.results.annotated(one.id)
            assert annotated is not None
            assert annotated.path.read_bytes().endswith(b"\xff\xd9")


def wait_for(condition: Callable[[], bool]) -> None:
    """Returns when the condition holds; a test that waits too long fails."""
    deadline = time.monotonic() + _DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


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
            **{name: value for name, value in os.environ.items() if not name.startswith("SAFETY_")},
            "SAFETY_DATA_DIR": str(quick_path / "data"),
            "SAFETY_DATABASE_URL": database_url,
            "SAFETY_REDIS_URL": broker.url,
            "SAFETY_EMBEDDED_SLOTS": str(_SLOTS),
            "SAFETY_LEASE": "4",
            "SAFETY_HEARTBEAT": "1",
        }
        yield Cluster(broker, service, job_queue, app.control, environment)
        wake_ups.stop()
        job_queue.close()
        app.close()


def test_accepted_pictures_are_completed_and_the_worker_stops_in_order(cluster: Cluster) -> None:
    """SIGTERM lets it finish what is in hand; it leaves nothing running and nobody waiting."""
    with cluster.worker() as worker:
        accepted = cluster.accept(20)
        wait_for(cluster.all_completed(20))
        worker.terminate()
        assert worker.wait(30) == 0
    cluster.check_nothing_lost(accepted)
    assert cluster.service.figures.slots() == {}


def test_one_process_of_threads_has_many_pictures_in_hand(cluster: Cluster) -> None:
    """The qwen queue: its work is waiting, so that sixteen pictures take little more than one."""
    accepted = cluster.accept(32, backend="qwen")
    with cluster.worker(TEST_QUEUE="qwen", TEST_DETECT_S="0.5") as worker:
        wait_for(lambda: cluster.service.figures.counters().running >= 8)
        assert cluster.service.figures.slots() == {"qwen": 20}
        wait_for(cluster.all_completed(32))
        worker.terminate()
        assert worker.wait(30) == 0
    cluster.check_nothing_lost(accepted)
    assert cluster.service.figures.slots() == {}


def test_pictures_accepted_while_the_broker_is_away_are_completed_when_it_is_back(
    cluster: Cluster,
) -> None:
    """Accepting needs no broker; what was not woken is found by the sweeper."""
    with cluster.worker():
        first = cluster.accept(3)
        wait_for(cluster.all_completed(3))
        cluster.broker.stop()
        second = cluster.accept(5)
        cluster.broker.start()
        wait_for(cluster.all_completed(8))
    cluster.check_nothing_lost(first + second)


def test_an_emptied_broker_loses_nothing(cluster: Cluster) -> None:
    """FLUSHALL takes every wake-up; the sweeper sends new ones."""
    accepted = cluster.accept(20)
    cluster.broker.client.flushall()
    with cluster.worker(TEST_DETECT_S="0.02"):
        wait_for(lambda: cluster.service.figures.counters().completed >= 5)
        cluster.broker.client.flushall()
        wait_for(cluster.all_completed(20))
    cluster.check_nothing_lost(accepted)


def test_a_worker_that_does_not_hear_ends_to_be_started_anew(cluster: Cluster) -> None:
    """Connected, and consuming nothing: it notices by itself, and nothing is lost."""
    with cluster.worker(SAFETY_DEAF_AFTER="3") as worker:
        first = cluster.accept(2)
        wait_for(cluster.all_completed(2))
        cluster.control.cancel_consumer("embedded", reply=True, timeout=20, limit=1)
        second = cluster.accept(3)
        assert worker.wait(_DEADLINE_S) == 0
    with cluster.worker():
        wait_for(cluster.all_completed(5))
    cluster.check_nothing_lost(first + second)


def test_a_killed_worker_loses_nothing(cluster: Cluster) -> None:
    """Kill -9 of the whole worker with pictures in hand; the next worker takes them back."""
    accepted = cluster.accept(12)
    with cluster.worker(TEST_DETECT_S="0.3") as worker:
        wait_for(lambda: cluster.service.figures.counters().completed >= 2)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    assert cluster.service.figures.counters().running > 0
    with cluster.worker():
        wait_for(cluster.all_completed(12))
    cluster.check_nothing_lost(accepted)


def test_a_model_that_is_away_ends_nothing(cluster: Cluster, quick_path: Path) -> None:
    """Pictures wait and say why; when the model is back they complete."""
    away = quick_path / "data" / "model-away"
    away.touch()
    with cluster.worker():
        accepted = cluster.accept(4)
        wait_for(lambda: bool(cluster.service.figures.health().outages))
        waiting = cluster.service.results.get(accepted[-1])
        assert waiting is not None
        assert "The model is away" in (waiting.waiting_reason or "")
        away.unlink()
        wait_for(cluster.all_completed(4))
    cluster.check_nothing_lost(accepted)


def test_a_backlog_keeps_the_broker_small_and_an_upload_overtakes_it(cluster: Cluster) -> None:
    """Wake-ups stay within four a slot, and the upload is among the next to be claimed."""
    backlog = cluster.accept(150, Source.BATCH)
    lengths: list[int] = []

    def upload_is_done() -> bool:
        lengths.append(cluster.job_queue.length("embedded"))
        found = cluster.service.results.get(upload)
        return found is not None and found.status is Status.COMPLETED

    with cluster.worker(TEST_DETECT_S="0.05"):
        wait_for(lambda: cluster.service.figures.counters().completed >= 5)
        before = cluster.service.figures.counters().completed
        [upload] = cluster.accept(1)
        wait_for(upload_is_done)
        after = cluster.service.figures.counters().completed
    assert after - before < 40
    assert max(lengths) <= 4 * _SLOTS
    assert len(backlog) == 150
