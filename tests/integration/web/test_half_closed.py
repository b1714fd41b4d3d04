"""Clients that end their sending before they read the answer."""

from __future__ import annotations

import json
import re
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from safety_detector.web.app import WebOptions
from tests.api_server import Api, ApiRunner, make_jpeg
from tests.eventually import eventually


@contextmanager
def connected(api: Api) -> Iterator[socket.socket]:
    """A connection of bytes, without an HTTP client."""
    with socket.create_connection(("127.0.0.1", api.port), timeout=60) as connection:
        yield connection


def upload(jpeg: bytes, *headers: str, query: str = "") -> bytes:
    """The bytes of a whole upload."""
    lines = (
        f"POST /v1/inspections{query} HTTP/1.1",
        "Host: localhost",
        "Content-Type: image/jpeg",
        f"Content-Length: {len(jpeg)}",
        *headers,
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + jpeg


def read_all(connection: socket.socket) -> bytes:
    """Everything until the other side closes."""
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


def ask(api: Api, request: bytes) -> bytes:
    """Sends, ends the sending, and reads to the end."""
    with connected(api) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return read_all(connection)


def statuses(answers: bytes) -> list[int]:
    """The statuses of answers that follow each other."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers)]


def has_room(client: httpx2.Client) -> bool:
    """Whether another client may follow events."""
    with client.stream("GET", "/v1/events") as response:
        return bool(response.status_code == 200)


@pytest.mark.parametrize("size", [(320, 240), (4000, 3000)], ids=["small", "large"])
def test_half_closed_upload_is_accepted(api: Api, size: tuple[int, int]) -> None:
    """Who sends a whole picture and ends the sending gets the answer, and the picture is stored."""
    answer = ask(api, upload(make_jpeg(1, size)))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 202 ")
    inspection_id = json.loads(body)["id"]
    with api.client() as client:
        assert client.get(f"/v1/inspections/{inspection_id}/original").status_code == 200


def test_half_closed_chunked_upload_is_accepted(api: Api) -> None:
    """The same for a body whose length is told chunk by chunk."""
    jpeg = make_jpeg(2)
    head = (
        b"POST /v1/inspections HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    answer = ask(api, head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(jpeg), jpeg))
    assert answer.startswith(b"HTTP/1.1 202 ")


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("path", ["/livez", "/v1/inspections", "/docs/assets/swagger-ui-bundle.js"])
def test_half_closed_get_is_answered(api: Api, path: str, version: str) -> None:
    """A GET whose client ends its sending is answered whole, however long the answer is."""
    answer = ask(api, f"GET {path} HTTP/{version}\r\nHost: localhost\r\n\r\n".encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    with api.client() as client:
        assert body == client.get(path).content


def test_half_closed_pipeline_is_answered_to_its_last_request(api: Api) -> None:
    """Every whole request of a pipeline is answered, in order, and then the connection ends."""
    get = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = ask(api, get + upload(make_jpeg(3)) + get)
    assert statuses(answer) == [200, 202, 200]


def test_whole_requests_are_answered_before_a_torn_one(api: Api) -> None:
    """A request whose body never comes costs those before it nothing."""
    torn = upload(make_jpeg(5))[:-10]
    answer = ask(api, upload(make_jpeg(4)) + torn)
    assert statuses(answer) == [202]
    assert api.service.operation.figures.counters().accepted == 1


def test_half_closed_wait_for_a_result_is_answered(api: Api) -> None:
    """An answer that is waited for comes although the client sends nothing meanwhile."""
    with connected(api) as connection:
        connection.sendall(upload(make_jpeg(6), "Prefer: wait=60"))
        connection.shutdown(socket.SHUT_WR)
        eventually(lambda: api.work() == 1, "the picture is there")
        assert read_all(connection).startswith(b"HTTP/1.1 200 ")


def test_torn_upload_is_given_up(api: Api) -> None:
    """A body that ends before its announced length is no picture, and its connection is closed."""
    assert ask(api, upload(make_jpeg(7))[:-10]) == b""
    assert api.service.operation.figures.counters().accepted == 0


@pytest.mark.parametrize("reset", [True, False], ids=["reset", "closed"])
def test_event_stream_ends_when_its_client_is_gone(runner: ApiRunner, reset: bool) -> None:
    """A client that resets or closes its connection gives its place among the streams back."""
    api = runner.start(WebOptions(open_without_keys=True, max_streams=1))
    with connected(api) as connection:
        connection.sendall(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with api.client() as client:
            eventually(lambda: not has_room(client), "the stream has its place")
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with api.client() as client:
        eventually(lambda: has_room(client), "there is room for another stream")


def test_half_closed_event_stream_goes_on(api: Api, client: httpx2.Client) -> None:
    """Who follows events and ends the sending hears of what happens later."""
    with connected(api) as connection:
        connection.sendall(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while received.count(b"still here") < 2:
            received += connection.recv(65536)
        client.post("/v1/inspections", content=make_jpeg(8), headers={"Content-Type": "image/jpeg"})
        while b"event: queued" not in received:
            chunk = connection.recv(65536)
            assert chunk, "the stream ended"
            received += chunk
