"""Accepting while SQLite fails: a 202 stands for what the database has."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from safety_detector.database.engine import Database
from safety_detector.database.migrate import migrate
from safety_detector.database.sqlite import sqlite_url
from safety_detector.errors import DatabaseUnavailable
from safety_detector.ingest.admission import Limits
from safety_detector.service.core import Service, build_service
from safety_detector.service.records import InspectionFilter, Submission
from safety_detector.storage.storage import Storage
from tests.pictures import jpeg

UPLOADS = 3


@contextmanager
def broken_off(wanted: int) -> Iterator[list[int]]:
    """Breaks off the statement of that number while it writes, as SQLite tells of a failing disk.

    An interrupted statement is among those after which SQLite rolls back the whole transaction
    (sqlite.org/lang_transaction.html, 3), as NOMEM, FULL and IOERR are.

    Yields:
        How many statements there were, as its only element.
    """
    seen = [0]

    def before(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            return
        if seen[0] == wanted:
            raw(connection).set_progress_handler(lambda: 1, 1)
        seen[0] += 1

    def after(connection: Connection, *_: Any) -> None:
        raw(connection).set_progress_handler(None, 1)

    def failed(context: Any) -> None:
        raw(context.connection).set_progress_handler(None, 1)

    listeners = {
        "before_cursor_execute": before,
        "after_cursor_execute": after,
        "handle_error": failed,
    }
    for name, listener in listeners.items():
        event.listen(Engine, name, listener)
    try:
        yield seen
    finally:
        for name, listener in listeners.items():
            event.remove(Engine, name, listener)


def raw(connection: Connection) -> sqlite3.Connection:
    """SQLite's own connection."""
    found = connection.connection.dbapi_connection
    assert isinstance(found, sqlite3.Connection)
    return found


@pytest.fixture
def service(quick_path: Path) -> Iterator[Service]:
    """A service on SQLite."""
    database = Database(sqlite_url(quick_path / "test.db"))
    migrate(database)
    storage = Storage(quick_path / "data")
    storage.prepare()
    built = build_service(
        database,
        storage,
        limits=Limits(),
        default_backend="embedded",
        wake_up=lambda _: None,
    )
    yield built
    built.close()


def accept_together(
    service: Service, first: int, fault: AbstractContextManager[list[int]]
) -> tuple[list[str], int]:
    """Uploads several pictures, whose rows go into one transaction.

    Returns:
        The ids that were told, and how many statements there were.
    """
    writing, go_on = threading.Event(), threading.Event()

    def hold(_connection: Connection) -> None:
        writing.set()
        assert go_on.wait(120)

    def upload(seed: int) -> str | None:
        try:
            return service.inspections.intake.accept(jpeg(seed), Submission(f"{seed}.jpg")).id
        except DatabaseUnavailable:
            return None

    with ThreadPoolExecutor(UPLOADS + 1) as threads:
        holding = threads.submit(service.database.write_grouped, hold)
        assert writing.wait(60)
        answers = [threads.submit(upload, first + number) for number in range(UPLOADS)]
        while service.database.waiting_writes < UPLOADS:
            assert not any(answer.done() for answer in answers)
        with fault as seen:
            go_on.set()
            told = [answer.result(60) for answer in answers]
            holding.exception(60)
        return [one for one in told if one is not None], seen[0]


def test_whichever_statement_fails_nobody_is_told_what_is_not_kept(service: Service) -> None:
    """At each writing statement of the transaction in turn; the counters tell the truth too."""
    ids, statements = accept_together(service, 0, broken_off(-1))
    told = len(ids)
    assert told == UPLOADS
    for number in range(statements):
        ids, _ = accept_together(service, (number + 1) * UPLOADS, broken_off(number))
        told += len(ids)
        assert [service.inspections.results.get(one) is None for one in ids] == [False] * len(ids)
        assert service.inspections.results.count(InspectionFilter(), at_most=10_000) == told
        counters = service.operation.figures.counters()
        assert (counters.accepted, counters.lost) == (told, 0)
    assert statements >= 3 * UPLOADS
    ids, _ = accept_together(service, number * UPLOADS, nullcontext([0]))
    assert len(ids) == UPLOADS
