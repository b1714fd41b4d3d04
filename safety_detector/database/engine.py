"""Connections and transactions: what differs between SQLite and PostgreSQL stands here.

SQLite runs in WAL mode with ``synchronous=FULL`` (``NORMAL`` does not fsync commits), and every
writing transaction begins with ``BEGIN IMMEDIATE``: a deferred one that turns to writing fails with
"database is locked" as soon as somebody else wrote, whatever the busy timeout.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection

from safety_detector.errors import ConfigurationInvalid, DatabaseUnavailable

# As many threads as the web layer's pool has, and a few more; further ones wait for a connection.
_POOL_SIZE = 10
_POOL_OVERFLOW = 40


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
        self.engine = _engine(self._url, lock_timeout)
        # SQLite has one writer at a time.  Threads of this process queue here, where each is woken
        # in turn; in SQLite's own busy handler they would sleep and poll.
        self._writers = threading.Lock() if self.is_sqlite else None
        self._lock_timeout_s = lock_timeout.total_seconds()

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
        with _database_errors(), self.engine.connect() as connection, connection.begin():
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
        with self._turn(), _database_errors(), self.engine.connect() as connection:
            connection.execution_options(writes=True, durable=durable)
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Closes every connection; the object is not used afterwards."""
        self.engine.dispose()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self._writers is None:
            yield
            return
        if not self._writers.acquire(timeout=self._lock_timeout_s):
            raise DatabaseUnavailable("The database is locked for too long by other writers.")
        try:
            yield
        finally:
            self._writers.release()


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except exc.ArgumentError as error:
        raise ConfigurationInvalid("SAFETY_DATABASE_URL is not a database URL.") from error
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigurationInvalid(
            f"SAFETY_DATABASE_URL names {parsed.get_backend_name()!r}; "
            "sqlite and postgresql are supported."
        )
    return parsed


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return str(URL.create("sqlite", database=str(path.resolve())))


def _engine(url: URL, lock_timeout: timedelta) -> Engine:
    timeout_s = lock_timeout.total_seconds()
    if url.get_backend_name() == "sqlite":
        engine = create_engine(
            url,
            connect_args={"timeout": timeout_s, "check_same_thread": False},
            pool_size=_POOL_SIZE,
            max_overflow=_POOL_OVERFLOW,
            pool_timeout=timeout_s,
        )
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    milliseconds = int(timeout_s * 1000)
    return create_engine(
        url,
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_OVERFLOW,
        pool_timeout=timeout_s,
        # A connection that a restart of the server has broken is noticed before it is used.
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": max(int(timeout_s), 2),
            "application_name": "safety-detector",
            # A process that hangs in a transaction must not hold its locks for ever.
            "options": f"-c lock_timeout={milliseconds} -c statement_timeout={3 * milliseconds}"
            f" -c idle_in_transaction_session_timeout={3 * milliseconds}",
        },
    )


def _set_up_sqlite(connection: DBAPIConnection, _record: object) -> None:
    # Python's own transaction control is switched off: it begins deferred transactions.
    setattr(connection, "isolation_level", None)  # noqa: B010 (an attribute of sqlite3's alone)
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("writes"):
        connection.exec_driver_sql("BEGIN")
        return
    # Set each time, since connections are shared; it cannot be set inside a transaction.
    level = "FULL" if options.get("durable", True) else "NORMAL"
    connection.exec_driver_sql(f"PRAGMA synchronous={level}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def _database_errors() -> Iterator[None]:
    try:
        yield
    except (exc.OperationalError, exc.InterfaceError, exc.InternalError, exc.TimeoutError) as error:
        cause: Any = getattr(error, "orig", None) or error
        raise DatabaseUnavailable(f"The database does not answer: {_first_line(cause)}.") from error


def _first_line(cause: object) -> str:
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0].rstrip(".")
