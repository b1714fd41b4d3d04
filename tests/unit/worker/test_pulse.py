"""Signs of life."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from safety_detector.domain.inspection import Status
from safety_detector.service.retention.orphans import Orphans
from safety_detector.storage.storage import Storage, StoredFile
from safety_detector.worker.pulse import Presence, Pulse
from safety_detector.worker.sweeper import Sweeper
from tests.unit.worker.conftest import Bench


def test_what_is_in_hand_keeps_its_lease_and_what_is_put_down_does_not(bench: Bench) -> None:
    """A tick every ten seconds for five minutes; then silence."""
    accepted = bench.stand.accept()
    claim = bench.stand.claim("worker-1")
    bench.pulse.hold(claim)
    for _ in range(30):
        bench.stand.clock.advance(10)
        bench.pulse.tick()
        bench.pulse.sweep()
    found = bench.stand.service.inspections.results.get(accepted.id)
    assert found is not None
    assert found.status is Status.RUNNING
    bench.pulse.let_go(claim)
    bench.stand.clock.advance(31)
    bench.pulse.tick()
    bench.pulse.sweep()
    found = bench.stand.service.inspections.results.get(accepted.id)
    assert found is not None
    assert found.status is Status.QUEUED


def test_a_process_is_seen_while_its_pulse_beats(bench: Bench) -> None:
    """Its slots count; they stop counting when it is gone."""
    bench.pulse.tick()
    assert bench.stand.service.operation.figures.slots() == {"embedded": 1}
    bench.stand.clock.advance(60)
    assert bench.stand.service.operation.figures.slots() == {}


def test_a_claim_that_hangs_is_let_go_and_reported(bench: Bench) -> None:
    """Nothing is extended for ever, even if the thread that holds it never returns."""
    bench.stand.accept()
    service = bench.stand.service
    hung: list[object] = []
    impatient = Pulse(
        service,
        service.inspections.jobs.extend,
        Presence("worker-2", "embedded", 1),
        Sweeper(service, bench.job_queue),
        heartbeat=timedelta(0),
        claim_limit=timedelta(seconds=-1),
        on_hang=hung.append,
        listens=lambda _idle: None,
        is_present=lambda: True,
    )
    claim = bench.stand.claim("worker-2")
    impatient.hold_waiting(claim)
    bench.stand.clock.advance(25)
    impatient.tick()
    assert hung == []  # what waits for its turn does not hang, and keeps its lease
    bench.stand.clock.advance(25)
    assert bench.stand.service.inspections.jobs.take_back_lost() == 0
    impatient.hold(claim)
    impatient.tick()
    assert hung == [claim]
    bench.stand.clock.advance(31)
    impatient.tick()
    impatient.sweep()
    assert bench.stand.claim("worker-3").fence == claim.fence + 1


class SlowStorage(Storage):
    """A data folder on a disk that takes its time to list files."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.asked, self.answers = threading.Event(), threading.Event()

    def old_files(self, part: int, age: timedelta) -> list[StoredFile]:
        """The files, when the test says so."""
        self.asked.set()
        assert self.answers.wait(240)
        return super().old_files(part, age)


def test_a_slow_round_of_the_sweeper_costs_no_lease(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Heartbeats go on while it looks into the data folder; in the end another one sweeps."""
    monkeypatch.setattr("safety_detector.worker.pulse._LONGEST_ROUND_S", 0.0)
    service, storage = bench.stand.service, SlowStorage(bench.stand.folder)
    orphans = Orphans(service.database, storage, bench.stand.clock, service.retention.age_clock)
    slow = replace(service, retention=replace(service.retention, orphans=orphans))
    beats = threading.Semaphore(0)
    pulse = Pulse(
        slow,
        service.inspections.jobs.extend,
        Presence("worker-2", "embedded", 1),
        Sweeper(slow, bench.job_queue),
        heartbeat=timedelta(0),
        claim_limit=timedelta(hours=1),
        on_hang=bench.hung.append,
        listens=lambda _idle: beats.release(),
        is_present=lambda: True,
    )
    pulse.start()
    try:
        assert storage.asked.wait(60)
        while beats.acquire(blocking=False):
            pass  # those before the round
        assert beats.acquire(timeout=60)
        assert beats.acquire(timeout=60)
        bench.stand.clock.advance(16)
        assert service.operation.upkeep.hold_lease("sweeper", "worker-3", timedelta(seconds=15))
    finally:
        storage.answers.set()
        pulse.stop()


def test_the_pulse_ends_in_order(bench: Bench) -> None:
    """Its thread ends, and the process is forgotten at once."""
    bench.pulse.start()
    bench.pulse.stop()
    assert bench.stand.service.operation.figures.slots() == {}
