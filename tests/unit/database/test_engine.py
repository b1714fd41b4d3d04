"""Connections and transactions."""

from __future__ import annotations

import os
import resource
import threading
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from safety_detector.database.engine import Database
from safety_detector.database.sqlite import sqlite_url
from safety_detector.database.statements import add_to_tally
from safety_detector.database.tables import inspections, leases, tallies
from safety_detector.errors import ConfigurationInvalid, DatabaseFull, DatabaseUnavailable
from tests.eventually import eventually
from tests.service_stand import Clock


def total(database: Database, name: str) -> int:
    """What a tally counts."""
    with database.read() as connection:
        return sum(connection.scalars(select(tallies.c.total).where(tallies.c.name == name)))


def test_sqlite_commits_are_fsynced_and_readers_do_not_wait(migrated_sqlite_file: Path) -> None:
    """WAL with synchronous FULL; NORMAL would not fsync a commit."""
    database = Database(sqlite_url(migrated_sqlite_file))
    with database.write() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2
    with database.write(durable=False) as connection:
        assert connection.scalar(text("PRAGMA synchronous")) == 1
    with database.write() as connection:
        assert connection.scalar(text("PRAGMA synchronous")) == 2
    database.close()


def test_a_failed_transaction_changes_nothing(database: Database) -> None:
    """An exception inside takes everything back."""
    with suppress(ZeroDivisionError), database.write() as connection:
        add_to_tally(connection, "x")
        raise ZeroDivisionError
    assert total(database, "x") == 0


def test_writers_in_many_threads_lose_nothing(database: Database) -> None:
    """Read and write in one transaction: none works on what another has changed meanwhile."""

    def count() -> None:
        for _ in range(25):
            with database.write() as connection:
                add_to_tally(connection, "x")

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert total(database, "x") == 200


def test_a_locked_sqlite_file_is_an_outage_and_not_a_crash(migrated_sqlite_file: Path) -> None:
    """Another process that holds the write lock for too long is reported as such."""
    holder = Database(sqlite_url(migrated_sqlite_file))
    other = Database(sqlite_url(migrated_sqlite_file), lock_timeout=timedelta(milliseconds=50))
    with holder.write(), pytest.raises(DatabaseUnavailable, match="locked"), other.write():
        pass
    holder.close()
    other.close()


def test_a_database_that_can_be_written_is_found_so_and_stays_as_it_is(database: Database) -> None:
    """The check changes nothing."""
    with database.write() as connection:
        add_to_tally(connection, "x")
    database.check_writable()
    assert total(database, "x") == 1


def test_connections_that_are_all_in_use_are_an_outage(migrated_sqlite_file: Path) -> None:
    """Who waits for one too long is told so; when one is free again it works."""
    impatient = timedelta(milliseconds=50)
    database = Database(
        sqlite_url(migrated_sqlite_file), lock_timeout=impatient, most_connections=1
    )
    with database.read(), pytest.raises(DatabaseUnavailable, match="became free"), database.read():
        pass
    with database.read():
        pass
    database.close()


def test_a_connection_in_use_is_closed_when_it_comes_back(postgresql_url: str) -> None:
    """A thread may still read when the database is closed; its connection is not left behind."""
    of_this = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
    closed, watching = Database(postgresql_url), Database(postgresql_url)
    with closed.read() as connection:
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
        closed.close()
        assert connection.scalar(of_this, {"pid": pid}) == 1

    def is_gone() -> bool:
        with watching.read() as connection:
            return connection.scalar(of_this, {"pid": pid}) == 0

    eventually(is_gone)
    watching.close()


def test_a_server_that_is_not_there_is_an_outage() -> None:
    """No connection, and the message does not hold the password."""
    database = Database("postgresql://user:secret@localhost:1/none")
    with pytest.raises(DatabaseUnavailable) as raised, database.read():
        pass
    assert "secret" not in str(raised.value)
    assert "secret" not in database.shown_url
    database.close()


@pytest.mark.parametrize("url", ["", "mysql://x/y", "not a url", "http://x"])
def test_other_databases_are_refused(url: str) -> None:
    """The message names the setting."""
    with pytest.raises(ConfigurationInvalid, match="SAFETY_DATABASE_URL"):
        Database(url)


def test_moments_come_back_to_the_microsecond_and_in_utc(database: Database) -> None:
    """On both databases; a moment without a zone is refused."""
    moment = Clock()()
    with database.write() as connection:
        connection.execute(insert(leases).values(name="x", holder="y", until=moment))
    with database.read() as connection:
        assert connection.scalar(select(leases.c.until)) == moment
    naive = datetime(2026, 1, 1)
    with pytest.raises(Exception, match="no zone"), database.write() as connection:
        connection.execute(insert(leases).values(name="z", holder="y", until=naive))


def test_a_database_without_room_says_so(database: Database) -> None:
    """As the database itself says it, and not that it is away; with room again all is well."""
    if database.is_sqlite:
        with database.write() as connection:
            pages = connection.scalar(text("PRAGMA page_count"))
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

        def write() -> None:
            with database.write() as connection:
                connection.execute(
                    insert(tallies), [{"name": f"n{number}" * 50, "shard": 0, "total": 1}
                                      for number in range(10_000)]
                )  # fmt: skip
    else:

        def write() -> None:
            with database.write() as connection:
                connection.exec_driver_sql(
                    "DO $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' "
                    "USING ERRCODE = '53100'; END $$"
                )

    with pytest.raises(DatabaseFull, match=r"disk of the database is full.*purge --keep-days"):
        write()
    if database.is_sqlite:
        with database.write() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count=1073741823")
    with database.write() as connection:
        add_to_tally(connection, "x")
    assert total(database, "x") == 1


def test_a_damaged_page_is_known_to_all_processes(migrated_sqlite_file: Path) -> None:
    """Whoever asks the file for something else hears of it too, until the file is sound again."""
    whole = migrated_sqlite_file.read_bytes()
    note = migrated_sqlite_file.with_name(migrated_sqlite_file.name + ".damaged")
    one, other = (Database(sqlite_url(migrated_sqlite_file)) for _ in range(2))
    other.check_writable()
    with other.read() as connection:
        page = connection.scalar(
            text("SELECT rootpage FROM sqlite_master WHERE name = 'inspections'")
        )
        size = connection.scalar(text("PRAGMA page_size"))
    with migrated_sqlite_file.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    with pytest.raises(DatabaseUnavailable, match="damaged"), one.read() as connection:
        connection.execute(select(inspections)).all()
    with pytest.raises(DatabaseUnavailable, match="damaged"):
        other.check_writable()
    one.close()
    other.close()
    # A restored one is looked at anew, once what was told is old.
    for ending in ("-wal", "-shm"):
        migrated_sqlite_file.with_name(migrated_sqlite_file.name + ending).unlink(missing_ok=True)
    migrated_sqlite_file.write_bytes(whole)
    os.utime(note, (time.time() - 120,) * 2)
    restored = Database(sqlite_url(migrated_sqlite_file))
    restored.check_writable()
    restored.close()
    assert not note.exists()


def test_a_limit_on_the_size_of_files_is_told(migrated_sqlite_file: Path) -> None:
    """SQLite says "disk I/O error" alone, however much room the disk has."""

    def count_much() -> None:
        with database.write() as connection:
            for number in range(2000):
                add_to_tally(connection, f"name {number}")

    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    database = Database(sqlite_url(migrated_sqlite_file))
    resource.setrlimit(resource.RLIMIT_FSIZE, (16 * 1024, former[1]))
    try:
        with pytest.raises(DatabaseFull, match="ulimit -f"):
            count_much()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
    with database.write() as connection:
        add_to_tally(connection, "x")
    assert total(database, "x") == 1
    database.close()
