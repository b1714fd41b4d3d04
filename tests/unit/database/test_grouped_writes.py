"""Many threads' work in one transaction."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text

from safety_detector.database.engine import Database
from safety_detector.database.grouped_writes import GroupedWrites
from safety_detector.database.migrate import migrate
from safety_detector.database.sqlite import sqlite_url
from safety_detector.database.statements import add_to_tally
from safety_detector.database.tables import tallies
from safety_detector.errors import DatabaseUnavailable


def totals(database: Database) -> dict[str, int]:
    """What the tallies count."""
    found: dict[str, int] = {}
    with database.read() as connection:
        for row in connection.execute(select(tallies)):
            found[row.name] = found.get(row.name, 0) + row.total
    return found


def test_every_thread_gets_its_own_answer(database: Database) -> None:
    """A hundred pieces of work by eight threads: each done once, each answer to its asker."""

    def work(number: int) -> int:
        def count(connection: Connection) -> int:
            add_to_tally(connection, f"{number}")
            return number

        return database.write_grouped(count)

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(work, range(100))) == list(range(100))
    assert totals(database) == {f"{number}": 1 for number in range(100)}


def test_a_failure_takes_back_its_own_work_alone(database: Database) -> None:
    """The neighbours in the same transaction are committed."""

    def work(number: int) -> None:
        def count(connection: Connection) -> None:
            add_to_tally(connection, f"{number}")
            if number % 3 == 0:
                raise ZeroDivisionError

        if number % 3 == 0:
            with pytest.raises(ZeroDivisionError):
                database.write_grouped(count)
        else:
            database.write_grouped(count)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(60)))
    assert totals(database) == {f"{number}": 1 for number in range(60) if number % 3}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL groups commits
def test_threads_that_come_while_one_commits_share_the_next_commit(database: Database) -> None:
    """Nine waiting threads cost two commits, not nine."""
    commits = 0
    first_is_in, go_on = threading.Event(), threading.Event()

    @contextmanager
    def counted() -> Iterator[Connection]:
        nonlocal commits
        with database.write() as connection:
            yield connection
        commits += 1

    group = GroupedWrites(counted)

    def slow(connection: Connection) -> None:
        first_is_in.set()
        assert go_on.wait(120)
        add_to_tally(connection, "x")

    with ThreadPoolExecutor(9) as threads:
        first = threads.submit(group.run, slow)
        assert first_is_in.wait(60)
        others = [
            threads.submit(group.run, lambda connection: add_to_tally(connection, "x"))
            for _ in range(8)
        ]
        while group.waiting < 8:
            assert not first.done()
        go_on.set()
        for one in (first, *others):
            one.result(60)
    assert commits == 2
    assert totals(database) == {"x": 9}


def test_a_commit_that_fails_fails_for_everybody_in_it() -> None:
    """Nobody is told that something was kept which was not."""

    @contextmanager
    def away() -> Iterator[Connection]:
        raise DatabaseUnavailable("The database does not answer.")
        yield

    group = GroupedWrites(away)
    with ThreadPoolExecutor(4) as threads:
        answers = [threads.submit(group.run, lambda _connection: None) for _ in range(20)]
        for answer in answers:
            with pytest.raises(DatabaseUnavailable):
                answer.result(60)


def fill(connection: Connection, name: str) -> None:
    """Writes more than the database's last page has room for."""
    add_to_tally(connection, name)
    connection.execute(text("INSERT INTO filling VALUES (zeroblob(200000))"))


def interrupted(connection: Connection) -> None:
    """A statement that is broken off while it writes."""
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, sqlite3.Connection)
    raw.set_progress_handler(lambda: 1, 1)
    try:
        add_to_tally(connection, "interrupted")
    finally:
        raw.set_progress_handler(None, 1)


def without_room(connection: Connection) -> None:
    """A disk that is full from now on, for as long as this statement runs."""
    pages = connection.execute(text("PRAGMA page_count")).scalar()
    connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    try:
        fill(connection, "full")
    finally:
        connection.execute(text("PRAGMA max_page_count = 4294967294"))


_FAULTS = {"disk full": without_room, "interrupted": interrupted}


@pytest.mark.parametrize("position", range(4))
@pytest.mark.parametrize("fault", _FAULTS.values(), ids=list(_FAULTS))
def test_a_fault_that_takes_the_transaction_fails_everybody_in_it(
    tmp_path: Path, fault: Callable[[Connection], None], position: int
) -> None:
    """SQLite rolls back more than the statement; whoever was told that it is kept finds it."""
    database = Database(sqlite_url(tmp_path / "test.db"))
    migrate(database)
    with database.write() as connection:
        connection.execute(text("CREATE TABLE filling (bytes BLOB)"))
    first_is_in, go_on = threading.Event(), threading.Event()

    def slow(_connection: Connection) -> None:
        first_is_in.set()
        assert go_on.wait(120)

    works: list[Callable[[Connection], None]] = [
        partial(add_to_tally, name=f"{number}") for number in range(3)
    ]
    works.insert(position, fault)
    group = GroupedWrites(database.write)
    answers = []
    with ThreadPoolExecutor(5) as threads:
        first = threads.submit(group.run, slow)
        assert first_is_in.wait(60)
        for number, work in enumerate(works, start=1):
            answers.append(threads.submit(group.run, work))
            while group.waiting < number:
                assert not first.done()
        go_on.set()
        first.result(60)
    told = [answer.exception() is None for answer in answers]
    assert not told.pop(position)
    assert totals(database) == {f"{number}": 1 for number in range(3) if told[number]}
    database.close()
