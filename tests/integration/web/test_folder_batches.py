"""``/v1/batches`` of folders on the server."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from safety_detector.service.records import InspectionFilter, Scope
from safety_detector.web.app import WebOptions
from safety_detector.web.batches.documents import (
    BatchDocument,
    FolderErrorDocument,
    SubmittedBatchDocument,
)
from tests.api_server import ApiRunner, make_jpeg

DEADLINE_S = 60.0  # the machine may be busy with other things
PICTURES = ["a.jpg", "gate-1/1.jpg", "gate-1/2.jpg", "gate-2/作业.png"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four pictures, one that is broken, one file that is none."""
    files = {name: make_jpeg(seed) for seed, name in enumerate(PICTURES)}
    files |= {"gate-1/broken.jpg": b"nonsense", "gate-1/notes.txt": b"x"}
    for name, data in files.items():
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "in"


def options(*folders: Path, backlog: int = 1000) -> WebOptions:
    """An open API that may read them."""
    return WebOptions(open_without_keys=True, batch_folders=folders, batch_backlog=backlog)


def order(client: httpx2.Client, source: object, **more: Any) -> httpx2.Response:
    """The answer to an order."""
    return client.post("/v1/batches", json={"source": str(source), **more})


def wait_for(
    client: httpx2.Client, address: str, holds: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """The batch as soon as that holds of it."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        batch = client.get(address).json()
        if holds(batch):
            BatchDocument.read(batch)
            return dict(batch)
        assert time.monotonic() < deadline, batch
        time.sleep(0.02)


def is_read(batch: dict[str, Any]) -> bool:
    """Whether nothing more is read."""
    return batch["reading"]["status"] in ("completed", "stopped")


def test_a_folder_becomes_a_batch(runner: ApiRunner, folder: Path) -> None:
    """It is answered at once and read in the background, with a line for each refused file."""
    api = runner.start(options(folder.parent))
    with api.client() as client:
        answer = order(client, folder, metadata={"shift": "night"})
        assert answer.status_code == 202, answer.text
        SubmittedBatchDocument.read(answer.json())
        address = answer.headers["Location"]
        assert address == answer.json()["batch"]["links"]["self"]
        batch = wait_for(client, address, is_read)
        reading = batch["reading"]
        assert (reading["status"], reading["source"]) == ("completed", str(folder))
        assert (reading["accepted"], reading["rejected"], reading["skipped"]) == (4, 1, {".txt": 1})
        assert reading["position"] == PICTURES[-1]
        assert (batch["done"], batch["pictures"]["queued"]) == (False, 4)
        lines = client.get(batch["links"]["errors"]).text.splitlines()
        (error,) = [FolderErrorDocument.read(json.loads(line)) for line in lines]
        assert (error.path, error.code) == ("gate-1/broken.jpg", "not-a-picture")
        api.work()
        assert wait_for(client, address, lambda one: bool(one["done"]))["verdicts"]["hazard"] == 4
        results = [json.loads(line) for line in client.get(f"{address}/results.jsonl").iter_lines()]
        assert sorted(one["image"]["name"] for one in results) == PICTURES
        assert results[0]["metadata"] == {"shift": "night"}
        assert client.get(f"{address}/report.pdf").status_code == 200
        assert 'safety_folder_files_total{outcome="accepted"} 4.0' in client.get("/metrics").text


def test_events_tell_of_each_picture_while_it_is_read(runner: ApiRunner, folder: Path) -> None:
    """Whoever follows a batch sees it grow."""
    api = runner.start(options(folder))
    batch_id = "01KB5V4Q2W9GZT3XJ8N7R6M5HD"
    followed: list[str] = []
    begun = threading.Event()

    def follow() -> None:
        params = {"batch_id": batch_id, "kind": "queued"}
        with (
            api.client(timeout_s=DEADLINE_S) as client,
            client.stream("GET", "/v1/events", params=params) as stream,
        ):
            for line in stream.iter_lines():
                begun.set()
                if line.startswith("data:"):
                    data = json.loads(line.removeprefix("data:"))
                    followed.append(data["inspection"]["image"]["name"])
                if len(followed) == len(PICTURES):
                    return

    thread = threading.Thread(target=follow)
    thread.start()
    assert begun.wait(DEADLINE_S)
    with api.client() as client:
        answer = order(client, folder, batch_id=batch_id)
        assert answer.json()["batch"]["id"] == batch_id
        thread.join(DEADLINE_S)
    assert followed == PICTURES


def test_progress_tells_why_a_folder_waits(runner: ApiRunner, folder: Path) -> None:
    """As many pictures wait as may; the rest follows when they are done."""
    api = runner.start(options(folder, backlog=2))
    with api.client() as client:
        address = order(client, folder).headers["Location"]
        batch = wait_for(client, address, lambda one: bool(one["reading"]["waiting_reason"]))
        assert (batch["done"], batch["pictures"]["queued"]) == (False, 2)
        deadline = time.monotonic() + DEADLINE_S
        while not is_read(client.get(address).json()):
            assert time.monotonic() < deadline
            api.work()
        assert client.get(address).json()["reading"]["accepted"] == len(PICTURES)


def test_another_process_of_the_api_goes_on(runner: ApiRunner, folder: Path) -> None:
    """What was ordered is in the database; none that is new is needed for it to be read."""
    api = runner.start(options(folder, backlog=2))
    with api.client() as client:
        address = order(client, folder).headers["Location"]
        wait_for(client, address, lambda one: one["pictures"]["queued"] == 2)
    runner.stop()
    api = runner.start(options(folder))
    with api.client() as client:
        assert wait_for(client, address, is_read)["reading"]["accepted"] == len(PICTURES)
    found = api.service.inspections.results.list(InspectionFilter(), 10).items
    assert sorted(one.picture.name for one in found) == PICTURES


def test_a_reading_can_be_stopped(runner: ApiRunner, folder: Path) -> None:
    """What is accepted is inspected; a second time, and after its end, it changes nothing."""
    api = runner.start(options(folder, backlog=1))
    with api.client() as client:
        address = order(client, folder).headers["Location"]
        wait_for(client, address, lambda one: bool(one["reading"]["waiting_reason"]))
        stopped = client.delete(f"{address}/reading")
        assert stopped.status_code == 200
        assert stopped.json()["reading"]["status"] == "stopped"
        assert stopped.json()["done"] is False
        api.work()
        batch = wait_for(client, address, lambda one: bool(one["done"]))
        assert batch["pictures"] == {
            "accepted": 1, "queued": 0, "running": 0, "completed": 1, "failed": 0,
        }  # fmt: skip
        assert client.delete(f"{address}/reading").json() == batch
        acts = client.get("/v1/audit", params={"action": "folder-stopped"}).json()["entries"]
        assert [act["subject"] for act in acts] == [batch["id"]]
        assert acts[0]["details"] == {"folder": str(folder), "accepted": 1}


def test_an_order_can_be_repeated(runner: ApiRunner, folder: Path) -> None:
    """With the same key, or batch, it is the same one; another folder is refused."""
    api = runner.start(options(folder))
    with api.client() as client:
        headers = {"Idempotency-Key": "night-7"}
        answers = [
            client.post("/v1/batches", json={"source": str(folder)}, headers=headers)
            for _ in range(2)
        ]
        address, again = (one.headers["Location"] for one in answers)
        assert address == again
        assert wait_for(client, address, is_read)["reading"]["accepted"] == len(PICTURES)
        batch_id = address.rpartition("/")[2]
        other = order(client, folder / "gate-1", batch_id=batch_id)
        assert (other.status_code, other.json()["code"]) == (409, "batch-exists")
        assert str(folder) in other.json()["detail"]
        acts = client.get("/v1/audit", params={"action": "folder-ordered"}).json()["entries"]
        assert len(acts) == 1


def test_a_folder_without_pictures_has_no_report(runner: ApiRunner, tmp_path: Path) -> None:
    """It is done, and asking later would change nothing."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").write_bytes(b"x")
    api = runner.start(options(tmp_path))
    with api.client() as client:
        address = order(client, tmp_path / "in").headers["Location"]
        batch = wait_for(client, address, is_read)
        assert (batch["done"], batch["pictures"]["accepted"]) == (True, 0)
        answer = client.get(f"{address}/report.pdf")
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_uploads_and_a_folder_can_share_a_batch(runner: ApiRunner, folder: Path) -> None:
    """The batch counts both."""
    api = runner.start(options(folder))
    with api.client() as client:
        form = client.post("/v1/batches", files={"files": ("x.jpg", make_jpeg(9))})
        batch = form.json()["batch"]
        assert batch["reading"] is None
        assert client.get(batch["links"]["errors"]).content == b""
        order(client, folder, batch_id=batch["id"])
        batch = wait_for(
            client, batch["links"]["self"], lambda one: bool(one["reading"]) and is_read(one)
        )
        assert (batch["pictures"]["accepted"], batch["reading"]["accepted"]) == (5, 4)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"source": "/etc"}, 422, "folder-refused"),
        ({"source": "{}/../data"}, 422, "folder-refused"),
        ({"source": "in"}, 422, "folder-refused"),
        ({"source": "{}/nothing"}, 404, "unknown-folder"),
        ({"source": "{}/a.jpg"}, 404, "unknown-folder"),
        ({"source": "{}", "camera_id": "gate-9"}, 404, "unknown-camera"),
        ({"source": "{}/\0"}, 422, "request-invalid"),
        ({"source": "{}/\ud800"}, 422, "request-invalid"),
        ({"source": ""}, 422, "request-invalid"),
        ({"source": "{}", "name": "x.jpg"}, 422, "request-invalid"),
        ({"source": "{}", "batch_id": "mine"}, 422, "request-invalid"),
        ({}, 422, "request-invalid"),
        ([], 422, "request-invalid"),
    ],
)
def test_what_is_no_order_is_refused(
    runner: ApiRunner, folder: Path, body: Any, status: int, code: str
) -> None:
    """With a problem that names the folder or field; nothing is left behind."""
    api = runner.start(options(folder))
    if isinstance(body, dict) and "source" in body:
        body = {**body, "source": body["source"].replace("{}", str(folder))}
    with api.client() as client:
        answer = client.post(
            "/v1/batches",
            content=json.dumps(body),
            headers={"Content-Type": "application/json"},
        )
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        if "folder" in code:
            assert body["source"] in answer.json()["detail"]
        assert client.get("/v1/audit").json()["entries"] == []


def test_folders_are_refused_by_default(client: httpx2.Client, folder: Path) -> None:
    """The problem names the setting that would allow it."""
    answer = order(client, folder)
    assert (answer.status_code, answer.json()["code"]) == (422, "folder-refused")
    assert "SAFETY_BATCH_FOLDERS" in answer.json()["detail"]


def test_scopes_are_kept(runner: ApiRunner, folder: Path) -> None:
    """A reader orders nothing; a submitter stops its own orders, an admin all of them."""
    api = runner.start(options(folder, backlog=1))
    keys = [api.key(Scope.SUBMIT), api.key(Scope.SUBMIT), api.key(Scope.READ)]
    mine, other, reader = (api.client(key) for key in keys)
    admin = api.client(api.key(Scope.ADMIN))
    with mine, other, reader, admin:
        assert order(reader, folder).status_code == 403
        address = order(mine, folder).headers["Location"]
        for part in ("", "/errors.jsonl"):
            assert mine.get(address + part).status_code == 403
            assert reader.get(address + part).status_code == 200
        assert reader.delete(f"{address}/reading").status_code == 403
        assert other.delete(f"{address}/reading").status_code == 403
        assert mine.delete(f"{address}/reading").status_code == 200
        address = order(mine, folder).headers["Location"]
        assert admin.delete(f"{address}/reading").json()["reading"]["status"] == "stopped"


@pytest.mark.parametrize("batch_id", ["01KB5V4Q2W9GZT3XJ8N7R6M5HD", "..%2f", "%00"])
def test_unknown_batches_are_not_found(client: httpx2.Client, batch_id: str) -> None:
    """Nor is the reading of a batch that has none."""
    assert client.get(f"/v1/batches/{batch_id}/errors.jsonl").status_code == 404
    assert client.delete(f"/v1/batches/{batch_id}/reading").status_code == 404
    form = client.post("/v1/batches", files={"files": ("x.jpg", make_jpeg(9))})
    address = form.json()["batch"]["links"]["self"]
    assert client.delete(f"{address}/reading").status_code == 404
