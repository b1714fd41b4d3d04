"""Streams of real servers, pulled through processes of their own."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
import trustme

from safety_detector.camera_sources import opening
from safety_detector.camera_sources.opening import PullOptions, open_puller
from safety_detector.camera_sources.puller import PulledFrame, Puller
from safety_detector.camera_sources.source import SourceOptions, Transport, parse_source
from safety_detector.errors import (
    CameraAddressRefused,
    CameraLoginFailed,
    CameraStreamMissing,
    CameraUnavailable,
    CameraUnreachable,
)
from tests.rtsp_server import camera, rtsp_server

pytestmark = pytest.mark.processes

OPTIONS = PullOptions()
PATIENCE_S = 60.0
PASSWORD, OTHER = "se:c/r@t?#%20", "another-secret"


def clip(
    path: Path, *, frames: int = 60, fps: int = 10, size: tuple[int, int] = (320, 240)
) -> Path:
    """A video whose picture gets brighter from frame to frame."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, size)
    for number in range(frames):
        writer.write(np.full((size[1], size[0], 3), 4 * number, np.uint8))
    writer.release()
    return path


def pull(puller: Puller, count: int) -> list[PulledFrame]:
    """So many pictures."""
    frames: list[PulledFrame] = []
    deadline = time.monotonic() + PATIENCE_S
    while len(frames) < count:
        assert time.monotonic() < deadline, f"{len(frames)} pictures came"
        frame = puller.read(1.0)
        if frame is not None:
            frames.append(frame)
    return frames


def fault_of(call: Callable[[], object]) -> CameraUnavailable:
    """What is wrong with a source."""
    with pytest.raises(CameraUnavailable) as raised:
        call()
    return raised.value


def brightness(frame: PulledFrame) -> float:
    """The mean grey of a picture."""
    return float(cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE).mean())


def test_a_file_is_played_at_its_own_speed_and_from_its_beginning_again(tmp_path: Path) -> None:
    """A clip stands in for a camera: pictures differ, and do not come all at once."""
    path = clip(tmp_path / "clip.mp4", frames=30)
    puller = open_puller(parse_source(str(path)), 0.5, OPTIONS)
    puller.start()
    try:
        frames = pull(puller, 9)
    finally:
        puller.stop()
    grey = [brightness(frame) for frame in frames]
    assert any(after < before for before, after in pairwise(grey))
    spans = frames[-1].received_at - frames[0].received_at
    assert spans.total_seconds() > 2.5
    assert (frames[0].facts.codec, frames[0].facts.width) == ("mpeg4", 320)


def test_a_file_that_is_played_once_ends(tmp_path: Path) -> None:
    """Whoever wants no loop is told when the clip is over."""
    source = parse_source(
        str(clip(tmp_path / "clip.mp4", frames=5)), options=SourceOptions(loop=False)
    )
    puller = open_puller(source, 0.5, OPTIONS)
    puller.start()
    assert fault_of(lambda: [puller.read(1.0) for _ in range(60)]).reason.code == (
        "camera-video-ended"
    )


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_a_stream_is_tested_before_it_is_saved(codec: str) -> None:
    """The integrator sees a picture, its size, codec and rate, and the clocks' difference."""
    with rtsp_server(camera(codec)) as server:
        report = opening.test_source(parse_source(server.url()), OPTIONS, PATIENCE_S)
    facts = report.frame.facts
    assert (facts.codec, facts.width, facts.height, facts.fps) == (
        {"h264": "h264", "h265": "hevc"}[codec],
        640,
        360,
        25.0,
    )
    assert facts.clock_difference_s is not None
    assert abs(facts.clock_difference_s) < 30
    assert report.frame.jpeg.startswith(b"\xff\xd8")


def test_pictures_go_on_coming_over_udp() -> None:
    """A line that loses TCP connections has another way."""
    with rtsp_server() as server:
        puller = open_puller(parse_source(server.url(), transport=Transport.UDP), 1.0, OPTIONS)
        puller.start()
        try:
            frames = pull(puller, 3)
        finally:
            puller.stop()
    assert len({frame.jpeg for frame in frames}) == 3


@pytest.mark.parametrize("scheme", ["basic", "digest"])
def test_a_password_opens_the_stream_and_a_wrong_one_is_named(scheme: str) -> None:
    """Signs that mean something in URLs are a part of passwords, and no error repeats one."""
    with rtsp_server(username="admin", password=PASSWORD, scheme=scheme) as server:
        right = parse_source(server.url(), username="admin", password=PASSWORD)
        assert opening.test_source(right, OPTIONS, PATIENCE_S).frame.jpeg
        wrong = parse_source(server.url(), username="admin", password=OTHER)
        fault = fault_of(lambda: opening.test_source(wrong, OPTIONS, PATIENCE_S))
        assert isinstance(fault, CameraLoginFailed)
        assert fault.reason.code == "camera-password-wrong"
        assert OTHER not in repr(fault.reason)
        none = fault_of(lambda: opening.test_source(parse_source(server.url()), OPTIONS))
        assert none.reason.code == "camera-wants-password"


def test_what_is_wrong_is_said_in_words_that_help() -> None:
    """No path, no server, no name and no permission are told apart."""
    with rtsp_server() as server:
        missing = fault_of(lambda: opening.test_source(parse_source(server.url("/no")), OPTIONS))
    assert (type(missing), missing.reason.code) == (CameraStreamMissing, "camera-no-such-path")
    refused = fault_of(lambda: opening.test_source(parse_source(server.url()), OPTIONS))
    assert (type(refused), refused.reason.code) == (CameraUnreachable, "camera-refused")
    unknown = fault_of(
        lambda: opening.test_source(parse_source("rtsp://nobody.invalid/x"), OPTIONS)
    )
    assert (type(unknown), unknown.reason.code) == (CameraUnreachable, "camera-name-unknown")
    for host in ("8.8.8.8", "169.254.169.254", "[::ffff:8.8.8.8]"):
        outside = fault_of(
            lambda host=host: opening.test_source(parse_source(f"rtsp://{host}/x"), OPTIONS)
        )
        assert isinstance(outside, CameraAddressRefused)


def test_rtsps_needs_a_certificate_that_is_trusted(tmp_path: Path) -> None:
    """An encrypted stream is pulled from the camera that it should come from, and no other."""
    authority = trustme.CA()
    key = authority.issue_cert("127.0.0.1")
    chain, known = tmp_path / "server.pem", tmp_path / "ca.pem"
    key.private_key_and_cert_chain_pem.write_to_path(chain)
    authority.cert_pem.write_to_path(known)
    with rtsp_server(username="admin", password=PASSWORD, certificate=chain) as server:
        source = parse_source(server.url(), username="admin", password=PASSWORD)
        trusting = PullOptions(ca_file=known)
        assert opening.test_source(source, trusting, PATIENCE_S).frame.facts.codec == "h264"
        fault = fault_of(lambda: opening.test_source(source, OPTIONS, PATIENCE_S))
    assert "SAFETY_FETCH_CA_FILE" in str(fault)
