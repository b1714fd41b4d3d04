"""Values: a job as it is added, claimed, and settled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, TypeAlias, TypeVar

from safety_detector.message_texts.reason import Reason

SubjectT = TypeVar("SubjectT")


class JobState(StrEnum):
    """A job waits, or somebody works on it; one that has ended is no longer there."""

    QUEUED = "queued"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a queue: the round, and since when it is held."""

    turn: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job that is to be added.

    Attributes:
        subject_id: what is to be worked on, such as the inspection's id; one job a subject.
        queue: whose workers claim it.
        sender: for whom it is; senders of one priority take turns.
        priority: the lower number is claimed first.
        coalesce_key: of what the newest alone is wanted, such as the camera; None: all are.
        fence: of the subject's last claim, if it had a job before.
        place: of a job that it takes the place of; None: the sender's next one.
        delay: until when nobody claims it.
    """

    subject_id: str
    queue: str
    sender: str
    priority: int = 0
    coalesce_key: str | None = None
    fence: int = 0
    place: Place | None = None
    delay: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the table knows it.

    Attributes:
        fence: rises with every claim of the subject; only the highest may write.
        failures: faults of its own so far.
        losses: workers, and servers, that ended while they had it, the last one included.
        outages: how often it was returned because something was away.
    """

    subject_id: str
    queue: str
    priority: int
    sender: str
    fence: int
    failures: int
    losses: int
    outages: int
    coalesce_key: str | None


@dataclass(frozen=True, slots=True)
class Claim(Job, Generic[SubjectT]):
    """The right to work on one job, until the lease ends or somebody else claims it.

    Attributes:
        worker: who holds it.
        claimed_at: start of the claim, by the database's clock.
        subject: what is worked on.
    """

    worker: str
    claimed_at: datetime
    subject: SubjectT


@dataclass(frozen=True, slots=True)
class Done:
    """The job has ended, with a result or for good without one; its row goes."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The work goes on; the lease is extended.

    Attributes:
        waiting_reason: why it stands still at the moment.
        forgets: whether a new place was reached, for which earlier losses and outages say nothing.
    """

    waiting_reason: Reason | None = None
    forgets: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """The job goes back into the queue, behind what its sender has there.

    Attributes:
        delay: until when nobody claims it.
        waiting_reason: why it waits.
        failures, losses, outages: of the job from now on.
    """

    delay: timedelta
    waiting_reason: Reason | None
    failures: int
    losses: int
    outages: int


Outcome: TypeAlias = Done | Kept | Again
