"""From an error to what becomes of the picture."""

from __future__ import annotations

import pytest

from safety_detector import errors
from safety_detector.errors import SafetyDetectorError
from worker.retry_policy import MOST_FAILURES, GiveUp, Retry, Wait, decide

OUTAGES = (
    errors.ModelUnreachable,
    errors.StorageUnavailable,
    errors.DatabaseUnavailable,
    errors.BrokerUnavailable,
)
FAULTS_THAT_MAY_PASS = (
    errors.AnswerUnreadable,
    errors.ModelFault,
    errors.TimeLimitExceeded,
    errors.UnexpectedFault,
    errors.PictureMissing,
)
FAULTS_THAT_STAY = (
    errors.NotAPicture,
    errors.PictureTooLarge,
    errors.PictureTruncated,
    errors.PictureBroken,
    errors.PictureUnsuitable,
    errors.ModelRefused,
)


@pytest.mark.parametrize("error", OUTAGES)
def test_an_outage_never_ends_a_picture(error: type[SafetyDetectorError]) -> None:
    """However often it happened and however many faults there were; the wait has a bound."""
    waits = [decide(error("x"), failures=4, outages=number) for number in (0, 1, 2, 10, 100_000)]
    assert all(isinstance(wait, Wait) for wait in waits)
    seconds = [wait.delay.total_seconds() for wait in waits if isinstance(wait, Wait)]
    assert seconds == sorted(seconds)
    assert seconds[-1] == 60


@pytest.mark.parametrize("error", FAULTS_THAT_MAY_PASS)
def test_a_passing_fault_is_retried_later_and_later_and_then_given_up(
    error: type[SafetyDetectorError],
) -> None:
    """Five attempts in all."""
    decisions = [decide(error("x"), failures=number, outages=0) for number in range(6)]
    retries = [one.delay for one in decisions if isinstance(one, Retry)]
    assert len(retries) == MOST_FAILURES - 1
    assert retries == sorted(set(retries))
    assert decisions[MOST_FAILURES - 1 :] == [GiveUp(), GiveUp()]


@pytest.mark.parametrize("error", FAULTS_THAT_STAY)
def test_what_cannot_change_is_given_up_at_once(error: type[SafetyDetectorError]) -> None:
    """A truncated file stays truncated."""
    assert decide(error("x"), failures=0, outages=0) == GiveUp()
