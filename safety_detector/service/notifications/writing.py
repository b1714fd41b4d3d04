"""Writes messages, holds them back, and collects many in one, as part of a transaction.

Whatever is not sent as a message of its own is told by another: ``told_in`` names it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update
from ulid import ULID

from safety_detector.database.tables import HELD, QUEUED, channels, jobs, messages
from safety_detector.jobs.store import JobStore
from safety_detector.service.notifications.bodies import digest_body
from safety_detector.service.notifications.jobs import MESSAGE, message_job
from safety_detector.service.notifications.records import (
    ChannelKind,
    ClaimedMessage,
    MessageStatus,
    MessageType,
)

_IN_A_DIGEST: Mapping[ChannelKind, int] = {
    # What is named by its id, its hazard, and ten characters of its camera, in 2,048 bytes.
    ChannelKind.WECOM: 20,
    # In 20,000 bytes.
    ChannelKind.DINGTALK: 150,
    ChannelKind.FEISHU: 150,
}
_IN_OTHER_DIGESTS = 500


@dataclass(frozen=True, slots=True)
class NewMessage:
    """What a channel is to be told.

    Attributes:
        body: what a receiver of JSON gets.
        incident_id: the incident that it is about, if it is one.
        rule_ids: the rules by which the channel is told.
    """

    channel_id: str
    type: MessageType
    body: Mapping[str, Any]
    incident_id: str | None = None
    rule_ids: tuple[str, ...] = ()


def write_message(
    connection: Connection,
    store: JobStore[ClaimedMessage],
    new: NewMessage,
    now: datetime,
    delay: timedelta = timedelta(0),
) -> str:
    """Writes a message and the job that sends it, after a while; gives its id."""
    message_id = _insert(connection, new, now, MessageStatus.WAITING, now + delay)
    store.add(connection, message_job(message_id, new.channel_id, delay))
    return message_id


def hold_back(connection: Connection, new: NewMessage, now: datetime, until: datetime) -> None:
    """Writes a message that is not sent: the next one counts it, or a digest tells it then."""
    _insert(connection, new, now, MessageStatus.HELD, until)


def held_back(
    connection: Connection, channel_id: str, due_at: datetime | None = None
) -> Sequence[RowMapping]:
    """What is held back from a channel, the oldest first; nobody else takes it meanwhile.

    Args:
        connection: a writing transaction.
        channel_id: the channel.
        due_at: only what has to be told at that moment.
    """
    query = select(messages).where(HELD, messages.c.channel_id == channel_id)
    if due_at is not None:
        query = query.where(messages.c.next_try_at <= due_at)
    # What somebody else takes at this moment is told by them: nobody waits for another here.
    query = query.order_by(messages.c.id).with_for_update(skip_locked=True)
    return connection.execute(query).mappings().all()


def mark_told(
    connection: Connection, rows: Sequence[RowMapping], told_in: str, now: datetime
) -> None:
    """Notes of messages that another one tells them."""
    ids = [row["id"] for row in rows]
    these = update(messages).where(messages.c.id.in_(ids))
    ended = {"status": MessageStatus.COLLECTED, "finished_at": now, "next_try_at": None}
    connection.execute(these.values(told_in=told_in, **ended))


def collect(
    connection: Connection,
    store: JobStore[ClaimedMessage],
    rows: Sequence[RowMapping],
    now: datetime,
    delay: timedelta = timedelta(0),
) -> None:
    """Has a digest tell what messages of one channel would have told.

    One that waits takes in what comes, until it is sent; a robot's takes no more than its text
    holds, and is followed by another.

    Args:
        connection: a writing transaction.
        store: of messages.
        rows: the messages, which nobody sends, the oldest first.
        now: the present moment.
        delay: how long a new digest waits.
    """
    if not rows:
        return
    channel_id = rows[0]["channel_id"]
    query = select(channels).where(channels.c.id == channel_id)
    channel = connection.execute(query).mappings().one_or_none()
    if channel is None:  # removed while they were written: nobody is to be told any more
        these = delete(messages).where(messages.c.id.in_([row["id"] for row in rows]))
        connection.execute(these)
        return
    most = _IN_A_DIGEST.get(ChannelKind(channel["kind"]), _IN_OTHER_DIGESTS)
    name, language = channel["name"], channel["language"]
    rest = _with_counted(connection, rows)
    waiting = waiting_digest(connection, channel_id)
    if waiting is not None:
        room = max(most - waiting["body"]["data"]["count"], 0)
        some, rest = rest[:room], rest[room:]
        if some:
            bodies = [row["body"] for row in some]
            body = digest_body(bodies, name, language, now, waiting["body"])
            this_one = update(messages).where(messages.c.id == waiting["id"])
            connection.execute(this_one.values(body=body))
            mark_told(connection, some, waiting["id"], now)
    while rest:
        some, rest = rest[:most], rest[most:]
        body = digest_body([row["body"] for row in some], name, language, now)
        new = NewMessage(channel_id, MessageType.DIGEST, body)
        mark_told(connection, some, write_message(connection, store, new, now, delay), now)


def _with_counted(connection: Connection, rows: Sequence[RowMapping]) -> list[RowMapping]:
    """Messages and those that they count, which nobody else tells any more; the oldest first."""
    found = list(rows)
    for row in rows:
        if counted := row["body"]["data"].get("held_back_incidents"):
            query = select(messages).where(
                messages.c.incident_id.in_(counted),
                messages.c.told_in == row["id"],
                messages.c.status == MessageStatus.COLLECTED,
            )
            found += connection.execute(query).mappings()
    return sorted(found, key=lambda row: str(row["id"]))


def waiting_digest(connection: Connection, channel_id: str) -> RowMapping | None:
    """The newest digest of a channel that nobody has begun to send; nobody does meanwhile."""
    query = (
        select(messages)
        .join(jobs, (jobs.c.subject_id == messages.c.id) & (jobs.c.kind == MESSAGE))
        .where(
            messages.c.channel_id == channel_id,
            messages.c.type == MessageType.DIGEST,
            messages.c.status == MessageStatus.WAITING,
            messages.c.attempts == 0,
            QUEUED,
        )
        .order_by(messages.c.id.desc())
        .limit(1)
        # Both rows: who waited for somebody that added to it has to read what was added.
        .with_for_update()
    )
    return connection.execute(query).mappings().one_or_none()


def _insert(
    connection: Connection,
    new: NewMessage,
    now: datetime,
    status: MessageStatus,
    next_try_at: datetime,
) -> str:
    message_id = str(ULID.from_datetime(now))
    values = {
        "id": message_id,
        "channel_id": new.channel_id,
        "type": new.type,
        "incident_id": new.incident_id,
        "body": new.body,
        "created_at": now,
        "status": status,
        "attempts": 0,
        "next_try_at": next_try_at,
        "rule_ids": list(new.rule_ids),
        "told_in": None,
    }
    connection.execute(insert(messages), values)
    return message_id
