"""Channels as records."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update
from ulid import ULID

from safety_detector.database.engine import Database
from safety_detector.database.tables import channel_paces, channels, deliveries, messages
from safety_detector.domain.inspection import timestamp
from safety_detector.errors import SecretsLost, SubmissionRefused
from safety_detector.jobs.store import JobStore
from safety_detector.sealing import Seal
from safety_detector.service.access.audit import PROGRAM, Actor, AuditAction, note_act
from safety_detector.service.notifications.alert_rules import forget_channel
from safety_detector.service.notifications.jobs import ended, message_job
from safety_detector.service.notifications.kinds import (
    changed_channel,
    kept_channel,
    opened,
    sealed_texts,
)
from safety_detector.service.notifications.outcomes import RETRY_AFTER
from safety_detector.service.notifications.records import (
    SWITCHED_OFF,
    Channel,
    ChannelKind,
    ClaimedMessage,
    Delivery,
    Destination,
    Message,
    MessageFilter,
    MessageLog,
    MessageStatus,
    MessageType,
    NewChannel,
)
from safety_detector.service.notifications.writing import NewMessage, write_message

_LEAST_OF_WAIT = 0.1  # so that the tries of one message last for hours at least


class Channels:
    """Keeps the channels, and shows what they were told.

    Args:
        database: where they are.
        jobs: of messages.
        seal: for addresses and secrets.
        clock: the present moment, with its zone.
    """

    def __init__(
        self,
        database: Database,
        jobs: JobStore[ClaimedMessage],
        seal: Seal,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._seal = seal
        self._clock = clock

    def create(self, wanted: NewChannel, by: Actor = PROGRAM) -> tuple[Channel, str | None]:
        """Adds a channel; gives it with its secret, which is never shown again.

        Raises:
            SubmissionRefused: something of it cannot be, as its kind is used.
            StorageUnavailable, SecretsLost: nothing can be sealed.
        """
        kept = kept_channel(wanted)
        now = self._clock()
        values = {
            "id": str(ULID.from_datetime(now)),
            "kind": wanted.kind,
            "name": wanted.name,
            "language": wanted.language,
            "settings": {**wanted.settings, "url": kept.shown_url},
            "sealed": self._seal.seal(sealed_texts(kept.url, kept.secret)),
            "created_at": now,
            "disabled_reason": wanted.disabled_reason,
        }
        with self._database.write() as connection:
            connection.execute(insert(channels), values)
            note_act(
                connection,
                by,
                AuditAction.CHANNEL_ADDED,
                now,
                str(values["id"]),
                name=wanted.name,
                url=kept.shown_url,
            )
            return _to_channel(_find(connection, str(values["id"]))), kept.told_once

    def replace(
        self,
        channel_id: str,
        wanted: NewChannel,
        by: Actor = PROGRAM,
        *,
        keeps_secret: bool,
        seen: Channel | None = None,
    ) -> tuple[Channel, str | None] | None:
        """Puts another channel in the place of one; gives it with its secret, if that is new.

        One that is switched off is told nothing any more, not even what still waits.  One whose
        receiver wants no more stays off unless it leads somewhere else now: it is the receiver's
        word, not a person's.  None if there is none with that id.

        Args:
            channel_id: of the channel.
            wanted: as it is to be; an address as it is shown stands for the one that is kept.
            by: whoever changes it.
            keeps_secret: whether its secret stays as it is.
            seen: as it has to be still; None where anything will do.

        Raises:
            SubmissionRefused: something of it cannot be, or somebody changed it since it was seen.
            StorageUnavailable, SecretsLost: what is to be kept cannot be opened, or sealed.
        """
        now = self._clock()
        with self._database.write() as connection:
            row = _find(connection, channel_id, lock=True)
            if row is None:
                return None
            if seen not in (None, _to_channel(row)):
                raise SubmissionRefused("changed-meanwhile")
            if wanted.kind != row["kind"]:
                raise SubmissionRefused("channel-kind-stays", kind=row["kind"])
            shown_url = row["settings"]["url"]
            if wanted.url == shown_url or keeps_secret:
                before = opened(self._seal.open(row["sealed"]), row["settings"])
                kept = changed_channel(before, shown_url, wanted, keeps_secret=keeps_secret)
            else:
                kept = kept_channel(wanted)  # also where the key of the old ones is lost
            reason = wanted.disabled_reason
            if wanted.enabled and _is_off_by_receiver(row) and self._leads_to(row) == kept.url:
                reason = row["disabled_reason"]
            values = {
                "name": wanted.name,
                "language": wanted.language,
                "settings": {**wanted.settings, "url": kept.shown_url},
                "sealed": self._seal.seal(sealed_texts(kept.url, kept.secret)),
                "disabled_reason": reason,
            }
            connection.execute(update(channels).where(channels.c.id == channel_id).values(values))
            if not wanted.enabled:
                self._end_waiting(connection, channel_id, now)
            note_act(
                connection,
                by,
                AuditAction.CHANNEL_CHANGED,
                now,
                channel_id,
                name=wanted.name,
                url=kept.shown_url,
                enabled=reason is None,
            )
            return _to_channel(_find(connection, channel_id)), kept.told_once

    def _leads_to(self, row: RowMapping) -> str | None:
        """The address that is kept of a channel; None where it cannot be opened."""
        try:
            return opened(self._seal.open(row["sealed"]), row["settings"]).url
        except SecretsLost:
            return None

    def _end_waiting(self, connection: Connection, channel_id: str, now: datetime) -> None:
        """Has nothing more sent of what waits; the log keeps it, to be sent when somebody asks."""
        unsent = messages.c.status.in_((MessageStatus.WAITING, MessageStatus.HELD))
        these = (messages.c.channel_id == channel_id) & unsent
        ids = connection.scalars(select(messages.c.id).where(these)).all()
        self._jobs.remove(connection, ids)
        ended_now = ended(MessageStatus.FAILED, now)
        connection.execute(update(messages).where(these).values(**ended_now))

    def list(self) -> tuple[Channel, ...]:
        """Every channel, the oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(channels).order_by(channels.c.id)).mappings().all()
        return tuple(_to_channel(row) for row in rows)

    def destinations(self, kind: ChannelKind) -> tuple[tuple[Channel, Destination], ...]:
        """Every channel of a kind to which something is sent, with where that goes.

        Raises:
            SecretsLost: addresses and secrets cannot be opened.
        """
        wanted = select(channels).where(
            channels.c.kind == kind, channels.c.disabled_reason.is_(None)
        )
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(channels.c.id)).mappings().all()
        return tuple(
            (_to_channel(row), opened(self._seal.open(row["sealed"]), row["settings"]))
            for row in rows
        )

    def hasten(self, channel_id: str) -> None:
        """Has what waits for another try sent soon, since the receiver is there again.

        Not before a tenth of the usual wait: one that comes and goes would use up all tries.
        """
        now = self._clock()
        last_try = (deliveries.c.message_id == messages.c.id) & (
            deliveries.c.number == messages.c.attempts
        )
        waiting = (
            select(messages.c.id, messages.c.attempts, messages.c.next_try_at, deliveries.c.at)
            .join(deliveries, last_try)
            .where(
                messages.c.channel_id == channel_id,
                messages.c.status == MessageStatus.WAITING,
                messages.c.next_try_at.is_not(None),
            )
        )
        with self._database.write() as connection:
            sooner: dict[timedelta, list[str]] = {}
            for row in connection.execute(waiting):
                usual = RETRY_AFTER[min(row.attempts, len(RETRY_AFTER)) - 1]
                left_s = (row.at + usual * _LEAST_OF_WAIT - now).total_seconds()
                delay = timedelta(seconds=max(0, math.ceil(left_s)))
                if now + delay < row.next_try_at:
                    sooner.setdefault(delay, []).append(row.id)
            for delay, ids in sooner.items():
                self._jobs.make_due(connection, ids, delay)
                these = update(messages).where(messages.c.id.in_(ids))
                connection.execute(these.values(next_try_at=now + delay))

    def get(self, channel_id: str) -> Channel | None:
        """One channel; None if there is none with that id."""
        with self._database.read() as connection:
            row = _find(connection, channel_id)
        return None if row is None else _to_channel(row)

    def remove(self, channel_id: str, by: Actor = PROGRAM) -> bool:
        """Removes a channel, and what it was still to be told; False if there is none."""
        now = self._clock()
        of_channel = messages.c.channel_id == channel_id
        with self._database.write() as connection:
            # Locked first: whoever is writing it a message has done so when the others are removed.
            row = _find(connection, channel_id, lock=True)
            if row is None:
                return False
            ids = connection.scalars(select(messages.c.id).where(of_channel)).all()
            self._jobs.remove(connection, ids)
            connection.execute(delete(deliveries).where(deliveries.c.message_id.in_(ids)))
            connection.execute(delete(messages).where(of_channel))
            connection.execute(
                delete(channel_paces).where(channel_paces.c.channel_id == channel_id)
            )
            connection.execute(delete(channels).where(channels.c.id == channel_id))
            forget_channel(connection, channel_id, by, now)
            note_act(connection, by, AuditAction.CHANNEL_REMOVED, now, channel_id, name=row["name"])
        return True

    def test(self, channel_id: str) -> str | None:
        """Sends a test message, with whatever a real one would meet; gives its id.

        None if there is no such channel.
        """
        now = self._clock()
        with self._database.write() as connection:
            row = _find(connection, channel_id)
            if row is None:
                return None
            body = {
                "type": MessageType.TEST,
                "timestamp": timestamp(now),
                "data": {"channel": row["name"]},
            }
            new = NewMessage(channel_id, MessageType.TEST, body)
            return write_message(connection, self._jobs, new, now)

    def resend(self, channel_id: str, message_id: str) -> bool:
        """Has a message sent now, whatever came of it so far; under its id, once more.

        One that was delivered is sent to every receiver again; any other one, to whom it is
        missing.  False if the channel has no such message.
        """
        now = self._clock()
        this_one = (messages.c.id == message_id) & (messages.c.channel_id == channel_id)
        waits = {"status": MessageStatus.WAITING, "finished_at": None, "next_try_at": now}
        was_delivered = messages.c.status == MessageStatus.DELIVERED
        with self._database.write() as connection:
            to_all = update(messages).where(this_one & was_delivered).values(reached=None)
            connection.execute(to_all)
            if connection.execute(update(messages).where(this_one).values(waits)).rowcount == 0:
                return False
            self._jobs.offer_anew(connection, message_job(message_id, channel_id))
        return True

    def messages(
        self, channel_id: str, at_most: int, before: str | None = None
    ) -> Sequence[Message]:
        """What one channel was told, as ``log`` gives it."""
        return self.log(MessageFilter(channel_id=channel_id), at_most, before)

    def log(
        self, wanted: MessageFilter, at_most: int, before: str | None = None
    ) -> Sequence[Message]:
        """What channels were told, the newest first, each with its last try."""
        query = _WITH_LAST_TRY.order_by(messages.c.id.desc()).limit(at_most)
        if wanted.channel_id is not None:
            query = query.where(messages.c.channel_id == wanted.channel_id)
        if wanted.incident_id is not None:
            query = query.where(messages.c.incident_id == wanted.incident_id)
        if wanted.status is not None:
            query = query.where(messages.c.status == wanted.status)
        if before is not None:
            query = query.where(messages.c.id < before)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [_to_message(row) for row in rows]

    def last_messages(self) -> Sequence[Message]:
        """Of each channel the newest thing that it was told, with its last try."""
        newest = (
            select(func.max(messages.c.id))
            .where(messages.c.channel_id == channels.c.id)
            .correlate(channels)
            .scalar_subquery()
        )
        query = _WITH_LAST_TRY.where(messages.c.id.in_(select(newest).select_from(channels)))
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [_to_message(row) for row in rows]

    def message(self, channel_id: str, message_id: str) -> MessageLog | None:
        """Everything about one message; None if the channel has none with that id."""
        this_one = (messages.c.id == message_id) & (messages.c.channel_id == channel_id)
        tries = (
            select(deliveries)
            .where(deliveries.c.message_id == message_id)
            .order_by(deliveries.c.number)
        )
        with self._database.read() as connection:
            row = connection.execute(_WITH_LAST_TRY.where(this_one)).mappings().one_or_none()
            if row is None:
                return None
            tried = connection.execute(tries).mappings().all()
        return MessageLog(_to_message(row), row["body"], tuple(_to_delivery(one) for one in tried))


_WITH_LAST_TRY = select(messages, deliveries).outerjoin(
    deliveries,
    (deliveries.c.message_id == messages.c.id) & (deliveries.c.number == messages.c.attempts),
)


def _find(connection: Connection, channel_id: str, *, lock: bool = False) -> RowMapping | None:
    query = select(channels).where(channels.c.id == channel_id)
    if lock:
        query = query.with_for_update()
    return connection.execute(query).mappings().one_or_none()


def _is_off_by_receiver(row: RowMapping) -> bool:
    return row["disabled_reason"] not in (None, SWITCHED_OFF)


def _to_channel(row: RowMapping | None) -> Channel:
    if row is None:
        raise RuntimeError("a channel that was inserted is not there")
    return Channel(
        id=row["id"],
        kind=ChannelKind(row["kind"]),
        name=row["name"],
        url=row["settings"]["url"],
        settings={name: one for name, one in row["settings"].items() if name != "url"},
        language=row["language"],
        created_at=row["created_at"],
        disabled_reason=row["disabled_reason"],
    )


def _to_message(row: RowMapping) -> Message:
    return Message(
        id=row["id"],
        channel_id=row["channel_id"],
        type=MessageType(row["type"]),
        incident_id=row["incident_id"],
        created_at=row["created_at"],
        status=MessageStatus(row["status"]),
        attempts=row["attempts"],
        next_try_at=row["next_try_at"],
        finished_at=row["finished_at"],
        told_in=row["told_in"],
        last=None if row["number"] is None else _to_delivery(row),
    )


def _to_delivery(row: RowMapping) -> Delivery:
    return Delivery(row["number"], row["at"], row["took_ms"], row["answer"], row["reason"])
