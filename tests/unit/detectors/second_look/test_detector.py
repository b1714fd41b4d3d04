"""Frames of cameras, with the real screen and a scripted model server."""

from __future__ import annotations

import gc
import json
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from safety_detector.detectors.embedded.detector import OnnxDetector, load_onnx_detector
from safety_detector.detectors.patience import Patience
from safety_detector.detectors.qwen.detector import QwenVlDetector
from safety_detector.detectors.qwen.dialects import dialect_named
from safety_detector.detectors.qwen.servers.in_flight_limit import InFlightBounds
from safety_detector.detectors.qwen.servers.server_states import LocalStates, ServerStates
from safety_detector.detectors.second_look.detector import SecondLook
from safety_detector.detectors.second_look.keeping import PlanKeeper
from safety_detector.detectors.second_look.planning import Policy
from safety_detector.detectors.second_look.screen import EmbeddedScreen
from safety_detector.detectors.second_look.suspects import Screened, places_of
from safety_detector.detectors.tiling import Tiling
from safety_detector.domain.crop_questions import CropAnswer
from safety_detector.domain.detections import Detection, DetectorOutcome, DetectorRun, Role
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.inspection import Verdict, decide_verdict
from safety_detector.errors import DetectorError
from safety_detector.ingest.admission import Limits, admit
from safety_detector.pictures.images import RgbImage, decode_picture
from tests.eventually import eventually
from tests.model_server import MODEL, Reply, StandInServer, closed_port, running

SAMPLES = Path(__file__).parents[4] / "samples"
NOTHING = np.full((240, 320, 3), 127, np.uint8)


def sample(name: str) -> RgbImage:
    """A picture that comes with the program."""
    data = (SAMPLES / name).read_bytes()
    return decode_picture(data, admit(data, Limits())).rgb


def about_place(word: str) -> Reply:
    """The answer to a question about a place."""
    return Reply(json.dumps({"answer": word, "why": "as it looks"}, ensure_ascii=False))


FIRE, NEITHER = about_place("火焰"), about_place("都没有")


@pytest.fixture(scope="module")
def onnx() -> OnnxDetector:
    """The embedded detector with its own weights."""
    return load_onnx_detector(threads=1)


@pytest.fixture(scope="module")
def burning() -> RgbImage:
    """A picture in which it sees one fire."""
    return sample("fire-in-laboratory.jpg")


@contextmanager
def second_look(
    onnx: OnnxDetector,
    *urls: str,
    policy: Policy | None = None,
    rate: float | None = None,
    patience_s: float = 60.0,
    most_waiting: int = 4,
    states: ServerStates | None = None,
) -> Iterator[SecondLook]:
    """What looks at cameras' frames, and asks these servers."""
    servers = QwenVlDetector(
        urls, MODEL, dialect_named("qwen2.5-vl"), in_flight=InFlightBounds(8, 8, 8)
    )
    keeper = PlanKeeper(states or LocalStates(), policy or Policy(full_every=0), rate)
    looker = SecondLook(
        servers, EmbeddedScreen(onnx, {}, 2), keeper, Patience(patience_s, most_waiting)
    )
    try:
        yield looker
    finally:
        looker.close()
        servers.close()


def verdict_of(outcome: DetectorOutcome) -> Verdict:
    """By the rule of all pictures."""
    return decide_verdict(outcome.detections, (*outcome.earlier, outcome.run, *outcome.later))


def test_the_screen_reports_what_the_detector_reports(onnx: OnnxDetector) -> None:
    """It only suspects more; somebody who wears a helmet is no suspect."""
    for name in (
        "fire-in-laboratory.jpg", "helmet-and-bare-head-composed.jpg", "sunset-nothing.jpg",
        "two-bare-heads-low-sun.jpg", "astronaut-helmet-composed.jpg",
    ):  # fmt: skip
        rgb = sample(name)
        screened = EmbeddedScreen(onnx, {}, 1).screen(rgb)
        assert screened.outcome.detections == onnx.detect(rgb).detections
        assert all(one.hazard.is_danger for one in screened.suspects)
        reported = [one for one in screened.outcome.detections if one.hazard.is_danger]
        suspected = [place for place in places_of(screened) if place.is_reported]
        assert len(suspected) == len(reported)


def test_a_frame_without_suspects_costs_the_model_nothing(onnx: OnnxDetector) -> None:
    """That is what the screen is for."""
    with running(Reply("[]")) as server, second_look(onnx, server.url) as looker:
        outcome = looker.of("gate").detect(NOTHING)
        assert server.seen == []
    assert (outcome.run.role, outcome.later) == (Role.SCREEN, ())
    assert verdict_of(outcome) is Verdict.CLEAR


@pytest.mark.parametrize(
    ("reply", "answer", "verdict"),
    [(FIRE, CropAnswer.FIRE, Verdict.HAZARD), (NEITHER, CropAnswer.NEITHER, Verdict.INCONCLUSIVE)],
)
def test_the_place_of_a_suspicion_is_asked_about(
    onnx: OnnxDetector, burning: RgbImage, reply: Reply, answer: CropAnswer, verdict: Verdict
) -> None:
    """One short question, and the result says what was answered."""
    with running(reply) as server, second_look(onnx, server.url) as looker:
        outcome = looker.of("gate").detect(burning)
        assert len(server.seen) == 1
    (run,) = outcome.later
    assert run.asked is not None
    assert (run.role, run.asked.answer) == (Role.SECOND_LOOK, answer)
    assert verdict_of(outcome) is verdict


@pytest.mark.parametrize(
    "reply",
    [
        Reply("boom", status=500),
        Reply("I cannot help with that."),
        Reply(""),
        Reply("no", status=400),
        Reply(cut_after=1),
    ],
)
def test_no_answer_takes_a_hazard_back(onnx: OnnxDetector, burning: RgbImage, reply: Reply) -> None:
    """Whatever the server does, the hazard goes out, unverified."""
    with running(reply) as server, second_look(onnx, server.url) as looker:
        server.canary = Reply("[]")
        outcome = looker.of("gate").detect(burning)
    assert [one.verified for one in outcome.detections] == [False]
    assert [run.error is not None for run in outcome.later] == [True]


def test_a_server_that_is_away_or_silent_is_not_waited_for(
    onnx: OnnxDetector, burning: RgbImage
) -> None:
    """An alarm comes in time; while the server is silent no thread is lost to it."""
    with second_look(onnx, f"http://127.0.0.1:{closed_port()}/v1") as looker:
        outcome = looker.of("gate").detect(burning)
        assert [run.error for run in outcome.later] == ["model-unreachable"]
        assert verdict_of(outcome) is Verdict.HAZARD
    with (
        running(FIRE) as server,
        second_look(onnx, server.url, patience_s=0.3, most_waiting=0) as looker,
    ):
        server.gate.clear()
        try:
            outcome = looker.of("gate").detect(burning)
            assert [run.error for run in outcome.later] == ["answer-timed-out"]
            again = looker.of("yard").detect(burning)
            assert again.later == ()
            assert "wait" in (again.run.incomplete_reason or "")
            assert [one.verified for one in again.detections] == [False]
        finally:
            server.gate.set()


class _OfStrip(EmbeddedScreen):
    """A screen that takes all of a picture for a fire."""

    def screen(self, rgb: RgbImage) -> Screened:
        """One fire."""
        fire = Detection(
            Box(0, 0, rgb.shape[1], rgb.shape[0]), Hazard(Label.FIRE, SubLabel.SEVERE), 0.9
        )
        return Screened(DetectorOutcome((fire,), DetectorRun("embedded", "small")), (fire,))


def test_a_place_that_no_model_can_be_shown_stays_a_hazard(onnx: OnnxDetector) -> None:
    """A picture of 1200 x 4 pixels is no error either."""
    keeper = PlanKeeper(LocalStates(), Policy(full_every=0), None)
    with running(FIRE) as server:
        servers = QwenVlDetector([server.url], MODEL, dialect_named("qwen2.5-vl"))
        looker = SecondLook(servers, _OfStrip(onnx, {}, 1), keeper, Patience(60.0, 4))
        outcome = looker.of("gate").detect(np.full((4, 1200, 3), 127, np.uint8))
        servers.close()
    assert [one.verified for one in outcome.detections] == [False]
    assert [run.error for run in outcome.later] == ["picture-unsuitable"]


def test_a_question_that_is_left_keeps_no_frame(onnx: OnnxDetector, burning: RgbImage) -> None:
    """The model may take two minutes to answer; a frame of 4K is 25 MB."""
    with running(FIRE) as server, second_look(onnx, server.url, patience_s=0.3) as looker:
        server.gate.clear()
        try:
            frame = burning.copy()
            kept = weakref.ref(frame)
            outcome = looker.of("gate").detect(frame)
            del frame
            gc.collect()
            assert kept() is None
        finally:
            server.gate.set()
    assert [run.error for run in outcome.later] == ["answer-timed-out"]


def test_a_server_without_room_is_late_not_away(onnx: OnnxDetector, burning: RgbImage) -> None:
    """Nobody is told of an outage, and nobody repairs a server that works."""
    with running(Reply("slow down", status=429)) as server, second_look(onnx, server.url) as looker:
        server.canary = Reply("[]")
        outcome = looker.of("gate").detect(burning)
    assert [run.error for run in outcome.later] == ["answer-timed-out"]
    assert [one.verified for one in outcome.detections] == [False]


class _Broken(EmbeddedScreen):
    """A screen that cannot compute."""

    def screen(self, rgb: RgbImage) -> Screened:
        """Raises what the real one does."""
        raise DetectorError("onnx-failed", cause="no memory")


@pytest.mark.parametrize(
    ("whole", "verdict"),
    [
        ('[{"bbox_2d": [10, 10, 100, 100], "label": "fire", "sub_label": "严重"}]', Verdict.HAZARD),
        ("[]", Verdict.INCONCLUSIVE),
    ],
)
def test_a_screen_that_fails_leaves_the_model_to_look(
    onnx: OnnxDetector, whole: str, verdict: Verdict
) -> None:
    """The camera is not blind while the model is sound; nor is it clear that nothing is there."""
    keeper = PlanKeeper(LocalStates(), Policy(full_every=0), None)
    with running(Reply(whole)) as server:
        servers = QwenVlDetector([server.url], MODEL, dialect_named("qwen2.5-vl"))
        looker = SecondLook(servers, _Broken(onnx, {}, 1), keeper, Patience(60.0, 4))
        outcome = looker.of("gate").detect(NOTHING)
        servers.close()
    assert verdict_of(outcome) is verdict
    assert [(run.role, run.error) for run in (outcome.run, *outcome.later)] == [
        (Role.SCREEN, "detector-error"),
        (Role.FULL, None),
    ]


def test_a_frame_that_nobody_could_look_at_fails(onnx: OnnxDetector) -> None:
    """It is tried again, and is no result."""
    keeper = PlanKeeper(LocalStates(), Policy(full_every=0), None)
    servers = QwenVlDetector(
        [f"http://127.0.0.1:{closed_port()}/v1"], MODEL, dialect_named("qwen2.5-vl")
    )
    looker = SecondLook(servers, _Broken(onnx, {}, 1), keeper, Patience(60.0, 4))
    with pytest.raises(DetectorError) as caught:
        looker.of("gate").detect(NOTHING)
    assert caught.value.code == "detector-error"
    servers.close()


def test_a_full_look_comes_when_it_is_due_and_is_waited_for(onnx: OnnxDetector) -> None:
    """That the screen sees nothing is no news; a slow model may still see a fire."""
    fire = Reply('[{"bbox_2d": [10, 10, 100, 100], "label": "fire", "sub_label": "严重"}]')
    policy = Policy(full_every=1)
    with (
        running(fire) as server,
        second_look(onnx, server.url, policy=policy, patience_s=0.2) as looker,
        ThreadPoolExecutor(1) as pool,
    ):
        server.gate.clear()
        try:
            looking = pool.submit(looker.of("gate").detect, NOTHING)
            eventually(lambda: len(server.seen) == 1)
        finally:
            server.gate.set()
        outcome = looking.result(30)
    assert [(run.role, run.error) for run in outcome.later] == [(Role.FULL, None)]
    assert [one.verified for one in outcome.detections] == [True]


def test_a_budget_is_shared_by_all_who_ask(onnx: OnnxDetector, burning: RgbImage) -> None:
    """Two processes with the same keeper do not get twice as much; what goes beyond is said."""
    states = LocalStates()
    policy = Policy(full_every=0, stands_s=0.001)
    with (
        running(FIRE) as server,
        second_look(onnx, server.url, policy=policy, rate=0.001, states=states) as first,
        second_look(onnx, server.url, policy=policy, rate=0.001, states=states) as second,
    ):
        outcomes = [looker.of("gate").detect(burning) for looker in (first, second) * 3]
        assert len(server.seen) == 4  # what a bucket holds at least
    assert [bool(one.later) for one in outcomes] == [True] * 4 + [False] * 2
    assert [[one.verified for one in outcome.detections] for outcome in outcomes[4:]] == [
        [False]
    ] * 2
    assert all("budget" in (one.run.incomplete_reason or "") for one in outcomes[4:])


def test_every_part_of_a_frame_counts(onnx: OnnxDetector) -> None:
    """A budget of so many requests is not exceeded where large pictures are cut."""
    with running(Reply("[]")) as server:
        servers = QwenVlDetector(
            [server.url], MODEL, dialect_named("qwen2.5-vl"), tiling=Tiling("grid", 2, 1)
        )
        keeper = PlanKeeper(LocalStates(), Policy(full_every=1), 0.4)
        looker = SecondLook(servers, EmbeddedScreen(onnx, {}, 1), keeper, Patience(60.0, 4))
        outcomes = [looker.of("gate").detect(NOTHING) for _ in range(4)]
        asked = len(server.seen)
        looker.close()
        servers.close()
    assert asked == 3 * sum(bool(one.later) for one in outcomes) <= 6
    assert verdict_of(outcomes[-1]) is Verdict.INCONCLUSIVE


def test_suspects_go_before_all_others(onnx: OnnxDetector, burning: RgbImage) -> None:
    """A question about a suspicion that comes last is asked first when a place is free."""
    server: StandInServer
    bounds = InFlightBounds(1, 1, 1)
    dialect = dialect_named("qwen2.5-vl")
    with running(Reply("[]"), Reply("[]"), NEITHER, Reply("[]")) as server:
        servers = QwenVlDetector([server.url], MODEL, dialect, in_flight=bounds)
        server.gate.clear()
        keeper = PlanKeeper(LocalStates(), Policy(full_every=0), None)
        looker = SecondLook(servers, EmbeddedScreen(onnx, {}, 1), keeper, Patience(60.0, 4))
        with ThreadPoolExecutor(4) as pool:
            try:
                waiting = [pool.submit(servers.detect, NOTHING)]
                eventually(lambda: len(server.seen) == 1)
                waiting += [pool.submit(servers.detect, NOTHING) for _ in range(2)]
                waiting.append(pool.submit(looker.of("gate").detect, burning))
                eventually(lambda: len(servers._pool._line) == 3)
            finally:
                server.gate.set()
            for one in waiting:
                one.exception(60)
        about_places = [request.body["max_tokens"] < 512 for request in server.seen]
        looker.close()
        servers.close()
    assert about_places.index(True) == 1
