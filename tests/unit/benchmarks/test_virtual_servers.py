"""Model servers on a clock that only the benchmark moves."""

from __future__ import annotations

import pytest

from benchmarks.t4_engine import Engine, PromptTokens, Request
from benchmarks.virtual_servers import VirtualClock, VirtualServers
from safety_detector.capacity.gpu_timing import MAX_RUNNING, Timing


def prompt(number: int) -> PromptTokens:
    """A picture of its own between the instruction and the question."""
    visual = range(32, 132)
    return PromptTokens([*map(str, range(32)), *[f"picture {number}"] * 100, "?", "?"], visual)


def test_an_answer_takes_as_long_as_the_scheduler_says() -> None:
    """One request alone is answered when the scheduler of the stand-in has done its steps."""
    engine, alone_s = Engine(), 0.0
    engine.add(Request(prompt(0), 30))
    while (step := engine.begin_step()) is not None:
        engine.end_step(step)
        alone_s += step.duration_s
    clock, ends_s = VirtualClock(), []
    servers = VirtualServers(clock, 1, Timing())
    clock.at(5.0, lambda: servers.ask(prompt(0), 30, 0, lambda: ends_s.append(clock.now_s)))
    clock.run()
    assert ends_s == [pytest.approx(5.0 + alone_s)]
    assert servers.busy_gpu_s == pytest.approx(alone_s * Timing().cards)


def test_what_is_urgent_goes_first() -> None:
    """Of requests that wait for room those of the lower class go first, each class in its turn."""
    clock, ended = VirtualClock(), []
    servers = VirtualServers(clock, 1, Timing())

    def ask(number: int, order: int) -> None:
        servers.ask(prompt(number), 3, order, lambda: ended.append(number))

    def ask_all() -> None:
        for number in range(MAX_RUNNING):
            ask(number, 0)
        for number in range(100, 100 + MAX_RUNNING):
            ask(number, 1)
        for number in range(200, 200 + MAX_RUNNING):
            ask(number, 0)

    clock.at(0.0, ask_all)
    clock.run()
    first, second, third = (
        ended[at : at + MAX_RUNNING] for at in range(0, len(ended), MAX_RUNNING)
    )
    assert first == list(range(MAX_RUNNING))
    assert second == list(range(200, 200 + MAX_RUNNING))
    assert third == list(range(100, 100 + MAX_RUNNING))


def test_two_servers_share() -> None:
    """Two servers answer what one has no room for, and count the work of both."""
    clock, ends_s = VirtualClock(), []
    servers = VirtualServers(clock, 2, Timing())
    for number in range(2 * MAX_RUNNING):
        servers.ask(prompt(number), 10, 0, lambda: ends_s.append(clock.now_s))
    assert not servers.has_room
    clock.run()
    assert len(ends_s) == 2 * MAX_RUNNING
    assert servers.busy_gpu_s == pytest.approx(2 * Timing().cards * max(ends_s), rel=0.2)
