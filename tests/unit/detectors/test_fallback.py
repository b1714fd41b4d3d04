"""The embedded detector in place of model servers that cannot be used."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pytest

from safety_detector.detectors.fallback import FallbackDetector
from safety_detector.detectors.qwen.detector import QwenVlDetector
from safety_detector.detectors.qwen.dialects import dialect_named
from safety_detector.detectors.qwen.servers.in_flight_limit import InFlightBounds
from safety_detector.detectors.qwen.servers.server_states import LocalStates
from safety_detector.domain.detections import Detection, DetectorOutcome, DetectorRun
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.inspection import Verdict
from safety_detector.errors import AnswerUnreadable, ModelUnreachable, ServerFailure
from safety_detector.ingest.admission import Limits
from safety_detector.pictures.images import RgbImage
from safety_detector.pipeline import inspect_picture
from tests.model_server import MODEL, Reply, closed_port, running
from tests.pictures import jpeg

PICTURE = np.full((112, 168, 3), 127, np.uint8)


@dataclass
class StandIn:
    """Finds what the test says."""

    backend: str = "embedded"
    model: str = "small"
    prompt_version: str | None = None
    found: tuple[Detection, ...] = ()
    asked: int = 0
    closed: bool = False

    def detect(self, rgb: RgbImage, attempt: int = 1, *, urgent: bool = True) -> DetectorOutcome:
        """The given detections."""
        self.asked += 1
        return DetectorOutcome(self.found, DetectorRun("embedded", "small"))

    def close(self) -> None:
        """Notes it."""
        self.closed = True


@contextmanager
def fallback_of(
    url: str, stand_in: StandIn, states: LocalStates | None = None, timeout_s: float = 60.0
) -> Iterator[FallbackDetector]:
    """The detector of one server, and that one beside it."""
    servers = QwenVlDetector(
        [url],
        MODEL,
        dialect_named("qwen2.5-vl"),
        timeout_s=timeout_s,
        in_flight=InFlightBounds(1, 1, 1),
        states=states,
    )
    detector = FallbackDetector(servers, stand_in)
    try:
        yield detector
    finally:
        detector.close()


def away() -> str:
    """The address of a server that is not there."""
    return f"http://127.0.0.1:{closed_port()}/v1"


def test_result_shows_the_failed_run_before_the_one_that_stood_in() -> None:
    """With the model and prompt that should have answered, and why they did not."""
    with fallback_of(away(), StandIn()) as detector:
        outcome = detector.detect(PICTURE)
        assert (detector.backend, detector.model) == ("qwen", MODEL)
    [failed] = outcome.earlier
    assert (failed.backend, failed.model, failed.prompt_version) == ("qwen", MODEL, "zh-1")
    assert (failed.error, failed.complete) == ("model-unreachable", False)
    assert outcome.run.backend == "embedded"


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ((), Verdict.INCONCLUSIVE),
        (
            (Detection(Box(1, 2, 9, 9), Hazard(Label.PERSON, SubLabel.HELMET)),),
            Verdict.INCONCLUSIVE,
        ),
        ((Detection(Box(1, 2, 9, 9), Hazard(Label.FIRE, SubLabel.MINOR)),), Verdict.HAZARD),
    ],
)
def test_picture_is_never_clear_by_the_stand_in_alone(
    found: tuple[Detection, ...], verdict: Verdict
) -> None:
    """What it finds counts; what it does not find proves nothing."""
    with fallback_of(away(), StandIn(found=found)) as detector:
        inspected = inspect_picture(jpeg(), "a.jpg", detector, Limits())
    assert inspected.verdict is verdict
    assert [run.backend for run in inspected.runs] == ["qwen", "embedded"]
    assert "decode" in inspected.runs[-1].timings_ms


def test_servers_answer_again_when_they_are_back() -> None:
    """Nothing has to be switched back."""
    stand_in = StandIn()
    port = closed_port()
    with fallback_of(f"http://127.0.0.1:{port}/v1", stand_in) as detector:
        assert detector.detect(PICTURE).earlier
        with running(Reply("[]"), port=port):
            deadline = time.monotonic() + 120
            while detector.detect(PICTURE).earlier:
                assert time.monotonic() < deadline
                time.sleep(0.01)


def test_fault_of_the_picture_is_not_covered_up() -> None:
    """The servers work; the caller tries again and counts."""
    stand_in = StandIn()
    with (
        running(Reply("prose")) as server,
        fallback_of(server.url, stand_in) as detector,
        pytest.raises(AnswerUnreadable),
    ):
        detector.detect(PICTURE)
    assert stand_in.asked == 0
    assert stand_in.closed


def test_servers_that_are_only_busy_are_waited_for() -> None:
    """No place in time is no outage."""
    states, stand_in = LocalStates(), StandIn()
    with (
        running(Reply("[]")) as server,
        fallback_of(server.url, StandIn(), states) as patient,
        fallback_of(server.url, stand_in, states, timeout_s=0.3) as hasty,
        ThreadPoolExecutor(1) as pool,
    ):
        patient.detect(PICTURE)
        server.gate.clear()
        held = pool.submit(patient.detect, PICTURE)
        while server.in_flight == 0:
            assert not held.done()
        with pytest.raises(ModelUnreachable, match="room"):
            hasty.detect(PICTURE)
        server.gate.set()
        assert held.result().earlier == ()
    assert stand_in.asked == 0


def test_servers_that_refuse_for_lack_of_room_are_waited_for() -> None:
    """429 is said by a server that works; as soon as it has room it answers."""
    stand_in = StandIn()
    with running(Reply("[]")) as server, fallback_of(server.url, stand_in) as detector:
        server.canary = Reply("[]")
        server.replies = [Reply("slow down", status=429)]
        with pytest.raises(ModelUnreachable, match="no room") as caught:
            detector.detect(PICTURE)
        assert caught.value.failure is ServerFailure.NO_ROOM
        server.replies = [Reply("[]")]
        assert detector.detect(PICTURE).earlier == ()
    assert stand_in.asked == 0
