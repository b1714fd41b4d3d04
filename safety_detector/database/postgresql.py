"""Connections to PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

if TYPE_CHECKING:
    from psycopg import Connection as PostgresqlConnection

_KEPT_CONNECTIONS = 10  # open while nobody needs them


def postgresql_engine(url: URL, lock_timeout: timedelta, most_connections: int) -> Engine:
    """Behind a pooler each transaction may have another server: nothing of it outlives one."""
    timeout_s = lock_timeout.total_seconds()
    milliseconds = int(timeout_s * 1000)
    # A process that hangs in a transaction must not hold its locks for ever.  In one message, so
    # that no transaction takes longer by a way to the server and back.
    begin = (
        f"SELECT pg_backend_pid(); BEGIN; SET LOCAL lock_timeout = {milliseconds};"
        f" SET LOCAL statement_timeout = {3 * milliseconds};"
        f" SET LOCAL idle_in_transaction_session_timeout = {3 * milliseconds}"
    )

    def begin_transaction(connection: Connection) -> None:
        process_id = connection.exec_driver_sql(begin).scalar()
        raw = cast("PostgresqlConnection[Any]", connection.connection.dbapi_connection)
        if process_id != raw.info.backend_pid:
            # A pooler shows a number of its own.  Prepared statements would be looked for in other
            # servers, where other clients may have some of the same name.
            raw.prepare_threshold = None

    engine = create_engine(
        url,
        pool_size=min(most_connections, _KEPT_CONNECTIONS),
        max_overflow=max(most_connections - _KEPT_CONNECTIONS, 0),
        pool_timeout=timeout_s,
        # A connection that a restart of the server has broken is noticed before it is used.
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": max(int(timeout_s), 2),
            "application_name": "safety-detector",
            "autocommit": True,  # `begin_transaction` begins transactions, not the driver
        },
    )
    event.listen(engine, "begin", begin_transaction)
    return engine
