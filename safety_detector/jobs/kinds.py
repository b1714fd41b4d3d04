"""What is particular about a kind of jobs, and what becomes of a job after an error."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, Literal

from sqlalchemy import ColumnElement, Connection

from safety_detector.domain.inspection import Problem
from safety_detector.errors import (
    ModelUnreachable,
    SafetyDetectorError,
    ServerFailure,
    ServiceUnavailable,
)
from safety_detector.jobs.records import Again, Claim, Job, SubjectT
from safety_detector.message_texts.reason import Reason

MOST_FAILURES = 5
"""Faults of its own after which a job is given up."""

MOST_LOSSES = 10
"""So many workers may be lost with a job before it is taken for the cause.

Twice the faults that it may have: a worker that is killed says nothing about what it had in hand.
"""


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before the next attempt: longer each time.

    >>> retry = Backoff(timedelta(seconds=2), growth=3, longest=timedelta(minutes=1))
    >>> [retry.after(number).total_seconds() for number in range(5)]
    [2.0, 6.0, 18.0, 54.0, 60.0]
    """

    first: timedelta
    growth: int
    longest: timedelta

    def after(self, attempts: int) -> timedelta:
        """The wait after so many attempts before this one."""
        factor: int = self.growth ** min(attempts, 16)
        return min(self.first * factor, self.longest)


# A model that answers badly gets time to be restarted.
RETRY = Backoff(timedelta(seconds=2), growth=3, longest=timedelta(seconds=60))
# So late at most is it noticed that something is back.
WAIT = Backoff(timedelta(seconds=2), growth=2, longest=timedelta(seconds=60))


def is_outage(error: SafetyDetectorError) -> bool:
    """Whether something is away, which is nobody's fault and is waited for."""
    return isinstance(error, ModelUnreachable | ServiceUnavailable)


def lacks_room(error: SafetyDetectorError) -> bool:
    """Whether servers only have no room at present, which is no outage: others are let through."""
    return isinstance(error, ModelUnreachable) and error.failure is ServerFailure.NO_ROOM


def _broke_down(error: SafetyDetectorError) -> bool:
    return isinstance(error, ModelUnreachable) and error.server_broke_down


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a job after an error; ``again`` where it is not given up."""

    word: Literal["wait", "retry", "giveup"]
    again: Again | None = None


def _nothing(*_: Any) -> None:
    """What a kind does that has nothing to do."""


@dataclass(frozen=True, slots=True)
class JobKind(Generic[SubjectT]):
    """What is particular about a kind.  The hooks are parts of the transaction that calls them.

    Attributes:
        name: of the kind, in the table.
        lease: how long a claim holds without being extended.
        begun: told the subjects that were claimed; gives what is worked on.  A job whose subject is
            not in the answer is removed.
        requeued: told jobs that wait again.
        given_up: told jobs that end without a result, each with the reason.
        lock: takes the locks that the two need, for all jobs at once, so that it is in one order.
        counted: told a claim that ends with an error, and by which decision.
        pauses_queue: whether an outage that one job meets is every job's: then nothing of the queue
            is claimed for a while, and a backlog does not knock at a dead server one by one.
        newest_pass_pauses: whether what is coalesced is claimed during a pause all the same, since
            something else stands in for what is away.
        is_given_up: False for work that goes on for ever, whatever happens.
        spread: for each loss, and for each failure of a job that had losses, up to so much later:
            one that brings down its process takes along those beside it, and should soon no longer
            be claimed together with them.
        claimable: a queued job is claimed only while this is met, which depends on what runs; jobs
            of such a kind are to be claimed one at a time.
        lost_reason: why a job waits whose worker was lost.
        given_up_as_lost: code of the reason why a job ends whose workers were lost.
    """

    name: str
    lease: timedelta
    begun: Callable[[Connection, Sequence[str], datetime], Mapping[str, SubjectT]]
    requeued: Callable[[Connection, Sequence[Job], datetime], None]
    given_up: Callable[[Connection, Sequence[tuple[Job, Problem]], datetime], None] = _nothing
    lock: Callable[[Connection, Sequence[Job]], None] = _nothing
    counted: Callable[[Claim[SubjectT], Decision], None] = _nothing
    pauses_queue: bool = False
    newest_pass_pauses: bool = False
    is_given_up: bool = True
    spread: timedelta = timedelta(0)
    claimable: ColumnElement[bool] | None = None
    lost_reason: Reason | None = None
    given_up_as_lost: str = ""

    def decide(self, claim: Claim[SubjectT], error: SafetyDetectorError) -> Decision:
        """What becomes of a job after an error.

        What is away is nobody's fault and is waited for.  If a server broke down while it had the
        job, that is counted like the loss of a worker.
        """
        if is_outage(error):
            again = Again(
                delay=WAIT.after(claim.outages),
                waiting_reason=error.reason,
                failures=claim.failures,
                losses=claim.losses + _broke_down(error),
                outages=claim.outages + 1,
            )
            return Decision("wait", again)
        failures = claim.failures + 1
        if self.is_given_up and (not error.retryable or failures >= MOST_FAILURES):
            return Decision("giveup")
        delay = RETRY.after(claim.failures)
        again = Again(
            delay=delay + self.spread_over(failures) if claim.losses else delay,
            waiting_reason=Reason.of("tried-again", tries=failures, reason=error.reason),
            failures=failures,
            losses=claim.losses,
            outages=claim.outages,
        )
        return Decision("retry", again)

    def spread_over(self, times: int) -> timedelta:
        """A random time, up to ``spread`` so many times."""
        return self.spread * (times * random.random())  # noqa: S311 (no secret)
