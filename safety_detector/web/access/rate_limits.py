"""How many requests a caller may make: a token bucket a key, in this process's memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

_MAX_CALLERS = 10_000  # as many buckets are kept; the one that was used longest ago goes first


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at_s: float


class RateLimiter:
    """Lets each caller make ``burst`` requests at once and ``per_second`` in the long run.

    Several API processes each count for themselves.  Not safe to share between threads; the event
    loop has one.

    Args:
        per_second: requests a second, above 0.
        burst: requests at once, at least 1.
        clock_s: seconds that never go back (``time.monotonic``).
    """

    def __init__(self, per_second: float, burst: int, clock_s: Callable[[], float]) -> None:
        self.per_second = per_second
        self._burst = burst
        self._clock_s = clock_s
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    @property
    def callers(self) -> int:
        """How many callers are remembered."""
        return len(self._buckets)

    def spend(self, caller: str) -> float:
        """Takes one request of the caller's; returns 0.0, or the seconds until one is free."""
        now = self._clock_s()
        bucket = self._buckets.setdefault(caller, _Bucket(self._burst, now))
        self._buckets.move_to_end(caller)
        if len(self._buckets) > _MAX_CALLERS:
            self._buckets.popitem(last=False)
        grown = (now - bucket.filled_at_s) * self.per_second
        bucket.tokens = min(self._burst, bucket.tokens + grown)
        bucket.filled_at_s = now
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / self.per_second
        bucket.tokens -= 1
        return 0.0
