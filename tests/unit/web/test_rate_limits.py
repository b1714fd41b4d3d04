"""Requests a caller may make."""

from __future__ import annotations

from safety_detector.web.access.rate_limits import RateLimiter


class Clock:
    """Seconds that a test moves on."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        """The moment."""
        return self.now_s


def test_burst_then_steady_rate() -> None:
    """A caller may make its burst at once, and then so many a second."""
    clock = Clock()
    limiter = RateLimiter(per_second=2, burst=3, clock_s=clock)
    assert [limiter.spend("a") for _ in range(3)] == [0.0, 0.0, 0.0]
    assert limiter.spend("a") == 0.5
    clock.now_s += 0.5
    assert limiter.spend("a") == 0.0
    assert limiter.spend("a") > 0


def test_callers_do_not_share() -> None:
    """What one caller uses up is not missing to another."""
    limiter = RateLimiter(per_second=1, burst=1, clock_s=Clock())
    assert limiter.spend("a") == limiter.spend("b") == 0.0
    assert limiter.spend("a") > 0


def test_rest_refills_no_further_than_the_burst() -> None:
    """After a long rest a caller has its burst again and not more."""
    clock = Clock()
    limiter = RateLimiter(per_second=10, burst=2, clock_s=clock)
    limiter.spend("a")
    clock.now_s += 3600
    assert [limiter.spend("a") > 0 for _ in range(3)] == [False, False, True]


def test_memory_is_bounded() -> None:
    """Ever new callers do not fill the memory."""
    limiter = RateLimiter(per_second=1, burst=1, clock_s=Clock())
    for number in range(20_000):
        assert limiter.spend(str(number)) == 0.0
    assert limiter.callers <= 10_000
