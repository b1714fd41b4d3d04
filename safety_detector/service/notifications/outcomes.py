"""What becomes of each try to send a message.

How a try went, the message's new state and its job are written in one transaction that is valid for
the current claim only.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from safety_detector.database.engine import Database
from safety_detector.database.tables import channels, deliveries, messages
from safety_detector.jobs.records import Again, Claim, Done, Outcome
from safety_detector.jobs.store import JobStore
from safety_detector.service.notifications.cool_downs import begin
from safety_detector.service.notifications.jobs import ended
from safety_detector.service.notifications.pacing import note_sent
from safety_detector.service.notifications.records import (
    SWITCHED_OFF,
    Attempt,
    ClaimedMessage,
    MessageStatus,
)

RETRY_AFTER = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
)
"""Waits after the first, second, … failed try, as Standard Webhooks recommends; then it ends."""

_LONGEST_RETRY_AFTER_S = 86400.0  # whoever asks for a later time is asked after a day


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
            reached = [*claim.subject.reached, *attempt.reached]
            connection.execute(this_one.values(attempts=number, reached=reached, **values))
            if attempt.is_delivered:
                begin(connection, claim.subject, now)
            note_sent(connection, claim.subject, attempt, now)
            if attempt.is_gone or attempt.is_delivered:
                _note_receiver(connection, claim.subject.channel_id, attempt)
        return True


def _note_receiver(connection: Connection, channel_id: str, attempt: Attempt) -> None:
    """Switches a channel off whose receiver wants no more, and on where it takes something again.

    What a person switched off stays so, whatever a test message met.
    """
    this_one = channels.c.id == channel_id
    why = connection.scalar(select(channels.c.disabled_reason).where(this_one))
    if why == SWITCHED_OFF or (attempt.is_delivered and why is None):
        return
    reason = attempt.reason if attempt.is_gone else None
    connection.execute(update(channels).where(this_one).values(disabled_reason=reason))


def _what_follows(
    attempt: Attempt, number: int, now: datetime
) -> tuple[Outcome, dict[str, object]]:
    if attempt.is_delivered:
        return Done(), ended(MessageStatus.DELIVERED, now)
    if attempt.is_gone or number > len(RETRY_AFTER):
        return Done(), ended(MessageStatus.FAILED, now)
    delay = RETRY_AFTER[number - 1]
    if attempt.retry_after_s is not None:
        asked_s = min(max(attempt.retry_after_s, 0.0), _LONGEST_RETRY_AFTER_S)
        delay = max(delay, timedelta(seconds=asked_s))
    again = Again(delay, attempt.reason, failures=0, losses=0, outages=0)
    return again, {"next_try_at": now + delay}
