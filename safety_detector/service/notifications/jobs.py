"""Messages to send, as a kind of jobs, and what becomes of each try.

How a try went, the message's new state and its job are written in one transaction that is valid for
the current claim only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from safety_detector.database.engine import Database
from safety_detector.database.tables import channels, deliveries, messages
from safety_detector.domain.inspection import Problem
from safety_detector.jobs.kinds import JobKind
from safety_detector.jobs.records import Again, Claim, Done, Job, NewJob, Outcome
from safety_detector.jobs.store import JobStore
from safety_detector.message_texts.reason import Reason
from safety_detector.service.notifications.records import (
    NOTIFY_QUEUE,
    Attempt,
    ChannelKind,
    ClaimedMessage,
    MessageStatus,
    MessageType,
)

MESSAGE = "message"
"""The kind's name in the table of jobs."""

RETRY_AFTER = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
)
"""Waits after the first, second, … failed try, as Standard Webhooks recommends; then it ends."""

_LONGEST_RETRY_AFTER_S = 86400.0  # whoever asks for a later time is asked after a day


def message_kind(lease: timedelta) -> JobKind[ClaimedMessage]:
    """What is particular about messages: how often they are tried depends on their receivers."""
    return JobKind(
        name=MESSAGE,
        lease=lease,
        begun=_begun,
        requeued=lambda _connection, _jobs, _now: None,
        given_up=_given_up,
        lost_reason=Reason("message-sender-lost"),
        given_up_as_lost="message-senders-lost",
    )


def message_job(message_id: str, channel_id: str) -> NewJob:
    """The job of a message; channels take turns, so that none waits for another's receiver."""
    return NewJob(message_id, NOTIFY_QUEUE, sender=channel_id)


class Outcomes:
    """Takes how tries went."""

    def __init__(
        self,
        database: Database,
        jobs: JobStore[ClaimedMessage],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._clock = clock

    def record(self, claim: Claim[ClaimedMessage], attempt: Attempt) -> bool:
        """Notes a try; False if the claim was lost, and another sender has the message."""
        now = self._clock()
        number = claim.subject.attempts + 1
        outcome, values = _what_follows(attempt, number, now)
        with self._database.write() as connection:
            if not self._jobs.settle(claim, outcome, within=connection):
                return False
            tried = {
                "message_id": claim.subject_id,
                "number": number,
                "at": now,
                "took_ms": attempt.took_ms,
                "answer": attempt.answer,
                "reason": attempt.reason,
            }
            connection.execute(insert(deliveries), tried)
            this_one = update(messages).where(messages.c.id == claim.subject_id)
            connection.execute(this_one.values(attempts=number, **values))
            if attempt.is_gone or attempt.is_delivered:
                # Whoever takes a test message is there again.
                channel = update(channels).where(channels.c.id == claim.subject.channel_id)
                why = attempt.reason if attempt.is_gone else None
                is_disabled = channels.c.disabled_reason.is_not(None)
                if attempt.is_delivered:
                    channel = channel.where(is_disabled)
                connection.execute(channel.values(disabled_reason=why))
        return True


def _what_follows(
    attempt: Attempt, number: int, now: datetime
) -> tuple[Outcome, dict[str, object]]:
    if attempt.is_delivered:
        return Done(), _ended(MessageStatus.DELIVERED, now)
    if attempt.is_gone or number > len(RETRY_AFTER):
        return Done(), _ended(MessageStatus.FAILED, now)
    delay = RETRY_AFTER[number - 1]
    if attempt.retry_after_s is not None:
        asked_s = min(max(attempt.retry_after_s, 0.0), _LONGEST_RETRY_AFTER_S)
        delay = max(delay, timedelta(seconds=asked_s))
    again = Again(delay, attempt.reason, failures=0, losses=0, outages=0)
    return again, {"next_try_at": now + delay}


def _ended(status: MessageStatus, now: datetime) -> dict[str, object]:
    return {"status": status, "finished_at": now, "next_try_at": None}


def _begun(
    connection: Connection, message_ids: Sequence[str], _now: datetime
) -> dict[str, ClaimedMessage]:
    query = (
        select(
            messages,
            channels.c.kind,
            channels.c.name,
            channels.c.language,
            channels.c.settings,
            channels.c.sealed,
        )
        .join(channels, channels.c.id == messages.c.channel_id)
        .where(messages.c.id.in_(message_ids))
    )
    return {
        row["id"]: ClaimedMessage(
            id=row["id"],
            channel_id=row["channel_id"],
            channel_name=row["name"],
            kind=ChannelKind(row["kind"]),
            language=row["language"],
            type=MessageType(row["type"]),
            incident_id=row["incident_id"],
            body=row["body"],
            attempts=row["attempts"],
            settings=row["settings"],
            sealed=row["sealed"],
            since=row["created_at"],
        )
        for row in connection.execute(query).mappings()
    }


def _given_up(connection: Connection, jobs: Sequence[tuple[Job, Problem]], now: datetime) -> None:
    ids = [job.subject_id for job, _ in jobs]
    ended = update(messages).where(messages.c.id.in_(ids))
    connection.execute(ended.values(**_ended(MessageStatus.FAILED, now)))
