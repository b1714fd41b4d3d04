"""Dahua's streams of events, from servers that speak them well and badly."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import pytest

from safety_detector.camera_sources.opening import PullOptions, open_puller
from safety_detector.camera_sources.puller import PulledFrame
from safety_detector.camera_sources.source import SourceKind, parse_source
from safety_detector.camera_sources.streams.job import StreamLimits
from safety_detector.errors import (
    CameraLoginFailed,
    CameraStreamBroken,
    CameraStreamMissing,
    CameraTimedOut,
    CameraUnavailable,
    CameraUnreachable,
)
from tests.pictures import jpeg

pytestmark = pytest.mark.processes

OPTIONS = PullOptions(
    limits=replace(StreamLimits(), silence_s=3.0, answer_s=3.0, max_jpeg_bytes=2**20)
)
PATIENCE_S = 60.0
USER, PASSWORD = "viewer", "s3cret/?"
SNAPS, EVENTS, SNAPSHOT = (
    f"/cgi-bin/{one}.cgi" for one in ("snapManager", "eventManager", "snapshot")
)

Answer = Callable[["Device"], None]


class Device(BaseHTTPRequestHandler):
    """A device that asks for Digest, and answers by path."""

    answers: dict[str, Answer]
    asked: list[str]

    def do_GET(self) -> None:
        """An answer, to whoever knows the password."""
        self.close_connection = True
        if not self._knows_password():
            self.send_response(401)
            challenge = 'Digest realm="Login to 1A2B3C", qop="auth", nonce="1732", opaque="x"'
            self.send_header("WWW-Authenticate", challenge)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.asked.append(unquote(self.path))
        answer = self.answers.get(urlsplit(self.path).path)
        with suppress(OSError):
            if answer is None:
                self.send_error(404)
            else:
                answer(self)

    def begin(self, kind: str = "multipart/x-mixed-replace; boundary=myboundary") -> None:
        """The beginning of an answer without an end."""
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()

    def part(self, content: bytes, kind: str = "text/plain", length: int | None = None) -> None:
        """A part, whole, without the boundary that follows."""
        told = len(content) if length is None else length
        head = f"--myboundary\r\nContent-Type: {kind}\r\nContent-Length: {told}\r\n\r\n"
        self.wfile.write(head.encode() + content + b"\r\n")
        self.wfile.flush()

    def log_message(self, *_arguments: object) -> None:
        """Nothing."""

    def _knows_password(self) -> bool:
        told = dict(re.findall(r'(\w+)="?([^",]+)"?', self.headers.get("Authorization", "")))
        if not {"response", "nc", "cnonce", "uri"} <= told.keys():
            return False

        def digest(text: str) -> str:
            return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

        first = digest(f"{USER}:Login to 1A2B3C:{PASSWORD}")
        second = digest(f"GET:{told['uri']}")
        middle = f"{told['nonce']}:{told['nc']}:{told['cnonce']}:auth"
        return told["response"] == digest(f"{first}:{middle}:{second}")


def send_picture(device: Device, number: int = 7) -> None:
    """A snapshot."""
    picture = jpeg(number)
    device.send_response(200)
    device.send_header("Content-Type", "image/jpeg")
    device.send_header("Content-Length", str(len(picture)))
    device.end_headers()
    device.wfile.write(picture)


def beat(device: Device) -> None:
    """Heartbeats, until nobody listens."""
    for _ in range(200):
        device.part(b"Heartbeat\r\n")
        time.sleep(0.5)


@contextmanager
def device(**answers: Answer) -> Iterator[tuple[str, list[str]]]:
    """A device on loopback: its address, and what it was asked."""
    paths = {"snaps": SNAPS, "events": EVENTS, "snapshot": SNAPSHOT}
    asked: list[str] = []
    told = {"answers": {paths[name]: one for name, one in answers.items()}, "asked": asked}
    running = ThreadingHTTPServer(("127.0.0.1", 0), type("Made", (Device,), told))
    running.daemon_threads = True
    threading.Thread(target=running.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{running.server_address[1]}", asked
    finally:
        running.shutdown()
        running.server_close()


def pull(address: str, wanted: int, password: str = PASSWORD) -> list[PulledFrame]:
    """So many pictures."""
    source = parse_source(address, kind=SourceKind.DAHUA, username=USER, password=password)
    puller = open_puller(source, 0.2, OPTIONS)
    puller.start()
    frames: list[PulledFrame] = []
    deadline = time.monotonic() + PATIENCE_S
    try:
        while len(frames) < wanted:
            assert time.monotonic() < deadline, f"{len(frames)} pictures"
            frame = puller.read(1.0)
            if frame is not None:
                frames.append(frame)
    finally:
        puller.stop()
    return frames


def test_pictures_of_events_come_as_they_are_sent() -> None:
    """Behind Digest, text and then picture; the picture is there before the next part begins."""
    moment = int(time.time()) - 5
    snapped = threading.Event()

    def picture(device: Device) -> None:
        send_picture(device)
        snapped.set()

    def answer(device: Device) -> None:
        device.begin()
        device.part(b"Heartbeat\r\n")
        assert snapped.wait(PATIENCE_S)
        time.sleep(1)  # events come later; the newest picture alone is kept for who has not read
        text = f"Events[0].EventBaseInfo.Code=SmokeDetection\r\nEvents[0].UTC={moment}\r\n"
        device.part(text.encode())
        device.part(jpeg(3), "image/jpeg")
        time.sleep(2)
        beat(device)

    with device(snaps=answer, snapshot=picture) as (address, asked):
        first, second = pull(f"{address}/?channel=2", 2)
    assert (first.jpeg, first.taken_at) == (jpeg(7), None)
    assert second.jpeg == jpeg(3)
    assert second.taken_at is not None
    assert second.taken_at.timestamp() == moment
    assert asked[0] == (
        f"{SNAPS}?action=attachFileProc&channel=2&heartbeat=5&Flags[0]=Event&Events=[All]"
    )
    assert asked[1] == f"{SNAPSHOT}?channel=2"


def test_events_without_pictures_are_looked_at() -> None:
    """A model that tells of events alone: at each that begins a snapshot is taken."""
    taken, snapped = 0, threading.Event()

    def picture(device: Device) -> None:
        nonlocal taken
        taken += 1
        send_picture(device, taken)
        snapped.set()

    def answer(device: Device) -> None:
        device.begin()
        assert snapped.wait(PATIENCE_S)
        time.sleep(1)  # an event is looked at where the last look is a while ago
        for line in (
            b"Heartbeat",
            b"Code=VideoMotion;action=Start;index=4",  # another channel's
            b"Code=VideoMotion;action=Stop;index=0",
            b'Code=VideoMotion;action=Start;index=0;data={\n "Id" : [ 0 ]\n}\n',
        ):
            device.part(line, length=len(line) + 3)  # as some firmware counts
        beat(device)

    with device(events=answer, snapshot=picture) as (address, asked):
        frames = pull(address, 2)
    assert [one.jpeg for one in frames] == [jpeg(1), jpeg(2)]
    assert [urlsplit(one).path for one in asked] == [SNAPS, EVENTS, SNAPSHOT, SNAPSHOT]


def test_wrong_password_is_told() -> None:
    """Once, and without another attempt that would lock the account."""
    with (
        device(snaps=beat) as (address, asked),
        pytest.raises(CameraLoginFailed, match="password") as error,
    ):
        pull(address, 1, "wrong-0ne")
    assert asked == []
    assert "wrong-0ne" not in str(error.value)


def page(device: Device) -> None:
    """A page in place of a stream."""
    device.begin("text/html")
    device.wfile.write(b"<html>" + b"x" * 10_000)


def garbage(device: Device) -> None:
    """Bytes without boundary."""
    device.begin()
    while True:
        device.wfile.write(b"\xff\x00garbage" * 1000)


def drip_headers(device: Device) -> None:
    """Headers that never end, a byte at a time."""
    device.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for _ in range(1000):
        device.wfile.write(b"x")
        time.sleep(0.1)


def endless_headers(device: Device) -> None:
    """Headers that never end, as fast as they go."""
    device.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        device.wfile.write(b"X-A: b\r\n" * 1000)


def drip_part(device: Device) -> None:
    """A part that comes a byte at a time."""
    device.begin()
    device.wfile.write(b"--myboundary\r\nContent-Type: text/plain\r\n\r\n")
    for _ in range(1000):
        device.wfile.write(b"x")
        time.sleep(0.1)


def endless_part(device: Device) -> None:
    """A picture without an end."""
    device.begin()
    device.wfile.write(b"--myboundary\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8")
    while True:
        device.wfile.write(b"x" * 10_000)


def endless_part_head(device: Device) -> None:
    """Headers of a part without an end."""
    device.begin()
    device.wfile.write(b"--myboundary\r\n")
    while True:
        device.wfile.write(b"a: b\r\n" * 1000)


def boundaries(device: Device) -> None:
    """Nothing but boundaries."""
    device.begin()
    while True:
        device.wfile.write(b"--myboundary\r\n" * 1000)


def half_picture(device: Device) -> None:
    """A picture whose announced length is short of it."""
    device.begin()
    device.part(jpeg(1)[:-300], "image/jpeg")
    beat(device)


def silence(device: Device) -> None:
    """Nothing behind the headers."""
    device.begin()
    time.sleep(60)


def nothing(_device: Device) -> None:
    """No answer."""


FAULTS: dict[str, tuple[Answer, tuple[type[CameraUnavailable], ...]]] = {
    "page": (page, (CameraStreamBroken, CameraStreamMissing)),
    "garbage": (garbage, (CameraStreamBroken,)),
    "dripping headers": (drip_headers, (CameraTimedOut,)),
    "endless headers": (endless_headers, (CameraStreamBroken, CameraTimedOut)),
    "dripping part": (drip_part, (CameraTimedOut,)),
    "endless part": (endless_part, (CameraStreamBroken,)),
    "endless head of a part": (endless_part_head, (CameraStreamBroken,)),
    "boundaries": (boundaries, (CameraStreamBroken,)),
    "half picture": (half_picture, (CameraStreamBroken,)),
    "silence": (silence, (CameraTimedOut,)),
    "nothing": (nothing, (CameraStreamBroken,)),
    "end": (Device.begin, (CameraStreamMissing, CameraUnreachable)),
}


@pytest.mark.attack("streams of Dahua")
@pytest.mark.parametrize("name", FAULTS)
def test_bad_stream_ends_with_its_reason(name: str) -> None:
    """Whatever a device sends, pulling it ends within its limits, and says why."""
    answer, kinds = FAULTS[name]
    with device(snaps=answer) as (address, _), pytest.raises(kinds) as error:
        pull(address, 1)
    assert PASSWORD not in str(error.value)
    assert error.value.reason.text("zh") != error.value.reason.code
