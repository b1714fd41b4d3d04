"""The feed of events, in an order in which nothing appears behind what a reader has read.

On PostgreSQL ids are given out before the commit: a transaction with a lower id can commit after a
reader saw a higher one, and its event would be passed over.  So the order is (transaction, id), and
only transactions older than every running one are shown (``pg_snapshot_xmin``): no event can appear
before them any more.  SQLite has one writer at a time; there the ids alone do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from sqlalchemy import Connection, delete, func, insert, select, text, tuple_

from safety_detector.database.tables import events, feed_marks
from safety_detector.errors import CursorInvalid

_THIS_TRANSACTION = text("pg_current_xact_id()::text::bigint")
# All that a statement sees of its own cluster is older than the end of its snapshot, or its own.
_AHEAD_OF_THIS_CLUSTER = text(
    "transaction_id >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
    " AND transaction_id <> pg_current_xact_id()::text::bigint"
)
_OLDER_THAN_RUNNING_ONES = text(
    "transaction_id < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
)
_NOT_REACHED = text(
    "SELECT :transaction_id >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
)

# SQLite's own table of the ids that AUTOINCREMENT gave out; it has no row before the first.
_NEWEST_GIVEN_OUT = text("SELECT max(seq) FROM sqlite_sequence WHERE name = 'events'")
_RAISE_IDS = text("UPDATE sqlite_sequence SET seq = max(seq, :least) WHERE name = 'events'")
_FIRST_IDS = text("INSERT INTO sqlite_sequence (name, seq) VALUES ('events', :least)")

_MARKED_EVERY = timedelta(hours=1)

# 18 digits are what the databases' 64-bit integers surely hold.
_WRITTEN_POSITION = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")


@dataclass(frozen=True, slots=True, order=True)
class FeedPosition:
    """A place in the feed; ``str`` gives its public form and ``parse`` reads it."""

    transaction_id: int
    id: int

    def __str__(self) -> str:
        return f"{self.transaction_id}-{self.id}"

    @classmethod
    def parse(cls, written: str) -> Self:
        """Reads the public form.

        Raises:
            CursorInvalid: it is none.
        """
        found = _WRITTEN_POSITION.fullmatch(written)
        if found is None:
            raise CursorInvalid("not-an-event-id", cursor=written[:64])
        return cls(int(found[1]), int(found[2]))


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One event and its place: of an inspection, or of an incident and a picture of it."""

    position: FeedPosition
    inspection_id: str | None
    incident_id: str | None
    kind: str
    at: datetime


FEED_START = FeedPosition(0, 0)


_APPEND = {
    "sqlite": insert(events).values(transaction_id=0),
    "postgresql": insert(events).values(transaction_id=_THIS_TRANSACTION),
}


def append_event(connection: Connection, inspection_id: str, kind: str, at: datetime) -> None:
    """Adds an event to the feed, as part of the transaction."""
    append_events(connection, [inspection_id], kind, at)


def append_events(
    connection: Connection, inspection_ids: Sequence[str], kind: str, at: datetime
) -> None:
    """Adds an event of the same kind for each inspection, as part of the transaction."""
    values = [{"inspection_id": one, "kind": kind, "at": at} for one in inspection_ids]
    connection.execute(_APPEND[connection.dialect.name], values)


def append_incident_event(
    connection: Connection, incident_id: str, inspection_id: str | None, kind: str, at: datetime
) -> None:
    """Adds an event of an incident, as part of the transaction.

    Args:
        connection: that transaction.
        incident_id: of the incident.
        inspection_id: of the picture that shows it, where one does.
        kind: what happened.
        at: the present moment.
    """
    values = {"inspection_id": inspection_id, "incident_id": incident_id, "kind": kind, "at": at}
    connection.execute(_APPEND[connection.dialect.name], values)


def read_events(connection: Connection, after: FeedPosition, limit: int) -> list[FeedEntry]:
    """Events behind a position, in order."""
    query = (
        select(
            events.c.id,
            events.c.transaction_id,
            events.c.inspection_id,
            events.c.incident_id,
            events.c.kind,
            events.c.at,
        )
        .where(
            tuple_(events.c.transaction_id, events.c.id) > tuple_(after.transaction_id, after.id)
        )
        .order_by(events.c.transaction_id, events.c.id)
        .limit(limit)
    )
    if connection.dialect.name != "sqlite":
        query = query.where(_OLDER_THAN_RUNNING_ONES)
    return [
        FeedEntry(
            FeedPosition(row.transaction_id, row.id),
            row.inspection_id,
            row.incident_id,
            row.kind,
            row.at,
        )
        for row in connection.execute(query)
    ]


def newest_position(connection: Connection) -> FeedPosition:
    """The position behind everything that readers can see now."""
    query = (
        select(events.c.transaction_id, events.c.id)
        .order_by(events.c.transaction_id.desc(), events.c.id.desc())
        .limit(1)
    )
    if connection.dialect.name != "sqlite":
        query = query.where(_OLDER_THAN_RUNNING_ONES)
    row = connection.execute(query).one_or_none()
    return FeedPosition(row.transaction_id, row.id) if row else FEED_START


def mark_feed(connection: Connection, now: datetime) -> None:
    """Notes how far the feed is, once an hour, so that ``remove_events`` knows what is old.

    Args:
        connection: a writing transaction.
        now: by a clock that only goes on.
    """
    last = connection.scalar(select(func.max(feed_marks.c.at)))
    if last is not None and now < last + _MARKED_EVERY:
        return
    end = newest_position(connection)
    values = {"at": now, "transaction_id": end.transaction_id, "event_id": end.id}
    connection.execute(insert(feed_marks).values(values))


def remove_events(connection: Connection, before: datetime) -> int:
    """Removes events that were there at the last mark before a moment; returns how many.

    Not by their own times, which a wrong clock may have written.
    """
    marked = select(feed_marks).where(feed_marks.c.at < before)
    mark = connection.execute(marked.order_by(feed_marks.c.at.desc()).limit(1)).one_or_none()
    if mark is None:
        return 0
    connection.execute(delete(feed_marks).where(feed_marks.c.at < mark.at))
    behind = tuple_(events.c.transaction_id, events.c.id)
    until = tuple_(mark.transaction_id, mark.event_id)
    return connection.execute(delete(events).where(behind <= until)).rowcount


def is_ahead(connection: Connection, position: FeedPosition) -> bool:
    """Whether this database has not come to that position yet, nor has given it to any reader.

    It is another service's, or one of this service's before an older state was restored.
    """
    if connection.dialect.name == "sqlite":
        return position > FeedPosition(0, connection.scalar(_NEWEST_GIVEN_OUT) or 0)
    return bool(connection.scalar(_NOT_REACHED, {"transaction_id": position.transaction_id}))


def prepare_feed(connection: Connection, now: datetime) -> None:
    """Lets all new events stand behind whatever readers have seen, also in a restored database.

    On SQLite ids go on at the milliseconds since 1970, which outrun the events: a copy from before
    gives no id anew that a reader already knows.  On PostgreSQL, where transactions order events,
    a dump of another cluster may hold such as this one has not reached; those events are removed.
    """
    if connection.dialect.name != "sqlite":
        connection.execute(events.delete().where(_AHEAD_OF_THIS_CLUSTER))
        connection.execute(feed_marks.delete().where(_AHEAD_OF_THIS_CLUSTER))
        return
    least = {"least": int(now.timestamp() * 1000)}
    if connection.execute(_RAISE_IDS, least).rowcount == 0:
        connection.execute(_FIRST_IDS, least)
