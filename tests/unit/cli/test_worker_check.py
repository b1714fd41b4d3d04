import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from safety_detector.database.engine import Database
from safety_detector.database.sqlite import sqlite_url
from safety_detector.ingest.admission import Limits
from safety_detector.service.core import build_service, now_utc
from safety_detector.service.operation.presence import worker_name
from safety_detector.storage.storage import Storage

from .conftest import RunCommand

Report = Callable[..., None]


@pytest.fixture
def report(run_command: RunCommand, tmp_path: Path) -> Report:
    """Reports a worker of the qwen queue to the database that the command reads."""
    assert run_command("migrate").code == 0

    def report(name: str, seconds_ago: float = 0) -> None:
        service = build_service(
            Database(sqlite_url(tmp_path / "data" / "safety-detector.db")),
            Storage(tmp_path / "data"),
            limits=Limits(),
            default_backend="qwen",
            wake_up=lambda _queue: None,
            clock=lambda: now_utc() - timedelta(seconds=seconds_ago),
        )
        service.operation.upkeep.report_worker(name, "qwen", slots=16)
        service.close()

    return report


def test_a_worker_that_reported_itself_is_alive(run_command: RunCommand, report: Report) -> None:
    """A container is healthy while a worker of its queue gives signs of life from it."""
    report(worker_name("qwen"))
    assert run_command("worker", "--queue", "qwen", "--check").code == 0
    done = run_command("worker", "--queue", "embedded", "--check")
    assert done.code == 4
    assert "No embedded worker" in done.err


def test_a_watcher_is_found_likewise(run_command: RunCommand, report: Report) -> None:
    """Its container is healthy while it gives signs of life."""
    assert run_command("watch", "--check").code == 4
    report(worker_name("watch"))
    assert run_command("watch", "--check").code == 0


def test_a_silent_worker_is_not_alive(run_command: RunCommand, report: Report) -> None:
    """A process that hangs keeps running and reports nothing."""
    report(worker_name("qwen"), seconds_ago=60)
    assert run_command("worker", "--queue", "qwen", "--check").code == 4


def test_another_machine_s_worker_does_not_count(run_command: RunCommand, report: Report) -> None:
    """Each container answers for itself."""
    report(worker_name("qwen").replace(socket.gethostname()[:64], "another-machine"))
    assert run_command("worker", "--queue", "qwen", "--check").code == 4
