"""Zips that attack: entries are refused one by one, at a bounded cost; nothing is extracted."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from safety_detector.ingest.admission import Limits
from tests.api_server import Api, ApiRunner, make_jpeg, options_with

ZIP = {"Content-Type": "application/zip"}
GOOD = make_jpeg(1)
REFUSED = "archive-entry-refused"
MOST_BYTES = 100_000


def zip_with(name: str, content: bytes = GOOD, attributes: int = 0) -> bytearray:
    """A zip of a good picture and, behind it, another entry."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("good.jpg", GOOD)
        entry = zipfile.ZipInfo(name)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = attributes << 16
        archive.writestr(entry, content)
    return bytearray(out.getvalue())


def changed(data: bytearray, offset: int, form: str, value: int) -> bytearray:
    """With another number in the last entry of the directory."""
    struct.pack_into(form, data, data.rfind(b"PK\1\2") + offset, value)
    return data


def of_a_jpeg(size_bytes: int) -> bytes:
    """Begins as a picture does and goes on with zeros, a thousand to one when it is packed."""
    return GOOD[:500] + bytes(size_bytes)


# Offsets in an entry of the directory: 8 flags, 10 method, 24 size, 42 place.
ROWS: dict[str, tuple[bytearray, set[str]]] = {
    "path that climbs": (zip_with("../../evil.jpg"), {REFUSED}),
    "path that climbs, as Windows writes it": (zip_with("..\\..\\evil.jpg"), {REFUSED}),
    "path that climbs in the middle": (zip_with("a/../../evil.jpg"), {REFUSED}),
    "absolute path": (zip_with("/evil.jpg"), {REFUSED}),
    "drive": (zip_with("C:\\evil.jpg"), {REFUSED}),
    "symbolic link": (zip_with("evil.jpg", b"/etc/passwd", stat.S_IFLNK | 0o777), {REFUSED}),
    "archive in the archive": (zip_with("evil.zip", bytes(zip_with("a.jpg"))), {REFUSED}),
    "bomb that says its size": (
        zip_with("evil.jpg", of_a_jpeg(40_000_000)),
        {"picture-too-large"},
    ),
    "bomb that lies about its size": (
        changed(zip_with("evil.jpg", of_a_jpeg(40_000_000)), 24, "<I", 50_000),
        {"picture-broken", "picture-truncated"},
    ),
    "entry that begins behind the end": (
        changed(zip_with("evil.jpg"), 42, "<I", 0x7FFFFFFF),
        {REFUSED, "picture-broken"},
    ),
    "encrypted entry": (changed(zip_with("evil.jpg"), 8, "<H", 1), {REFUSED}),
    "unknown compression": (
        changed(zip_with("evil.jpg"), 10, "<H", 97),
        {REFUSED, "unsupported-picture"},
    ),
    "no picture behind a picture's name": (zip_with("evil.jpg", b"#!/bin/sh"), {"not-a-picture"}),
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """An API that takes pictures of 100 kB."""
    folder = tmp_path_factory.mktemp("archives") / "around" / "inside"
    folder.mkdir(parents=True)
    runner = ApiRunner(folder)
    yield runner.start(options_with(picture=Limits(max_bytes=MOST_BYTES)))
    runner.stop()


@pytest.fixture
def client(api: Api) -> Iterator[httpx2.Client]:
    """A client of it."""
    with api.client() as client:
        yield client


def files_around(api: Api) -> set[Path]:
    """All files that are not in the data folder: where an entry might climb to."""
    data = api.folder / "data"
    return {
        path
        for path in api.folder.parents[1].rglob("*")
        if path.is_file() and not path.is_relative_to(data) and not path.match("test.db*")
    }


@pytest.mark.attack("archives")
@pytest.mark.parametrize("row", ROWS)
def test_hostile_entry_is_refused_alone(client: httpx2.Client, api: Api, row: str) -> None:
    """The picture beside it is accepted, its code says why, and nothing lies where it led."""
    data, codes = ROWS[row]
    before = files_around(api)
    answer = client.post("/v1/batches", content=bytes(data), headers=ZIP)
    assert answer.status_code == 202, answer.text
    document = answer.json()
    [rejected] = document["rejected"]
    assert rejected["problem"]["code"] in codes, rejected
    assert document["batch"]["pictures"]["accepted"] == 1
    assert files_around(api) == before
    assert not Path("/evil.jpg").exists()


@pytest.mark.attack("archives")
def test_entries_that_share_their_bytes_are_all_refused(client: httpx2.Client) -> None:
    """The bombs of 2019 unpack the same bytes again and again; no entry of such a zip is opened."""
    data = bytes(changed(zip_with("evil.jpg"), 42, "<I", 0))
    answer = client.post("/v1/batches", content=data, headers=ZIP)
    codes = [one["problem"]["code"] for one in answer.json()["rejected"]]
    assert (answer.status_code, codes) == (422, [REFUSED, "picture-broken"])


@pytest.mark.attack("archives")
def test_a_hundred_thousand_entries_are_refused_at_once(client: httpx2.Client, api: Api) -> None:
    """More pictures than a batch may have: none of them is accepted, and the limit is told."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(100_000):
            archive.writestr(f"{number}.jpg", b"")
    accepted = api.service.operation.figures.counters().accepted
    answer = client.post("/v1/batches", content=out.getvalue(), headers=ZIP)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-many-files")
    assert answer.json()["limit"] == 10_000
    assert api.service.operation.figures.counters().accepted == accepted


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_names_of_chinese_windows_are_read(client: httpx2.Client, encoding: str) -> None:
    """Although the zip does not say how they are written."""
    name = "作业区".encode(encoding)
    placeholder = b"#" * len(name)
    data = bytes(zip_with(placeholder.decode() + ".jpg")).replace(placeholder, name)
    batch = client.post("/v1/batches", content=data, headers=ZIP).json()["batch"]
    found = client.get("/v1/inspections", params={"batch_id": batch["id"]}).json()["inspections"]
    assert {one["image"]["name"] for one in found} == {"good.jpg", "作业区.jpg"}
