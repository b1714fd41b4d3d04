"""Snapshots, MJPEG, HLS and video by HTTP, from servers that are good and bad."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest

from safety_detector.camera_sources import opening
from safety_detector.camera_sources.opening import PullOptions, open_puller
from safety_detector.camera_sources.source import SourceKind, parse_source
from safety_detector.camera_sources.streams.job import StreamLimits
from safety_detector.errors import CameraUnavailable
from tests.pictures import jpeg

pytestmark = pytest.mark.processes

OPTIONS = PullOptions(limits=replace(StreamLimits(), silence_s=3.0, answer_s=3.0, open_s=6.0))
PATIENCE_S = 60.0

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def server(answer: Answer) -> Iterator[str]:
    """An HTTP server on loopback; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.close_connection = True
            with suppress(OSError):
                answer(self)

        def log_message(self, *_arguments: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    threading.Thread(target=running.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{running.server_address[1]}"
    finally:
        running.shutdown()
        running.server_close()


def say(handler: BaseHTTPRequestHandler, body: bytes, kind: str, status: int = 200) -> None:
    """A whole answer."""
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def say_parts(handler: BaseHTTPRequestHandler, *, with_length: bool = True) -> None:
    """MJPEG without an end, ten pictures a second."""
    handler.send_response(200)
    handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=--Frame")
    handler.end_headers()
    for number in range(10_000):
        picture = jpeg(number % 50)
        length = f"Content-Length: {len(picture)}\r\n" if with_length else ""
        head = f"--Frame\r\nContent-Type: image/jpeg\r\n{length}\r\n"
        handler.wfile.write(head.encode() + picture + b"\r\n")
        time.sleep(0.1)


def pull(address: str, count: int, every_s: float = 1.0) -> list[bytes]:
    """So many pictures."""
    puller = open_puller(parse_source(address), every_s, OPTIONS)
    puller.start()
    pictures: list[bytes] = []
    deadline = time.monotonic() + PATIENCE_S
    try:
        while len(pictures) < count:
            assert time.monotonic() < deadline, f"{len(pictures)} pictures came"
            frame = puller.read(1.0)
            if frame is not None:
                pictures.append(frame.jpeg)
    finally:
        puller.stop()
    return pictures


def fault_of(address: str) -> str:
    """The code of what is wrong with an address."""
    with pytest.raises(CameraUnavailable) as raised:
        opening.test_source(parse_source(address), OPTIONS)
    return raised.value.reason.code


@pytest.fixture(scope="module")
def transport_stream(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Four seconds of video, as MPEG-TS."""
    path = tmp_path_factory.mktemp("ts") / "clip.ts"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10, (320, 240))
    for number in range(40):
        writer.write(np.full((240, 320, 3), 6 * number, np.uint8))
    writer.release()
    return Path(path).read_bytes()


@pytest.mark.parametrize("with_length", [True, False], ids=["with lengths", "boundaries alone"])
def test_mjpeg_gives_its_pictures_as_the_camera_made_them(with_length: bool) -> None:
    """Nothing is decoded or encoded anew, and those in between are passed over."""
    made = {jpeg(number) for number in range(50)}
    with server(lambda handler: say_parts(handler, with_length=with_length)) as address:
        pictures = pull(f"{address}/video.cgi", 3)
    assert set(pictures) <= made
    assert len(set(pictures)) == 3


def test_a_snapshot_is_asked_for_again_and_again() -> None:
    """A camera without a stream is watched by its single pictures."""
    asked = iter(range(10_000))
    with server(lambda handler: say(handler, jpeg(next(asked)), "image/jpeg")) as address:
        pictures = pull(f"{address}/snapshot.jpg", 4, every_s=0.3)
        assert pictures[0] == jpeg(0)
        assert len(set(pictures)) == 4
        # The address alone does not say what is behind it.
        assert len(pull(f"{address}/cgi-bin/now", 2, every_s=0.3)) == 2


def test_a_snapshot_s_server_tells_its_clock() -> None:
    """A camera whose clock is wrong is found when it is added."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        picture = jpeg()
        handler.wfile.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nDate: Sun, 29 Nov 2015 10:00:00 GMT"
            + f"\r\nContent-Length: {len(picture)}\r\n\r\n".encode()
            + picture
        )

    with server(answer) as address:
        report = opening.test_source(parse_source(f"{address}/snapshot.jpg"), OPTIONS)
    assert report.frame.facts.clock_difference_s is not None
    assert report.frame.facts.clock_difference_s < -86400
    assert (report.frame.facts.codec, report.frame.facts.width) == ("jpeg", 64)


def test_video_in_one_long_answer_is_decoded(transport_stream: bytes) -> None:
    """HTTP-FLV, MPEG-TS and the like are streams too."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "video/mp2t")
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(transport_stream)
            time.sleep(0.5)

    with server(answer) as address:
        report = opening.test_source(parse_source(f"{address}/live.ts"), OPTIONS, PATIENCE_S)
    assert (report.frame.facts.codec, report.frame.facts.width) == ("mpeg4", 320)


def hls(segment: bytes, *, base: str = "") -> Answer:
    """A live playlist behind one of two qualities; a new piece every two seconds."""
    began = time.monotonic()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path == "/master.m3u8":
            text = (
                "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9000000,RESOLUTION=3840x2160\nlarge.m3u8\n"
                "#EXT-X-STREAM-INF:BANDWIDTH=1000000,RESOLUTION=320x240\nlive/small.m3u8\n"
            )
            say(handler, text.encode(), "application/vnd.apple.mpegurl")
        elif handler.path == "/live/small.m3u8":
            first = int((time.monotonic() - began) / 2)
            lines = "".join(
                f"#EXTINF:4.0,\n{base}piece{number}.ts\n" for number in range(first, first + 4)
            )
            text = f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:{first}\n{lines}"
            say(handler, text.encode(), "audio/mpegurl")
        elif handler.path.startswith("/live/piece"):
            say(handler, segment, "video/mp2t")
        else:
            say(handler, b"no", "text/plain", 404)

    return answer


def test_hls_is_followed_through_its_playlists(transport_stream: bytes) -> None:
    """The quality that is of use is taken, and piece follows piece."""
    with server(hls(transport_stream)) as address:
        pictures = pull(f"{address}/master.m3u8", 6)
    assert len(set(pictures)) > 2


@pytest.mark.parametrize(
    "base", ["file:///etc/", "http://8.8.8.8/", "http://169.254.169.254/", "concat:/etc/"]
)
def test_a_playlist_leads_nowhere_that_is_not_allowed(base: str, transport_stream: bytes) -> None:
    """Files, other protocols and other networks stay out of its reach."""
    with server(hls(transport_stream, base=base)) as address:
        code = fault_of(f"{address}/master.m3u8")
    assert code in {
        "url-scheme-not-fetched",
        "camera-network-not-allowed",
        "url-without-scheme",
        "camera-no-such-path",
        "not-a-url",
    }


def silent(_handler: BaseHTTPRequestHandler) -> None:
    """Takes the question and says nothing."""
    time.sleep(20)


def drip(handler: BaseHTTPRequestHandler) -> None:
    """A picture of which a byte comes now and then."""
    handler.send_response(200)
    handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=x")
    handler.end_headers()
    for byte in b"--x\r\n\r\n" + jpeg():
        handler.wfile.write(bytes((byte,)))
        time.sleep(0.2)


def drip_video(handler: BaseHTTPRequestHandler) -> None:
    """A video of which a byte comes now and then."""
    handler.send_response(200)
    handler.send_header("Content-Type", "video/mp2t")
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b"G")
        time.sleep(0.2)


def garbage(handler: BaseHTTPRequestHandler) -> None:
    """Bytes that are no video."""
    noise = np.random.default_rng(3).bytes(1 << 20)
    say(handler, noise, "video/mp4")


def redirect(handler: BaseHTTPRequestHandler) -> None:
    """Leads out of the cameras' networks."""
    handler.send_response(302)
    handler.send_header("Location", "http://8.8.8.8/snapshot.jpg")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


FAULTS: dict[str, tuple[Answer, str, set[str]]] = {
    "half a snapshot": (
        lambda handler: say(handler, jpeg()[:600], "image/jpeg"),
        "/snapshot.jpg",
        {"camera-sent-no-picture"},
    ),
    "a login page": (
        lambda handler: say(handler, b"<html>log in</html>", "text/html"),
        "/snapshot.jpg",
        {"camera-sent-no-picture"},
    ),
    "a page for video": (
        lambda handler: say(handler, b"<html>log in</html>", "text/html"),
        "/video",
        {"camera-sends-page"},
    ),
    "no such path": (
        lambda handler: say(handler, b"", "text/plain", 404),
        "/video",
        {"camera-no-such-path"},
    ),
    "forbidden": (
        lambda handler: say(handler, b"", "text/plain", 403),
        "/snapshot.jpg",
        {"camera-forbids"},
    ),
    "an error of its own": (
        lambda handler: say(handler, b"", "text/plain", 500),
        "/snapshot.jpg",
        {"camera-answers"},
    ),
    "silence": (silent, "/snapshot.jpg", {"camera-answer-timeout"}),
    "silence for video": (silent, "/video", {"camera-answer-timeout"}),
    "a drip": (drip, "/video", {"camera-silent"}),
    "a video that drips": (drip_video, "/video", {"camera-first-picture-timeout"}),
    "garbage": (garbage, "/video", {"camera-not-decoded", "camera-no-video-found"}),
    "a redirect": (redirect, "/snapshot.jpg", {"camera-network-not-allowed"}),
    "a playlist of nothing": (
        lambda handler: say(handler, b"#EXTM3U\n", "application/x-mpegurl"),
        "/live.m3u8",
        {"camera-playlist-stands", "camera-first-picture-timeout"},
    ),
    "an encrypted playlist": (
        lambda handler: say(
            handler, b'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="k"\n', "application/x-mpegurl"
        ),
        "/live.m3u8",
        {"camera-playlist-encrypted"},
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_each_fault_of_a_server_is_named_within_the_time_of_a_test(case: str) -> None:
    """Whatever the other side does, an answer comes, and says what to look at."""
    answer, path, codes = FAULTS[case]
    began = time.monotonic()
    with server(answer) as address:
        assert fault_of(address + path) in codes
    assert time.monotonic() - began < 2 * PATIENCE_S


def test_a_snapshot_s_login_is_answered_by_digest() -> None:
    """The usual login of cameras; a wrong password is told from none."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        said = handler.headers.get("Authorization", "")
        if 'username="admin"' in said and said.startswith("Digest"):
            say(handler, jpeg(), "image/jpeg")
            return
        handler.send_response(401)
        handler.send_header("WWW-Authenticate", 'Digest realm="cam", nonce="7", qop="auth"')
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with server(answer) as address:
        url = f"{address}/snapshot.jpg"
        right = parse_source(url, username="admin", password="p@/ss")  # noqa: S106
        assert opening.test_source(right, OPTIONS).frame.jpeg == jpeg()
        assert right.kind is SourceKind.SNAPSHOT
        assert fault_of(url) == "camera-wants-password"
        assert fault_of(url.replace("://", "://guest:x@")) == "camera-password-wrong"
