"""Opens a camera's source, whatever its kind, for pulling or for a test."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from safety_detector.camera_sources.drop_folder import DropFolder
from safety_detector.camera_sources.puller import PulledFrame, Puller, SourceReport
from safety_detector.camera_sources.source import CameraSource, SourceKind
from safety_detector.camera_sources.stream_puller import StreamPuller
from safety_detector.camera_sources.streams.job import StreamJob, StreamLimits
from safety_detector.errors import CameraStreamMissing, CameraTimedOut
from safety_detector.ingest.admission import Limits
from safety_detector.message_texts.reason import Reason
from safety_detector.network.permitted import AllowedNetworks

_STREAMS = (
    *(SourceKind.RTSP, SourceKind.HTTP, SourceKind.FILE),
    *(SourceKind.SNAPSHOT, SourceKind.DAHUA),
)
_TEST_EVERY_S = 1.0
_CLOCK_WITHIN_S = 3.0  # after the first picture; RTCP's reports come some seconds apart


@dataclass(frozen=True, slots=True)
class PullOptions:
    """What is said of all sources.

    Attributes:
        networks: where cameras may be.
        limits: what one stream may take.
        ca_file: certificates (PEM) that are trusted besides the usual ones.
    """

    networks: AllowedNetworks = field(default_factory=AllowedNetworks)
    limits: StreamLimits = field(default_factory=StreamLimits)
    ca_file: Path | None = None


def open_puller(source: CameraSource, every_s: float, options: PullOptions) -> Puller:
    """What pulls the source, not started.

    Args:
        source: with its secrets.
        every_s: how often a picture is wanted; the newest is given out.
        options: networks and limits.

    Raises:
        CameraStreamMissing: its pictures are sent, not pulled.
    """
    if source.kind in _STREAMS:
        ca_file = str(options.ca_file) if options.ca_file else None
        return StreamPuller(StreamJob(source, every_s, options.networks, options.limits, ca_file))
    if source.kind is SourceKind.FOLDER:
        limits = options.limits
        return DropFolder(source, Limits(limits.max_jpeg_bytes, limits.max_pixels))
    raise CameraStreamMissing("camera-kind-not-pulled", kind=source.kind.value)


def test_source(
    source: CameraSource,
    options: PullOptions,
    timeout_s: float = 15.0,  # noqa: PT028 (no test of ours)
) -> SourceReport:
    """Opens a source and gives back its first picture, whatever the other side does.

    Raises:
        CameraUnavailable: what is wrong; within ``timeout_s`` in any case.
    """
    began = time.monotonic()
    deadline = began + timeout_s
    puller = open_puller(source, _TEST_EVERY_S, options)
    try:
        puller.start()
        frame = puller.read(timeout_s)
        if frame is None:
            step = puller.step if isinstance(puller, StreamPuller) else Reason("camera-step-watch")
            raise CameraTimedOut("camera-step-timeout", seconds=timeout_s, step=step)
        took_s = time.monotonic() - began
        if source.kind is SourceKind.RTSP:
            frame = _with_clock(puller, frame, min(deadline, time.monotonic() + _CLOCK_WITHIN_S))
        return SourceReport(frame, took_s)
    finally:
        puller.stop()


def _with_clock(puller: Puller, frame: PulledFrame, deadline: float) -> PulledFrame:
    """The frame, or a later one that tells the camera's clock."""
    while frame.facts.clock_difference_s is None and time.monotonic() < deadline:
        frame = puller.read(max(deadline - time.monotonic(), 0.0)) or frame
    return frame
