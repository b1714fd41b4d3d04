"""The clock that all processes share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from safety_detector.database.clock import database_now
from safety_detector.database.engine import Database


def test_the_databases_clock_tells_the_present_in_utc(database: Database) -> None:
    """On one machine it agrees with the process, whatever the zone of the server or the session."""
    with database.read() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql("SET LOCAL TimeZone = 'Asia/Shanghai'")
        moment = database_now(connection)
    assert moment.utcoffset() == timedelta(0)
    assert abs(moment - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_databases_clock_goes_on_within_a_transaction(database: Database) -> None:
    """A lease that is taken after a long wait for a lock is not shorter by that wait."""
    with database.write() as connection:
        first = database_now(connection)
        later = [database_now(connection) for _ in range(50)]
    assert first < later[-1]
    assert later == sorted(later)
