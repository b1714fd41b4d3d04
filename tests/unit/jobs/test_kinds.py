"""From an error to what becomes of the job."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from safety_detector import errors
from safety_detector.errors import SafetyDetectorError
from safety_detector.jobs.kinds import MOST_FAILURES, Decision, JobKind
from safety_detector.jobs.records import Claim

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)

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


CLAIM = Claim("01KB5V4Q2W9GZT3XJ8N7R6M5HD", "embedded", 0, "-", 1, 0, 0, 0, None, "w", NOW, None)


def decide(error: SafetyDetectorError, *, failures: int, outages: int) -> Decision:
    """What becomes of a job with that past."""
    kind: JobKind[None] = JobKind("kind", timedelta(seconds=30), begun=no_subjects, requeued=ignore)
    return kind.decide(replace(CLAIM, failures=failures, outages=outages), error)


def no_subjects(*_: Any) -> dict[str, None]:
    """There are none."""
    return {}


def ignore(*_: Any) -> None:
    """Nothing waits."""


@pytest.mark.parametrize("error", OUTAGES)
def test_an_outage_never_ends_a_job(error: type[SafetyDetectorError]) -> None:
    """However often it happened and however many faults there were; the wait has a bound."""
    decisions = [
        decide(error("x"), failures=4, outages=number) for number in (0, 1, 2, 10, 100_000)
    ]
    assert {one.word for one in decisions} == {"wait"}
    seconds = [one.again.delay.total_seconds() for one in decisions if one.again]
    assert seconds == sorted(seconds)
    assert seconds[-1] == 60
    assert {one.again.failures for one in decisions if one.again} == {4}


@pytest.mark.parametrize("error", FAULTS_THAT_MAY_PASS)
def test_a_passing_fault_is_retried_later_and_later_and_then_given_up(
    error: type[SafetyDetectorError],
) -> None:
    """Five attempts in all."""
    decisions = [decide(error("x"), failures=number, outages=0) for number in range(6)]
    retries = [one.again.delay for one in decisions if one.again]
    assert len(retries) == MOST_FAILURES - 1
    assert retries == sorted(set(retries))
    assert [one.word for one in decisions[MOST_FAILURES - 1 :]] == ["giveup", "giveup"]


@pytest.mark.parametrize("error", FAULTS_THAT_STAY)
def test_what_cannot_change_is_given_up_at_once(error: type[SafetyDetectorError]) -> None:
    """A truncated file stays truncated."""
    assert decide(error("x"), failures=0, outages=0) == Decision("giveup")
