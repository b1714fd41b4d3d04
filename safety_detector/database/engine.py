"""Transactions on SQLite or PostgreSQL, and what their errors mean in our words."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, event, exc, false, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import ConnectionPoolEntry

from safety_detector.database.damage_note import DamageNote
from safety_detector.database.grouped_writes import GroupedWrites
from safety_detector.database.postgresql import postgresql_engine
from safety_detector.database.sqlite import (
    raw_connection,
    set_durability,
    sqlite_readers,
    sqlite_writer,
)
from safety_detector.database.tables import events, inspections, jobs, pictures, tallies
from safety_detector.errors import ConfigurationInvalid, DatabaseFull, DatabaseUnavailable
from safety_detector.host.file_size_limit import files_limited
from safety_detector.message_texts.reason import Reason

# A start takes 32 KiB for the index of the write-ahead log, and two files.
_LEAST_ROOM, _FEWEST_FILES = 64 * 2**10, 3
_SQLITE_IO_ERRORS = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
_DISK_FULL = "53100"  # postgresql.org/docs/current/errcodes-appendix.html

# A page that makes no sense is met by who needs it alone; it is told for so long, then looked for.
_DAMAGE_KNOWN_S = 60.0

# Of the tables that an accepted picture is written to.  PostgreSQL refuses such a change in a
# read-only transaction, and waits where somebody has locked the table, although it finds no row.
_CHANGES_OF_NO_ROW = (
    update(tallies).where(false()).values(total=0),
    update(pictures).where(false()).values(size_bytes=0),
    update(inspections).where(false()).values(fence=0),
    update(jobs).where(false()).values(fence=0),
    update(events).where(false()).values(transaction_id=0),
)

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
        most_connections: as many threads as the web layer's pool has, and a few more; further ones
            wait for a connection.

    Raises:
        ConfigurationInvalid: the URL names another kind of database, or makes no sense.
    """

    def __init__(
        self,
        url: str,
        *,
        lock_timeout: timedelta = timedelta(seconds=20),
        most_connections: int = 50,
    ) -> None:
        self._url = _parse(url)
        if self.is_sqlite:
            self.engine = sqlite_readers(self._url, lock_timeout, most_connections)
            self._writers = sqlite_writer(self._url, lock_timeout)
        else:
            self.engine = self._writers = postgresql_engine(
                self._url, lock_timeout, most_connections
            )
        self._group = GroupedWrites(self.write)
        self._damage: Reason | None = None
        file = self._url.database if self.is_sqlite else None
        self._damage_note = DamageNote(Path(file) if file and file != ":memory:" else None)
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
                set_durability(connection, durable=durable)
            with connection.begin():
                yield connection
            if self.is_sqlite and raw_connection(connection).in_transaction:
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
            for change in _CHANGES_OF_NO_ROW:
                connection.execute(change)

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
        """While a damaged page was met lately, by whichever process, or is still there.

        Raises:
            DatabaseUnavailable: that is so.
        """
        if self._damage is None:
            noted = self._damage_note.read()
            if noted is None:
                return
            said, noted_s = noted
            self._know_damage(said, for_s=noted_s + _DAMAGE_KNOWN_S - time.time())
        if time.monotonic() >= self._look_for_damage_s:
            self._damage = self.find_damage()
            if self._damage is None:
                self._damage_note.remove()
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
        damage = self._know_damage(_first_line(cause))
        self._damage_note.write(_first_line(cause))
        return DatabaseUnavailable(damage)

    def _know_damage(self, cause: str, for_s: float = _DAMAGE_KNOWN_S) -> Reason:
        self._damage = _damage_of(cause)
        self._look_for_damage_s = time.monotonic() + min(for_s, _DAMAGE_KNOWN_S)
        return self._damage

    def _explained(self, cause: object) -> DatabaseUnavailable:
        """On a full disk, and at a limit, SQLite may say no more than "disk I/O error"."""
        is_io_error = getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE_IO_ERRORS
        if is_io_error and self._has_no_room():
            return DatabaseFull("database-disk-full-first", cause=_first_line(cause))
        limited = files_limited() if is_io_error else None
        if limited is not None:
            return DatabaseFull(limited)
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
        """Closes every connection, those that a thread still has when it gives them back."""
        for engine in dict.fromkeys((self.engine, self._writers)):
            event.listen(engine, "checkin", _close_returned)
            engine.dispose()


def _close_returned(_connection: object, record: ConnectionPoolEntry) -> None:
    """Closes a connection that is given back after the database was closed."""
    record.invalidate()


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
