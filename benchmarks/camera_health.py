"""How soon each fault of a camera is found, and how often none is reported.

    python -m benchmarks.camera_health CLIP [--hour-s 3600]

CLIP is a video of a scene in which nothing is wrong; its frames go, every two seconds of a clock
that the benchmark sets, through the service's own way in (SQLite, the whole of ``Frames.push``) and
the sweeper's round, so that an hour takes minutes.  Each fault is injected into it twice: for
twenty seconds, after which nothing may have been reported, and until it is found.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from safety_detector.database.engine import Database
from safety_detector.database.migrate import migrate
from safety_detector.database.sqlite import sqlite_url
from safety_detector.domain.camera_health import FROZEN_AFTER, Fault
from safety_detector.errors import PictureRefused
from safety_detector.ingest.admission import Limits
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.core import Service, build_service
from safety_detector.service.records import Submission
from safety_detector.storage.storage import Storage

_EVERY_S, _BLIP_S, _CALM_S, _LONGEST_S = 2, 20, 60, 480

Picture = NDArray[np.uint8]
Sent = Callable[[bytes, Picture], bytes | None]


class Clock:
    """The time is what the benchmark says."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The present moment."""
        self.now += timedelta(microseconds=1)
        return self.now


class Camera:
    """A camera that plays the clip again and again, each time with other noise."""

    def __init__(self, service: Service, clock: Clock, clip: list[Picture], camera_id: str) -> None:
        self._service, self._clock, self._clip, self._id = service, clock, clip, camera_id
        self._rng = np.random.default_rng(1)
        self._number = 0
        self.clock_error_s = 0.0
        service.cameras.records.create(CameraSettings(camera_id, every_s=_EVERY_S), camera_id)

    def play(self, seconds: float, sent: Sent | None = None) -> dict[Fault, float]:
        """Plays for so long; when each fault was first open, in seconds from the start."""
        began, found = self._clock.now, dict[Fault, float]()
        while (self._clock.now - began).total_seconds() < seconds:
            self._clock.now += timedelta(seconds=_EVERY_S)
            self._send(sent)
            self._service.cameras.health.sweep()
            for fault in self._service.cameras.health.open_faults(self._id):
                passed = (self._clock.now - began).total_seconds()
                found.setdefault(fault.fault, round(passed, 1))
            if found and sent is not None:
                break
        return found

    def _send(self, sent: Sent | None) -> None:
        picture = self._clip[self._number % len(self._clip)]
        self._number += 1
        noise = self._rng.normal(0, 1.5, picture.shape)
        noisy = np.clip(picture + noise, 0, 255).astype(np.uint8)
        data: bytes | None = _jpeg(noisy)
        if sent is not None and data is not None:
            data = sent(data, noisy)
        if data is None:
            return
        stated = self._clock.now + timedelta(seconds=self.clock_error_s)
        frame = Submission("frame.jpg", captured_at=stated if self.clock_error_s else None)
        with suppress(PictureRefused):
            self._service.cameras.frames.push(self._id, data, frame)


def _jpeg(picture: Picture) -> bytes:
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()


def _frozen() -> Sent:
    kept: list[bytes] = []

    def send(data: bytes, _picture: Picture) -> bytes:
        kept.append(data)
        return kept[0]

    return send


def _turned(picture: Picture) -> Picture:
    return np.roll(picture, picture.shape[1] // 12, axis=1)


def _noisy(level: float, picture: Picture) -> bytes:
    noise = np.random.default_rng().normal(level, 1.5, picture.shape)
    return _jpeg(np.clip(noise, 0, 255).astype(np.uint8))


_FAULTS: dict[Fault, Callable[[], Sent]] = {
    Fault.SILENT: lambda: lambda _data, _picture: None,
    Fault.FROZEN: _frozen,
    Fault.DARK: lambda: lambda _data, picture: _noisy(4, picture),
    Fault.COVERED: lambda: lambda _data, picture: _noisy(120, picture),
    Fault.BLURRED: lambda: (
        lambda _data, picture: _jpeg(
            cv2.GaussianBlur(picture, (0, 0), picture.shape[1] / 160).astype(np.uint8)
        )
    ),
    Fault.MOVED: lambda: lambda _data, picture: _jpeg(_turned(picture)),
    Fault.REFUSED: lambda: lambda data, _picture: data[: len(data) // 2],
}


def main() -> None:
    """Prints a line a fault, then what was reported in an hour of the clip as it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--hour-s", type=int, default=3600)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    clip = _frames(asked.clip)
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(sqlite_url(Path(folder) / "service.db"))
        migrate(database)
        storage = Storage(Path(folder) / "data")
        storage.prepare()
        service = build_service(
            database,
            storage,
            limits=Limits(),
            default_backend="embedded",
            wake_up=lambda _queue: None,
            clock=clock,
            unchanged_max=timedelta(seconds=60),
        )
        for fault, make in _FAULTS.items():
            camera = Camera(service, clock, clip, fault.value)
            _try(camera, fault, make)
        camera = Camera(service, clock, clip, "clock")
        camera.play(_CALM_S)
        camera.clock_error_s = 90
        found = camera.play(_LONGEST_S, lambda data, _picture: data)
        print(f"clock: found after {found.get(Fault.CLOCK)} s; with it: {_others(found, 'clock')}")
        camera = Camera(service, clock, clip, "sound")
        reported = camera.play(asked.hour_s)
        print(f"{asked.hour_s} s of the clip as it is: {len(reported)} faults {reported or ''}")
        database.close()


def _try(camera: Camera, fault: Fault, make: Callable[[], Sent]) -> None:
    camera.play(_CALM_S)
    blip = camera.play(_BLIP_S, make())
    blip |= camera.play(_CALM_S)
    found = camera.play(_LONGEST_S, make())
    bound = 60 + (FROZEN_AFTER.total_seconds() if fault is Fault.FROZEN else 0)
    seconds = found.get(fault)
    verdict = "in time" if seconds is not None and seconds <= bound else "NOT IN TIME"
    print(
        f"{fault}: 20 s reported {'as ' + str(blip) if blip else 'not'}; found after {seconds} s "
        f"({verdict}, {bound:.0f} s); with it: {_others(found, fault)}",
        flush=True,
    )


def _others(found: dict[Fault, float], fault: str) -> str:
    return ", ".join(one for one in found if one != fault) or "none"


def _frames(path: Path) -> list[Picture]:
    video = cv2.VideoCapture(str(path))
    frames: list[Picture] = []
    while len(frames) < 250:
        there, frame = video.read()
        if not there:
            break
        frames.append(frame.astype(np.uint8, copy=False))
    if not frames:
        raise SystemExit(f"{path} cannot be read")
    return frames[::10]


if __name__ == "__main__":
    main()
