"""``python -m tests.acceptance.durability_mutant WITHOUT api …``: the program less one fsync.

Shows that ``test_durability`` notices: ``file`` leaves out the fsync of an uploaded file,
``folder`` that of the folder it is renamed into, ``database`` that of the commit.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from typing import cast

from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection

from safety_detector.cli.main import main
from safety_detector.database import engine, sqlite

_fsync, _set_up_sqlite = os.fsync, sqlite._set_up_sqlite


def _without_files(descriptor: int) -> None:
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        _fsync(descriptor)


def _without_folders(descriptor: int) -> None:
    if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
        _fsync(descriptor)


def _without_commits(connection: DBAPIConnection, record: object) -> None:
    _set_up_sqlite(connection, record)
    cast(sqlite3.Connection, connection).execute("PRAGMA synchronous=NORMAL")


def _without_choice(_connection: Connection, *, durable: bool) -> None:
    """Leaves commits as they are, whatever is asked for."""


def mutate(without: str) -> None:
    """Takes one of the fsyncs away."""
    if without == "file":
        os.fsync = _without_files
    elif without == "folder":
        os.fsync = _without_folders
    elif without == "database":
        sqlite._set_up_sqlite = _without_commits
        # A background transaction that need not be durable would switch it on for the next one.
        engine.set_durability = _without_choice  # type: ignore[attr-defined]


if __name__ == "__main__":
    mutate(sys.argv.pop(1))
    main()
