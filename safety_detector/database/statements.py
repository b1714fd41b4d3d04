"""Statements that the two databases spell differently, and the tallies.

Each is built once and then executed with values: building and comparing a statement costs more than
SQLite takes to run it.
"""

from __future__ import annotations

import random
from enum import IntEnum
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Insert, Table, text
from sqlalchemy.dialects import postgresql, sqlite

from safety_detector.database.tables import tallies

_TALLY_SHARDS = 16  # as many writers can commit at once without waiting for each other's rows


class Turn(IntEnum):
    """What transactions do one after the other; the numbers name PostgreSQL's advisory locks."""

    REVIEW = 7_305_113
    SIGN_IN = 7_305_114
    PEOPLE = 7_305_115


def take_turn(connection: Connection, turn: Turn) -> None:
    """Waits until no other transaction is at it, and keeps others waiting until this one ends.

    What a transaction reads and then writes by it is to be read after this.  On SQLite there is
    nothing to do: one transaction writes at a time.
    """
    if connection.dialect.name != "sqlite":
        connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": int(turn)})


@cache
def upsert(
    dialect_name: str,
    table: Table,
    *,
    on: tuple[str, ...],
    overwrite: tuple[str, ...] = (),
    add: tuple[str, ...] = (),
) -> Insert:
    """An insert that changes the row which has the same values in the columns ``on``.

    Args:
        dialect_name: ``sqlite`` or ``postgresql``.
        table: the table.
        on: the columns that make a row unique.
        overwrite: columns that take the new value.
        add: columns that the new value is added to.
    """
    insert = sqlite.insert if dialect_name == "sqlite" else postgresql.insert
    statement = insert(table)
    changes: dict[str, ColumnElement[Any]] = {name: statement.excluded[name] for name in overwrite}
    changes |= {name: table.c[name] + statement.excluded[name] for name in add}
    return statement.on_conflict_do_update(index_elements=on, set_=changes)


@cache
def insert_unless_there(dialect_name: str, table: Table, *, on: tuple[str, ...]) -> Insert:
    """An insert that does nothing where a row has the same values in the columns ``on``.

    The result's ``rowcount`` says which it was: 1 inserted, 0 there already.
    """
    insert = sqlite.insert if dialect_name == "sqlite" else postgresql.insert
    statement = insert(table).on_conflict_do_nothing(index_elements=on)
    return statement.execution_options(preserve_rowcount=True)


def add_to_tally(connection: Connection, name: str, amount: int = 1) -> None:
    """Counts, as part of the transaction.

    The row stays locked until the commit.  So that no two transactions wait for each other's rows,
    each counts a name once, at its end, and several names in the order of the alphabet.
    """
    dialect_name = connection.dialect.name
    spread = 0 if dialect_name == "sqlite" else random.randrange(_TALLY_SHARDS)  # noqa: S311 (no secret)
    connection.execute(
        upsert(dialect_name, tallies, on=("name", "shard"), add=("total",)),
        {"name": name, "shard": spread, "total": amount},
    )
