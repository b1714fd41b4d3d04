"""The claim statement."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from safety_detector.database.claims import claim_longest_due
from safety_detector.database.engine import Database
from tests.service_stand import build_stand


def test_a_claim_does_not_read_the_backlog(database: Database, quick_path: Path) -> None:
    """Its queries go to the front of the index of what is queued, and sort nothing."""
    if not database.is_sqlite:
        return  # PostgreSQL's plan depends on statistics; the benchmark watches it
    statements: list[tuple[str, object]] = []
    stand = build_stand(database, quick_path)
    stand.accept()
    with database.write() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        raw.set_trace_callback(lambda sql: statements.append((sql, None)))
    stand.claim()
    claims = [sql for sql, _ in statements if "UPDATE inspections" in sql]
    with database.read() as connection:
        plan = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {claims[0]}"))]
    assert sum("ix_inspections_due" in line for line in plan) == 1, plan
    read_whole = [line for line in plan if "SCAN" in line and line != "SCAN longest_due"]
    assert not read_whole, plan
    assert not any("TEMP B-TREE" in line for line in plan), plan


def test_a_claim_takes_no_more_than_it_asks_for(database: Database, quick_path: Path) -> None:
    """Whatever way PostgreSQL finds the rows: looking twice for the longest due finds others."""
    stand = build_stand(database, quick_path)
    for seed in range(6):
        stand.accept(seed)
    now = stand.clock()
    with database.write() as connection:
        if not database.is_sqlite:
            # What its planner may choose by itself for a small table.
            for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
                connection.execute(text(f"SET LOCAL enable_{way} = off"))
        rows = claim_longest_due(connection, "embedded", 0, "worker-1", now, now, at_most=2)
    assert len(rows) == 2
