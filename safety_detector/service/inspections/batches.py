"""Which batches there are: made by uploads that name one, and by folders that are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, func, select, union_all
from ulid import ULID

from safety_detector.database.engine import Database
from safety_detector.database.tables import folder_readings, inspections
from safety_detector.domain.inspection import Status
from safety_detector.errors import CursorInvalid
from safety_detector.service.folders.records import ReadingStatus
from safety_detector.service.inspections.listing import ULID_PATTERN
from safety_detector.service.records import Page

MOST_COUNTED = 1000
"""Pictures of a batch that a list counts."""

_MOST_WAITING = 5000  # unfinished pictures that are looked through for those of a list
_TIME_CHARACTERS = 10  # of a ULID

_row = inspections.c


@dataclass(frozen=True, slots=True)
class ListedBatch:
    """A batch in a list.

    Attributes:
        newest_id: of its newest picture; where there is none yet, made of when it was ordered.
        pictures: at most ``MOST_COUNTED``.
        has_more: whether there are more pictures than were counted.
        waiting: pictures that have no result yet; None where too many wait to know.
        source: the folder that is read into it.
        reading: whether that is read.
        received_at: when the newest picture came, or the folder was ordered.
    """

    id: str
    newest_id: str
    pictures: int = 0
    has_more: bool = False
    waiting: int | None = None
    source: str | None = None
    reading: ReadingStatus | None = None
    received_at: datetime | None = None


class Batches:
    """Lists batches; changes nothing.

    A batch has no row of its own: the index of pictures by batch is walked from batch to batch,
    which costs as many steps as there are batches, however many pictures they have.

    Args:
        database: where pictures are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, limit: int, cursor: str | None = None) -> Page[ListedBatch]:
        """Batches, those first whose newest picture came last.

        Args:
            limit: most batches a page.
            cursor: ``next_cursor`` of the page before.

        Raises:
            CursorInvalid: the cursor is none of ours.
        """
        if cursor is not None and not ULID_PATTERN.fullmatch(cursor):
            raise CursorInvalid("not-a-cursor", cursor=cursor[:64])
        with self._database.read() as connection:
            found = sorted(_all(connection), key=lambda one: one.newest_id, reverse=True)
            behind = [one for one in found if cursor is None or one.newest_id < cursor]
            page = Page.cut(behind[: limit + 1], limit, lambda one: one.newest_id)
            ids = [one.id for one in page.items]
            counts = _counted(connection, ids)
            waiting = _waiting(connection)
            newest = _received(connection, [one.newest_id for one in page.items])
        return Page(
            tuple(
                replace(
                    one,
                    pictures=min(counts.get(one.id, 0), MOST_COUNTED),
                    has_more=counts.get(one.id, 0) > MOST_COUNTED,
                    waiting=None if waiting is None else waiting.get(one.id, 0),
                    received_at=newest.get(one.newest_id, one.received_at),
                )
                for one in page.items
            ),
            page.next_cursor,
        )


def _all(connection: Connection) -> list[ListedBatch]:
    """Every batch with its newest picture, and the folder that is read into it."""
    before = inspections.alias()
    walk = select(func.max(_row.batch_id).label("id")).cte("batches", recursive=True)
    step = select(func.max(before.c.batch_id)).where(before.c.batch_id < walk.c.id)
    walk = walk.union_all(select(step.scalar_subquery()).where(walk.c.id.is_not(None)))
    newest = select(func.max(_row.id)).where(_row.batch_id == walk.c.id).scalar_subquery()
    query = select(walk.c.id, newest.label("newest_id")).where(walk.c.id.is_not(None))
    found = {row.id: ListedBatch(row.id, row.newest_id) for row in connection.execute(query)}
    reading = folder_readings.c
    columns = (reading.batch_id, reading.folder, reading.status, reading.requested_at)
    for row in connection.execute(select(*columns)):
        ordered = str(ULID.from_datetime(row.requested_at))[:_TIME_CHARACTERS]
        unread = ListedBatch(row.batch_id, ordered + row.batch_id[_TIME_CHARACTERS:])
        known = found.get(row.batch_id, unread)
        found[row.batch_id] = replace(
            known,
            source=row.folder,
            reading=ReadingStatus(row.status),
            received_at=row.requested_at,
        )
    return list(found.values())


def _counted(connection: Connection, ids: Sequence[str]) -> Mapping[str, int]:
    """How many pictures each has, but of each no more are looked at than one above the most."""
    if not ids:
        return {}
    each = [
        select(_row.batch_id).where(_row.batch_id == one).limit(MOST_COUNTED + 1).subquery()
        for one in ids
    ]
    query = union_all(
        *(
            select(one.c.batch_id, func.count().label("number")).group_by(one.c.batch_id)
            for one in each
        )
    )
    return {row.batch_id: row.number for row in connection.execute(query)}


def _waiting(connection: Connection) -> Mapping[str, int] | None:
    """How many pictures of each batch have no result yet; None where very many wait."""
    unfinished = (
        select(_row.batch_id)
        .where(_row.status.in_((Status.QUEUED, Status.RUNNING)))
        .limit(_MOST_WAITING + 1)
        .subquery()
    )
    query = select(unfinished.c.batch_id, func.count().label("number")).group_by(
        unfinished.c.batch_id
    )
    found = {row.batch_id: row.number for row in connection.execute(query)}
    return None if sum(found.values()) > _MOST_WAITING else found


def _received(connection: Connection, ids: Sequence[str]) -> Mapping[str, datetime]:
    query = select(_row.id, _row.received_at).where(_row.id.in_(ids))
    return {row.id: row.received_at for row in connection.execute(query)}
