"""One stream's process: takes its job from the socket, and does it within limits."""

from __future__ import annotations

import os
import resource
import socket
from contextlib import suppress
from pathlib import Path

import cv2

from safety_detector.camera_sources.source import SourceKind
from safety_detector.camera_sources.streams.complaints import let_ffmpeg_speak
from safety_detector.camera_sources.streams.dahua import read_dahua
from safety_detector.camera_sources.streams.http_video import read_http, read_snapshots
from safety_detector.camera_sources.streams.job import StreamJob
from safety_detector.camera_sources.streams.rtsp_video import read_rtsp
from safety_detector.camera_sources.streams.teller import Teller
from safety_detector.camera_sources.streams.video import read_file
from safety_detector.camera_sources.wire import MessageBuffer
from safety_detector.errors import CameraStreamBroken, CameraUnavailable

_NICENESS = 5  # decoding waits before answering people does
_JOB_WITHIN_S = 30.0
_MOST_DESCRIPTORS = 64

_READERS = {
    SourceKind.RTSP: read_rtsp,
    SourceKind.FILE: read_file,
    SourceKind.HTTP: read_http,
    SourceKind.SNAPSHOT: read_snapshots,
    SourceKind.DAHUA: read_dahua,
}


def run_stream(channel: socket.socket) -> int:
    """Pulls one stream until it ends or nobody listens any more; the process's exit code."""
    job = _receive_job(channel)
    if job is None:
        return 0
    _limit(job.limits.memory_bytes)
    cv2.setNumThreads(1)
    let_ffmpeg_speak()
    tell = Teller(channel, job.limits.cpu_s)
    try:
        _READERS[job.source.kind](job, tell)
    except CameraUnavailable as exc:
        tell.fault(exc)
    except MemoryError:
        tell.fault(_takes_memory(job))
    except cv2.error as exc:
        is_memory = exc.code == cv2.Error.StsNoMem
        words = " ".join(str(exc).split())[-200:]
        tell.fault(
            _takes_memory(job)
            if is_memory
            else CameraStreamBroken("camera-not-decoded", cause=words)
        )
    return 0


def _takes_memory(job: StreamJob) -> CameraStreamBroken:
    return CameraStreamBroken("camera-takes-memory", limit_megabytes=job.limits.memory_bytes / 1e6)


def _receive_job(channel: socket.socket) -> StreamJob | None:
    buffer = MessageBuffer(0)
    channel.settimeout(_JOB_WITHIN_S)
    while data := channel.recv(1 << 16):
        for message in buffer.add(data):
            channel.settimeout(None)
            return StreamJob.read(message.fields)
    return None


def _limit(memory_bytes: int) -> None:
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    _lower(resource.RLIMIT_AS, held + memory_bytes)
    _lower(resource.RLIMIT_NOFILE, _MOST_DESCRIPTORS)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, 16 * 2**20)  # what libraries say on stderr
    with suppress(OSError):
        os.nice(_NICENESS)


def _lower(which: int, limit: int) -> None:
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(which, (limit, limit))
