"""Migrations."""

from __future__ import annotations

import multiprocessing
import multiprocessing.synchronize
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, select, text

from safety_detector.database.engine import Database, sqlite_url
from safety_detector.database.feed import FEED_START, append_event, read_events
from safety_detector.database.migrate import (
    check_migrated,
    current_revision,
    migrate,
    newest_revision,
)
from safety_detector.database.tables import events, metadata
from safety_detector.errors import DatabaseOutdated


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, quick_path: Path) -> Iterator[str]:
    """A database without any table."""
    if request.param == "sqlite":
        yield sqlite_url(quick_path / "empty.db")
        return
    url: str = request.getfixturevalue("postgresql_url")
    server = Database(url)
    # Databases are created outside of transactions.
    with server.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE DATABASE empty"))
    yield url.replace("/postgres?", "/empty?")
    with server.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("DROP DATABASE empty WITH (FORCE)"))
    server.close()


def test_migrations_make_exactly_the_tables_of_the_program(database: Database) -> None:
    """A change to the tables without its migration fails here."""
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_tables_of_another_version_are_noticed(empty_url: str) -> None:
    """Before the migration the program says what to do; after it, it works."""
    database = Database(empty_url)
    assert current_revision(database) is None
    with pytest.raises(DatabaseOutdated, match="safety-detector migrate"):
        check_migrated(database)
    migrate(database)
    check_migrated(database)
    assert current_revision(database) == newest_revision()
    database.close()


def test_tables_of_a_newer_program_are_left_alone(empty_url: str) -> None:
    """An old program on a new database refuses instead of guessing."""
    database = Database(empty_url)
    migrate(database)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseOutdated, match="newer program"):
        migrate(database)
    database.close()


def test_a_restored_dump_of_this_version_is_made_fit_for_this_cluster(empty_url: str) -> None:
    """Events of another cluster, which would hide the new ones, go; those of this one stay."""
    database = Database(empty_url)
    migrate(database)
    now = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
    with database.write() as connection:
        append_event(connection, "ours", "queued", now)
        if not database.is_sqlite:
            theirs = {"transaction_id": 10**15, "inspection_id": "theirs", "kind": "queued"}
            connection.execute(events.insert().values(theirs | {"at": now}))
    migrate(database)
    with database.write() as connection:
        append_event(connection, "new", "queued", now)
    with database.read() as connection:
        found = [entry.inspection_id for entry in read_events(connection, FEED_START, 10)]
        assert found == ["ours", "new"]
        assert connection.scalar(select(func.count()).select_from(events)) == 2
    database.close()


def _migrate_in_process(url: str, start: multiprocessing.synchronize.Barrier) -> None:
    database = Database(url)
    start.wait(30)
    migrate(database)
    check_migrated(database)
    database.close()


def test_four_processes_that_migrate_at_once_do_not_disturb_each_other(empty_url: str) -> None:
    """Every role migrates when it starts, and they start together."""
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(4)
    processes = [
        context.Process(target=_migrate_in_process, args=(empty_url, start)) for _ in range(4)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
