"""Rates of benchmarks."""

from __future__ import annotations

import pytest

from benchmarks.rates import run_all, steady_rate


def test_one_at_a_time_counts_from_the_start() -> None:
    """Without others in flight there is no beginning or end to leave out."""
    assert steady_rate(10.0, [12.0, 14.0, 16.0], threads=1) == 0.5


def test_the_rounds_in_which_the_machine_fills_and_empties_do_not_count() -> None:
    """A slow start and a slow end of many threads leave the rate as it is between them."""
    steady = [20.0 + number for number in range(9)]
    ended = [1.0, 2.0, 3.0, 9.0, 9.1, *steady, 100.0, 200.0, 300.0]
    assert steady_rate(0.0, ended, threads=3) == pytest.approx(1.0)


def test_too_few_pictures_are_no_rate() -> None:
    """A rate from less than four rounds would be one of filling and emptying."""
    with pytest.raises(ValueError, match="four rounds"):
        steady_rate(0.0, [*map(float, range(7))], threads=2)


def test_every_picture_is_inspected_once() -> None:
    """None is left out, and a failure is not passed over."""
    seen: list[bytes] = []
    ended = run_all(seen.append, [b"%d" % number for number in range(40)], threads=4)
    assert sorted(seen) == sorted(b"%d" % number for number in range(40))
    assert ended == sorted(ended)
    with pytest.raises(ZeroDivisionError):
        run_all(lambda data: 1 / len(data), [b"x", b""], threads=2)
