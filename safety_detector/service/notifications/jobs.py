"""Messages to send, as a kind of jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, case, func, select, update

from safety_detector.database.tables import RUNNING, cameras, channels, jobs, messages
from safety_detector.domain.inspection import Problem
from safety_detector.jobs.kinds import JobKind
from safety_detector.jobs.records import Job, NewJob
from safety_detector.message_texts.reason import Reason
from safety_detector.service.notifications.records import (
    NOTIFY_QUEUE,
    ChannelKind,
    ClaimedMessage,
    MessageStatus,
    MessageType,
)

MESSAGE = "message"
"""The kind's name in the table of jobs."""

# Nobody extends it, so it is longer than any try: a mail with its picture takes the longest.
_LEASE = timedelta(seconds=90)

# A receiver that hangs must not have all who send.  Robots and mailboxes are told in order; a
# program takes two at a time.
_IN_HAND = jobs.alias("in_hand")
_NO_OTHER_WAITS = (
    select(func.count())
    .select_from(_IN_HAND)
    .where(_IN_HAND.c.kind == MESSAGE, _IN_HAND.c.sender == jobs.c.sender, RUNNING)
    .correlate(jobs)
    .scalar_subquery()
) < func.coalesce(
    select(case((channels.c.kind == ChannelKind.WEBHOOK, 2), else_=1))
    .where(channels.c.id == jobs.c.sender)
    .correlate(jobs)
    .scalar_subquery(),
    1,
)


def message_kind() -> JobKind[ClaimedMessage]:
    """What is particular about messages: how often they are tried depends on their receivers."""
    return JobKind(
        name=MESSAGE,
        lease=_LEASE,
        begun=_begun,
        requeued=lambda _connection, _jobs, _now: None,
        given_up=_given_up,
        claimable=_NO_OTHER_WAITS,
        lost_reason=Reason("message-sender-lost"),
        given_up_as_lost="message-senders-lost",
    )


def message_job(message_id: str, channel_id: str, delay: timedelta = timedelta(0)) -> NewJob:
    """The job of a message; channels take turns, so that none waits for another's receiver."""
    return NewJob(message_id, NOTIFY_QUEUE, sender=channel_id, delay=delay)


def ended(status: MessageStatus, now: datetime) -> dict[str, object]:
    """What is written of a message that is sent no more."""
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
    rows = connection.execute(query).mappings().all()
    places = _places(connection, rows)
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
            rule_ids=tuple(row["rule_ids"]),
            attempts=row["attempts"],
            settings=row["settings"],
            sealed=row["sealed"],
            since=row["created_at"],
            reached=tuple(row["reached"] or ()),
            time_zone=places[row["id"]].time_zone,
            zone_name=places[row["id"]].zone_name,
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class _Place:
    """Where something was seen, in the words of whoever named it."""

    time_zone: str | None = None
    zone_name: str | None = None


def _places(connection: Connection, rows: Sequence[RowMapping]) -> dict[str, _Place]:
    """Where each message's incident is; nowhere for those of none, of several, of gone cameras."""
    told = {row["id"]: row["body"].get("data", {}) for row in rows}
    query = select(cameras.c.id, cameras.c.timezone, cameras.c.zones).where(
        cameras.c.id.in_({str(one.get("camera_id")) for one in told.values()})
    )
    known = {row.id: row for row in connection.execute(query)}
    places = {}
    for message_id, data in told.items():
        camera = known.get(data.get("camera_id"))
        if camera is None:
            places[message_id] = _Place()
            continue
        names = {zone["id"]: zone["name"] for zone in camera.zones}
        places[message_id] = _Place(camera.timezone, names.get(data.get("zone_id")))
    return places


def _given_up(connection: Connection, jobs: Sequence[tuple[Job, Problem]], now: datetime) -> None:
    ids = [job.subject_id for job, _ in jobs]
    these = update(messages).where(messages.c.id.in_(ids))
    connection.execute(these.values(**ended(MessageStatus.FAILED, now)))
