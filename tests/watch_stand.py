"""Cameras that play a clip, watchers as processes, and what the watchers noted of each frame."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from safety_detector.camera_sources.source import parse_source
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.core import Service
from safety_detector.settings import Settings
from safety_detector.wiring import open_service
from tests.program_environment import program_environment

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Noted:
    """A frame that the service took, as its watcher noted it; ``at_s`` by a clock of all."""

    camera_id: str
    fence: int
    watcher: str
    at_s: float


@dataclass
class WatchStand:
    """A service without workers, whose cameras play a clip.

    Attributes:
        folder: for everything.
        database_url: with the service's tables.
        redis_url: a broker, or an address at which none is.
        more: further settings of the watchers.
    """

    folder: Path
    database_url: str
    redis_url: str
    more: Mapping[str, str] = field(default_factory=dict)
    watchers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.notes = self.folder / "frames.txt"
        self.clip = self.folder / "clips" / "moving.avi"
        self.clip.parent.mkdir(parents=True)
        make_clip(self.clip)

    @property
    def environment(self) -> dict[str, str]:
        """Of the watchers, and of who speaks to the same service."""
        return program_environment() | {
            "SAFETY_DATA_DIR": str(self.folder / "data"),
            "SAFETY_DATABASE_URL": self.database_url,
            "SAFETY_REDIS_URL": self.redis_url,
            "SAFETY_CAMERA_FOLDERS": str(self.clip.parent),
            "SAFETY_UNCHANGED_MAX": "0",
            **self.more,
        }

    def open_service(self) -> Service:
        """The service, in this process; the caller closes it."""
        values = {
            name.removeprefix("SAFETY_").lower(): value
            for name, value in self.environment.items()
            if name.startswith("SAFETY_")
        }
        return open_service(Settings.model_validate(values), lambda _queue: None)

    def add_cameras(self, service: Service, number: int, every_s: float = 1.0) -> list[str]:
        """Cameras that play the clip again and again; their ids."""
        ids = [f"camera-{one:03}" for one in range(number)]
        for camera_id in ids:
            source = parse_source(str(self.clip))
            settings = CameraSettings(camera_id, source=source, every_s=every_s)
            service.cameras.records.create(settings, camera_id)
        return ids

    def start(self, name: str) -> subprocess.Popen[bytes]:
        """A watcher in a process group of its own."""
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.noting_watcher", str(self.notes)],
                cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.watchers[name] = process
        return process

    def kill(self, name: str, *, with_children: bool = True) -> None:
        """Ends a watcher as a machine ends that loses power, or the process alone."""
        process = self.watchers.pop(name)
        if with_children:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()

    def stop(self, name: str, within_s: float = 30.0) -> int:
        """Asks a watcher to end; its exit status."""
        process = self.watchers.pop(name)
        process.terminate()
        return process.wait(within_s)

    def close(self) -> None:
        """Kills what still runs."""
        for name in list(self.watchers):
            self.kill(name)

    def noted(self) -> list[Noted]:
        """Every frame so far, in the order of their commits as far as watchers noticed them."""
        if not self.notes.exists():
            return []
        lines = (line.split() for line in self.notes.read_text().splitlines())
        return [Noted(one[0], int(one[1]), one[2], float(one[3])) for one in lines]

    def log(self, name: str) -> str:
        """What a watcher said."""
        return (self.folder / f"{name}.log").read_text(errors="replace")


def by_camera(noted: Sequence[Noted]) -> dict[str, list[Noted]]:
    """The same for each camera, in order of time."""
    found: dict[str, list[Noted]] = defaultdict(list)
    for one in sorted(noted, key=lambda one: one.at_s):
        found[one.camera_id].append(one)
    return found


def longest_gap_s(moments: Sequence[float], begin_s: float, end_s: float) -> float:
    """The longest time without any of these moments, between two others."""
    inside = [one for one in moments if begin_s <= one <= end_s]
    edges = [begin_s, *inside, end_s]
    return max(after - before for before, after in itertools.pairwise(edges))


def watched_twice(noted: Sequence[Noted]) -> list[tuple[Noted, Noted]]:
    """Frames of a watcher that were taken after a later one had begun, of one camera.

    The notes of two processes may be a moment late, so that a tenth of a second says nothing.
    """
    found = []
    for frames in by_camera(noted).values():
        latest = frames[0]
        for one in frames:
            if one.fence < latest.fence and one.at_s > latest.at_s + 0.1:
                found.append((latest, one))
            elif one.fence > latest.fence:
                latest = one
    return found


def make_clip(path: Path, frames: int = 40, size: tuple[int, int] = (320, 240)) -> None:
    """A video of ten frames a second in which something moves."""
    width, height = size
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, size)
    rng = np.random.default_rng(7)
    ground = rng.integers(40, 90, (height, width, 3), np.uint8)
    for number in range(frames):
        picture = ground.copy()
        left = number * (width - 60) // frames
        cv2.rectangle(picture, (left, 90), (left + 60, 170), (30, 90, 230), -1)
        writer.write(picture)
    writer.release()
