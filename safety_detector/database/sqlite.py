"""Connections to SQLite.

WAL mode with ``synchronous=FULL`` (``NORMAL`` does not fsync commits), and every writing
transaction begins with ``BEGIN IMMEDIATE``: a deferred one that turns to writing fails with
"database is locked" as soon as somebody else wrote, whatever the busy timeout.
"""

from __future__ import annotations

import random
import sqlite3
import time
from datetime import timedelta
from pathlib import Path
from typing import cast

from sqlalchemy import Connection, Engine, PoolProxiedConnection, create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection

from safety_detector.errors import DatabaseUnavailable

_KEPT_CONNECTIONS = 10  # open while nobody needs them
_LOCK_PAUSE_S = (0.0005, 0.002)  # between two attempts to take SQLite's write lock


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return str(URL.create("sqlite", database=str(path.resolve())))


class _ReaderDialect(SQLiteDialect_pysqlite):
    """Begins transactions, which Python's driver does not do by itself here.

    Not by listening to the engine's events: an engine that has listeners asks for them around every
    statement, which took a tenth of accepting a picture.
    """

    supports_statement_cache = True

    def do_begin(self, dbapi_connection: PoolProxiedConnection) -> None:
        """Sees the database as it is now."""
        _raw(dbapi_connection).execute("BEGIN")


class _WriterDialect(SQLiteDialect_pysqlite):
    """Takes the write lock first, and commits nothing that SQLite has taken back."""

    supports_statement_cache = True
    lock_timeout_s = 0.0

    def do_begin(self, dbapi_connection: PoolProxiedConnection) -> None:
        """Takes the write lock."""
        _begin_immediate(_raw(dbapi_connection), self.lock_timeout_s)

    def do_commit(self, dbapi_connection: PoolProxiedConnection) -> None:
        """Commits, if the transaction is still there."""
        _require_transaction(_raw(dbapi_connection))
        dbapi_connection.commit()


registry.register("sqlite.reader", __name__, _ReaderDialect.__name__)
registry.register("sqlite.writer", __name__, _WriterDialect.__name__)


def sqlite_readers(url: URL, lock_timeout: timedelta, most_connections: int) -> Engine:
    """Connections for reading; a transaction sees the database as it was when it began."""
    timeout_s = lock_timeout.total_seconds()
    engine = create_engine(
        url.set(drivername="sqlite+reader"),
        connect_args={"timeout": timeout_s, "check_same_thread": False},
        pool_size=min(most_connections, _KEPT_CONNECTIONS),
        max_overflow=max(most_connections - _KEPT_CONNECTIONS, 0),
        pool_timeout=timeout_s,
    )
    event.listen(engine, "connect", _set_up_sqlite)
    return engine


def sqlite_writer(url: URL, lock_timeout: timedelta) -> Engine:
    """One connection: SQLite has one writer at a time, and threads queue for it in turn."""
    timeout_s = lock_timeout.total_seconds()
    engine = create_engine(
        url.set(drivername="sqlite+writer"),
        connect_args={"timeout": timeout_s, "check_same_thread": False},
        pool_size=1,
        max_overflow=0,
        pool_timeout=timeout_s,
    )
    cast(_WriterDialect, engine.dialect).lock_timeout_s = timeout_s
    event.listen(engine, "connect", _set_up_sqlite)
    return engine


def begin_savepoint(connection: Connection) -> None:
    """Marks a place in the transaction; the driver is told directly.

    SQLAlchemy would compile each of these statements anew, which takes as long as three inserts.

    Raises:
        sqlite3.Error, DatabaseUnavailable: there is no transaction any more, or it fails.
    """
    _require_transaction(raw_connection(connection))
    raw_connection(connection).execute("SAVEPOINT one_of_group")


def keep_savepoint(connection: Connection) -> None:
    """Lets what was done since the mark become a part of the transaction.

    Raises:
        sqlite3.Error, DatabaseUnavailable: there is no transaction any more, or it fails.
    """
    _require_transaction(raw_connection(connection))
    raw_connection(connection).execute("RELEASE one_of_group")


def take_back_savepoint(connection: Connection) -> None:
    """Takes back what was done since the mark, and nothing else.

    Raises:
        sqlite3.Error: the mark is gone, and the transaction with it.
    """
    raw = raw_connection(connection)
    raw.execute("ROLLBACK TO one_of_group")
    raw.execute("RELEASE one_of_group")


def _require_transaction(raw: sqlite3.Connection) -> None:
    """Before a savepoint or a commit: the transaction must still be there.

    When memory, disk or file system fail within a statement, SQLite may roll back the whole
    transaction (sqlite.org/lang_transaction.html, 3).  A commit outside a transaction then succeeds
    and keeps nothing; a savepoint begins another one.

    Raises:
        DatabaseUnavailable: it is gone, and everything that was done in it.
    """
    if not raw.in_transaction:
        raise DatabaseUnavailable("transaction-taken-back")


def raw_connection(connection: Connection) -> sqlite3.Connection:
    """The driver's connection."""
    return _raw(connection.connection)


def _raw(connection: PoolProxiedConnection) -> sqlite3.Connection:
    return cast(sqlite3.Connection, connection.dbapi_connection)


def _set_up_sqlite(connection: DBAPIConnection, _record: object) -> None:
    raw = cast(sqlite3.Connection, connection)
    # Python's own transaction control is switched off: it begins deferred transactions.
    raw.isolation_level = None
    raw.execute("PRAGMA journal_mode=WAL")
    raw.execute("PRAGMA synchronous=FULL")


def set_durability(connection: Connection, *, durable: bool) -> None:
    """Chooses for the next transaction whether its commit is fsynced."""
    if connection.info.get("durable", True) is not durable:
        raw_connection(connection).execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        connection.info["durable"] = durable


def _begin_immediate(raw: sqlite3.Connection, timeout_s: float) -> None:
    """Takes the write lock, which another process may have.

    SQLite's own waiting sleeps for up to 100 ms a time, so that whoever comes later often goes
    first: with four processes that write all the time one of them waited for three seconds.
    """
    until = time.monotonic() + timeout_s
    raw.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                raw.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                    raise
                time.sleep(random.uniform(*_LOCK_PAUSE_S))  # noqa: S311 (spreads attempts)
            else:
                return
    finally:
        raw.execute(f"PRAGMA busy_timeout={int(timeout_s * 1000)}")
