"""The table of protocols: kind, server, codec, transport, fault, and what came back.

    python -m benchmarks.stream_table

Each row is a real server on loopback that ``test_source`` is asked of; GStreamer's rows are left
out where it is not installed.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from safety_detector.camera_sources import opening
from safety_detector.camera_sources.opening import PullOptions
from safety_detector.camera_sources.source import CameraSource, Transport, parse_source
from safety_detector.camera_sources.streams.job import StreamLimits
from safety_detector.errors import CameraUnavailable
from tests.pictures import jpeg
from tests.rtsp_faults import BEGIN_AS_VIDEO, HANDSHAKES, STREAMS
from tests.rtsp_server import camera, rtsp_server, why_missing
from tests.scripted_rtsp import ScriptedRtsp, mpeg4, play, scripted_rtsp
from tests.unit.camera_sources.test_http_streams import FAULTS, Answer, say, say_parts, server

_LIMITS = replace(StreamLimits(), connect_s=4.0, answer_s=3.0, open_s=6.0)

Row = tuple[tuple[str, ...], AbstractContextManager[CameraSource]]


def main() -> int:
    """Prints the table; 1 if a row without fault brought no picture."""
    missing = why_missing()
    rows = [*_scripted(), *_http(), *([] if missing else _gstreamer())]
    print("| kind | server | codec | transport | fault | what came back | s |")
    print("|---|---|---|---|---|---|---|")
    wrong = 0
    for names, opened in rows:
        with opened as source:
            came, took_s, is_picture = _try(source)
        wrong += names[-1] == "-" and not is_picture
        print(f"| {' | '.join(names)} | {came} | {took_s:.1f} |", flush=True)
    if missing:
        print(f"\nWithout GStreamer's rows: {missing}.")
    return min(wrong, 1)


def _try(source: CameraSource) -> tuple[str, float, bool]:
    began = time.monotonic()
    try:
        report = opening.test_source(source, PullOptions(limits=_LIMITS))
    except CameraUnavailable as exc:
        return f"`{exc.reason.code}`: {exc.message}", time.monotonic() - began, False
    facts = report.frame.facts
    came = f"picture {facts.width} × {facts.height}, {facts.codec}, {facts.fps} frames/s"
    if facts.clock_difference_s is not None:
        came += f", clock {facts.clock_difference_s:+.1f} s"
    return came, time.monotonic() - began, True


@contextmanager
def _of_script(script: Callable[[], ScriptedRtsp]) -> Iterator[CameraSource]:
    with scripted_rtsp(script()) as address:
        yield parse_source(address)


@contextmanager
def _of_gstreamer(
    codec: str, transport: Transport, path: str = "/live", **login: str
) -> Iterator[CameraSource]:
    known = {"username": "admin", "password": "right"} if login else {}
    scheme = login.pop("scheme", "basic")
    with rtsp_server(camera(codec), scheme=scheme, **known) as server:
        yield parse_source(server.url(path), transport=transport, **login)


def _scripted() -> Iterator[Row]:
    yield (
        ("rtsp", "scripted", "mpeg4", "tcp", "-"),
        _of_script(lambda: ScriptedRtsp(play(mpeg4()))),
    )
    for faults in (HANDSHAKES, STREAMS):
        for name, fault in faults.items():
            if name not in BEGIN_AS_VIDEO:
                yield ("rtsp", "scripted", "-", "tcp", name), _of_script(fault.script)
    yield (
        ("rtsp", "nobody", "-", "tcp", "refused"),
        nullcontext(parse_source("rtsp://127.0.0.1:1/")),
    )
    yield (
        ("rtsp", "-", "-", "tcp", "name unknown"),
        nullcontext(parse_source("rtsp://nobody.invalid/")),
    )
    yield (
        ("rtsp", "-", "-", "tcp", "network not allowed"),
        nullcontext(parse_source("rtsp://169.254.169.254/")),
    )
    folder = Path(tempfile.mkdtemp())
    (folder / "text.mp4").write_text("no video")
    yield ("file", "-", "-", "-", "no video"), nullcontext(parse_source(f"{folder}/text.mp4"))
    yield ("file", "-", "-", "-", "missing"), nullcontext(parse_source(f"{folder}/none.mp4"))


@contextmanager
def _of_http(answer: Answer, path: str) -> Iterator[CameraSource]:
    with server(answer) as address:
        yield parse_source(address + path)


def _http() -> Iterator[Row]:
    yield ("http", "scripted", "mjpeg", "tcp", "-"), _of_http(say_parts, "/video.cgi")
    yield (
        ("snapshot", "scripted", "jpeg", "tcp", "-"),
        _of_http(lambda handler: say(handler, jpeg(), "image/jpeg"), "/snapshot.jpg"),
    )
    for name, (answer, path, _codes) in FAULTS.items():
        kind = parse_source(f"http://127.0.0.1{path}").kind.value
        yield (kind, "scripted", "-", "tcp", name), _of_http(answer, path)


def _gstreamer() -> Iterator[Row]:
    for codec in ("h264", "h265", "mjpeg"):
        for transport in Transport:
            names = ("rtsp", "GStreamer", codec, transport.value, "-")
            yield names, _of_gstreamer(codec, transport)
    for scheme in ("basic", "digest"):
        for fault, login in {
            "-": {"username": "admin", "password": "right"},
            "wrong password": {"username": "admin", "password": "wrong"},
            "no password": {"username": None},
        }.items():
            names = ("rtsp", f"GStreamer, {scheme}", "h264", "tcp", fault)
            yield names, _of_gstreamer("h264", Transport.TCP, scheme=scheme, **login)
    yield (
        ("rtsp", "GStreamer", "h264", "tcp", "no such path"),
        _of_gstreamer("h264", Transport.TCP, "/none"),
    )


if __name__ == "__main__":
    sys.exit(main())
