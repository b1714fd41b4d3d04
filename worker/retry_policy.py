"""From an error to what becomes of the picture; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from safety_detector.errors import ModelUnreachable, SafetyDetectorError, ServiceUnavailable

MOST_FAILURES = 5
"""Faults of its own after which a picture ends ``failed``."""

_FIRST_RETRY = timedelta(seconds=2)
_RETRY_GROWTH = 3  # 2 s, 6 s, 18 s, 54 s: a model that answers badly gets time to be restarted
_FIRST_WAIT = timedelta(seconds=2)
_LONGEST_WAIT = timedelta(seconds=60)  # so late at most it notices that the model is back


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is wrong with the picture: it goes back untried and waits."""

    delay: timedelta


@dataclass(frozen=True, slots=True)
class Retry:
    """A fault of this picture or its answer, which another attempt may not show."""

    delay: timedelta


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The picture ends ``failed`` with the error as its reason."""


Decision: TypeAlias = Wait | Retry | GiveUp


def decide(error: SafetyDetectorError, *, failures: int, outages: int) -> Decision:
    """What becomes of a picture after an error.

    Args:
        error: why there is no result.
        failures: faults of this picture before this one.
        outages: how often it was returned before because something was away.
    """
    if isinstance(error, ModelUnreachable | ServiceUnavailable):
        return Wait(min(_FIRST_WAIT * 2 ** min(outages, 16), _LONGEST_WAIT))
    if error.retryable and failures + 1 < MOST_FAILURES:
        return Retry(_FIRST_RETRY * _RETRY_GROWTH**failures)
    return GiveUp()
