"""A SQLite database with the service's tables and no rows, made once a process and then copied."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from safety_detector.database.engine import Database
from safety_detector.database.migrate import migrate
from safety_detector.database.sqlite import sqlite_url


@cache
def migrated_sqlite() -> bytes:
    """The file's content; to go through all migrations takes a tenth of a second of CPU."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "service.db"
        database = Database(sqlite_url(path))
        migrate(database)
        # Into the file itself, so that the copy needs no second one.
        with database.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
        database.close()
        return path.read_bytes()
