"""Several model servers as if they were one, asked by the detector over real HTTP."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import pytest

from safety_detector.detectors.qwen.detector import QwenVlDetector
from safety_detector.detectors.qwen.dialects import dialect_named
from safety_detector.detectors.qwen.servers.in_flight_limit import InFlightBounds
from safety_detector.detectors.qwen.servers.server_state import Phase
from safety_detector.detectors.qwen.servers.server_states import LocalStates
from safety_detector.domain.detections import DetectorOutcome
from safety_detector.errors import AnswerTimedOut, ModelFault, ModelUnreachable, ServerFailure
from safety_detector.pictures.images import RgbImage
from tests.eventually import eventually
from tests.model_server import MODEL, Reply, StandInServer, closed_port, running

SOUND = Reply("[]")
GARBAGE = Reply("!" * 200)


class BreakableStates(LocalStates):
    """States whose keeper fails in a way that nobody foresaw, while the test says so."""

    is_broken = False
    errors = 0

    def read(self, keys: Sequence[str]) -> tuple[list[str | None], float]:
        """As ever, or not."""
        if self.is_broken:
            self.errors += 1
            raise ZeroDivisionError
        return super().read(keys)


def picture(width: int = 168) -> RgbImage:
    """A grey picture; the width tells one from another."""
    return np.full((112, width, 3), 127, np.uint8)


@contextmanager
def detector_of(*urls: str, **options: Any) -> Iterator[QwenVlDetector]:
    """A detector of those servers, closed at the end of the block."""
    options = {"timeout_s": 60.0, **options}
    detector = QwenVlDetector(urls, MODEL, dialect_named("qwen2.5-vl"), **options)
    try:
        yield detector
    finally:
        detector.close()


@contextmanager
def servers(count: int, *replies: Reply) -> Iterator[list[StandInServer]]:
    """So many stand-ins that pass every examination."""
    with ExitStack() as stack:
        started = [stack.enter_context(running(*replies)) for _ in range(count)]
        for server in started:
            server.canary = SOUND
        yield started


def phases(detector: QwenVlDetector) -> list[Phase]:
    """How each server stands."""
    return [status.phase for status in detector.server_statuses()]


def use_all(detector: QwenVlDetector) -> None:
    """Returns when every server has passed its examination."""
    detector.detect(picture())
    eventually(lambda: set(phases(detector)) == {Phase.IN_USE})


def limits(bound: int) -> InFlightBounds:
    """The same limit whatever the answers are like."""
    return InFlightBounds(bound, bound, bound)


def submit(
    pool: ThreadPoolExecutor, detector: QwenVlDetector, count: int, **options: Any
) -> list[Future[DetectorOutcome]]:
    """So many pictures at the same time."""
    return [pool.submit(detector.detect, picture(), **options) for _ in range(count)]


# Who is asked


def test_least_loaded_server_is_asked() -> None:
    """Pictures at once are shared out evenly; a server that is slow gets fewer."""
    with (
        servers(3, SOUND) as (slow, second, third),
        detector_of(slow.url, second.url, third.url) as detector,
        ThreadPoolExecutor(12) as pool,
    ):
        use_all(detector)
        for server in (slow, second, third):
            server.seen.clear()
            server.gate.clear()
        pending = submit(pool, detector, 6)
        eventually(lambda: [one.in_flight for one in (slow, second, third)] == [2, 2, 2])
        second.gate.set()
        third.gate.set()
        eventually(lambda: sum(one.done() for one in pending) == 4)
        for _ in range(6):
            detector.detect(picture())
        assert len(slow.seen) == 2
        assert len(second.seen) + len(third.seen) == 10
        slow.gate.set()
        assert all(one.result().detections == () for one in pending)


def test_no_server_has_more_in_hand_than_its_limit() -> None:
    """Further pictures wait for a place, and each gets its answer."""
    with (
        servers(2, SOUND) as (first, second),
        detector_of(first.url, second.url, in_flight=limits(2)) as detector,
        ThreadPoolExecutor(16) as pool,
    ):
        use_all(detector)
        first.gate.clear()
        second.gate.clear()
        pending = submit(pool, detector, 16)
        eventually(lambda: first.in_flight + second.in_flight == 4)
        assert [one.in_flight for one in detector.server_statuses()] == [2, 2]
        first.gate.set()
        second.gate.set()
        assert all(one.result().detections == () for one in pending)
        assert max(first.most_in_flight, second.most_in_flight) == 2
        assert [one.in_flight for one in detector.server_statuses()] == [0, 0]


def test_picture_without_a_place_in_time_waits_and_is_not_at_fault() -> None:
    """The error says that the servers work, only too slowly for so many pictures."""
    states = LocalStates()
    with (
        servers(1, SOUND) as (server,),
        detector_of(server.url, in_flight=limits(1), states=states) as patient,
        detector_of(server.url, in_flight=limits(1), states=states, timeout_s=0.3) as hasty,
        ThreadPoolExecutor(1) as pool,
    ):
        server.gate.clear()
        held = pool.submit(patient.detect, picture())
        eventually(lambda: server.in_flight == 1)
        with pytest.raises(ModelUnreachable, match="room") as caught:
            hasty.detect(picture())
        assert caught.value.failure is ServerFailure.NO_ROOM
        server.gate.set()
        assert held.result().detections == ()
        assert patient.detect(picture()).detections == ()


# Ejection and return


def test_dead_server_costs_no_picture_and_returns_when_it_is_back() -> None:
    """It is left alone while it is away, and gets pictures again without being told."""
    port = closed_port()
    with (
        servers(1, SOUND) as (alive,),
        detector_of(f"http://127.0.0.1:{port}/v1", alive.url) as detector,
    ):
        for _ in range(3):
            assert detector.detect(picture()).detections == ()
        eventually(lambda: phases(detector)[0] is Phase.EJECTED)
        [ejected, _] = detector.server_statuses()
        assert ejected.ejected_since is not None
        assert str(port) in str(ejected.reason and ejected.reason.text("en"))
        with running(SOUND, port=port) as back:
            eventually(lambda: phases(detector) == [Phase.IN_USE, Phase.IN_USE])
            for _ in range(4):
                detector.detect(picture())
            assert back.seen


@pytest.mark.parametrize("status", [401, 404, 429, 500, 502, 503])
def test_server_that_fails_test_pictures_gets_no_others(status: int) -> None:
    """A server that is broken or set up wrongly is found out before any picture is sent to it."""
    with (
        running(Reply("broken", status=status)) as broken,
        running(SOUND) as alive,
        detector_of(broken.url, alive.url) as detector,
    ):
        for _ in range(3):
            detector.detect(picture())
        assert (len(broken.seen), len(alive.seen)) == (0, 3)


@pytest.mark.parametrize("status", [401, 404, 429, 502, 503])
def test_next_server_answers_where_one_begins_to_fail(status: int) -> None:
    """A picture that met a failure is asked of the next server, and nobody sees it."""
    with (
        servers(2, SOUND) as (first, second),
        detector_of(first.url, second.url) as detector,
    ):
        use_all(detector)
        first.replies = [Reply("no", status=status)]
        first.seen.clear()
        second.seen.clear()
        for _ in range(6):
            assert detector.detect(picture()).detections == ()
        assert first.seen
        assert len(second.seen) == 6


def test_one_broken_connection_ejects_nobody_and_three_in_a_row_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A restart of a proxy breaks a connection; a server that breaks each is ill."""
    # However late a busy machine notices it: this connection breaks at once.
    monkeypatch.setattr("safety_detector.detectors.qwen.servers.server_pool._LEAST_BREAK_S", 60.0)
    cut = Reply("[]" * 20, cut_after=1)
    with servers(1, cut, SOUND) as (server,), detector_of(server.url) as detector:
        assert detector.detect(picture()).detections == ()
        assert phases(detector) == [Phase.IN_USE]
        server.replies, server.canary = [cut], cut
        for _ in range(2):
            with pytest.raises(ModelUnreachable):
                detector.detect(picture())
        assert phases(detector) != [Phase.IN_USE]


def test_picture_about_which_answers_break_off_again_and_again_is_at_fault() -> None:
    """It may bring each engine down in turn, and would go from one to the next for ever."""
    crash = Reply("[]" * 20, cut_after=2, drip_s=0.2)
    with servers(2, crash) as (first, second), detector_of(first.url, second.url) as detector:
        with pytest.raises(ModelFault, match="broke off"):
            detector.detect(picture())
        assert len(first.seen) + len(second.seen) == 2


def test_garbage_of_a_server_is_its_own_fault_and_another_one_answers() -> None:
    """16-bit overflow: 200 and ``!!!!`` for every picture, with a green health check."""
    with (
        servers(2, SOUND) as (first, second),
        detector_of(first.url, second.url) as detector,
    ):
        use_all(detector)
        first.replies, first.canary = [GARBAGE], GARBAGE
        first.seen.clear()
        for _ in range(4):
            assert detector.detect(picture()).detections == ()
        assert len(first.seen) == 1
        [ejected, in_use] = detector.server_statuses()
        assert ejected.phase is not Phase.IN_USE
        assert "run of" in str(ejected.reason and ejected.reason.text("en"))
        assert in_use.phase is Phase.IN_USE
        first.replies, first.canary = [SOUND], SOUND
        eventually(lambda: phases(detector)[0] is Phase.IN_USE)


def test_garbage_of_every_server_is_an_outage_and_not_the_pictures_fault() -> None:
    """It waits for the operator instead of failing."""
    with running(GARBAGE) as server, detector_of(server.url) as detector:
        with pytest.raises(ModelUnreachable, match="run of"):
            detector.detect(picture())
        assert server.seen == []


def test_garbage_about_one_picture_alone_is_that_pictures() -> None:
    """Its pixels overflow; the server stays in use."""
    with servers(1, GARBAGE) as (server,), detector_of(server.url) as detector:
        with pytest.raises(ModelFault):
            detector.detect(picture())
        assert phases(detector) == [Phase.IN_USE]


def test_servers_are_examined_before_the_first_picture_where_somebody_watches() -> None:
    """A worker knows how they stand when it starts."""
    with (
        running(GARBAGE) as broken,
        running(SOUND) as sound,
        detector_of(broken.url, sound.url) as detector,
    ):
        assert phases(detector) == [Phase.UNKNOWN, Phase.UNKNOWN]
        detector.watch()
        eventually(lambda: phases(detector) == [Phase.EJECTED, Phase.IN_USE])
        assert (broken.seen, sound.seen) == ([], [])


def test_watch_goes_on_after_an_error() -> None:
    """Else a server that was ejected once would never come back."""
    states = BreakableStates()
    with servers(1, SOUND) as (server,), detector_of(server.url, states=states) as detector:
        states.is_broken = True
        detector.watch()
        eventually(lambda: states.errors > 0)
        states.is_broken = False
        eventually(lambda: phases(detector) == [Phase.IN_USE])


def test_closed_detector_leaves_its_examination_to_others() -> None:
    """They need not wait until its lease ends."""
    states = LocalStates()
    with servers(1, SOUND) as (server,), detector_of(server.url, states=states) as other:
        server.canary = Reply(hang_s=60)
        with detector_of(server.url, states=states) as first:
            first.watch()
            eventually(lambda: bool(server.examined))
            assert phases(other) == [Phase.EXAMINED]
        assert phases(other) == [Phase.UNKNOWN]
        server.canary = SOUND
        assert other.detect(picture()).detections == ()


def test_server_with_another_grid_gets_no_picture() -> None:
    """Its boxes would be in the wrong place, and nothing else would show it."""
    with (
        running(Reply("[]", token_factor=32)) as foreign,
        running(SOUND) as sound,
        detector_of(foreign.url, sound.url) as detector,
    ):
        for _ in range(3):
            detector.detect(picture())
        assert (len(foreign.seen), len(sound.seen)) == (0, 3)
        eventually(lambda: phases(detector)[0] is Phase.EJECTED)
        reason = detector.server_statuses()[0].reason
        assert reason is not None
        assert reason.code == "server-resizes-pictures"


def test_dead_engine_behind_a_living_server_costs_no_test_picture() -> None:
    """``/health`` says it."""
    with servers(1, SOUND) as (server,), detector_of(server.url) as detector:
        server.health = 503
        with pytest.raises(ModelUnreachable, match="/health"):
            detector.detect(picture())
        assert server.examined == []


def test_time_out_of_a_server_that_answers_others_is_the_pictures() -> None:
    """It hangs the server each time; five times are enough, whoever counts."""
    with (
        servers(1, Reply(hang_s=60)) as (server,),
        detector_of(server.url, timeout_s=5.0) as detector,
    ):
        with pytest.raises(AnswerTimedOut, match="test picture"):
            detector.detect(picture())
        assert phases(detector) == [Phase.IN_USE]
        assert len(server.seen) == 1


def test_time_out_of_a_server_that_hangs_is_the_servers() -> None:
    """The picture's time is used up, but it waits and is not at fault."""
    with servers(1, SOUND) as (server,), detector_of(server.url, timeout_s=5.0) as detector:
        detector.detect(picture())
        server.replies, server.canary = [Reply(hang_s=60)], Reply(hang_s=60)
        with pytest.raises(ModelUnreachable, match="in time"):
            detector.detect(picture())
        assert phases(detector) != [Phase.IN_USE]
        server.replies, server.canary = [SOUND], SOUND
        eventually(lambda: phases(detector) == [Phase.IN_USE])
        assert detector.detect(picture()).detections == ()


def test_answer_that_drips_is_the_servers() -> None:
    """The test picture's answer is too short to show it, and no picture makes a server drip."""
    drip = Reply("[" + "nothing to be seen here " * 20, drip_s=1.0)
    with servers(1, drip) as (server,), detector_of(server.url, timeout_s=4.0) as detector:
        for _ in range(2):
            with pytest.raises(ModelUnreachable, match="in time"):
                detector.detect(picture())
        assert len(server.examined) == 2  # before the first picture: nobody doubts whose it is
        server.canary = Reply(hang_s=60)  # or it would be back before anybody looks
        with pytest.raises(ModelUnreachable, match="in time"):
            detector.detect(picture())
        assert phases(detector) != [Phase.IN_USE]


# The limit


def test_refusal_for_lack_of_room_lowers_the_limit_and_ejects_nobody() -> None:
    """429 is said by a server that works."""
    with (
        servers(1, Reply("slow down", status=429), Reply("slow down", status=429), SOUND) as (
            server,
        ),
        detector_of(server.url) as detector,
    ):
        with pytest.raises(ModelUnreachable, match="no room"):
            detector.detect(picture())
        [status] = detector.server_statuses()
        assert (status.phase, status.limit) == (Phase.IN_USE, 5)


def test_limit_grows_to_its_most_while_answers_begin_at_once() -> None:
    """Many threads find out within some rounds of answers what the server takes, and use it.

    On a busy machine a short answer begins late for its length, which is what a server without
    room looks like; therefore the answers become longer from round to round.
    """
    drips_s = (min(0.02 * 2**rounds, 5.0) for rounds in itertools.count())
    with (
        servers(1, SOUND) as (server,),
        detector_of(server.url, in_flight=InFlightBounds(2, 2, 6)) as detector,
        ThreadPoolExecutor(12) as pool,
    ):

        def limit_is_six() -> bool:
            server.replies = [Reply("[]", drip_s=next(drips_s))]
            for one in submit(pool, detector, 12):
                one.result()
            return detector.server_statuses()[0].limit == 6

        eventually(limit_is_six)
        server.gate.clear()
        pending = submit(pool, detector, 12)
        eventually(lambda: server.in_flight == 6)
        server.gate.set()
        assert all(one.result().detections == () for one in pending)
        assert server.most_in_flight == 6
