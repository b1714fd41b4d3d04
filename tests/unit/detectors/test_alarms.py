"""Cameras' pictures are looked at in time, whatever the model servers do."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest

from safety_detector.detectors.alarms import AlarmDetector
from safety_detector.detectors.patience import Patience
from safety_detector.detectors.qwen.detector import QwenVlDetector
from safety_detector.detectors.qwen.dialects import dialect_named
from safety_detector.detectors.qwen.servers.in_flight_limit import InFlightBounds
from safety_detector.domain.detections import Detection, DetectorOutcome, DetectorRun
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.errors import AnswerUnreadable
from safety_detector.pictures.images import RgbImage
from tests.eventually import eventually
from tests.model_server import MODEL, Reply, closed_port, running

PICTURE = np.full((112, 168, 3), 127, np.uint8)
FIRE = Detection(Box(1, 2, 9, 9), Hazard(Label.FIRE, SubLabel.MINOR), 0.9)
HELMET = Detection(Box(1, 2, 9, 9), Hazard(Label.PERSON, SubLabel.HELMET), 0.9)


class StandIn:
    """Finds what the test says."""

    backend = "embedded"
    model = "small"
    prompt_version = None

    def __init__(self, *found: Detection) -> None:
        self.found = found
        self.asked = 0
        self.built = 0
        self.closed = False

    def build(self) -> StandIn:
        """Itself, counted."""
        self.built += 1
        return self

    def detect(self, rgb: RgbImage, attempt: int = 1, *, urgent: bool = True) -> DetectorOutcome:
        """The given detections."""
        self.asked += 1
        return DetectorOutcome(self.found, DetectorRun("embedded", "small"))

    def close(self) -> None:
        """Notes it."""
        self.closed = True


@contextmanager
def alarms_of(
    url: str,
    stand_in: StandIn,
    patience_s: float = 60.0,
    most_waiting: int = 4,
    timeout_s: float = 120.0,
) -> Iterator[AlarmDetector]:
    """The detector of one server, with that one behind it."""
    bounds = InFlightBounds(8, 8, 8)
    dialect = dialect_named("qwen2.5-vl")
    servers = QwenVlDetector([url], MODEL, dialect, in_flight=bounds, timeout_s=timeout_s)
    detector = AlarmDetector(servers, stand_in.build, Patience(patience_s, most_waiting))
    try:
        yield detector
    finally:
        detector.close()
        servers.close()


def test_the_model_judges_while_it_answers() -> None:
    """The stand-in is not even built."""
    stand_in = StandIn(FIRE)
    with running(Reply("[]")) as server, alarms_of(server.url, stand_in) as detector:
        outcome = detector.detect(PICTURE)
    assert (outcome.run.backend, outcome.earlier, stand_in.built) == ("qwen", (), 0)
    assert not stand_in.closed


def test_a_server_that_is_away_is_not_waited_for() -> None:
    """The failed run stands before the one that stood in, so that nobody takes it for confirmed."""
    stand_in = StandIn(FIRE)
    with alarms_of(f"http://127.0.0.1:{closed_port()}/v1", stand_in) as detector:
        for _ in range(3):
            outcome = detector.detect(PICTURE)
            assert outcome.detections == (FIRE,)
            assert [run.error for run in outcome.earlier] == ["model-unreachable"]
    assert (stand_in.built, stand_in.closed) == (1, True)


def test_a_server_that_is_silent_is_waited_for_so_long() -> None:
    """Then the hazard is told; and at once while it stays silent, with all who wait on taken."""
    stand_in = StandIn(FIRE)
    with (
        running(Reply("[]")) as server,
        alarms_of(server.url, stand_in, patience_s=0.2, most_waiting=1) as detector,
    ):
        server.gate.clear()
        try:
            outcome = detector.detect(PICTURE)
            assert outcome.detections == (FIRE,)
            assert [run.error for run in outcome.earlier] == ["answer-timed-out"]
        finally:
            server.gate.set()


def test_that_nothing_was_found_instead_is_no_reason_not_to_wait() -> None:
    """A model that is only slow still says that the picture is clear."""
    stand_in = StandIn(HELMET)
    with (
        running(Reply("[]")) as server,
        alarms_of(server.url, stand_in, patience_s=0.2) as detector,
        ThreadPoolExecutor(1) as pool,
    ):
        detector.detect(PICTURE)
        server.gate.clear()
        slow = pool.submit(detector.detect, PICTURE)
        eventually(lambda: stand_in.asked == 1, "a look of the stand-in")
        assert not slow.done()
        server.gate.set()
        outcome = slow.result(60)
    assert (outcome.run.backend, outcome.earlier) == ("qwen", ())


def test_only_so_many_wait_for_a_server_that_may_never_answer() -> None:
    """The others are looked at by the stand-in at once, until the server answers again."""
    stand_in = StandIn()
    with (
        running(Reply("[]")) as server,
        alarms_of(server.url, stand_in, patience_s=0.5, most_waiting=1) as detector,
        ThreadPoolExecutor(1) as pool,
    ):
        detector.detect(PICTURE)
        server.gate.clear()
        waits = pool.submit(detector.detect, PICTURE)
        eventually(lambda: stand_in.asked == 1, "a look of the stand-in")
        for _ in range(5):
            outcome = detector.detect(PICTURE)
            assert [run.backend for run in outcome.earlier] == ["qwen"]
        assert not waits.done()
        server.gate.set()
        assert waits.result(60).run.backend == "qwen"
        deadline = time.monotonic() + 60
        while detector.detect(PICTURE).run.backend != "qwen":
            assert time.monotonic() < deadline


def test_an_answer_that_cannot_be_read_is_a_fault_of_its_own() -> None:
    """The servers answer; the picture is tried again, by them."""
    stand_in = StandIn(FIRE)
    with (
        running(Reply("prose")) as server,
        alarms_of(server.url, stand_in) as detector,
        pytest.raises(AnswerUnreadable),
    ):
        detector.detect(PICTURE)
    assert stand_in.asked == 0


@pytest.mark.parametrize(
    ("reply", "timeout_s", "error"),
    [
        # Long enough for the server to be found sound first.
        (Reply(hang_s=60), 5.0, "answer-timed-out"),
        (Reply(""), 60.0, "model-fault"),
        (Reply("!" * 500), 60.0, "model-fault"),
        (Reply(body=b"data: nonsense\n\n"), 60.0, "model-fault"),
    ],
    ids=["silent", "nothing", "garbage", "off protocol"],
)
def test_a_fault_about_one_picture_hides_no_fire(
    reply: Reply, timeout_s: float, error: str
) -> None:
    """A server that answers about others and not about this one leaves it to the stand-in."""
    stand_in = StandIn(FIRE)
    with (
        running(reply) as server,
        alarms_of(server.url, stand_in, timeout_s=timeout_s) as detector,
    ):
        server.canary = Reply("[]")
        outcome = detector.detect(PICTURE)
    assert outcome.detections == (FIRE,)
    assert [run.error for run in outcome.earlier] == [error]


@pytest.mark.parametrize(
    "reply", [Reply(""), Reply("prose"), Reply("no", status=400)], ids=["fault", "prose", "refused"]
)
def test_a_late_failure_takes_nothing_from_what_was_seen_meanwhile(reply: Reply) -> None:
    """Who waited on for a slow model has the stand-in's result when the model then fails."""
    stand_in = StandIn(HELMET)
    with (
        running(reply) as server,
        alarms_of(server.url, stand_in, patience_s=0.2) as detector,
        ThreadPoolExecutor(1) as pool,
    ):
        server.canary = Reply("[]")
        server.gate.clear()
        slow = pool.submit(detector.detect, PICTURE)
        try:
            eventually(lambda: stand_in.asked == 1, "a look of the stand-in")
        finally:
            server.gate.set()
        outcome = slow.result(60)
    assert outcome.detections == (HELMET,)
    assert [run.error for run in outcome.earlier] == ["answer-timed-out"]


def test_what_nobody_waits_for_does_not_pile_up() -> None:
    """A model that answers some and is silent to others does not take one thread a frame."""
    patience = Patience(60.0, 1)
    answered = threading.Event()
    left = [patience.ask(answered.wait) for _ in range(2)]
    patience.leave(left)
    assert patience.ask(lambda: "yes").result(30) == "yes"  # so that it is not silent
    assert not patience.has_room(has_place=True)
    answered.set()
    eventually(lambda: patience.has_room(has_place=True))
