"""How much is stored, how fast that grows, and when there is no room any more."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select
from ulid import ULID

from safety_detector.database.engine import Database
from safety_detector.database.tables import inspections, pictures
from safety_detector.service.retention.retention import KeepPolicy
from safety_detector.storage.storage import Storage

_WEEK = timedelta(days=7)
_LEAST_SPAN = timedelta(hours=1)  # less tells nothing of a day
_MOST_COUNTED = 200_000  # pictures, the newest first; counting them takes some 20 ms
_WEIGHED = 500  # newest pictures whose size stands for that of all
_FARTHEST = timedelta(days=3650)
_LOWEST_ID = "0" * 26


@dataclass(frozen=True, slots=True)
class StorageStanding:
    """The disk of the data folder, and what becomes of it.

    Attributes:
        size_bytes, free_bytes: of its file system.
        min_free_bytes: with less room nothing is accepted.
        stored_bytes: of pictures and annotated pictures.
        keep: what retention keeps.
        grows_bytes_a_day: by the pictures of the last days; None where it is too early to tell.
        measured_over: of how long they are.
        full_at: when nothing is accepted any more if it goes on like this; None where it does not
            fill up, or nobody can tell.
    """

    size_bytes: int
    free_bytes: int
    min_free_bytes: int
    stored_bytes: int
    keep: KeepPolicy
    grows_bytes_a_day: int | None = None
    measured_over: timedelta | None = None
    full_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Growth:
    bytes_a_day: float
    over: timedelta
    oldest_at: datetime


class StorageGrowth:
    """Looks at disk and database; takes some ten milliseconds with 100,000 pictures.

    Args:
        database: knows what is stored, and since when.
        storage: where it is stored.
        keep: what retention keeps.
        clock: the present moment.
    """

    def __init__(
        self,
        database: Database,
        storage: Storage,
        keep: KeepPolicy,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._storage = storage
        self._keep = keep
        self._clock = clock

    def standing(self) -> StorageStanding:
        """How it stands now.

        Raises:
            OSError: the disk does not say.
        """
        room, usage = self._storage.room.look(), shutil.disk_usage(self._storage.root)
        now = self._clock()
        with self._database.read() as connection:
            stored = _stored_bytes(connection)
            growth = _growth(connection, now)
        found = StorageStanding(
            usage.total, room.free_bytes, room.min_free_bytes, stored, self._keep
        )
        if growth is None:
            return found
        return replace(
            found,
            grows_bytes_a_day=int(growth.bytes_a_day),
            measured_over=growth.over,
            full_at=self._full_at(found, growth, now),
        )

    def _full_at(self, found: StorageStanding, growth: _Growth, now: datetime) -> datetime | None:
        left = found.free_bytes - found.min_free_bytes
        if growth.bytes_a_day <= 0:
            return None
        days = max(left, 0) / growth.bytes_a_day
        # From when on as much goes as comes.
        bounds = []
        if self._keep.age is not None:
            bounds.append((self._keep.age - (now - growth.oldest_at)) / timedelta(days=1))
        if self._keep.max_bytes is not None:
            bounds.append((self._keep.max_bytes - found.stored_bytes) / growth.bytes_a_day)
        if bounds and min(bounds) <= days:
            return None
        return now + timedelta(days=days) if days < _FARTHEST / timedelta(days=1) else None


def _stored_bytes(connection: Connection) -> int:
    submitted = connection.scalar(select(func.sum(pictures.c.size_bytes)))
    drawn = connection.scalar(
        select(func.sum(inspections.c.annotated_bytes)).where(
            inspections.c.annotated_bytes.is_not(None)
        )
    )
    return int(submitted or 0) + int(drawn or 0)


def _growth(connection: Connection, now: datetime) -> _Growth | None:
    row = inspections.c
    oldest = connection.execute(select(row.received_at).order_by(row.id).limit(1)).scalar()
    if oldest is None:
        return None
    newest = (
        select(row.id)
        .where(row.id >= _first_id_of(now - _WEEK))
        .order_by(row.id.desc())
        .limit(_MOST_COUNTED)
        .subquery()
    )
    number, first_id = connection.execute(
        select(func.count(), func.min(newest.c.id)).select_from(newest)
    ).one()
    over = min(_WEEK, now - oldest)
    if number == _MOST_COUNTED:
        over = now - ULID.from_str(first_id).datetime
    if over < _LEAST_SPAN:
        return None
    sizes = connection.execute(
        select(pictures.c.size_bytes, row.annotated_bytes)
        .join(pictures, pictures.c.sha256 == row.sha256)
        .order_by(row.id.desc())
        .limit(_WEIGHED)
    ).all()
    each = sum(one.size_bytes + (one.annotated_bytes or 0) for one in sizes) / max(len(sizes), 1)
    return _Growth(number * each / (over / timedelta(days=1)), over, oldest)


def _first_id_of(moment: datetime) -> str:
    """The least id of what arrived then; ids hold the moment of arrival."""
    return str(ULID.from_datetime(moment))[:10] + _LOWEST_ID[10:]
