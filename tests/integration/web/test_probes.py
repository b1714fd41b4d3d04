"""The probes answer with the truth while everything else hangs."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress

import httpx2
import pytest

from tests.api_server import Api, ApiRunner, make_jpeg

THREADS = 40  # of anyio's pool, which all other requests share
UPLOADS = 32  # that are stored at once
HANG_S = 60.0


@contextmanager
def occupied_threads(api: Api) -> Iterator[None]:
    """Uploads hang in every thread that there is for them, on the lock of the database."""
    path = api.folder / "test.db"
    with ExitStack() as opened:
        holder = opened.enter_context(closing(sqlite3.connect(path, isolation_level=None)))
        client = opened.enter_context(api.client(timeout_s=HANG_S))
        threads = [
            threading.Thread(target=_post, args=(client, seed)) for seed in range(THREADS + 10)
        ]
        holder.execute("BEGIN IMMEDIATE")
        for thread in threads:
            thread.start()
            opened.callback(thread.join)
        opened.callback(holder.execute, "ROLLBACK")
        deadline = time.monotonic() + HANG_S
        while api.service.database.waiting_writes < UPLOADS // 2:  # behind the group that hangs
            assert time.monotonic() < deadline, "the uploads do not hang"
            time.sleep(0.02)
        yield


def _post(client: httpx2.Client, seed: int) -> None:
    with suppress(httpx2.TransportError):
        client.post("/v1/inspections", content=make_jpeg(seed))


def test_probes_answer_while_every_thread_hangs(api: Api) -> None:
    """Alive, not ready, and why; not a time-out of the probe."""
    with api.client() as client:
        # The database alone is asked anew below.
        assert client.get("/readyz").status_code == 200
        with occupied_threads(api):
            assert client.get("/livez").status_code == 200
            probe = client.get("/readyz")
            while probe.status_code == 200:  # an answer of a moment ago
                probe = client.get("/readyz")
            checks = probe.json()["checks"]
            assert checks["database"]["status"] == "failed"
            assert checks["storage"]["status"] == "ok"
        deadline = time.monotonic() + HANG_S
        while client.get("/readyz").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_hung_check_takes_one_thread_however_often_it_is_asked(runner: ApiRunner) -> None:
    """A server that accepts and never answers, as a stopped broker, must not use up threads."""
    api = runner.start()
    hung = threading.Event()
    asked = []

    def hang() -> str | None:
        asked.append(1)
        hung.wait(HANG_S)
        return None

    api.ask_broker = hang
    try:
        with api.client() as client, ExitStack() as opened:
            threads = [
                threading.Thread(target=client.get, args=("/readyz",)) for _ in range(THREADS)
            ]
            for thread in threads:
                thread.start()
                opened.callback(thread.join)
            told = client.get("/readyz").json()
            assert told["checks"]["broker"]["status"] == "degraded"
            assert "No answer" in told["checks"]["broker"]["detail"]
            assert told["checks"]["database"]["status"] == "ok"
    finally:
        hung.set()
    assert len(asked) == 1


def test_many_probes_write_once(runner: ApiRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody may ask without a key: a flood of questions is not one of writes."""
    monkeypatch.setattr("safety_detector.web.health.readiness._KEEP_S", 3600.0)
    api = runner.start()
    incoming = api.folder / "data" / "images" / ".incoming"
    with api.client() as client:
        assert client.get("/readyz").status_code == 200
        before = incoming.stat().st_mtime_ns
        client.get("/readyz")
        assert incoming.stat().st_mtime_ns == before
