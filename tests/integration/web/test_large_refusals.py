"""Answers to clients that send all of a large body before they read anything."""

from __future__ import annotations

import json
import socket
from contextlib import suppress

import pytest

from safety_detector.host.disk_room import DiskShare, RoomPolicy
from safety_detector.ingest.admission import Limits
from safety_detector.service.records import Scope
from safety_detector.web.app import WebOptions
from tests.api_server import Api, ApiRunner, options_with

MIB = 2**20
# Far more than the kernel takes for both sides, so that the client cannot have sent it all before
# somebody reads; more than the largest picture.
SIZE = 48 * MIB
PLAIN = ("/v1/inspections", "image/jpeg", b"")
FORM = (
    "/v1/inspections",
    "multipart/form-data; boundary=b",
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n',
)
FRAME = ("/v1/cameras/gate-3/frames", "image/jpeg", b"")
BODY_OF_JSON = ("/v1/inspections", "application/json", b'{"url": "')
ZIP = ("/v1/batches", "application/zip", b"PK\x03\x04")
SENDINGS = {"plain": PLAIN, "form": FORM, "frame": FRAME, "json": BODY_OF_JSON, "zip": ZIP}


def ask(
    api: Api,
    sending: tuple[str, str, bytes],
    *,
    key: str | None = None,
    size: int = SIZE,
    chunked: bool = False,
    expects: bool = False,
) -> tuple[int, str, int]:
    """Sends everything, then reads to the end; status, code, and bytes that were sent."""
    path, kind, start = sending
    framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}"
    fields = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Type: {kind}", framing]
    fields += [f"Authorization: Bearer {key}"] if key else []
    fields += ["Expect: 100-continue"] if expects else []
    body = start + bytes(size - len(start))
    if chunked:
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    sent, received = 0, b""
    with socket.create_connection(("127.0.0.1", api.port), timeout=60) as connection:
        connection.sendall("\r\n".join([*fields, "", ""]).encode())
        if expects:
            received = connection.recv(65536)
        if not expects or received.startswith(b"HTTP/1.1 100 "):
            _, _, received = received.partition(b"\r\n\r\n")
            connection.sendall(body)
            sent = len(body)
        while piece := connection.recv(65536):
            received += piece
    head, _, document = received.partition(b"\r\n\r\n")
    return int(head[9:12]), str(json.loads(document)["code"]), sent


@pytest.mark.parametrize("chunked", [False, True], ids=["counted", "chunked"])
@pytest.mark.parametrize("name", SENDINGS)
def test_too_large(runner: ApiRunner, name: str, chunked: bool) -> None:
    """Who reads only when all is sent still reads that it is too much."""
    limits = options_with(picture=Limits(max_bytes=MIB), max_request_bytes=32 * MIB)
    api = runner.start(limits)
    with api.client() as client:
        client.post("/v1/cameras", json={"id": "gate-3", "name": "Gate"})
    status, code, _ = ask(api, SENDINGS[name], chunked=chunked)
    assert status == 413, code
    assert api.service.operation.figures.counters().accepted == 0


@pytest.mark.parametrize("name", SENDINGS)
def test_without_a_key(runner: ApiRunner, name: str) -> None:
    """Nothing of it is kept, and the answer says that a key is needed."""
    api = runner.start(WebOptions())
    api.key(Scope.ADMIN)
    assert ask(api, SENDINGS[name])[:2] == (401, "key-required")


@pytest.mark.parametrize("path", ["/v1/inspections", "/v1/batches"])
def test_of_another_kind(api: Api, path: str) -> None:
    """What is no picture is refused by what it says that it is."""
    status, code, _ = ask(api, (path, "text/csv", b""))
    assert status == 415, code


@pytest.mark.parametrize("name", ["plain", "form", "frame", "zip"])
def test_no_room(runner: ApiRunner, name: str) -> None:
    """A full disk is told to who has sent a picture in vain."""
    api = runner.start(room=RoomPolicy(DiskShare(2**60), DiskShare()))
    with api.client() as client:
        client.post("/v1/cameras", json={"id": "gate-3", "name": "Gate"})
    assert ask(api, SENDINGS[name])[:2] == (507, "storage-full")


def test_largest_request(api: Api) -> None:
    """The same with the largest that is ever read."""
    assert ask(api, ("/v1/inspections", "text/csv", b""), size=250 * MIB)[0] == 415


@pytest.mark.parametrize("name", SENDINGS)
def test_asked_before(runner: ApiRunner, name: str) -> None:
    """Who asks whether to send (``Expect``) is refused before a byte of the body."""
    api = runner.start(options_with(picture=Limits(max_bytes=MIB), max_request_bytes=32 * MIB))
    with api.client() as client:
        client.post("/v1/cameras", json={"id": "gate-3", "name": "Gate"})
    status, code, sent = ask(api, SENDINGS[name], expects=True)
    assert (status, sent) == (413, 0), code


def test_without_end(runner: ApiRunner) -> None:
    """Who has been refused and goes on sending is cut off."""
    api = runner.start(options_with(picture=Limits(max_bytes=MIB), max_request_bytes=MIB))
    api.key(Scope.ADMIN)
    pieces: list[int] = []
    with socket.create_connection(("127.0.0.1", api.port), timeout=60) as connection:
        connection.sendall(
            b"POST /v1/inspections HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        with suppress(ConnectionError):
            for piece in range(256):
                connection.sendall(b"%x\r\n%s\r\n" % (MIB, bytes(MIB)))
                pieces.append(piece)
    assert len(pieces) < 64
