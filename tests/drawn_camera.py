"""A camera that draws its pictures, and does what real ones do: fails, hangs, comes back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from safety_detector.camera_sources.puller import PulledFrame, StreamFacts
from safety_detector.errors import SafetyDetectorError
from tests.pictures import jpeg

FACTS = StreamFacts("h264", 32, 24, 25.0)


@dataclass
class DrawnCamera:
    """What a test says of a camera, and what became of it; used by several threads.

    Attributes:
        every_s: between two pictures.
        error: raised instead of a picture.
        hangs: whether reading from it neither ends nor listens to anybody.
        opened: how often it was opened.
        pulling: how many pull from it at present.
        most_pulling: the same at its most.
        accepted: names of pictures that were said to be stored.
    """

    every_s: float = 0.02
    error: Callable[[], SafetyDetectorError] | None = None
    hangs: bool = False
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    opened: int = 0
    drawn: int = 0
    pulling: int = 0
    most_pulling: int = 0
    accepted: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def draw(self) -> PulledFrame:
        """The next picture."""
        with self._lock:
            self.drawn += 1
            number = self.drawn
        return PulledFrame(jpeg(number % 50), f"{number}.jpg", None, self.now(), FACTS)

    def count(self, step: int) -> None:
        """Notes that somebody begins or ends to pull."""
        with self._lock:
            self.pulling += step
            self.opened += step > 0
            self.most_pulling = max(self.pulling, self.most_pulling)


class DrawnPuller:
    """Pulls from a camera that draws."""

    def __init__(self, camera: DrawnCamera) -> None:
        self._camera = camera
        self._stopped = threading.Event()
        self._started = False

    def start(self) -> None:
        """Begins."""
        self._started = True
        self._camera.count(1)

    def read(self, timeout_s: float) -> PulledFrame | None:
        """A picture, what is wrong, or nothing."""
        if self._camera.hangs:
            self._camera.released.wait()
        if self._stopped.wait(min(self._camera.every_s, timeout_s)):
            return None
        if self._camera.error is not None:
            raise self._camera.error()
        return self._camera.draw() if self._camera.every_s <= timeout_s else None

    def accepted(self, frame: PulledFrame) -> None:
        """A picture is stored."""
        self._camera.accepted.append(frame.name)

    def stop(self) -> None:
        """Ends, as often as it is said."""
        if self._started and not self._stopped.is_set():
            self._camera.count(-1)
        self._stopped.set()
