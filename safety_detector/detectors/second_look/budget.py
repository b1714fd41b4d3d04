"""How many requests second looks may make of the model servers.  Pure: the moment is handed in.

A bucket that fills at the rate of the budget and holds a few seconds of it.  A part of it is kept
for frames that are shown whole, however many suspects there are; questions about suspects may empty
the rest, of which frames that are shown whole leave them half.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

_HOLDS_S = 10.0
_LEAST_HELD = 4.0
_SHARE_FOR_SUSPECTS = 0.5
_SHARE_FOR_FULL = 0.25
_MOST_OWED = 64.0


@dataclass(frozen=True, slots=True)
class Bucket:
    """Requests that may be made now.

    Attributes:
        held: so many.
        at: when that was, in seconds of the keeper's clock.
        kept: of these, so many for frames that are shown whole; below 0 where the last of them,
            which is shown in parts, took more than there was.
    """

    held: float
    at: float
    kept: float = 0.0

    @classmethod
    def full(cls, rate: float, now: float) -> Bucket:
        """As it is at first, at a rate of so many requests a second."""
        return cls(_most(rate), now)

    def take(self, questions: int, *, full: int, rate: float, now: float) -> tuple[Bucket, Grant]:
        """Takes what there is for a frame.

        Args:
            questions: that it has.
            full: how many requests it takes to show it whole, besides; 0: it shall not be.
            rate: requests a second that the budget allows.
            now: the moment.
        """
        passed_s = max(now - self.at, 0.0)
        held = min(self.held + passed_s * rate, _most(rate))
        kept = min(self.kept + passed_s * rate * _SHARE_FOR_FULL, _most_kept(rate), held)
        free = held - max(kept, 0.0)
        granted = min(questions, max(int(free), 0))
        held, free = held - granted, free - granted
        is_kept = full > 0 and kept >= 1
        is_full = is_kept or 0 < full <= free - _SHARE_FOR_SUSPECTS * _most(rate)
        held, kept = held - is_full * full, kept - is_kept * full
        return Bucket(held, now, kept), Grant(granted, is_full)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a frame may ask: so many questions, and whether it may be shown whole."""

    questions: int
    full: bool


def write_bucket(bucket: Bucket) -> str:
    """The bucket as a text."""
    return json.dumps([bucket.held, bucket.at, bucket.kept])


def read_bucket(text: str | None, rate: float, now: float) -> Bucket:
    """The bucket that ``write_bucket`` wrote; a full one from everything else."""
    try:
        held, at, kept = json.loads(text or "")
        bucket = Bucket(float(held), float(at), float(kept))
    except (ValueError, TypeError, RecursionError):
        return Bucket.full(rate, now)
    is_sound = -_MOST_OWED <= bucket.kept <= bucket.held <= _most(rate) and bucket.at <= now
    return bucket if is_sound else Bucket.full(rate, now)


def _most_kept(rate: float) -> float:
    return max(_SHARE_FOR_FULL * _most(rate), 1.0)


def _most(rate: float) -> float:
    return max(rate * _HOLDS_S, _LEAST_HELD)
