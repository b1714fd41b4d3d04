"""Statements that the two databases spell differently, and the tallies."""

from __future__ import annotations

import random
from typing import Any

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite

from safety_detector.database.tables import tallies

_TALLY_SHARDS = 16  # as many writers can commit at once without waiting for each other's rows


def upsert(
    connection: Connection,
    table: Table,
    values: dict[str, Any],
    *,
    on: list[str],
    change: dict[str, Any],
) -> None:
    """Inserts a row, or changes the one that has the same values in the columns ``on``."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(table).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=on, set_=change))


def insert_unless_there(connection: Connection, table: Table, *, on: list[str]) -> Insert:
    """An insert that does nothing where a row with the same values in the columns ``on`` is."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    return insert(table).on_conflict_do_nothing(index_elements=on)


def add_to_tally(connection: Connection, name: str, amount: int = 1) -> None:
    """Counts, as part of the transaction."""
    is_sqlite = connection.dialect.name == "sqlite"
    shard = 0 if is_sqlite else random.randrange(_TALLY_SHARDS)  # noqa: S311 (spreads load)
    upsert(
        connection,
        tallies,
        {"name": name, "shard": shard, "total": amount},
        on=["name", "shard"],
        change={"total": tallies.c.total + amount},
    )
