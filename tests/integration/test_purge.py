"""Purge while the same pictures are uploaded again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from benchmarks.purge_stress import Clock, CountingStorage, stress
from safety_detector.database.engine import Database
from safety_detector.ingest.admission import Limits
from safety_detector.service.core import build_service

ROUNDS = 25  # benchmarks/purge_stress.py plays 1,000


def test_no_accepted_picture_is_missing(database: Database, tmp_path: Path) -> None:
    """Whether upload or purge comes first, what was accepted can be read; the counters agree."""
    storage, clock = CountingStorage(tmp_path / "data"), Clock()
    storage.prepare()
    service = build_service(
        database,
        storage,
        limits=Limits(),
        default_backend="embedded",
        wake_up=lambda _: None,
        clock=clock,
        uptime=clock.uptime,
        counted_at_once=timedelta.max,
    )
    outcome = stress(service, clock, ROUNDS)
    assert outcome.accepted >= ROUNDS
    assert outcome.deleted > 0, "nothing was deleted, so that nothing was shown"
    assert (outcome.missing, outcome.broken, outcome.lost) == (0, 0, 0)
