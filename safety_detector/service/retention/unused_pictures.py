"""Removing stored pictures that no inspection refers to, without losing what is uploaded again.

The row of a picture is the lock: an upload of the same bytes refreshes it in the transaction that
makes its inspection, and then looks whether the file is there (``intake.keep_picture``).  A
removal takes the same row, looks again whether anybody refers to it, and deletes the file before it
lets go.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, exists, select

from safety_detector.database.engine import Database
from safety_detector.database.tables import inspections, pictures
from safety_detector.storage.storage import Storage

UNUSED_PICTURE_AGE = timedelta(minutes=10)
"""So long stays what nobody refers to: its frame was replaced, its sender may try again."""

_AT_ONCE = 25  # uploads of the same bytes, on SQLite all writers, wait for so many deletions


def is_unused(now: datetime) -> ColumnElement[bool]:
    """The condition under which a row of ``pictures`` may go, with its file."""
    return and_(
        pictures.c.touched_at < now - UNUSED_PICTURE_AGE,
        ~exists().where(inspections.c.sha256 == pictures.c.sha256),
    )


def remove_unused(
    database: Database, storage: Storage, hashes: Collection[str], now: datetime
) -> int:
    """Removes those of the pictures that are unused; returns how many.

    Raises:
        StorageUnavailable, DatabaseUnavailable: some are still there; nothing else is harmed.
    """
    ordered = sorted(set(hashes))
    return sum(
        _remove(database, storage, ordered[start : start + _AT_ONCE], now)
        for start in range(0, len(ordered), _AT_ONCE)
    )


def _remove(database: Database, storage: Storage, hashes: list[str], now: datetime) -> int:
    locked = (
        select(pictures.c.sha256)
        .where(pictures.c.sha256.in_(hashes))
        .order_by(pictures.c.sha256)
        .with_for_update(skip_locked=True)
    )
    with database.write() as connection:
        ours = connection.scalars(locked).all()
        # A statement of its own: on PostgreSQL the one that takes the lock does not see inspections
        # that were committed while it waited.
        still_unused = (
            delete(pictures)
            .where(pictures.c.sha256.in_(ours), is_unused(now))
            .returning(pictures.c.sha256)
        )
        removed = connection.scalars(still_unused).all()
        for sha256 in removed:
            storage.delete_picture(sha256)
    return len(removed)
