"""Brings the tables to this program's version, and tells whether they are."""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import alembic.command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from safety_detector.database.engine import Database
from safety_detector.database.feed import prepare_feed
from safety_detector.errors import DatabaseOutdated
from safety_detector.host.lock_files import holder_of, lock, opened_lock_file

_log = logging.getLogger(__name__)

# Any number that no other program on the same PostgreSQL uses for the same; this is "safety".
_ADVISORY_LOCK = 0x736166657479


def migrate(database: Database) -> None:
    """Creates the tables or changes them to this version; one process at a time does.

    Raises:
        DatabaseUnavailable: the database does not answer.
        DatabaseOutdated: the tables are of a newer version than the program.
    """
    with _one_at_a_time(database) as connection:
        before, newest = _revision(connection), newest_revision()
        if before != newest:
            _refuse_newer(before)
            config = _config()
            config.attributes["connection"] = connection
            alembic.command.upgrade(config, "head")
        # A restored dump may well be of this version.
        prepare_feed(connection, datetime.now(UTC))
    if before != newest:
        _log.info("tables brought from %s to %s", before or "nothing", newest)


def check_migrated(database: Database) -> None:
    """Makes sure that the tables are of this program's version.

    Raises:
        DatabaseUnavailable: the database does not answer.
        DatabaseOutdated: they are not; the message says what to do.
    """
    if current_revision(database) != newest_revision():
        raise DatabaseOutdated("database-not-migrated")


def current_revision(database: Database) -> str | None:
    """The version of the tables, None if there are none."""
    with database.read() as connection:
        return _revision(connection)


def newest_revision() -> str | None:
    """The version of the tables that this program needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_newer(revision: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision is not None and revision not in known:
        raise DatabaseOutdated("database-newer", revision=revision)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _one_at_a_time(database: Database) -> Iterator[Connection]:
    """The transaction in which one process migrates, while others wait for it however long."""
    if database.is_sqlite:
        # Beside the file and not in it: the transaction of the migration takes the write lock.
        with opened_lock_file(Path(f"{database.engine.url.database}.migrating")) as file:
            if not lock(file):
                _log.warning("waiting for process %s, which holds the tables", holder_of(file))
                fcntl.flock(file, fcntl.LOCK_EX)
            with database.write() as connection:
                yield connection
        return
    with database.write() as connection:
        # A large table may take longer to change than any transaction of the service may take.
        for limit in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
            connection.execute(text(f"SET LOCAL {limit} = 0"))
        # Of the transaction and not of the session, which belongs to others behind a pooler.
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
        yield connection
