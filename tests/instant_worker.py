"""``python -m tests.instant_worker``: a real worker whose detector answers when the test wants.

``TEST_QUEUE`` is the queue, ``embedded`` unless told.  ``TEST_DETECT_S`` is how long each picture
takes, in seconds, and ``TEST_LEAK_MIB`` how much memory it leaves behind; beyond ``TEST_MOST_MIB``
(unless told, the real bound) a process is replaced.  A file ``model-away`` in the data folder makes
the model unreachable while it is there, and ``model-holds`` keeps it from answering.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from pathlib import Path
from typing import cast

from safety_detector.domain.detections import Detection, DetectorOutcome, DetectorRun
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.errors import ModelUnreachable
from safety_detector.observability.logs import configure_logging
from safety_detector.pictures.images import RgbImage
from safety_detector.settings import Backend, Settings, load_settings
from safety_detector.worker.app import create_worker_app, run_worker


class InstantDetector:
    """Finds one small fire in every picture."""

    def __init__(self, settings: Settings, _backend: Backend) -> None:
        self._seconds = float(os.environ.get("TEST_DETECT_S", "0"))
        self._leak_bytes = int(os.environ.get("TEST_LEAK_MIB", "0")) * 2**20
        self._leaked: list[bytes] = []
        self._away = Path(settings.data_dir) / "model-away"
        self._holds = Path(settings.data_dir) / "model-holds"

    @property
    def backend(self) -> str:
        """Whose place it takes."""
        return "embedded"

    def detect(self, rgb: RgbImage, attempt: int = 1, *, urgent: bool = True) -> DetectorOutcome:
        """A fire in the upper left corner."""
        if self._away.exists():
            raise ModelUnreachable("no-server-was-sound", seconds=0)
        while self._holds.exists():
            time.sleep(0.01)
        time.sleep(self._seconds)
        self._leaked.append(b"x" * self._leak_bytes)
        box = Box(0, 0, min(20, rgb.shape[1]), min(20, rgb.shape[0]))
        found = Detection(box, Hazard(Label.FIRE, SubLabel.MINOR), 0.9)
        return DetectorOutcome((found,), DetectorRun("embedded", "instant"))

    def close(self) -> None:
        """Nothing is open."""


if __name__ == "__main__":
    warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")
    settings = load_settings()
    configure_logging(settings.log_format, settings.log_level)
    queue = cast(Backend, os.environ.get("TEST_QUEUE", "embedded"))
    app = create_worker_app(settings, queue, InstantDetector)
    if "TEST_MOST_MIB" in os.environ:
        app.conf.worker_max_memory_per_child = int(os.environ["TEST_MOST_MIB"]) * 2**10
    sys.exit(run_worker(app, settings, queue))
