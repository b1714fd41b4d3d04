"""What requests cost a model server, beside the scheduler of the stand-in that works them off."""

from __future__ import annotations

import random

import pytest

from benchmarks.t4_engine import Engine, PromptTokens, Request
from safety_detector.capacity.gpu_timing import TEXT_TOKENS, Timing
from safety_detector.capacity.gpu_work import (
    RequestTokens,
    busy_share,
    full_batch_s,
    mean_tokens,
    requests_a_second,
)

FULL_1080P = RequestTokens(1222, 31, 84)
NOTHING_1080P = RequestTokens(1222, 31, 2)
CROP = RequestTokens(256, 60, 20)
_INSTRUCTION = tuple(map(str, range(384)))


def request(tokens: RequestTokens, number: int) -> Request:
    """The same to the scheduler: a known instruction, a picture of its own, a question."""
    visual = range(len(_INSTRUCTION), len(_INSTRUCTION) + round(tokens.visual))
    prompt = [*_INSTRUCTION, *[f"picture {number}"] * len(visual), *["?"] * round(tokens.text)]
    return Request(PromptTokens(prompt, visual), round(tokens.output))


def busy_s(kinds: list[tuple[float, RequestTokens]], seconds: float, seed: int) -> float:
    """Seconds for which the scheduler computes anything, with requests that come at random."""
    dice = random.Random(seed)  # noqa: S311 (no secret)
    arrivals: list[tuple[float, RequestTokens]] = []
    for often, tokens in kinds:
        at_s = dice.expovariate(often)
        while at_s < seconds:
            arrivals.append((at_s, tokens))
            at_s += dice.expovariate(often)
    arrivals.sort(key=lambda one: one[0])
    engine, now_s, busy, number = Engine(), 0.0, 0.0, 0
    while True:
        while number < len(arrivals) and arrivals[number][0] <= now_s:
            engine.add(request(arrivals[number][1], number))
            number += 1
        step = engine.begin_step()
        if step is None:
            if number == len(arrivals):
                return busy
            now_s = arrivals[number][0]
            continue
        engine.end_step(step)
        now_s += step.duration_s
        busy += step.duration_s


@pytest.mark.parametrize(
    "kinds",
    [
        [(0.05, FULL_1080P)],
        [(0.8, FULL_1080P)],
        [(1.5, NOTHING_1080P)],
        [(0.3, CROP), (0.1, NOTHING_1080P)],
        [(2.0, CROP), (0.3, NOTHING_1080P), (0.2, FULL_1080P)],
    ],
)
def test_how_busy_a_server_is_agrees_with_its_scheduler(
    kinds: list[tuple[float, RequestTokens]],
) -> None:
    """The share of busy time is the scheduler's within 8 %, at little load, at much and mixed."""
    seconds = 2000.0
    measured = sum(busy_s(kinds, seconds, seed) for seed in range(2)) / seconds / 2
    often = sum(one for one, _ in kinds)
    assert busy_share(often, mean_tokens(kinds), Timing()) == pytest.approx(measured, rel=0.08)


def test_a_server_that_gets_too_much_is_always_busy() -> None:
    """Beyond what it can do a server is busy all the time, and idle where nothing comes."""
    assert busy_share(1.05 / full_batch_s(FULL_1080P, Timing()), FULL_1080P, Timing()) == 1.0
    assert busy_share(0.0, FULL_1080P, Timing()) == 0.0


def test_busy_time_grows_with_what_comes() -> None:
    """More requests never make a server less busy, and never busier than all the time."""
    rates = [0.01 * 1.2**step for step in range(40)]
    shares = [busy_share(one, CROP, Timing()) for one in rates]
    assert shares == sorted(shares)
    assert shares[0] > 0
    assert shares[-1] <= 1


def test_full_batches_cost_less_than_lone_answers() -> None:
    """A request costs a fraction in company of what it costs alone: why servers batch."""
    alone_s = 1 / requests_a_second(FULL_1080P, Timing(), 1)
    assert full_batch_s(FULL_1080P, Timing()) < alone_s / 4


def test_the_instruction_costs_once() -> None:
    """Computed anew with each picture, the instruction would double the cost of a VGA frame."""
    cached = RequestTokens(391, 31, 2)
    anew = RequestTokens(391, TEXT_TOKENS, 2)
    assert full_batch_s(anew, Timing()) > 1.7 * full_batch_s(cached, Timing())


def test_a_mean_of_nothing_is_refused() -> None:
    """Where no request comes there is no mean request."""
    with pytest.raises(ValueError, match="no requests"):
        mean_tokens([(0.0, CROP)])
