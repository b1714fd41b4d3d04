"""Real workers on a real broker: nothing is lost, whatever is killed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from sqlalchemy import func, select

from safety_detector.database.tables import inspections
from safety_detector.domain.inspection import Status
from safety_detector.service.records import Source
from tests.eventually import eventually
from tests.integration.worker.conftest import DEADLINE_S, SLOTS, Cluster


def test_accepted_pictures_are_completed_and_the_worker_stops_in_order(cluster: Cluster) -> None:
    """SIGTERM lets it finish what is in hand; it leaves nothing running and nobody waiting."""
    with cluster.worker() as worker:
        accepted = cluster.accept(20)
        eventually(cluster.all_completed(20))
        worker.terminate()
        assert worker.wait(DEADLINE_S) == 0
    cluster.check_nothing_lost(accepted)
    assert cluster.service.operation.figures.slots() == {}


def test_one_process_of_threads_has_many_pictures_in_hand(
    cluster: Cluster, quick_path: Path
) -> None:
    """The qwen queue: its work is waiting, so that sixteen pictures take little more than one."""
    accepted = cluster.accept(32, backend="qwen")
    holds = quick_path / "data" / "model-holds"
    holds.touch()
    with cluster.worker(TEST_QUEUE="qwen") as worker:
        eventually(lambda: cluster.service.operation.figures.counters().running >= 16)
        assert cluster.service.operation.figures.slots() == {"qwen": 20}
        holds.unlink()
        eventually(cluster.all_completed(32))
        worker.terminate()
        assert worker.wait(DEADLINE_S) == 0
    cluster.check_nothing_lost(accepted)
    assert cluster.service.operation.figures.slots() == {}


def test_pictures_accepted_while_the_broker_is_away_are_completed_when_it_is_back(
    cluster: Cluster,
) -> None:
    """Accepting needs no broker; what was not woken is found by the sweeper."""
    with cluster.worker():
        first = cluster.accept(3)
        eventually(cluster.all_completed(3))
        cluster.broker.stop()
        second = cluster.accept(5)
        cluster.broker.start()
        eventually(cluster.all_completed(8))
    cluster.check_nothing_lost(first + second)


def test_an_emptied_broker_loses_nothing(cluster: Cluster) -> None:
    """FLUSHALL takes every wake-up; the sweeper sends new ones."""
    accepted = cluster.accept(20)
    cluster.broker.client.flushall()
    with cluster.worker(TEST_DETECT_S="0.02"):
        eventually(lambda: cluster.service.operation.figures.counters().completed >= 5)
        cluster.broker.client.flushall()
        eventually(cluster.all_completed(20))
    cluster.check_nothing_lost(accepted)


def test_a_worker_that_does_not_hear_ends_to_be_started_anew(cluster: Cluster) -> None:
    """Connected, and consuming nothing: it notices by itself, and nothing is lost."""
    with cluster.worker(SAFETY_DEAF_AFTER="12") as worker:
        first = cluster.accept(2)
        eventually(cluster.all_completed(2))
        cluster.control.cancel_consumer("embedded", reply=True, timeout=60, limit=1)

        def hears_nothing() -> bool:
            active = cluster.control.inspect(timeout=5, limit=1).active()
            return active is not None and not any(active.values())

        eventually(hears_nothing)  # a wake-up that runs still would take what comes
        second = cluster.accept(3)
        assert worker.wait(DEADLINE_S) == 0
    with cluster.worker():
        eventually(cluster.all_completed(5))
    cluster.check_nothing_lost(first + second)


def test_a_killed_worker_loses_nothing(cluster: Cluster, quick_path: Path) -> None:
    """Kill -9 of the whole worker with pictures in hand; the next worker takes them back."""
    holds = quick_path / "data" / "model-holds"
    accepted = cluster.accept(2)
    with cluster.worker() as worker:
        eventually(cluster.all_completed(2))
        holds.touch()
        accepted += cluster.accept(10)
        eventually(lambda: cluster.service.operation.figures.counters().running > 0)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    assert cluster.service.operation.figures.counters().running > 0
    holds.unlink()
    with cluster.worker():
        eventually(cluster.all_completed(12))
    cluster.check_nothing_lost(accepted)


def test_a_process_that_grows_is_replaced_and_loses_nothing(cluster: Cluster) -> None:
    """Memory that a library leaks does not add up; each picture is inspected once all the same."""
    accepted = cluster.accept(12)
    is_completed = cluster.all_completed(12)
    workers: set[str] = set()

    def look() -> bool:
        workers.update(one.id for one in cluster.service.operation.figures.present_workers())
        return is_completed()

    with cluster.worker(TEST_LEAK_MIB="200", TEST_MOST_MIB="500", TEST_DETECT_S="0.4"):
        eventually(look)
    cluster.check_nothing_lost(accepted)
    assert len(workers) > SLOTS
    assert cluster.service.operation.figures.counters().ever_failed == 0


def test_a_model_that_is_away_ends_nothing(cluster: Cluster, quick_path: Path) -> None:
    """Pictures wait and say why; when the model is back they complete."""
    away = quick_path / "data" / "model-away"
    away.touch()
    with cluster.worker():
        accepted = cluster.accept(4)
        eventually(lambda: bool(cluster.service.operation.figures.health().outages))
        waiting = cluster.service.inspections.results.get(accepted[-1])
        assert waiting is not None
        assert "No model server was found sound" in str(waiting.waiting_reason)
        away.unlink()
        eventually(cluster.all_completed(4))
    cluster.check_nothing_lost(accepted)


def test_a_backlog_keeps_the_broker_small_and_an_upload_overtakes_it(cluster: Cluster) -> None:
    """Wake-ups stay within four a slot, and the upload is among the next to be claimed."""
    backlog = cluster.accept(150, Source.BATCH)
    lengths: list[int] = []

    def upload_is_done() -> bool:
        lengths.append(cluster.job_queue.length("embedded"))
        found = cluster.service.inspections.results.get(upload)
        return found is not None and found.status is Status.COMPLETED

    with cluster.worker(TEST_DETECT_S="0.05"):
        eventually(lambda: cluster.service.operation.figures.counters().completed >= 5)
        [upload] = cluster.accept(1)
        eventually(upload_is_done)
    assert finished_while_it_waited(cluster, upload) < 40
    assert max(lengths) <= 4 * SLOTS
    assert len(backlog) == 150


def finished_while_it_waited(cluster: Cluster, inspection_id: str) -> int:
    """How many others were finished between its arrival and its own end."""
    rows = inspections.c
    own = select(rows.received_at, rows.finished_at).where(rows.id == inspection_id)
    with cluster.service.database.read() as connection:
        received_at, finished_at = connection.execute(own).one()
        others = rows.finished_at.between(received_at, finished_at) & (rows.id != inspection_id)
        return connection.scalar(select(func.count()).select_from(inspections).where(others)) or 0
