"""The claim statement."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

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
    claims = [sql for sql, _ in statements if sql.startswith("UPDATE inspections")]
    with database.read() as connection:
        plan = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {claims[0]}"))]
    assert sum("ix_inspections_due" in line for line in plan) == 1, plan
    assert not any("SCAN" in line or "TEMP B-TREE" in line for line in plan), plan
