"""A worker's parts around a real service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from safety_detector.appearance.fonts import find_fonts
from safety_detector.database.engine import Database
from safety_detector.domain.detections import Detection, DetectorOutcome, DetectorRun
from safety_detector.domain.geometry import Box
from safety_detector.ingest.admission import Limits
from safety_detector.job_queue import JobQueue, create_celery
from safety_detector.jobs.records import Claim
from safety_detector.jobs.runner import Runner
from safety_detector.pictures.images import RgbImage
from safety_detector.ports import Detector
from safety_detector.service.records import ClaimedPicture
from safety_detector.worker.finisher import Finisher
from safety_detector.worker.inspector import Equipment, Inspector, record
from safety_detector.worker.pulse import Presence, Pulse
from safety_detector.worker.sweeper import Sweeper
from tests.service_stand import FIRE, Stand, build_stand


@dataclass
class ScriptedDetector:
    """Does what the test says, picture by picture; without a script it finds a fire.

    Attributes:
        script: what happens to the next pictures, an exception to raise or something to call.
        urgent: what was said of each picture.
    """

    backend: str = "embedded"
    script: list[Exception | Callable[[], None]] = field(default_factory=list)
    urgent: list[bool] = field(default_factory=list)

    def detect(self, rgb: RgbImage, attempt: int = 1, *, urgent: bool = True) -> DetectorOutcome:
        """The next step of the script, or a fire."""
        assert rgb.ndim == 3
        self.urgent.append(urgent)
        if self.script:
            step = self.script.pop(0)
            if isinstance(step, Exception):
                raise step
            step()
        found = (Detection(Box(1, 2, 30, 40), FIRE, 0.9),)
        return DetectorOutcome(found, DetectorRun("embedded", "scripted"))

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class Bench:
    """A worker's parts.

    Attributes:
        hung: claims that were reported as hanging.
        job_queue: wake-ups that go nowhere.
    """

    stand: Stand
    detector: ScriptedDetector
    pulse: Pulse[ClaimedPicture]
    runner: Runner[ClaimedPicture]
    hung: list[Claim[ClaimedPicture]]
    job_queue: JobQueue
    finisher: Finisher

    def runner_with(self, detector: Detector) -> Runner[ClaimedPicture]:
        """Another runner of the same service."""
        return _runner(self.stand, self.pulse, self.finisher, detector)

    def inspect_next(self) -> int:
        """Inspects what is claimed next and waits until it is recorded."""
        count = self.runner.run_next()
        self.finisher.start()
        self.finisher.stop()
        return count


@pytest.fixture
def bench(database: Database, quick_path: Path) -> Bench:
    """An inspector and its pulse, not started, on an empty service; there is no broker."""
    stand = build_stand(database, quick_path)
    hung: list[Claim[ClaimedPicture]] = []
    nowhere = JobQueue(create_celery("redis+socket:///nowhere/valkey.sock"))
    pulse = Pulse(
        stand.service,
        stand.service.inspections.jobs.extend,
        Presence("worker-1", "embedded", 1),
        Sweeper(stand.service, nowhere),
        heartbeat=timedelta(0),
        claim_limit=timedelta(hours=1),
        on_hang=hung.append,
        listens=lambda _idle: None,
        is_present=lambda: True,
    )
    detector = ScriptedDetector()
    finisher = Finisher(
        record=partial(record, stand.service),
        finished=lambda finding: pulse.let_go(finding.claim),
    )
    runner = _runner(stand, pulse, finisher, detector)
    return Bench(stand, detector, pulse, runner, hung, nowhere, finisher)


def _runner(
    stand: Stand, pulse: Pulse[ClaimedPicture], finisher: Finisher, detector: Detector
) -> Runner[ClaimedPicture]:
    equipment = Equipment(detector, detector, Limits(), find_fonts(), "en")
    inspector = Inspector(stand.service, finisher, equipment)
    return Runner(stand.service.inspections.jobs, "embedded", pulse, inspector, most_at_once=8)
