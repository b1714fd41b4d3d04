"""Purge while the same pictures are uploaded again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.purge_stress import Clock, CountingStorage, stress
from safety_detector.database.engine import Database
from safety_detector.ingest.admission import Limits
from safety_detector.service.core import build_service

MOST_TIMES = 20  # whether an upload or the purge comes first is chance
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
    for _ in range(MOST_TIMES):
        outcome = stress(service, clock, ROUNDS)
        assert outcome.accepted >= ROUNDS
        assert (outcome.missing, outcome.broken, outcome.lost) == (0, 0, 0)
        if outcome.deleted:
            return
    pytest.fail("nothing was deleted, so that nothing was shown")
