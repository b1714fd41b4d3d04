"""An RTSP server that does as it is told: plays MPEG-4 video, or misbehaves at any step.

It needs nothing but OpenCV, so that streams are proven where GStreamer is not installed.
"""

from __future__ import annotations

import base64
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

FPS = 10
_PACKET_BYTES = 1300
_START_OF_PICTURE = b"\0\0\1\xb6"

Wire = Callable[[bytes], None]
Play = Callable[[Wire], None]


def mpeg4(
    size: tuple[int, int] = (320, 240), frames: int = 40, brightest: int = 240
) -> list[bytes]:
    """The coded pictures of a video that gets brighter; the first one has the headers."""
    with TemporaryDirectory() as folder:
        path = str(Path(folder) / "clip.avi")
        writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"mp4v"), FPS, size)
        for number in range(frames):
            writer.write(np.full((size[1], size[0], 3), brightest * number // frames, np.uint8))
        writer.release()
        capture = cv2.VideoCapture(path, cv2.CAP_FFMPEG, [cv2.CAP_PROP_FORMAT, -1])
        pictures = []
        while capture.grab():
            pictures.append(capture.retrieve()[1].tobytes())
        extra = capture.retrieve(flag=int(capture.get(cv2.CAP_PROP_CODEC_EXTRADATA_INDEX)))[1]
        capture.release()
    headers = extra.tobytes() if extra is not None else b""
    if pictures[0].startswith(_START_OF_PICTURE):
        pictures[0] = headers + pictures[0]
    return pictures


def packets(picture: bytes, number: int, sequence: int) -> list[bytes]:
    """A picture as RTP packets (RFC 6416), each with the four bytes that begin it on TCP."""
    made = []
    pieces = [picture[at : at + _PACKET_BYTES] for at in range(0, len(picture), _PACKET_BYTES)]
    for place, piece in enumerate(pieces):
        marker = 0x80 if place == len(pieces) - 1 else 0
        stamp = number * 90_000 // FPS & 0xFFFFFFFF
        head = struct.pack(">BBHII", 0x80, marker | 96, (sequence + place) & 0xFFFF, stamp, 7)
        made.append(b"$\0" + struct.pack(">H", len(head) + len(piece)) + head + piece)
    return made


def play(
    pictures: list[bytes],
    *,
    count: int = 100_000,
    pace_s: float = 1 / FPS,
    then: list[bytes] | None = None,
) -> Play:
    """Sends so many pictures, over and over, at their own speed; endlessly others behind them."""

    def run(send: Wire) -> None:
        sequence = 0
        for number in range(count if then is None else 100_000):
            played = pictures if number < count or then is None else then
            for packet in packets(played[number % len(played)], number, sequence):
                send(packet)
                sequence += 1
            time.sleep(pace_s)

    return run


@dataclass(slots=True)
class ScriptedRtsp:
    """What the server does.

    Attributes:
        video: what is sent behind PLAY; empty bytes hang up.
        answers: instead of the proper one, by method: a text, or what to do with the connection.
        description: of the stream.
        password: of the user ``admin``, by Basic; None for none.
        later: the same from the second time on.
        asked: the methods that came, with their addresses.
    """

    video: Play
    answers: dict[str, str | Callable[[socket.socket], None]] = field(default_factory=dict)
    description: str = (
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=clip\r\nt=0 0\r\na=control:*\r\n"
        "m=video 0 RTP/AVP 96\r\na=rtpmap:96 MP4V-ES/90000\r\na=control:track1\r\n"
    )
    password: str | None = None
    later: dict[str, Callable[[socket.socket], None]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def serve(self, connection: socket.socket) -> None:
        """Answers on one connection until it ends."""
        stopped = threading.Event()
        lock = threading.Lock()

        def send(data: bytes) -> None:
            if stopped.is_set():
                raise OSError("over")
            with lock:
                if data:
                    connection.sendall(data)
                else:
                    connection.shutdown(socket.SHUT_RDWR)

        received = b""
        with connection, suppress(OSError):
            while data := connection.recv(1 << 16):
                received += data
                while b"\r\n\r\n" in received:
                    request, _, received = received.partition(b"\r\n\r\n")
                    method, _, _ = request.decode("latin-1").partition(" ")
                    self.asked.append(request.decode("latin-1").partition("\r\n")[0])
                    is_first = sum(one.startswith(method) for one in self.asked) == 1
                    answer = self.answers.get(method) if is_first else self._later(method)
                    if callable(answer):
                        answer(connection)
                        return
                    send((answer or self._answer(method, request.decode("latin-1"))).encode())
                    if method == "PLAY":
                        threading.Thread(
                            target=_quietly, args=(self.video, send), daemon=True
                        ).start()
        stopped.set()

    def _later(self, method: str) -> str | Callable[[socket.socket], None] | None:
        return self.later.get(method) or self.answers.get(method)

    def _answer(self, method: str, request: str) -> str:
        found = re.search(r"CSeq: *(\d+)", request, re.IGNORECASE)
        head = f"CSeq: {found[1] if found else 0}\r\n"
        if self.password is not None:
            login = base64.b64encode(f"admin:{self.password}".encode()).decode()
            if f"Authorization: Basic {login}" not in request:
                return (
                    f'RTSP/1.0 401 Unauthorized\r\n{head}WWW-Authenticate: Basic realm="x"\r\n\r\n'
                )
        body = ""
        if method == "OPTIONS":
            head += "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
        elif method == "DESCRIBE":
            body = self.description
            head += f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n"
        elif method == "SETUP":
            head += "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 5\r\n"
        elif method == "PLAY":
            head += "Session: 5\r\nRange: npt=0-\r\n"
        return f"RTSP/1.0 200 OK\r\n{head}\r\n{body}"


def _quietly(video: Play, send: Wire) -> None:
    with suppress(OSError):
        video(send)


@contextmanager
def serving(serve: Callable[[socket.socket], None], host: str = "127.0.0.1") -> Iterator[int]:
    """A server on loopback that hands each connection to a thread; gives its port."""
    listener = socket.create_server((host, 0), backlog=50)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=_handle, args=(serve, connection), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _handle(serve: Callable[[socket.socket], None], connection: socket.socket) -> None:
    with suppress(OSError), connection:
        serve(connection)


@contextmanager
def scripted_rtsp(script: ScriptedRtsp) -> Iterator[str]:
    """The server; gives the address of its stream."""
    with serving(script.serve) as port:
        yield f"rtsp://127.0.0.1:{port}/live"
