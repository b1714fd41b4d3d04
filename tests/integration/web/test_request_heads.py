"""Heads of requests that do not end, are too large, or no HTTP, and connections without any."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx2
import pytest

from safety_detector.appearance.fonts import find_fonts
from safety_detector.web.app import WebOptions, create_app
from safety_detector.web.connection import protocol as connections
from safety_detector.web.server import ApiServer
from tests.api_server import Api, ApiRunner, make_jpeg

GET = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = b"POST /v1/inspections HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
MORE = 1 << 20  # far beyond any limit
FIELD = b"X-A: b\r\n"

TOO_LARGE = {
    "one line": [GET + b"X-A: ", b"a" * MORE],
    "one name": [GET, b"a" * MORE],
    "one address": [b"GET /", b"a" * MORE],
    "many fields": [GET, FIELD * 201, b"\r\n"],
    "many long fields": [GET, (b"X-A: " + b"b" * 8000 + b"\r\n") * 10, b"\r\n"],
    "line ends before it": [b"\r\n" * MORE],
    "a method without end": [b"GET", b" " * MORE],
    "in one piece": [GET + b"X-A: " + b"a" * 70_000 + b"\r\n\r\n"],
}


@contextmanager
def connected(api: Api) -> Iterator[socket.socket]:
    """A connection of bytes, without an HTTP client."""
    with socket.create_connection(("127.0.0.1", api.port), timeout=60) as connection:
        yield connection


def read_all(connection: socket.socket) -> bytes:
    """Everything until the other side closes."""
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


def answers(received: bytes) -> list[tuple[int, str]]:
    """Status and code of each answer."""
    found = []
    for one in received.split(b"HTTP/1.1 ")[1:]:
        body = one.partition(b"\r\n\r\n")[2]
        found.append((int(one[:3]), json.loads(body).get("code", "")))
    return found


def send(connection: socket.socket, pieces: list[bytes]) -> None:
    """Sends piece by piece, each in its own segments, so far as the other side takes them."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for piece in pieces:
        connection.sendall(piece)


@pytest.mark.parametrize("pieces", TOO_LARGE.values(), ids=TOO_LARGE)
def test_head_beyond_the_limit_is_refused(api: Api, pieces: list[bytes]) -> None:
    """It is not kept, the client reads why, and the connection is closed."""
    with connected(api) as connection:
        send(connection, pieces)
        status, code = answers(read_all(connection))[0]
    assert (status, code) in ((431, "head-too-large"), (400, "request-malformed"))
    if pieces[0].startswith(b"GET /"):
        assert status == 431


def test_head_within_the_limit_is_read(client: httpx2.Client) -> None:
    """48 KiB in 150 fields are."""
    fields = {f"X-{number}": "a" * 320 for number in range(150)}
    assert client.get("/livez", headers=fields).status_code == 200


@pytest.mark.parametrize("endless", [b"0\r\nX-A: ", b"5;", b"0\r\n\r\n" + GET + b"X-A: "])
def test_what_does_not_end_behind_a_head_is_refused(api: Api, endless: bytes) -> None:
    """Trailers, extensions of chunks and later heads are limited as the first head is."""
    with connected(api) as connection:
        send(connection, [CHUNKED, endless, b"a" * MORE])
        assert read_all(connection)[:12] in (b"HTTP/1.1 431", b"HTTP/1.1 422")


def test_answer_is_whole_though_the_rest_of_its_request_is_refused(api: Api) -> None:
    """A client that is refused early, and then sends garbage, reads the first refusal."""
    request = CHUNKED.replace(b"/v1/inspections", b"/livez")
    with connected(api) as connection:
        send(connection, [request, b"5;" + b"a" * MORE])
        assert answers(read_all(connection)) == [(405, "method-not-allowed")]


def test_field_of_a_trailer_is_none_of_the_head(runner: ApiRunner) -> None:
    """A key behind the body opens nothing."""
    api = runner.start()
    key = api.key()
    body = make_jpeg()
    chunked = b"%x\r\n%s\r\n0\r\nX-API-Key: %s\r\n\r\n" % (len(body), body, key.encode())
    with connected(api) as connection:
        connection.sendall(CHUNKED + chunked + GET + b"Connection: close\r\n\r\n")
        assert read_all(connection).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize(
    "garbage", [b"\x16\x03\x01\x02\x00", b"hello\r\n\r\n", b"GET \xff HTTP/1.1\r\n\r\n"]
)
def test_what_is_no_http_is_told_as_a_problem(api: Api, garbage: bytes) -> None:
    """As every other error."""
    with connected(api) as connection:
        connection.sendall(garbage)
        assert answers(read_all(connection)) == [(400, "request-malformed")]


def test_garbage_behind_a_request_does_not_disturb_its_answer(api: Api) -> None:
    """The whole request before it is answered whole; nothing is written into the answer."""
    request = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with connected(api) as connection:
        connection.sendall(request + b"\x00\x01garbage\r\n\r\n")
        head, _, body = read_all(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert json.loads(body)["openapi"]


@pytest.mark.parametrize("sent", [b"", GET, GET + b"\r\n"], ids=["nothing", "half", "answered"])
def test_one_address_does_not_hold_all_connections(
    api: Api, client: httpx2.Client, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    """However many connections wait, others are served, and the oldest of them are given up."""
    monkeypatch.setattr(connections, "_HEAD_S", 3600.0)  # their number is what counts here
    with ExitStack() as opened:
        waiting = [opened.enter_context(connected(api)) for _ in range(300)]
        for connection in waiting:
            connection.sendall(sent)
        assert client.get("/livez").status_code == 200
        assert client.get("/readyz").status_code == 200
        while waiting[0].recv(65536):
            pass  # what was answered, and then the end


def test_probes_are_answered_when_connections_are_used_up(api: Api) -> None:
    """Those who watch hear from the service; others hear that it is full."""
    app = create_app(
        api.service,
        WebOptions(open_without_keys=True),
        find_fonts=find_fonts,
        broker_problem=lambda: None,
    )
    server = ApiServer(app)
    server.config.limit_concurrency = 1
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with httpx2.Client(base_url=url, timeout=120, trust_env=False) as client:
            assert client.get("/livez").status_code == 200
            assert client.get("/readyz?verbose=1").status_code == 200
            assert client.get("/v1/inspections").status_code == 503
    finally:
        server.should_exit = True
        thread.join(60)


@pytest.mark.parametrize(
    "path", ["/v1/inspections/livez", "/openapi.json/readyz", "//livez", "/problems/livez"]
)
def test_only_probes_escape_the_limit_of_connections(api: Api, path: str) -> None:
    """An address that merely ends as a probe's does is refused when connections are used up."""
    app = create_app(
        api.service,
        WebOptions(open_without_keys=True),
        find_fonts=find_fonts,
        broker_problem=lambda: None,
    )
    server = ApiServer(app)
    server.config.limit_concurrency = 1
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        with socket.create_connection(listener.getsockname(), timeout=60) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert connection.recv(65536).startswith(b"HTTP/1.1 503")
    finally:
        server.should_exit = True
        thread.join(60)


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ("Transfer-Encoding: gzip, chunked", 501, "transfer-coding-unsupported"),
        ("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", 501, None),
        ("Transfer-Encoding: deflate,chunked", 501, "transfer-coding-unsupported"),
        ("Transfer-Encoding: chunked\r\nContent-Encoding: gzip", 415, "content-coding-unsupported"),
        ("Transfer-Encoding: chunked\r\nIdempotency-Key: a\r\nIdempotency-Key: b", 400, None),
        ("Transfer-Encoding: chunked\r\nIdempotency-Key: a\r\nidempotency-key: a", 400, None),
        ("Transfer-Encoding: chunked\r\nX-API-Key: a\r\nX-API-Key: b", 400, "header-repeated"),
        ("Transfer-Encoding: chunked\r\nHost: another", 400, "header-repeated"),
    ],
)
def test_what_is_ambiguous_or_not_undone_is_refused(
    api: Api, fields: str, status: int, code: str | None
) -> None:
    """A picture whose head says two things, or of a coding that is not read, is not taken."""
    body = make_jpeg()
    head = f"POST /v1/inspections HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n\r\n".encode()
    with connected(api) as connection:
        connection.sendall(head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        connection.shutdown(socket.SHUT_WR)
        ((found, told),) = answers(read_all(connection))
    assert found == status
    assert code is None or told == code
    assert api.service.operation.figures.counters().accepted == 0
