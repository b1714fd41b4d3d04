"""How many pictures are worth claiming at once."""

from __future__ import annotations

# A claim costs about as much as 2 ms of inspecting.  Whoever claims more than it can inspect in
# this time takes pictures from others that have nothing to do, and makes urgent ones wait.
_HORIZON_S = 0.05
_MOST = 8
_NEWEST_COUNTS = 0.2  # weight of the newest picture in the running mean


class Appetite:
    """Learns from how long pictures take.  A new one claims one picture at a time."""

    def __init__(self) -> None:
        self._mean_s = _HORIZON_S

    @property
    def pictures(self) -> int:
        """How many to claim next: what 50 ms suffice for, between 1 and 8."""
        return max(1, min(_MOST, int(_HORIZON_S / max(self._mean_s, 1e-6))))

    def inspected(self, seconds: float) -> None:
        """Notes how long one picture took."""
        self._mean_s += _NEWEST_COUNTS * (seconds - self._mean_s)
