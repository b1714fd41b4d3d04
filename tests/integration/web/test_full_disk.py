"""Too little room on the disk: new pictures are refused in words, and nothing else ends."""

from __future__ import annotations

import http.server
import io
import resource
import sqlite3
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import PIL.Image
import pytest

from safety_detector.host.disk_room import RoomPolicy
from safety_detector.ingest.fetching import FetchPolicy
from safety_detector.network.addresses import network
from safety_detector.web.app import WebOptions
from tests.api_server import Api, ApiRunner, make_jpeg
from tests.small_disk import fill, small_disk

MIB = 2**20
DEADLINE_S = 120.0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A data folder on a disk of 64 MiB, of which 16 stay free."""
    with small_disk(tmp_path / "data"):
        yield tmp_path / "data"


@contextmanager
def served_picture() -> Iterator[str]:
    """The address of a picture on a server of its own."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(make_jpeg(7))

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/gate.jpg"
        server.shutdown()


def zipped() -> bytes:
    """A zip of two pictures."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for seed in range(2):
            archive.writestr(f"{seed}.jpg", make_jpeg(seed))
    return out.getvalue()


def ways_in(url: str) -> dict[str, Callable[[httpx2.Client], httpx2.Response]]:
    """Every way in which pictures and orders come."""
    return {
        "raw": lambda client: client.post("/v1/inspections", content=make_jpeg(1)),
        "form": lambda client: client.post(
            "/v1/inspections", files={"files": ("a.jpg", make_jpeg(2))}
        ),
        "waiting": lambda client: client.post(
            "/v1/inspections", content=make_jpeg(3), headers={"Prefer": "wait=1"}
        ),
        "url": lambda client: client.post("/v1/inspections", json={"url": url}),
        "zip": lambda client: client.post(
            "/v1/batches", content=zipped(), headers={"Content-Type": "application/zip"}
        ),
        "files": lambda client: client.post(
            "/v1/batches", files={"files": ("b.jpg", make_jpeg(4))}
        ),
        "frame": lambda client: client.post("/v1/cameras/gate/frames", content=make_jpeg(5)),
        "receiver": lambda client: client.post(
            "/v1/receivers/hikvision/gate", content=make_jpeg(6)
        ),
        "report": lambda client: client.post("/v1/reports", json={"since": "2020-01-01T00:00:00Z"}),
    }


def test_every_way_in_is_closed_before_the_disk_is_full(disk: Path, runner: ApiRunner) -> None:
    """507 with when to come back and what to do; open again when there is room."""
    options = WebOptions(open_without_keys=True, fetch=FetchPolicy(allow=(network("127.0.0.0/8"),)))
    api = runner.start(options, room=RoomPolicy())
    with served_picture() as url, api.client() as client:
        assert client.post("/v1/cameras", json={"id": "gate", "name": "Gate"}).status_code == 201
        first = client.post("/v1/inspections", content=make_jpeg())
        assert first.status_code == 202
        ballast = fill(disk, leave=12 * MIB)
        wait_for(client, 503)
        for name, send in ways_in(url).items():
            answer = send(client)
            assert answer.status_code == 507, (name, answer.text)
            assert answer.headers["Retry-After"] == "60", name
            problem = answer.json()
            assert problem["code"] == "storage-full", name
            assert "safety-detector purge" in problem["detail"], name
        check = client.get("/readyz").json()["checks"]["storage"]
        assert check["status"] == "failed"
        assert "Only 12 MiB are free" in check["detail"]
        metrics = client.get("/metrics").text
        values = dict(line.rsplit(" ", 1) for line in metrics.splitlines() if line[0] != "#")
        assert float(values["safety_disk_min_free_bytes"]) == 16 * MIB
        # What was accepted is finished, and can be read.
        assert api.work() == 1
        found = client.get(first.json()["links"]["self"]).json()
        assert found["status"] == "completed"
        assert client.get(found["links"]["annotated"]).status_code == 200
        ballast.unlink()
        wait_for(client, 200)
        for name, send in ways_in(url).items():
            assert send(client).status_code in (200, 202), name
        counters = api.service.operation.figures.counters()
        assert counters.lost == 0


def test_a_full_disk_is_said_to_be_full(disk: Path, runner: ApiRunner) -> None:
    """Also without a mark, or where others fill it faster than anybody looks."""
    api = runner.start()  # nothing is kept free
    with api.client() as client:
        ballast = fill(disk)
        answer = client.post("/v1/inspections", content=make_jpeg())
        assert (answer.status_code, answer.json()["code"]) == (507, "storage-full")
        large = client.post("/v1/inspections", content=make_jpeg(size=(4000, 3000)))
        assert large.status_code == 507
        ballast.unlink()
        assert client.post("/v1/inspections", content=make_jpeg()).status_code == 202


def wait_for(client: httpx2.Client, status: int) -> None:
    """Asks the probe until it says so."""
    deadline = time.monotonic() + DEADLINE_S
    while (probe := client.get("/readyz")).status_code != status:
        assert time.monotonic() < deadline, probe.text
        time.sleep(0.05)


def damage_index(api: Api, name: str) -> None:
    """Overwrites the root page of an index, as a dying disk does."""
    path = api.folder / "test.db"
    api.service.database.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        (page,) = connection.execute(query, (name,)).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


def test_a_damaged_page_is_told_by_readiness(client: httpx2.Client, api: Api) -> None:
    """Uploads get 503 and words, and so does whoever watches over the service."""
    for seed in range(3):
        assert client.post("/v1/inspections", content=make_jpeg(seed)).status_code == 202
    damage_index(api, "ix_inspections_batch_id")
    answers = [client.post("/v1/inspections", content=make_jpeg(9)) for _ in range(3)]
    for answer in answers:
        assert answer.status_code == 503, answer.text
        assert "damaged" in answer.json()["detail"]
    wait_for(client, 503)
    assert "damaged" in client.get("/readyz").json()["checks"]["database"]["detail"]


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file that is written may have more than 1 MiB."""
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)


@pytest.mark.usefixtures("small_files")
def test_a_limit_on_the_size_of_files_is_told(client: httpx2.Client) -> None:
    """What is larger is refused with what to do, what is smaller is accepted, and probes say it."""
    noise = np.random.default_rng(0).integers(0, 255, (900, 900, 3), dtype=np.uint8)
    out = io.BytesIO()
    PIL.Image.fromarray(noise).save(out, "PNG")
    answer = client.post(
        "/v1/inspections", content=out.getvalue(), headers={"Content-Type": "image/png"}
    )
    assert (answer.status_code, answer.json()["code"]) == (507, "storage-full")
    assert "1.0 MiB at most (ulimit -f)" in answer.json()["detail"]
    accepted = client.post(
        "/v1/inspections", content=make_jpeg(), headers={"Content-Type": "image/jpeg"}
    )
    assert accepted.status_code == 202
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert "ulimit -f" in ready.json()["checks"]["storage"]["detail"]
