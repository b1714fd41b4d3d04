"""How long to wait before a camera is opened again."""

from __future__ import annotations

import random
from datetime import timedelta

from safety_detector.errors import CameraLoginFailed, SafetyDetectorError
from safety_detector.jobs.kinds import Backoff

# A camera that was restarted is there again after half a minute; one that is dead costs an attempt
# every half minute.
_USUAL = Backoff(timedelta(seconds=1), growth=2, longest=timedelta(seconds=30))
# Cameras lock out an address after 5 or 7 wrong passwords, for half an hour (Hikvision's "illegal
# login lock", Dahua's "account lock"): nobody else could log in from here, nor with the right one.
_WRONG_PASSWORD = Backoff(timedelta(minutes=5), growth=2, longest=timedelta(minutes=30))


class Reconnecting:
    """Counts failures in a row of one camera."""

    def __init__(self) -> None:
        self._failures = 0

    def connected(self) -> None:
        """A picture came: earlier failures say nothing any more."""
        self._failures = 0

    def pause_after(self, error: SafetyDetectorError) -> float:
        """Seconds until the next attempt; longer each time, and never the same for two cameras.

        Between a half and the whole, so that cameras behind one switch that failed together do not
        come back together.
        """
        backoff = _WRONG_PASSWORD if isinstance(error, CameraLoginFailed) else _USUAL
        longest_s = backoff.after(self._failures).total_seconds()
        self._failures += 1
        return longest_s * random.uniform(0.5, 1)  # noqa: S311 (no secret)
