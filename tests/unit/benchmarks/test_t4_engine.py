"""The stand-in's scheduler and the times it is given, without a clock."""

from __future__ import annotations

import pytest

from benchmarks.t4_answers import CYCLE
from benchmarks.t4_arithmetic import Way, pictures_a_second
from benchmarks.t4_engine import Engine, PromptTokens, Request
from safety_detector.capacity.gpu_timing import (
    ANSWER_TOKENS,
    BLOCK_TOKENS,
    STEP_TOKENS,
    TEXT_TOKENS,
    Timing,
)


def prompt(picture: str, visual: int, text: int = TEXT_TOKENS) -> PromptTokens:
    """A picture between an instruction that is always the same and a question."""
    before, after = text - 20, 20
    tokens = [*map(str, range(before)), *[picture] * visual, *["?"] * after]
    return PromptTokens(tokens, range(before, before + visual))


def request(number: int = 0, visual: int = 391, output: int = ANSWER_TOKENS) -> Request:
    """A request about a picture that no other one has."""
    return Request(prompt(f"picture {number}", visual), output)


def run(engine: Engine) -> float:
    """Seconds until the engine has nothing more to do."""
    seconds = 0.0
    while (step := engine.begin_step()) is not None:
        engine.end_step(step)
        seconds += step.duration_s
    return seconds


def test_one_stream_gets_thirty_tokens_a_second() -> None:
    """Once its prompt is computed, an answer alone on the machine gets 30 tokens a second."""
    engine = Engine()
    engine.add(request(output=301))
    first = engine.begin_step()
    assert first is not None
    engine.end_step(first)
    assert 300 / run(engine) == pytest.approx(30, rel=0.001)


@pytest.mark.parametrize(
    ("visual", "alone", "of_16"), [(391, 0.33, 2.2), (1196, 0.31, 1.5), (2691, 0.27, 0.9)]
)
def test_it_is_as_fast_as_the_arithmetic_says(visual: int, alone: float, of_16: float) -> None:
    """Pictures a second come out as the design reckons them, within its rounding and a little."""
    in_turn = Way(visual, in_flight=1, reuses_prefix=False)
    together = Way(visual, reuses_prefix=False)
    assert pictures_a_second(in_turn, Timing(), CYCLE) == pytest.approx(alone, rel=0.03)
    assert pictures_a_second(together, Timing()) == pytest.approx(of_16, rel=0.06)


def test_a_known_instruction_is_not_computed_again() -> None:
    """The second picture costs its own tokens and the question; that halves a frame of 640×480."""
    engine = Engine()
    engine.add(request(1, output=1))
    first_s = run(engine)
    second = request(2, output=1)
    engine.add(second)
    second_s = run(engine)
    assert second.cached == (TEXT_TOKENS - 20) // BLOCK_TOKENS * BLOCK_TOKENS
    assert second_s / first_s == pytest.approx(0.53, abs=0.02)


def test_nothing_behind_another_picture_is_reused() -> None:
    """With the picture first the same words are computed anew for each picture."""
    engine = Engine()
    words = [str(number) for number in range(TEXT_TOKENS)]
    asked = []
    for picture in ("one", "two"):
        tokens = PromptTokens([*[picture] * 391, *words], range(391))
        asked.append(Request(tokens, 1))
        engine.add(asked[-1])
        run(engine)
    assert [one.cached for one in asked] == [0, 0]


def test_the_seventeenth_request_waits() -> None:
    """No more than 16 are worked on; the next one begins when one of them has ended."""
    engine = Engine()
    asked = [request(number, output=5 + number) for number in range(17)]
    for one in asked:
        engine.add(one)
    ended_before_its_turn = 0
    while asked[16] not in engine.running:
        ended_before_its_turn = sum(one.is_done for one in asked)
        step = engine.begin_step()
        assert step is not None
        assert len(engine.running) == 16
        engine.end_step(step)
    assert ended_before_its_turn == 1
    run(engine)
    assert all(one.is_done for one in asked)


def test_an_aborted_request_leaves_its_place_at_once() -> None:
    """A request that is taken back, running or waiting, holds nothing and gets no token."""
    engine = Engine()
    asked = [request(number) for number in range(18)]
    for one in asked:
        engine.add(one)
    step = engine.begin_step()
    assert step is not None
    engine.abort(asked[0])
    engine.abort(asked[17])
    assert asked[0] not in engine.end_step(step)
    engine.begin_step()
    assert asked[16] in engine.running
    assert not engine.waiting
    assert asked[0].written == 0


def test_a_long_prompt_holds_up_the_others_for_one_step_at_a_time() -> None:
    """A prompt beyond a step's budget is computed in parts, between which the others go on."""
    engine = Engine()
    other = request(0, output=50)
    engine.add(other)
    step = engine.begin_step()
    assert step is not None
    engine.end_step(step)
    engine.add(request(1, visual=STEP_TOKENS))
    written = other.written
    for _ in range(2):
        step = engine.begin_step()
        assert step is not None
        assert sum(tokens for _, tokens in step.prefill) <= STEP_TOKENS - 1
        engine.end_step(step)
    assert other.written == written + 2
