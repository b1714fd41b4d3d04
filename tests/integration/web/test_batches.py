"""``/v1/batches``: many pictures together."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pypdf
import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from safety_detector.service.records import InspectionFilter, Scope
from safety_detector.web.batches import routes as batches
from safety_detector.web.batches.documents import SubmittedBatchDocument
from tests.api_server import Api, ApiRunner, make_jpeg, options_with
from tests.eventually import eventually

ZIP = {"Content-Type": "application/zip"}


def make_zip(entries: dict[str, bytes]) -> bytes:
    """An archive with those entries."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return out.getvalue()


def submit(client: httpx2.Client, entries: dict[str, bytes], **query: str) -> dict[str, Any]:
    """The answer to a zip that is accepted."""
    answer = client.post("/v1/batches", content=make_zip(entries), headers=ZIP, params=query)
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == answer.json()["batch"]["links"]["self"]
    return dict(answer.json())


def test_a_zip_becomes_a_batch(api: Api, client: httpx2.Client) -> None:
    """Each picture is an inspection; the batch tells how far they are, and has their results."""
    pictures = {f"gate/{number}.jpg": make_jpeg(number) for number in range(3)}
    batch = submit(client, {**pictures, "gate/notes.txt": b"x"})["batch"]
    assert batch["pictures"] == {
        "accepted": 3, "queued": 3, "running": 0, "completed": 0, "failed": 0,
    }  # fmt: skip
    assert batch["done"] is False
    assert client.get(batch["links"]["results"]).content == b""
    assert client.get(batch["links"]["report"]).status_code == 409
    api.work()
    batch = client.get(batch["links"]["self"]).json()
    assert batch["done"] is True
    assert batch["verdicts"] == {"hazard": 3, "clear": 0, "inconclusive": 0}
    lines = client.get(batch["links"]["results"], params={"lang": "zh"}).text.splitlines()
    documents = [json.loads(line) for line in lines]
    assert {one["image"]["name"] for one in documents} == set(pictures)
    assert documents[0]["batch_id"] == batch["id"]
    assert documents[0]["detections"][0]["label_text"] == "火焰"
    listed = client.get(batch["links"]["inspections"]).json()["inspections"]
    assert len(listed) == 3
    coco = client.get(batch["links"]["coco"]).json()
    assert {one["file_name"] for one in coco["images"]} == set(pictures)
    assert len(coco["annotations"]) == 3
    pdf = client.get(batch["links"]["report"])
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf.content)).pages)
    assert all(name in text for name in pictures)


def test_files_of_a_form_become_a_batch_and_more_can_follow(client: httpx2.Client) -> None:
    """A bad file is rejected alone; the same ``batch_id`` adds to the batch."""
    files = [("files", ("a.jpg", make_jpeg(1))), ("files", ("b.jpg", b"nonsense"))]
    first = client.post("/v1/batches", files=files).json()
    assert [(one["index"], one["name"]) for one in first["rejected"]] == [(1, "b.jpg")]
    batch_id = first["batch"]["id"]
    second = submit(client, {"c.jpg": make_jpeg(2)}, batch_id=batch_id)
    assert second["batch"]["id"] == batch_id
    assert second["batch"]["pictures"]["accepted"] == 2


def test_an_empty_batch_field_begins_a_batch(client: httpx2.Client) -> None:
    """Programs that send every field of their form must not lose the batch."""
    answer = client.post(
        "/v1/batches", data={"batch_id": ""}, files={"files": ("a.jpg", make_jpeg(1))}
    )
    assert answer.status_code == 202, answer.text
    assert answer.json()["batch"]["pictures"]["accepted"] == 1


def test_hostile_entries_are_rejected_alone(client: httpx2.Client, tmp_path: Path) -> None:
    """Nothing is written where an entry's path leads."""
    answer = submit(
        client, {"good.jpg": make_jpeg(1), "../../evil.jpg": make_jpeg(2), "inner.zip": b"PK"}
    )
    assert answer["batch"]["pictures"]["accepted"] == 1
    assert {one["problem"]["code"] for one in answer["rejected"]} == {"archive-entry-refused"}
    assert not list(tmp_path.rglob("*evil*"))


def test_names_of_another_encoding_are_read(client: httpx2.Client) -> None:
    """Guessed, or as the sender says; an encoding that there is not is refused by name."""
    name = "현장_1.jpg".encode("euc_kr")
    data = make_zip({"#" * len(name): make_jpeg(1)}).replace(b"#" * len(name), name)
    answers = [
        client.post("/v1/batches", content=data, headers=ZIP, params=query)
        for query in ({}, {"zip_encoding": "euc_kr"}, {"zip_encoding": "klingon"})
    ]
    for answer in answers[:2]:
        listed = client.get(answer.json()["batch"]["links"]["inspections"]).json()["inspections"]
        assert [one["image"]["name"] for one in listed] == ["현장_1.jpg"]
    assert answers[2].status_code == 422
    assert "klingon" in answers[2].text


def test_entries_that_are_no_pictures_are_counted(client: httpx2.Client) -> None:
    """By ending, so that nobody misses a folder of pictures in a format that is not read."""
    others = {"a.heic.txt": b"x", "notes.txt": b"x", "list.csv": b"x"}
    assert submit(client, {"a.jpg": make_jpeg(1), **others})["skipped"] == {".txt": 2, ".csv": 1}
    none = client.post("/v1/batches", content=make_zip(others), headers=ZIP)
    assert (none.status_code, none.json()["skipped"]) == (422, {".txt": 2, ".csv": 1})
    form = client.post("/v1/batches", files=[("files", ("a.jpg", make_jpeg(1)))])
    assert form.json()["skipped"] == {}


def test_a_repeated_zip_is_not_accepted_twice(api: Api, client: httpx2.Client) -> None:
    """With an idempotency key a client may send again what it is not sure of."""
    data = make_zip({"a.jpg": make_jpeg(1), "b.jpg": make_jpeg(2)})
    answers = [
        client.post("/v1/batches", content=data, headers={**ZIP, "Idempotency-Key": "night-7"})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json()["batch"]["id"] == answers[1].json()["batch"]["id"]
    assert len(api.service.inspections.results.list(InspectionFilter(), 10).items) == 2


def test_a_repetition_completes_its_batch(runner: ApiRunner) -> None:
    """What failed the first time is accepted into the same batch; another's key is another one."""
    api = runner.start()
    pictures = {"a.jpg": make_jpeg(1), "b.jpg": make_jpeg(2)}
    broken = {**pictures, "b.jpg": b"nonsense"}
    keys = [api.key(Scope.SUBMIT, Scope.READ) for _ in range(2)]
    answered: list[dict[str, Any]] = []
    for key, entries in ((keys[0], broken), (keys[0], pictures), (keys[1], pictures)):
        with api.client(key) as client:
            data = make_zip(entries)
            headers = {**ZIP, "Idempotency-Key": "night-7"}
            answer = client.post("/v1/batches", content=data, headers=headers)
            answered.append(answer.json()["batch"])
    first, second, other = answered
    assert [one["pictures"]["accepted"] for one in answered] == [1, 2, 2]
    assert first["id"] == second["id"] != other["id"]


@pytest.mark.parametrize(
    ("content", "media_type", "code", "status"),
    [
        (b"PK\3\4 no zip", "application/zip", "body-malformed", 400),
        (make_zip({}), "application/zip", "all-files-rejected", 422),
        (make_zip({"a.jpg": b"x"}), "application/zip", "not-a-picture", 422),
        (make_zip({"a.jpg": b"x", "b.jpg": b"y"}), "application/zip", "all-files-rejected", 422),
        (b"{}", "application/json", "request-invalid", 422),
        (b"{}", "text/plain", "media-type-unsupported", 415),
        (b"x", "image/jpeg", "media-type-unsupported", 415),
    ],
)
def test_what_is_no_batch_is_refused(
    client: httpx2.Client, content: bytes, media_type: str, code: str, status: int
) -> None:
    """With a problem that says why."""
    answer = client.post("/v1/batches", content=content, headers={"Content-Type": media_type})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_outage_is_no_fault_of_the_pictures(api: Api, client: httpx2.Client) -> None:
    """503 and when to come again, in a zip as in a form; after it nothing more is tried."""
    shutil.rmtree(api.folder / "data")
    pictures = {"a.jpg": make_jpeg(1), "b.jpg": b"nonsense"}
    form = [("files", one) for one in pictures.items()]
    for answer in (
        client.post("/v1/batches", content=make_zip(pictures), headers=ZIP),
        client.post("/v1/batches", files=form),
    ):
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        codes = [one["problem"]["code"] for one in answer.json()["rejected"]]
        assert codes == ["storage-unavailable"] * 2


def test_an_outage_after_broken_pictures_is_told_too(api: Api, client: httpx2.Client) -> None:
    """The client comes again, since some of its pictures may be accepted then."""
    shutil.rmtree(api.folder / "data")
    answer = client.post(
        "/v1/batches",
        content=make_zip({"../a.jpg": make_jpeg(2), "b.jpg": make_jpeg(1)}),
        headers=ZIP,
    )
    codes = [one["problem"]["code"] for one in answer.json()["rejected"]]
    assert codes == ["archive-entry-refused", "storage-unavailable"]
    assert answer.status_code == 503


def test_what_was_accepted_is_told_though_it_cannot_be_read(
    api: Api, client: httpx2.Client
) -> None:
    """The answer names the batch's address in place of its standing."""

    def fail(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "GROUP BY" in statement:
            raise OperationalError(statement, {}, sqlite3.OperationalError("disk I/O error"))

    event.listen(Engine, "before_cursor_execute", fail)
    try:
        answer = client.post("/v1/batches", content=make_zip({"a.jpg": make_jpeg(1)}), headers=ZIP)
    finally:
        event.remove(Engine, "before_cursor_execute", fail)
    assert (answer.status_code, answer.json()["batch"]) == (202, None)
    SubmittedBatchDocument.read(answer.json())
    (accepted,) = api.service.inspections.results.list(InspectionFilter(), 10).items
    batch = client.get(answer.headers["Location"]).json()
    assert batch["id"] == accepted.batch_id


def test_a_zip_on_its_way_has_no_name(runner: ApiRunner, tmp_path: Path) -> None:
    """A process that is killed meanwhile leaves nothing of it in the data folder."""
    folder = tmp_path / "spool"
    folder.mkdir()
    data = make_zip({"a.jpg": make_jpeg(1), "long.txt": b"x" * 2_000_000})

    def body() -> Iterator[bytes]:
        yield data[:-1000]
        eventually(lambda: any(one.startswith(str(folder)) for one in open_files()))
        assert list(folder.iterdir()) == []
        yield data[-1000:]

    with runner.start(options_with(spool_dir=folder)).client() as client:
        answer = client.post("/v1/batches", content=body(), headers=ZIP)
    assert answer.json()["batch"]["pictures"]["accepted"] == 1


def open_files() -> Iterator[str]:
    """Paths of this process's open files; nameless ones have the folder in which they are."""
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            yield str(descriptor.readlink())


def test_limits_are_kept(runner: ApiRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes of the body, and pictures of a zip before any of them is accepted."""
    api = runner.start(options_with(max_request_bytes=50_000))
    with api.client() as client:
        answer = client.post("/v1/batches", content=b"PK\3\4" + b"\0" * 60_000, headers=ZIP)
        assert (answer.status_code, answer.json()["limit"]) == (413, 50_000)
        monkeypatch.setattr(batches, "MOST_PICTURES", 1)
        data = make_zip({"a.jpg": make_jpeg(1), "b.jpg": make_jpeg(2)})
        answer = client.post("/v1/batches", content=data, headers=ZIP)
        assert (answer.status_code, answer.json()["code"]) == (413, "too-many-files")
    assert api.service.inspections.results.list(InspectionFilter(), 10).items == ()


@pytest.mark.parametrize("part", ["", "/results.jsonl", "/coco.json", "/report.pdf"])
def test_unknown_batches_are_not_found(client: httpx2.Client, part: str) -> None:
    """Whatever the id looks like."""
    for batch_id in ("01KB5V4Q2W9GZT3XJ8N7R6M5HD", "..%2f", "%00"):
        assert client.get(f"/v1/batches/{batch_id}{part}").status_code == 404


def test_scopes_are_kept(runner: ApiRunner) -> None:
    """A camera's or reader's key cannot submit, and a submitter's cannot read."""
    api = runner.start()
    data = make_zip({"a.jpg": make_jpeg(1)})
    with api.client(api.key(Scope.READ)) as reader, api.client(api.key(Scope.SUBMIT)) as submitter:
        assert reader.post("/v1/batches", content=data, headers=ZIP).status_code == 403
        accepted = submitter.post("/v1/batches", content=data, headers=ZIP)
        assert accepted.status_code == 202
        assert submitter.get(accepted.headers["Location"]).status_code == 403
        assert reader.get(accepted.headers["Location"]).status_code == 200


def test_an_answer_is_as_documented(client: httpx2.Client) -> None:
    """It has the members that the OpenAPI document names, and no others."""
    SubmittedBatchDocument.read(submit(client, {"a.jpg": make_jpeg(1), "b.jpg": b"x"}))
