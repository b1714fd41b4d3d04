"""Connections and transactions: what differs between SQLite and PostgreSQL stands here.

SQLite runs in WAL mode with ``synchronous=FULL`` (``NORMAL`` does not fsync commits), and every
writing transaction begins with ``BEGIN IMMEDIATE``: a deferred one that turns to writing fails with
"database is locked" as soon as somebody else wrote, whatever the busy timeout.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event, exc, false, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection

from safety_detector.database.grouped_writes import GroupedWrites
from safety_detector.database.tables import tallies
from safety_detector.errors import ConfigurationInvalid, DatabaseFull, DatabaseUnavailable
from safety_detector.message_texts.reason import Reason

if TYPE_CHECKING:
    from psycopg import Connection as PostgresqlConnection

# As many threads as the web layer's pool has, and a few more; further ones wait for a connection.
_POOL_SIZE = 10
_POOL_OVERFLOW = 40

_LOCK_PAUSE_S = (0.0005, 0.002)  # between two attempts to take SQLite's write lock

# A start takes 32 KiB for the index of the write-ahead log, and two files.
_LEAST_ROOM, _FEWEST_FILES = 64 * 2**10, 3
_SQLITE_IO_ERRORS = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
_DISK_FULL = "53100"  # postgresql.org/docs/current/errcodes-appendix.html

# A page that makes no sense is met by who needs it alone; it is told for so long, then looked for.
_DAMAGE_KNOWN_S = 60.0

# PostgreSQL refuses it in a read-only transaction although it finds no row.
_CHANGE_OF_NO_ROW = update(tallies).where(false()).values(total=0)

# What PgBouncer says, and what it means; the names are those of its settings.
_WORDS_OF_PGBOUNCER = {
    "transaction blocks not allowed in statement pooling mode": "pgbouncer-statement-mode",
    "query_wait_timeout": "pgbouncer-connections-used-up",
    "no more connections allowed": "pgbouncer-full",
}

Result = TypeVar("Result")


class Database:
    """Transactions on one database; safe to share between threads, not across a fork.

    Args:
        url: ``sqlite:////absolute/path.db``, ``postgresql://user:password@host/name``.
        lock_timeout: how long a transaction may wait for others before it fails.

    Raises:
        ConfigurationInvalid: the URL names another kind of database, or makes no sense.
    """

    def __init__(self, url: str, *, lock_timeout: timedelta = timedelta(seconds=20)) -> None:
        self._url = _parse(url)
        if self.is_sqlite:
            self.engine = _sqlite_readers(self._url, lock_timeout)
            self._writers = _sqlite_writer(self._url, lock_timeout)
        else:
            self.engine = self._writers = _postgresql(self._url, lock_timeout)
        self._group = GroupedWrites(self.write)
        self._damage: Reason | None = None
        self._look_for_damage_s = 0.0

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite; else it is PostgreSQL."""
        return self._url.get_backend_name() == "sqlite"

    @property
    def shown_url(self) -> str:
        """The URL with its password masked."""
        return self._url.render_as_string(hide_password=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads.

        Raises:
            DatabaseUnavailable: the database does not answer.
        """
        with self._errors(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Connection]:
        """A transaction that may write; it commits at the end and rolls back on an exception.

        Args:
            durable: whether the commit is fsynced.  A claim or a heartbeat need not be on SQLite:
                what a power cut takes back there, it takes together with the worker.  PostgreSQL
                always is durable: its workers may live on when it dies.

        Raises:
            DatabaseUnavailable: the database does not answer, or stays locked for too long.
        """
        with self._errors(), self._writers.connect() as connection:
            if self.is_sqlite:
                _set_durability(connection, durable=durable)
            with connection.begin():
                yield connection
            if self.is_sqlite and _raw(connection).in_transaction:
                raise DatabaseUnavailable("transaction-not-ended")

    def write_grouped(self, work: Callable[[Connection], Result]) -> Result:
        """Does one thread's work in a durable transaction, on SQLite shared with other threads.

        SQLite commits one transaction after the other and waits for the disk each time; threads
        that come meanwhile go into the next one together.  Each has its own savepoint: an exception
        takes back its own work alone.

        Raises:
            DatabaseUnavailable: nothing of it was committed.
        """
        if not self.is_sqlite:
            with self.write() as connection:
                return work(connection)
        with self._errors():
            return self._group.run(work)

    @property
    def waiting_writes(self) -> int:
        """How many threads wait for the next transaction that they share."""
        return self._group.waiting

    def check_writable(self) -> None:
        """Begins a transaction that may write, and writes nothing.

        Reading works where writing does not: on a read-only disk, on a standby server, beside a
        process that keeps SQLite's write lock.

        Raises:
            DatabaseUnavailable: that did not work; the message says why.
        """
        self._raise_known_damage()
        with self.write(durable=False) as connection:
            connection.execute(_CHANGE_OF_NO_ROW)

    def find_damage(self) -> Reason | None:
        """What is wrong with the pages of a SQLite file; None if nothing is.

        It reads the whole file.

        Raises:
            DatabaseUnavailable: it cannot be read.
        """
        if not self.is_sqlite:
            return None  # a server looks after its own
        with self.engine.connect() as connection:
            try:
                found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
            except exc.DatabaseError as error:
                if type(error) is not exc.DatabaseError:
                    raise DatabaseUnavailable(
                        "database-silent", cause=_first_line(error.orig)
                    ) from error
                found = _first_line(error.orig)
        return None if found == "ok" else _damage_of(found)

    def _raise_known_damage(self) -> None:
        """While a damaged page was met lately, or is still there.

        Raises:
            DatabaseUnavailable: that is so.
        """
        if self._damage is None:
            return
        if time.monotonic() >= self._look_for_damage_s:
            self._damage = self.find_damage()
            self._look_for_damage_s = time.monotonic() + _DAMAGE_KNOWN_S
        if self._damage is not None:
            raise DatabaseUnavailable(self._damage)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Says in our words what SQLAlchemy and the drivers raise."""
        try:
            yield
        except MemoryError as error:  # so Python tells of SQLite's own
            raise DatabaseUnavailable("database-out-of-memory") from error
        except sqlite3.OperationalError as error:  # from where SQLAlchemy does not translate it
            raise self._explained(error) from error
        except sqlite3.DatabaseError as error:
            if type(error) is not sqlite3.DatabaseError:
                raise
            raise self._damaged(error) from error
        except exc.TimeoutError as error:
            raise DatabaseUnavailable("database-connections-used-up") from error
        except (exc.OperationalError, exc.InterfaceError, exc.InternalError) as error:
            raise self._explained(getattr(error, "orig", None) or error) from error
        except exc.DatabaseError as error:
            if type(error) is not exc.DatabaseError:  # a fault of the statement or its values
                raise
            raise self._damaged(error.orig) from error

    def _damaged(self, cause: object) -> DatabaseUnavailable:
        """SQLite's word for a page that makes no sense; from now on the service is not ready."""
        self._damage = _damage_of(_first_line(cause))
        self._look_for_damage_s = time.monotonic() + _DAMAGE_KNOWN_S
        return DatabaseUnavailable(self._damage)

    def _explained(self, cause: object) -> DatabaseUnavailable:
        """On a full disk SQLite may say no more than "disk I/O error"."""
        is_io_error = getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE_IO_ERRORS
        if is_io_error and self._has_no_room():
            return DatabaseFull("database-disk-full-first", cause=_first_line(cause))
        return _error_of(cause)

    def _has_no_room(self) -> bool:
        folder = Path(self._url.database or ".").absolute().parent
        try:
            facts = os.statvfs(folder)
        except OSError:
            return False
        no_files = facts.f_files > 0 and facts.f_favail < _FEWEST_FILES
        return no_files or facts.f_bavail * facts.f_frsize < _LEAST_ROOM

    def close(self) -> None:
        """Closes every connection; the object is not used afterwards."""
        self.engine.dispose()
        self._writers.dispose()


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except exc.ArgumentError as error:
        raise ConfigurationInvalid("database-url-malformed") from error
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigurationInvalid("database-not-supported", name=parsed.get_backend_name())
    return parsed


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return str(URL.create("sqlite", database=str(path.resolve())))


def _sqlite_readers(url: URL, lock_timeout: timedelta) -> Engine:
    timeout_s = lock_timeout.total_seconds()
    engine = create_engine(
        url,
        connect_args={"timeout": timeout_s, "check_same_thread": False},
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_OVERFLOW,
        pool_timeout=timeout_s,
    )
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _sqlite_writer(url: URL, lock_timeout: timedelta) -> Engine:
    """One connection: SQLite has one writer at a time, and threads queue for it in turn."""
    timeout_s = lock_timeout.total_seconds()

    def begin(connection: Connection) -> None:
        _begin_immediate(_raw(connection), timeout_s)

    engine = create_engine(
        url,
        connect_args={"timeout": timeout_s, "check_same_thread": False},
        pool_size=1,
        max_overflow=0,
        pool_timeout=timeout_s,
    )
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", begin)
    event.listen(engine, "savepoint", lambda connection, _name: _require_transaction(connection))
    event.listen(engine, "commit", _require_transaction)
    return engine


def _require_transaction(connection: Connection) -> None:
    """Before a savepoint or a commit: the transaction must still be there.

    When memory, disk or file system fail within a statement, SQLite may roll back the whole
    transaction (sqlite.org/lang_transaction.html, 3).  A commit outside a transaction then succeeds
    and keeps nothing; a savepoint begins another one.

    Raises:
        DatabaseUnavailable: it is gone, and everything that was done in it.
    """
    if not _raw(connection).in_transaction:
        raise DatabaseUnavailable("transaction-taken-back")


def _postgresql(url: URL, lock_timeout: timedelta) -> Engine:
    """Behind a pooler each transaction may have another server: nothing of it outlives one."""
    timeout_s = lock_timeout.total_seconds()
    milliseconds = int(timeout_s * 1000)
    # A process that hangs in a transaction must not hold its locks for ever.  In one message, so
    # that no transaction takes longer by a way to the server and back.
    begin = (
        f"SELECT pg_backend_pid(); BEGIN; SET LOCAL lock_timeout = {milliseconds};"
        f" SET LOCAL statement_timeout = {3 * milliseconds};"
        f" SET LOCAL idle_in_transaction_session_timeout = {3 * milliseconds}"
    )

    def begin_transaction(connection: Connection) -> None:
        process_id = connection.exec_driver_sql(begin).scalar()
        raw = cast("PostgresqlConnection[Any]", connection.connection.dbapi_connection)
        if process_id != raw.info.backend_pid:
            # A pooler shows a number of its own.  Prepared statements would be looked for in other
            # servers, where other clients may have some of the same name.
            raw.prepare_threshold = None

    engine = create_engine(
        url,
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_OVERFLOW,
        pool_timeout=timeout_s,
        # A connection that a restart of the server has broken is noticed before it is used.
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": max(int(timeout_s), 2),
            "application_name": "safety-detector",
            "autocommit": True,  # `begin_transaction` begins transactions, not the driver
        },
    )
    event.listen(engine, "begin", begin_transaction)
    return engine


def _raw(connection: Connection) -> sqlite3.Connection:
    return cast(sqlite3.Connection, connection.connection.dbapi_connection)


def _set_up_sqlite(connection: DBAPIConnection, _record: object) -> None:
    raw = cast(sqlite3.Connection, connection)
    # Python's own transaction control is switched off: it begins deferred transactions.
    raw.isolation_level = None
    raw.execute("PRAGMA journal_mode=WAL")
    raw.execute("PRAGMA synchronous=FULL")


def _set_durability(connection: Connection, *, durable: bool) -> None:
    """Chooses for the next transaction whether its commit is fsynced."""
    if connection.info.get("durable", True) is not durable:
        _raw(connection).execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
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


def _damage_of(cause: str) -> Reason:
    return Reason.of("database-damaged-restore", cause=cause)


def _error_of(cause: object) -> DatabaseUnavailable:
    """The error for what the database says."""
    if _is_full(cause):
        return DatabaseFull("database-disk-full", cause=_first_line(cause))
    return DatabaseUnavailable(_why_no_answer(_first_line(cause)))


def _is_full(cause: object) -> bool:
    """Whether the database's disk has no room."""
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
    return getattr(cause, "sqlstate", None) == _DISK_FULL


def _why_no_answer(cause: str) -> Reason:
    for words, code in _WORDS_OF_PGBOUNCER.items():
        if words in cause:
            return Reason(code)
    return Reason.of("database-silent", cause=cause)


def _first_line(cause: object) -> str:
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0].rstrip(".")
