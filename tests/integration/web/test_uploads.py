"""Bodies that lie, never end, drip or come in ten thousand parts: refused, at a bounded cost."""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from safety_detector.ingest.admission import Limits
from tests.api_server import Api, ApiRunner, make_jpeg, options_with
from tests.eventually import eventually

MIB = 2**20


@pytest.fixture
def spool_dir(tmp_path: Path) -> Path:
    """Where uploads lie on their way in."""
    folder = tmp_path / "spool"
    folder.mkdir()
    return folder


@pytest.fixture
def small_api(runner: ApiRunner, spool_dir: Path) -> Api:
    """An API that takes pictures of 2 MiB, 8 MiB in all, and 20 files."""
    return runner.start(
        options_with(
            picture=Limits(max_bytes=2 * MIB),
            max_request_bytes=8 * MIB,
            max_files=20,
            spool_dir=spool_dir,
        )
    )


def _endless(total_bytes: int, sent: list[int]) -> Iterator[bytes]:
    """Zeros, without a Content-Length; notes how many were taken."""
    while sum(sent) < total_bytes:
        sent.append(65_536)
        yield bytes(65_536)


def _multipart(parts: int, content: bytes) -> Iterator[bytes]:
    for number in range(parts):
        yield (
            b"--xxx\r\nContent-Disposition: form-data; "
            b'name="files"; filename="%d.jpg"\r\n\r\n%b\r\n' % (number, content)
        )
    yield b"--xxx--\r\n"


@pytest.mark.attack("HTTP bodies")
@pytest.mark.parametrize("media_type", ["image/jpeg", "multipart/form-data; boundary=xxx"])
def test_endless_body_is_cut_off(small_api: Api, media_type: str) -> None:
    """A 2 GB body without a length is refused after the limit, not after 2 GB."""
    sent: list[int] = []
    start = b"--xxx\r\nContent-Disposition: form-data; name=files; filename=a\r\n\r\n"

    def body() -> Iterator[bytes]:
        if media_type != "image/jpeg":
            yield start
        yield from _endless(2048 * MIB, sent)

    with small_api.client() as client:
        response = client.post(
            "/v1/inspections", content=body(), headers={"Content-Type": media_type}
        )
    assert response.status_code == 413
    assert response.json()["limit"] in (2 * MIB, 8 * MIB)
    assert sum(sent) < 64 * MIB


@pytest.mark.attack("HTTP bodies")
def test_large_announced_body_is_refused_unread(small_api: Api) -> None:
    """A Content-Length above the limit is answered before the body is sent."""
    answer = _exchange(
        small_api,
        b"POST /v1/inspections HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n"
        b"Content-Length: 2000000000\r\n\r\n",
    )
    assert answer.startswith(b"HTTP/1.1 413")
    assert b'"limit":2097152' in answer


@pytest.mark.attack("HTTP bodies")
def test_body_shorter_than_announced_is_not_accepted(small_api: Api) -> None:
    """A client that hangs up before its Content-Length leaves no inspection."""
    picture = make_jpeg()
    with socket.create_connection(("127.0.0.1", small_api.port), 60) as connection:
        connection.sendall(
            b"POST /v1/inspections HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n"
            b"Content-Length: %d\r\n\r\n" % (len(picture) + 100) + picture
        )
    assert _listed(small_api) == 0


@pytest.mark.attack("HTTP bodies")
def test_body_longer_than_announced_is_cut_at_its_length(small_api: Api) -> None:
    """Bytes beyond the Content-Length belong to no picture."""
    picture = make_jpeg()
    answer = _exchange(
        small_api,
        b"POST /v1/inspections HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n"
        b"Connection: close\r\nContent-Length: %d\r\n\r\n" % (len(picture) // 2) + picture,
    )
    assert answer.startswith(b"HTTP/1.1 422")
    assert b"picture-truncated" in answer


@pytest.mark.attack("HTTP bodies")
def test_dripping_body_is_given_up(runner: ApiRunner) -> None:
    """A body that does not arrive within the deadline is answered with 408."""
    api = runner.start(options_with(deadline=timedelta(seconds=1)))
    started = time.monotonic()
    answer = _exchange(
        api,
        b"POST /v1/inspections HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n"
        b"Content-Length: 1000\r\n\r\nabc",
    )
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"upload-too-slow" in answer
    assert time.monotonic() - started >= 1


@pytest.mark.attack("HTTP bodies")
def test_ten_thousand_parts_are_refused(small_api: Api) -> None:
    """More files than the limit are refused as soon as they are counted."""
    with small_api.client() as client:
        response = client.post(
            "/v1/inspections",
            content=_multipart(10_000, b"x"),
            headers={"Content-Type": "multipart/form-data; boundary=xxx"},
        )
    assert (response.status_code, response.json()["code"]) == (413, "too-many-files")
    assert response.json()["limit"] == 20


def test_large_file_in_a_form_harms_no_other(small_api: Api) -> None:
    """A file beyond the limit is rejected alone; those before and behind it are accepted."""
    with small_api.client() as client:
        response = client.post(
            "/v1/inspections",
            files=[
                ("files", ("a.jpg", make_jpeg(1))),
                ("files", ("huge.jpg", bytes(3 * MIB))),
                ("files", ("b.jpg", make_jpeg(2))),
            ],
        )
    assert response.status_code == 202, response.text
    answer = response.json()
    assert [one["image"]["name"] for one in answer["inspections"]] == ["a.jpg", "b.jpg"]
    assert answer["rejected"][0]["problem"]["limit"] == 2 * MIB
    assert answer["rejected"][0]["problem"]["actual"] == 3 * MIB


def test_picture_that_does_not_fit_memory_arrives_whole(small_api: Api) -> None:
    """A picture that went through the temporary folder is stored byte by byte."""
    picture = make_jpeg(3) + os.urandom(MIB)  # cameras put their own data behind the end marker
    with small_api.client() as client:
        document = client.post("/v1/inspections", content=picture).json()
        assert client.get(document["links"]["original"]).content == picture


def test_uploads_leave_nothing_behind(small_api: Api, spool_dir: Path) -> None:
    """Whatever became of them, uploads leave the temporary folder empty."""
    with small_api.client() as client:
        client.post("/v1/inspections", content=bytes(1_500_000))
        client.post("/v1/inspections", content=_endless(4 * MIB, []))
    _half_sent(small_api, 1_900_000).close()
    incoming = small_api.folder / "data" / "images" / ".incoming"
    eventually(lambda: [*spool_dir.iterdir(), *incoming.iterdir()] == [])


@pytest.mark.attack("HTTP bodies")
def test_slow_senders_cost_little_memory(small_api: Api) -> None:
    """Sixty clients in the middle of 1.9 MB pictures cost far less memory than their bytes."""
    before = _resident_bytes()
    connections = [_half_sent(small_api, 1_900_000) for _ in range(60)]
    grown = _resident_bytes() - before
    for connection in connections:
        connection.close()
    assert grown < 60 * 1_000_000


def test_service_stays_alive_after_it_all(small_api: Api) -> None:
    """After broken connections of many kinds a picture is accepted as before."""
    for garbage in (b"\0" * 1000, b"GET", b"POST /v1/inspections HTTP/1.1\r\nHost: a\r\n\r\n"):
        _exchange(small_api, garbage, shut=True)
    with small_api.client() as client:
        assert client.post("/v1/inspections", content=make_jpeg()).status_code == 202


def _half_sent(api: Api, size: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", api.port), 60)
    connection.sendall(
        b"POST /v1/inspections HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n"
        b"Content-Length: %d\r\n\r\n" % (size + 1) + bytes(size)
    )
    return connection


def _exchange(api: Api, request: bytes, *, shut: bool = False) -> bytes:
    """What the server answers to these bytes: one whole answer, or all until it closes."""
    with socket.create_connection(("127.0.0.1", api.port), 60) as connection:
        connection.sendall(request)
        if shut:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        while not _is_whole(received) and (chunk := connection.recv(65_536)):
            received += chunk
        return received


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return bool(end and length) and len(body) >= int(length[1])


def _listed(api: Api) -> int:
    with api.client() as client:
        return len(client.get("/v1/inspections").json()["inspections"])


def _resident_bytes() -> int:
    """Memory of this process, in which the server runs as well."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
