"""Clients that send further requests before they read, or never read at all."""

from __future__ import annotations

import json
import logging
import re
import socket
import ssl
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from safety_detector.web import server as servers
from safety_detector.web.connection import protocol as connections
from safety_detector.web.connection.tls import load_tls
from tests.api_server import Api, ApiRunner, make_jpeg
from tests.certificates import make_certificate
from tests.eventually import eventually

GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"
DESCRIPTION = GET % b"/openapi.json"


def connect(api: Api) -> socket.socket:
    """A connection that takes little before it is read from."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(60)
    connection.connect(("127.0.0.1", api.port))
    return connection


def read_all(connection: socket.socket) -> bytes:
    """Everything until the other side closes."""
    received = bytearray()
    while chunk := connection.recv(65536):
        received += chunk
    return bytes(received)


def is_over(connection: socket.socket) -> bool:
    """Whether the other side has cut the connection; nothing is read."""
    state = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    return state in (7, 8)  # TCP_CLOSE, TCP_CLOSE_WAIT


def answered(api: Api) -> int:
    """How many descriptions have been asked for and begun to be answered."""
    with api.client() as client:
        found = re.search(
            r'^safety_http_requests_total{[^}]*route="/openapi.json"[^}]*} ([0-9.]+)',
            client.get("/metrics").text,
            re.MULTILINE,
        )
    return int(float(found[1])) if found else 0


def queued_requests(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log says of faults."""
    return [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR]


def get(path: str) -> bytes:
    """A request whose answer names the path."""
    return GET % path.encode()


def test_pipelined_requests_are_answered_in_order(api: Api) -> None:
    """Many requests in one piece, bodies among them, each get their own answer, in their order."""
    jpeg = make_jpeg()
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(jpeg), jpeg)
    head = b"POST /v1/inspections HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n"
    requests, expected = [], []
    for number in range(100):
        requests.append(get(f"/problems/p{number}"))
        expected.append(f"p{number}")
        if number % 20 == 0:
            requests.append(head + b"Content-Length: %d\r\n\r\n" % len(jpeg) + jpeg)
            requests.append(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
            expected += ["accepted", "accepted"]
    with connect(api) as connection:
        connection.sendall(b"".join(requests))
        connection.shutdown(socket.SHUT_WR)
        received = read_all(connection)
    found = [
        told[1].decode() if (told := re.search(rb"no kind of problem '(\w+)'", one)) else "accepted"
        for one in received.split(b"HTTP/1.1 ")[1:]
        if b" 202 " in b" " + one[:4] or b"no kind of problem" in one
    ]
    assert found == expected


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_pipelined_requests_may_come_in_any_pieces(api: Api, size: int) -> None:
    """Where one piece ends and the next begins means nothing."""
    sent = b"".join(get(f"/problems/p{number}") for number in range(12))
    with connect(api) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(sent), size):
            connection.sendall(sent[start : start + size])
        connection.shutdown(socket.SHUT_WR)
        received = read_all(connection)
    assert re.findall(rb"'(p\d+)'", received) == [b"p%d" % number for number in range(12)]


def test_pipelined_requests_over_https_are_answered_in_order(
    runner: ApiRunner, tmp_path: Path
) -> None:
    """The same where they come in one TLS record."""
    files = make_certificate(tmp_path)
    api = runner.start(tls=load_tls(files.cert, files.key, None).context)
    trust = ssl.create_default_context(cafile=files.cert)
    plain = socket.create_connection(("127.0.0.1", api.port), timeout=60)
    with trust.wrap_socket(plain, server_hostname="localhost") as connection:
        requests = [get(f"/problems/p{number}") for number in range(300)]
        connection.sendall(b"".join(requests) + GET.replace(b"\r\n\r\n", b"") % b"/livez")
        connection.sendall(b"\r\nConnection: close\r\n\r\n")
        received = read_all(connection)
    assert re.findall(rb"'(p\d+)'", received) == [b"p%d" % number for number in range(300)]


def test_who_does_not_read_is_answered_little(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    """Of what is asked without reading few requests are begun, and none is missed."""
    with ExitStack() as opened:
        waiting = [opened.enter_context(connect(api)) for _ in range(5)]
        for connection in waiting:
            connection.setblocking(False)
            assert connection.send(DESCRIPTION * 400) > len(DESCRIPTION) * 100
        eventually(lambda: answered(api) >= len(waiting), "each is answered once")
        with api.client() as client:
            for _ in range(20):
                assert client.get("/livez").status_code == 200
        assert answered(api) <= 10 * len(waiting)
    with api.client() as client:
        assert client.get("/livez").status_code == 200
    assert queued_requests(caplog) == []


@pytest.mark.parametrize(
    "last", [DESCRIPTION, DESCRIPTION.replace(b"\r\n\r\n", b"\r\nA: b\r\n\r\n")]
)
def test_who_does_not_read_is_cut_off(
    api: Api, monkeypatch: pytest.MonkeyPatch, last: bytes
) -> None:
    """A connection whose client reads nothing for a while ends."""
    monkeypatch.setattr(connections, "_UNREAD_TICK_S", 0.1)
    monkeypatch.setattr(connections, "_UNREAD_S", 0.5)
    with connect(api) as connection:
        connection.sendall(DESCRIPTION * 20 + last)
        eventually(lambda: is_over(connection), "it is cut off")


def test_who_asks_for_the_end_and_does_not_read_is_cut_off(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the connection would be closed behind the answer."""
    monkeypatch.setattr(connections, "_UNREAD_TICK_S", 0.1)
    monkeypatch.setattr(connections, "_UNREAD_S", 0.5)
    with connect(api) as connection:
        connection.sendall(DESCRIPTION.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        eventually(lambda: is_over(connection), "it is cut off")


def test_who_reads_slowly_gets_everything(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that goes on reading is not cut off, however long the whole takes."""
    monkeypatch.setattr(connections, "_UNREAD_TICK_S", 0.2)
    monkeypatch.setattr(connections, "_UNREAD_S", 4.0)
    with connect(api) as connection:
        connection.sendall(DESCRIPTION * 10)
        connection.shutdown(socket.SHUT_WR)
        received = bytearray()
        while chunk := connection.recv(4096):
            received += chunk
    assert received.count(b"HTTP/1.1 200") == 10
    assert json.loads(received.rpartition(b"\r\n\r\n")[2])["openapi"]


def test_one_address_does_not_hold_all_unread_answers(
    runner: ApiRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many that do not read the oldest are cut off at once, and the newest are left."""
    monkeypatch.setattr(connections, "_UNREAD_TICK_S", 0.2)
    monkeypatch.setattr(connections, "_UNREAD_S", 3600.0)
    monkeypatch.setattr(servers, "_MAX_UNREAD_OF_ONE", 5)
    api = runner.start()
    with ExitStack() as opened:
        waiting = [opened.enter_context(connect(api)) for _ in range(12)]
        for connection in waiting:
            connection.sendall(DESCRIPTION * 20)
        eventually(lambda: sum(map(is_over, waiting)) == 7, "the share is kept")
        with api.client() as client:
            assert client.get("/livez").status_code == 200


@pytest.mark.parametrize("sent", [DESCRIPTION * 200, get("/v1/inspections") * 200])
def test_queue_of_a_client_that_is_gone_is_dropped(
    api: Api, client: httpx2.Client, caplog: pytest.LogCaptureFixture, sent: bytes
) -> None:
    """What was not begun is not answered to nobody, and the log has no fault to tell."""
    for _ in range(5):
        connection = connect(api)
        connection.sendall(sent)
        connection.recv(1)
        connection.close()
    for _ in range(20):
        assert client.get("/livez").status_code == 200
    assert queued_requests(caplog) == []
