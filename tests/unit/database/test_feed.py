"""The order of events."""

from __future__ import annotations

from contextlib import suppress

import pytest
from sqlalchemy import text

from safety_detector.database.engine import Database
from safety_detector.database.feed import (
    FEED_START,
    FeedPosition,
    append_event,
    is_ahead,
    newest_position,
    prepare_feed,
    read_events,
)
from tests.service_stand import Clock


def seen(database: Database) -> list[str]:
    """What a reader sees who begins at the start."""
    with database.read() as connection:
        return [entry.inspection_id for entry in read_events(connection, FEED_START, 100)]


def test_an_event_that_commits_late_is_not_passed_over(database: Database) -> None:
    """On PostgreSQL a later event waits to be shown until the earlier one is committed."""
    if database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    clock = Clock()
    with database.write() as slow:
        append_event(slow, "slow", "queued", clock())
        with database.write() as quick:
            append_event(quick, "quick", "queued", clock())
        assert seen(database) == []
        with database.read() as connection:
            assert newest_position(connection) == FEED_START
    assert seen(database) == ["slow", "quick"]


def test_an_event_that_is_rolled_back_holds_up_nothing(database: Database) -> None:
    """The next one is shown at once."""
    clock = Clock()
    with suppress(ZeroDivisionError), database.write() as connection:
        append_event(connection, "never", "queued", clock())
        raise ZeroDivisionError
    with database.write() as connection:
        append_event(connection, "next", "queued", clock())
    assert seen(database) == ["next"]


def test_ids_of_removed_events_are_not_given_out_again(database: Database) -> None:
    """A reader that was away while everything was removed sees what came after."""
    clock = Clock()
    with database.write() as connection:
        append_event(connection, "old", "queued", clock())
    with database.read() as connection:
        before = newest_position(connection)
    with database.write() as connection:
        connection.execute(text("DELETE FROM events"))
    with database.write() as connection:
        append_event(connection, "new", "queued", clock())
    with database.read() as connection:
        assert [one.inspection_id for one in read_events(connection, before, 10)] == ["new"]


def test_events_of_another_cluster_are_removed(database: Database) -> None:
    """A dump restored in another PostgreSQL has events of transactions that are still to come."""
    if database.is_sqlite:
        pytest.skip("SQLite has no transaction ids")
    clock = Clock()
    with database.write() as connection:
        append_event(connection, "own", "queued", clock())
        append_event(connection, "foreign", "queued", clock())
        connection.execute(
            text(
                "UPDATE events SET transaction_id = transaction_id + 1000000 "
                "WHERE inspection_id = 'foreign'"
            )
        )
        prepare_feed(connection, clock())
    assert seen(database) == ["own"]


def test_a_position_is_ahead_only_if_no_reader_can_have_it(database: Database) -> None:
    """Neither the start, nor the newest, nor one whose events were all removed; but a later one."""
    clock = Clock()
    with database.read() as connection:
        assert not is_ahead(connection, FEED_START)
    with database.write() as connection:
        append_event(connection, "one", "queued", clock())
    with database.read() as connection:
        newest = newest_position(connection)
        assert not is_ahead(connection, newest)
    with database.write() as connection:
        connection.execute(text("DELETE FROM events"))
    later = FeedPosition(newest.transaction_id + (0 if database.is_sqlite else 10**6), 10**15)
    with database.read() as connection:
        assert not is_ahead(connection, newest)
        assert is_ahead(connection, later)
