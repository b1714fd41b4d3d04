"""The clock that all processes share: the database's.

Machines disagree about the time, by seconds or by years; what one of them writes for others to go
by, such as the end of a lease, is read from one clock.  PostgreSQL's server has it.  SQLite's file
is used on one machine alone, where every process has the same clock anyway.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, DateTime, func, select

# Not `now()`, which stands still within a transaction: one that waited for a lock would write times
# that have passed.
_SERVER_CLOCK = select(func.clock_timestamp(type_=DateTime(timezone=True)))


def database_now(connection: Connection) -> datetime:
    """The present moment by the database's clock, in UTC; goes on within a transaction."""
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)
    moment: datetime = connection.execute(_SERVER_CLOCK).scalar_one()
    return moment.astimezone(UTC)
