"""The law of the limit, on a server of which every step is computed."""

from __future__ import annotations

import itertools
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from safety_detector.detectors.qwen.servers.in_flight_limit import (
    AnswerTimes,
    InFlightBounds,
    InFlightLaw,
)

# One step of a T4 server that batches: 33 ms for one stream (30 tokens/s), a tenth of that for each
# further one, and its picture is read in at 2,500 tokens/s between the steps, 2,048 at a time.
STEP_S = 0.033
STEP_PER_STREAM_S = 0.0035
PREFILL_TOKENS_PER_S = 2500.0
STEP_TOKENS = 2048


@dataclass
class Asked:
    """One picture at the server."""

    tokens: int
    answer: int
    since_s: float
    unread: int
    first_token_s: float | None = None


@dataclass
class Run:
    """What came of so many pictures."""

    pictures_per_s: float
    limits: list[float]


def serve(
    places: int,
    bounds: InFlightBounds,
    pictures: Sequence[int],
    answers: Sequence[int],
    *,
    count: int = 300,
    seed: int = 1,
) -> Run:
    """A server with that many places, asked by somebody who keeps as many in flight as he may.

    Args:
        places: pictures that the server has in work at a time; further ones wait inside.
        bounds: of the limit.
        pictures: visual tokens, one at random for each picture.
        answers: tokens of the answer, likewise.
        count: pictures after which the run ends.
        seed: of the random choices.
    """
    dice, law = random.Random(seed), InFlightLaw()  # noqa: S311 (no secret)
    now_s, limit, done, in_flight = 0.0, float(bounds.start), 0, 0
    waiting: deque[Asked] = deque()
    working: list[Asked] = []
    limits = []
    while done < count:
        for _ in range(int(limit) - in_flight):
            tokens = dice.choice(pictures)
            waiting.append(Asked(tokens, dice.choice(answers), now_s, tokens + 60))
            in_flight += 1
        now_s += _step(places, waiting, working)
        for one in [one for one in working if not one.unread]:
            one.first_token_s = one.first_token_s or now_s - one.since_s
            one.answer -= 1
            if one.answer <= 0:
                working.remove(one)
                done += 1
                times = AnswerTimes(one.tokens, one.first_token_s, now_s - one.since_s)
                limit = bounds.clip(limit + law.answered(times, in_flight, limit))
                limits.append(limit)
                in_flight -= 1
    return Run(done / now_s, limits)


def _step(places: int, waiting: deque[Asked], working: list[Asked]) -> float:
    """Lets the server do one step; how long it takes."""
    streams = sum(not one.unread for one in working)
    room = STEP_TOKENS - streams
    while waiting and len(working) < places and room > sum(one.unread for one in working):
        working.append(waiting.popleft())
    read = 0
    for one in working:
        part = min(one.unread, room - read)
        one.unread -= part
        read += part
    return STEP_S + STEP_PER_STREAM_S * streams + read / PREFILL_TOKENS_PER_S


def fixed(limit: int) -> InFlightBounds:
    """Bounds that leave the law nothing to decide."""
    return InFlightBounds(limit, limit, limit)


LOADS = {
    "480p": ((391,), range(20, 121)),
    "720p": ((1196,), range(20, 121)),
    "mixed": ((100, 391, 1196), range(3, 200)),
    "nothing to see": ((1196,), (3,)),
    "mostly nothing to see": ((391,), (*itertools.repeat(3, 9), 80)),
    "small pictures": ((64,), (3,)),
}


@pytest.mark.parametrize("load", LOADS)
@pytest.mark.parametrize("places", [8, 16])
def test_law_reaches_the_servers_own_throughput(load: str, places: int) -> None:
    """At least 0.95 of what any fixed limit gets, ramp included, whatever the server's places."""
    most = max(16, 2 * places)
    pictures, answers = LOADS[load]
    best = max(
        serve(places, fixed(limit), pictures, answers).pictures_per_s
        for limit in (2, 4, 8, 16, 32, 64)
        if limit <= most
    )
    found = serve(places, InFlightBounds(8, 4, most), pictures, answers)
    assert found.pictures_per_s >= 0.95 * best


@pytest.mark.parametrize("load", ["480p", "720p", "mixed"])
def test_limit_stays_near_the_servers_places(load: str) -> None:
    """Beyond its places pictures only wait: the limit ends a few above, far below its most."""
    pictures, answers = LOADS[load]
    limits = serve(8, InFlightBounds(8, 4, 64), pictures, answers, count=800).limits
    settled = limits[len(limits) // 2 :]
    assert min(settled) >= 8
    assert max(settled) <= 8 + 9


def test_limit_shrinks_when_the_server_loses_places() -> None:
    """A server that had sixteen and has four left is not kept at sixteen."""
    law, limit = InFlightLaw(), 16.0
    for _ in range(50):
        limit += min(law.answered(AnswerTimes(391, 0.5, 8.0), 16, limit), 16 - limit)
    assert limit == 16
    for _ in range(300):
        limit += law.answered(AnswerTimes(391, 24.0, 32.0), int(limit), limit)
    assert limit < 10


def test_limit_that_is_not_felt_does_not_grow() -> None:
    """Two pictures at a time say nothing about sixteen."""
    law = InFlightLaw()
    changes = [law.answered(AnswerTimes(391, 0.5, 3.0), 2, 8.0) for _ in range(100)]
    assert set(changes) == {0.0}


def test_cached_picture_does_not_make_all_others_look_slow() -> None:
    """A frozen camera's picture is answered at once; the law goes on for the rest."""
    law, limit = InFlightLaw(), 8.0
    for number in range(400):
        first_token_s = 0.05 if number % 20 == 0 else 0.9
        limit = min(
            limit + law.answered(AnswerTimes(391, first_token_s, 8.0), int(limit), limit), 16
        )
    assert limit == 16


def test_test_pictures_tell_how_fast_an_idle_server_begins() -> None:
    """A process that comes to a crowded server takes the crowd for what it is."""
    law = InFlightLaw()
    law.saw_alone(AnswerTimes(384, 0.3, 2.0))
    changes = [law.answered(AnswerTimes(391, 6.0, 10.0), 16, 16.0) for _ in range(5)]
    assert min(changes) < 0


@pytest.mark.parametrize("wrong", [(0, 0, 4), (2, 4, 8), (9, 4, 8), (8, 8, 4)])
def test_bounds_out_of_order_are_refused(wrong: tuple[int, int, int]) -> None:
    """Least, start and most."""
    with pytest.raises(ValueError, match="order"):
        InFlightBounds(*wrong)
