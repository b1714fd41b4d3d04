"""Kill -9 at each step of a picture's way: accepted is final, once and whole."""

from __future__ import annotations

import hashlib
import signal
import time
from pathlib import Path

import httpx2

from tests.eventually import eventually
from tests.integration.worker.conftest import DEADLINE_S, Cluster
from tests.killed_process import ACCEPTING, INSPECTING
from tests.pictures import jpeg
from tests.ports import free_port


def upload(port: int, step: str) -> str | None:
    """Uploads the picture of a step under its key; its inspection, or None without an answer."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        try:
            answer = httpx2.post(
                f"http://127.0.0.1:{port}/v1/inspections",
                params={"name": f"{step}.jpg"},
                content=jpeg(list(ACCEPTING).index(step)),
                headers={"Idempotency-Key": step.replace(" ", "-")},
                timeout=DEADLINE_S,
                trust_env=False,
            )
        except httpx2.ConnectError:  # not up yet
            assert time.monotonic() < deadline, "the API did not come up"
            time.sleep(0.05)
        except httpx2.TransportError:
            return None
        else:
            assert answer.status_code == 202, answer.text
            return str(answer.json()["id"])


def stored_pictures(folder: Path) -> list[Path]:
    """Submitted pictures in the data folder, those on their way in not counted."""
    return [
        path
        for path in (folder / "data" / "images").rglob("*")
        if path.is_file() and path.parent.name != ".incoming"
    ]


def test_an_api_that_is_killed_at_any_step_loses_and_doubles_nothing(
    cluster: Cluster, quick_path: Path
) -> None:
    """Who got no answer asks again with the same key; in the end each picture is there once."""
    for step in ACCEPTING:
        port = free_port()
        with cluster.worker("tests.killed_process", step, "api", "--port", str(port)) as api:
            assert upload(port, step) is None, step
            assert api.wait(DEADLINE_S) == -signal.SIGKILL
    port = free_port()
    with cluster.worker("safety_detector", "api", "--port", str(port)):
        accepted = [str(upload(port, step)) for step in ACCEPTING]
    assert cluster.service.operation.figures.counters().accepted == len(ACCEPTING)
    with cluster.worker():
        eventually(cluster.all_completed(len(ACCEPTING)))
    cluster.check_nothing_lost(accepted)
    pictures = stored_pictures(quick_path)
    assert len(pictures) == len(ACCEPTING)
    assert all(hashlib.sha256(one.read_bytes()).hexdigest() == one.name for one in pictures)


def test_a_worker_that_is_killed_at_any_step_loses_and_doubles_nothing(
    cluster: Cluster, quick_path: Path
) -> None:
    """The lease ends and another one takes over; no half or second result is left of the first."""
    accepted = []
    for step in INSPECTING:
        accepted += cluster.accept(2)
        with cluster.worker("tests.killed_process", step, "worker") as worker:
            assert worker.wait(DEADLINE_S) == -signal.SIGKILL, step
    with cluster.worker():
        eventually(cluster.all_completed(len(accepted)))
    cluster.check_nothing_lost(accepted)
    annotated = list((quick_path / "data" / "marked_images").rglob("*.jpg"))
    assert len(annotated) == len(accepted)
