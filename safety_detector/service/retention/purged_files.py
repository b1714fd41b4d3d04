"""Annotated pictures of purged inspections: noted with the purge, removed after it.

Rows go before files, so that no row is left whose file is gone.  The note stands in the transaction
that deletes the rows: whatever happens before the files are removed, the next purge or round of the
sweeper knows that they were ours to remove.  No name is ever given out twice, so that removing a
file again harms nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from safety_detector.database.engine import Database
from safety_detector.database.tables import purged_files
from safety_detector.storage.storage import Storage

_AT_ONCE = 500  # files between two transactions


def note_purged_files(connection: Connection, gone: Sequence[Row[Any]]) -> None:
    """Notes the annotated pictures of inspections, as part of the transaction that deletes them."""
    values = [
        {"inspection_id": row.id, "fence": row.annotated_fence}
        for row in gone
        if row.annotated_fence is not None
    ]
    if values:
        connection.execute(insert(purged_files), values)


def remove_purged_files(database: Database, storage: Storage) -> int:
    """Removes what is noted, also by purges that ended in between; returns how many files.

    Raises:
        StorageUnavailable, DatabaseUnavailable: some are still there, and still noted.
    """
    removed = 0
    while True:
        with database.read() as connection:
            rows = connection.execute(select(purged_files).limit(_AT_ONCE)).all()
        if not rows:
            return removed
        for row in rows:
            storage.delete_annotated(row.inspection_id, row.fence)
        done = purged_files.c.inspection_id.in_([row.inspection_id for row in rows])
        with database.write(durable=False) as connection:
            connection.execute(delete(purged_files).where(done))
        removed += len(rows)
