"""The same inspections give the same incidents, in whatever order they become known."""

from __future__ import annotations

from pathlib import Path

from benchmarks.order_and_doubles import run


def test_order_and_doubles_change_no_stored_incident(quick_path: Path) -> None:
    """Results in three orders, some twice: the incidents, ids and changes of the run in order."""
    incidents, wrong = run(looks=240, orders=3, doubles=0.1, seed=5, folder=quick_path)
    assert incidents > 5
    assert wrong == []
