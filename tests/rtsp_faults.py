"""What is wrong with RTSP servers, step by step; for tests and for the table of protocols."""

from __future__ import annotations

import random
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.scripted_rtsp import Play, ScriptedRtsp, Wire, mpeg4, play


@dataclass(frozen=True, slots=True)
class Fault:
    """A server with something wrong.

    Attributes:
        script: makes the server.
        codes: of the reasons that say what it is.
    """

    script: Callable[[], ScriptedRtsp]
    codes: frozenset[str]


def _silence(_connection: socket.socket) -> None:
    time.sleep(30)


def _drip(connection: socket.socket) -> None:
    for byte in b"RTSP/1.0 200 OK\r\n" + b"X-Filler: 1\r\n" * 100:
        connection.sendall(bytes((byte,)))
        time.sleep(0.2)


def _garbage(connection: socket.socket) -> None:
    connection.sendall(random.Random(5).randbytes(100_000))  # noqa: S311


def _endless_head(connection: socket.socket) -> None:
    connection.sendall(b"RTSP/1.0 200 OK\r\n")
    while True:
        connection.sendall(b"X-Filler: " + b"x" * 8000 + b"\r\n")


def _hang_up(_connection: socket.socket) -> None:
    return


def _nothing(_send: Wire) -> None:
    return


def _noise(send: Wire) -> None:
    """RTP packets of which nothing is video."""
    noise = random.Random(7)  # noqa: S311
    for number in range(100_000):
        head = struct.pack(">BBHII", 0x80, 0x80 | 96, number & 0xFFFF, number * 9000, 7)
        body = head + noise.randbytes(900)
        send(b"$\0" + struct.pack(">H", len(body)) + body)
        time.sleep(0.02)


def _flood(send: Wire) -> None:
    """The same packets as fast as the line takes them."""
    head = struct.pack(">BBHII", 0x80, 96, 1, 9000, 7)
    body = head + b"\0\0\1\xb6" + b"\x55" * 1200
    packet = (b"$\0" + struct.pack(">H", len(body)) + body) * 40
    while True:
        send(packet)


def _no_interleaving(send: Wire) -> None:
    """Bytes that are neither packets nor answers."""
    noise = random.Random(9)  # noqa: S311
    while True:
        send(noise.randbytes(4000))
        time.sleep(0.01)


def _close(send: Wire) -> None:
    """Hangs up."""
    send(b"")


def _then(first: Play, second: Play) -> Play:
    def run(send: Wire) -> None:
        first(send)
        second(send)

    return run


def _answering(method: str, answer: str | Callable[[socket.socket], None]) -> ScriptedRtsp:
    return ScriptedRtsp(_nothing, {method: answer})


def _status(line: str, *headers: str) -> str:
    return "\r\n".join([f"RTSP/1.0 {line}", "CSeq: 1", *headers, "", ""])


def _describing(media: str) -> ScriptedRtsp:
    return ScriptedRtsp(
        _nothing, description=f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\n{media}"
    )


_DEAD = frozenset({"camera-first-picture-timeout", "camera-no-video-found", "camera-step-timeout"})
_SENSELESS = _DEAD | {"camera-not-decoded", "camera-silent", "camera-stream-ended"}


def _fault(script: Callable[[], ScriptedRtsp], *codes: str) -> Fault:
    return Fault(script, frozenset(codes))


HANDSHAKES: dict[str, Fault] = {
    "says nothing": _fault(lambda: _answering("DESCRIBE", _silence), "camera-answer-timeout"),
    "drips": _fault(lambda: _answering("DESCRIBE", _drip), "camera-answer-timeout"),
    "hangs up": _fault(lambda: _answering("DESCRIBE", _hang_up), "camera-hung-up"),
    "is a web server": _fault(
        lambda: _answering("DESCRIBE", "HTTP/1.1 400 Bad Request\r\n\r\n<html>"),
        "camera-speaks-http",
    ),
    "speaks SSH": _fault(
        lambda: _answering("DESCRIBE", "SSH-2.0-OpenSSH_9.2\r\n\r\n"), "camera-speaks-no-rtsp"
    ),
    "sends garbage": _fault(lambda: _answering("DESCRIBE", _garbage), "camera-speaks-no-rtsp"),
    "never ends its head": _fault(
        lambda: _answering("DESCRIBE", _endless_head),
        "camera-speaks-no-rtsp",
    ),
    "has no such path": _fault(
        lambda: _answering("DESCRIBE", _status("404 Stream Not Found")), "camera-no-such-path"
    ),
    "forbids": _fault(lambda: _answering("DESCRIBE", _status("403 Forbidden")), "camera-forbids"),
    "has no room": _fault(
        lambda: _answering("DESCRIBE", _status("453 Not Enough Bandwidth")), "camera-has-no-room"
    ),
    "fails": _fault(
        lambda: _answering("DESCRIBE", _status("500 Internal Server Error")), "camera-answers"
    ),
    "leads out of the networks": _fault(
        lambda: _answering("DESCRIBE", _status("302 Moved", "Location: rtsp://8.8.8.8/live")),
        "camera-network-not-allowed",
    ),
    "leads to a cloud's metadata": _fault(
        lambda: _answering(
            "DESCRIBE", _status("302 Moved", "Location: rtsp://169.254.169.254:80/latest")
        ),
        "camera-network-not-allowed",
    ),
    "leads to a file": _fault(
        lambda: _answering("DESCRIBE", _status("302 Moved", "Location: file:///etc/passwd")),
        "camera-address-scheme",
    ),
    "leads in circles": _fault(
        lambda: _answering("DESCRIBE", _status("302 Moved", "Location: /live")),
        "camera-redirects",
    ),
    "wants an odd login": _fault(
        lambda: _answering("DESCRIBE", _status("401 Unauthorized", "WWW-Authenticate: NTLM")),
        "camera-wants-password",
    ),
    "has sound alone": _fault(
        lambda: _describing("m=audio 0 RTP/AVP 0\r\n"), "camera-without-video"
    ),
    "has a codec of its own": _fault(
        lambda: _describing("m=video 0 RTP/AVP 98\r\na=rtpmap:98 SVAC/90000\r\n"),
        "camera-codec-unknown",
    ),
    "lies about its length": _fault(
        lambda: _answering("DESCRIBE", _status("200 OK", "Content-Length: 999999999999999999999")),
        "camera-without-video",
    ),
    "never answers SETUP": _fault(
        lambda: _answering("SETUP", _silence), *_DEAD, "camera-not-decoded"
    ),
    "never answers PLAY": _fault(lambda: _answering("PLAY", _silence), *_SENSELESS),
    "refuses SETUP": _fault(
        lambda: _answering("SETUP", _status("461 Unsupported Transport")),
        *("camera-not-decoded", "camera-no-video-found"),
    ),
}

NEVER_ANSWER = frozenset({"says nothing", "drips", "never answers SETUP", "never answers PLAY"})
"""Handshakes that only the client's patience ends."""

STREAMS: dict[str, Fault] = {
    "sends nothing": _fault(lambda: ScriptedRtsp(_nothing), *_SENSELESS),
    "sends noise": _fault(lambda: ScriptedRtsp(_noise), *_SENSELESS),
    "sends what is no packet": _fault(lambda: ScriptedRtsp(_no_interleaving), *_SENSELESS),
    "floods": _fault(lambda: ScriptedRtsp(_flood), *_SENSELESS, "camera-takes-memory"),
    "falls silent": _fault(
        lambda: ScriptedRtsp(play(mpeg4(), count=30)), "camera-silent", "camera-hangs"
    ),
    "ends": _fault(
        lambda: ScriptedRtsp(_then(play(mpeg4(), count=30), _close)), "camera-stream-ended"
    ),
    "turns to noise": _fault(
        lambda: ScriptedRtsp(_then(play(mpeg4(), count=30), _noise)),
        *("camera-not-decoded", "camera-silent", "camera-stream-ended", "camera-hangs"),
    ),
}
"""Those that begin as video have to be read until they fail."""

BEGIN_AS_VIDEO = frozenset({"falls silent", "ends", "turns to noise"})
