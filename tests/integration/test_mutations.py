"""Damaged pictures and answers: each ends in a result or in a refusal, in time and in memory."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.mutations import try_all, try_answer, try_picture

SEED, CASES = 7, 200  # benchmarks/mutations.py tries 10,000 of each


@pytest.mark.parametrize("attempt", [try_picture, try_answer])
def test_no_damage_crashes_or_hangs(attempt: Callable[[int, int], str]) -> None:
    """And the process's memory stays bounded."""
    outcome = try_all(attempt, SEED, CASES, longest_s=60.0)
    assert outcome.crashes == []
    assert outcome.hangs == []
    assert outcome.peak_mib < 1024
    assert outcome.ends.total() == CASES
    assert len(outcome.ends) >= 4, "the damage should differ"


def crash(_seed: int, number: int) -> str:
    """A stand-in that fails in its second case."""
    if number == 1:
        raise ValueError("unexpected")
    return "result"


def test_a_crash_would_be_seen() -> None:
    """The watcher tells which case it was, and goes on behind it."""
    outcome = try_all(crash, SEED, 3)
    assert len(outcome.crashes) == 1
    assert "case 1" in outcome.crashes[0]
    assert outcome.ends.total() == 2
