"""How many messages a channel is sent in a minute; what is more goes into a digest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from safety_detector.database.engine import Database
from safety_detector.database.statements import insert_unless_there
from safety_detector.database.tables import QUEUED, channel_paces, jobs, messages
from safety_detector.jobs.records import Again, Claim, Done
from safety_detector.jobs.store import JobStore
from safety_detector.service.notifications.jobs import MESSAGE
from safety_detector.service.notifications.records import (
    Attempt,
    ChannelKind,
    ClaimedMessage,
    MessageStatus,
    MessageType,
)
from safety_detector.service.notifications.writing import collect, waiting_digest

MOST_A_MINUTE: Mapping[ChannelKind, int] = {
    # Their makers let a robot say 20; one more, and DingTalk's is silent for ten minutes.
    ChannelKind.DINGTALK: 18,
    ChannelKind.WECOM: 9,  # a picture is a message of its own there
    ChannelKind.FEISHU: 18,
    # Most of what Apprise reaches is a robot as well, and a mailbox is read by somebody.
    ChannelKind.APPRISE: 18,
    ChannelKind.MAIL: 18,
}
"""Messages in any minute, tries that failed and tests among them."""

_KEPT_FOR_THE_GRAVEST = 3
"""Of these, for what is severe: it waits for nothing else."""

_WINDOW = timedelta(seconds=61)  # a minute, and what clocks and networks differ by
_ON_ITS_WAY = timedelta(seconds=20)  # longer than a try takes
_LONGEST_PAUSE_S = 600.0  # of a channel: so long is DingTalk silent, and no robot for longer
_AT_ONCE = 1000
_SINGLE = (MessageType.TEST, MessageType.DIGEST)


class Pacing:
    """Keeps channels to their pace, by one row each that all processes share.

    Args:
        database: where it is.
        store: of messages.
        clock: the present moment, with its zone.
    """

    def __init__(
        self,
        database: Database,
        store: JobStore[ClaimedMessage],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._store = store
        self._clock = clock

    def may_send(self, claim: Claim[ClaimedMessage]) -> bool:
        """Whether a claimed message is sent now.

        If not, its claim is settled: it is told by a digest, with all that waits for its channel,
        or, where it is one itself, sent later.
        """
        message = claim.subject
        most = MOST_A_MINUTE.get(message.kind)
        if most is None:
            return True
        is_urgent = message.type in _SINGLE or _is_severe(message)
        with self._database.write() as connection:
            now = self._clock()
            sent, paused_until = _locked(connection, message.channel_id, now)
            free_at = _free_at(sent, most if is_urgent else most - _KEPT_FOR_THE_GRAVEST)
            if paused_until is not None and paused_until > now:
                free_at = max(paused_until, free_at or now)
            if free_at is None and not is_urgent:
                # What waits for longer goes first.
                waiting = waiting_digest(connection, message.channel_id)
                free_at = waiting["next_try_at"] if waiting is not None else None
            if free_at is None:
                sent[_try(message)] = now + _ON_ITS_WAY
                _put(connection, message.channel_id, sent, paused_until)
                return True
            self._put_off(connection, claim, now, max(free_at - now, timedelta(0)))
        return False

    def _put_off(
        self, connection: Connection, claim: Claim[ClaimedMessage], now: datetime, delay: timedelta
    ) -> None:
        this_one = messages.c.id == claim.subject_id
        if claim.subject.type in _SINGLE:
            again = Again(delay, None, failures=0, losses=0, outages=0)
            if self._store.settle(claim, again, within=connection):
                later = update(messages).where(this_one)
                connection.execute(later.values(next_try_at=now + delay))
            return
        if not self._store.settle(claim, Done(), within=connection):
            return
        own = connection.execute(select(messages).where(this_one)).mappings().all()
        others = _waiting(connection, claim.subject.channel_id, now)
        self._store.remove(connection, [row["id"] for row in others])
        rows = sorted([*own, *others], key=lambda row: str(row["id"]))
        collect(connection, self._store, rows, now, delay)


def note_sent(
    connection: Connection, message: ClaimedMessage, attempt: Attempt, now: datetime
) -> None:
    """Notes a try, as part of the transaction that notes how it went."""
    if message.kind not in MOST_A_MINUTE:
        return
    sent, paused_until = _locked(connection, message.channel_id, now)
    sent[_try(message)] = now
    if attempt.retry_after_s is not None and attempt.retry_after_s > 0:
        asked = now + timedelta(seconds=min(attempt.retry_after_s, _LONGEST_PAUSE_S))
        paused_until = max(asked, paused_until or asked)
    _put(connection, message.channel_id, sent, paused_until)


def _locked(
    connection: Connection, channel_id: str, now: datetime
) -> tuple[dict[str, datetime], datetime | None]:
    """What was sent within the last minute, by try, and until when nothing is to be sent."""
    first = insert_unless_there(connection.dialect.name, channel_paces, on=("channel_id",))
    connection.execute(first, {"channel_id": channel_id, "sent_at": {}, "paused_until": None})
    query = select(channel_paces).where(channel_paces.c.channel_id == channel_id)
    row = connection.execute(query.with_for_update()).one()
    sent = {name: datetime.fromisoformat(at) for name, at in row.sent_at.items()}
    # What lies far ahead was noted by a clock that was set back since.
    kept = {one: at for one, at in sent.items() if -_WINDOW < at - now < _WINDOW}
    return kept, row.paused_until


def _put(
    connection: Connection,
    channel_id: str,
    sent: Mapping[str, datetime],
    paused_until: datetime | None,
) -> None:
    values: dict[str, Any] = {
        "sent_at": {one: at.isoformat() for one, at in sent.items()},
        "paused_until": paused_until,
    }
    this_one = update(channel_paces).where(channel_paces.c.channel_id == channel_id)
    connection.execute(this_one.values(values))


def _free_at(sent: Mapping[str, datetime], most: int) -> datetime | None:
    """When one more may be sent; None for now."""
    if len(sent) < most:
        return None
    return sorted(sent.values())[-most] + _WINDOW


def _try(message: ClaimedMessage) -> str:
    return f"{message.id} {message.attempts + 1}"


def _is_severe(message: ClaimedMessage) -> bool:
    return bool(message.body["data"].get("severity") == "severe")


def _waiting(connection: Connection, channel_id: str, now: datetime) -> Sequence[RowMapping]:
    """Messages about incidents that are due for a channel and that nobody has; none is severe."""
    query = (
        select(messages)
        .join(jobs, (jobs.c.subject_id == messages.c.id) & (jobs.c.kind == MESSAGE))
        .where(
            messages.c.channel_id == channel_id,
            messages.c.status == MessageStatus.WAITING,
            messages.c.type.not_in(_SINGLE),
            jobs.c.due_at <= now,
            QUEUED,
        )
        .order_by(messages.c.id)
        .limit(_AT_ONCE)
        .with_for_update(of=jobs, skip_locked=True)
    )
    rows = connection.execute(query).mappings().all()
    return [row for row in rows if row["body"]["data"].get("severity") != "severe"]
