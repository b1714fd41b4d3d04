"""A clock that was ahead and is right again holds nothing up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from safety_detector.errors import ModelUnreachable
from safety_detector.service.access.audit import AuditAction, AuditFilter
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.records import FrameDisposition, Submission
from tests.pictures import jpeg
from tests.service_stand import FIRE, Stand, put_back

AHEAD = [3_600, 86_400, 400 * 86_400]


@pytest.mark.parametrize("ahead_s", AHEAD)
def test_a_frame_from_the_future_skips_no_later_one(stand: Stand, ahead_s: int) -> None:
    """The age of the last frame is negative then, which is no reason."""
    stand.service.cameras.records.create(CameraSettings("Gate 3", min_interval_ms=500), "gate")
    stand.clock.advance(ahead_s)
    stand.service.cameras.frames.push("gate", jpeg(1), Submission("1.jpg"))
    stand.clock.advance(-ahead_s)
    receipt = stand.service.cameras.frames.push("gate", jpeg(2), Submission("2.jpg"))
    assert receipt.disposition is FrameDisposition.ACCEPTED
    again = stand.service.cameras.frames.push("gate", jpeg(3), Submission("3.jpg"))
    assert again.disposition is FrameDisposition.SKIPPED  # the interval holds from now on


@pytest.mark.parametrize("ahead_s", AHEAD)
def test_what_was_accepted_by_a_clock_ahead_is_inspected(stand: Stand, ahead_s: int) -> None:
    """Queued, running with a lost worker, and behind a pause of the model."""
    stand.clock.advance(ahead_s)
    lost = stand.accept(1)
    stand.claim("worker-that-dies")
    away = stand.accept(2)
    claim = stand.claim()
    unreachable = ModelUnreachable("The model does not answer.")
    assert put_back(stand.service.inspections.jobs, claim, unreachable, timedelta(seconds=60))
    queued = stand.accept(3)
    stand.clock.advance(-ahead_s)

    assert stand.service.operation.clock_steps.mend() >= 4
    stand.clock.advance(31)
    stand.service.inspections.jobs.take_back_lost()
    finished = []
    for _ in range(3):
        claim = stand.claim()
        assert stand.complete(claim, FIRE)
        finished.append(claim.subject_id)
    assert set(finished) == {lost.id, away.id, queued.id}
    [entry] = stand.service.access.audit.entries(AuditFilter(action=AuditAction.CLOCK_STEP), 10)
    assert entry.details["times"] >= 4
    assert stand.service.operation.clock_steps.mend() == 0


def test_a_worker_that_is_alive_keeps_its_picture(stand: Stand) -> None:
    """Its lease becomes an ordinary one, which it extends."""
    stand.clock.advance(3_600)
    stand.accept(1)
    claim = stand.claim()
    stand.clock.advance(-3_600)
    stand.service.operation.clock_steps.mend()
    stand.clock.advance(20)
    assert stand.service.inspections.jobs.extend([claim]) == {claim.subject_id}
    stand.clock.advance(20)
    assert stand.service.inspections.jobs.take_back_lost() == 0
    assert stand.complete(claim, FIRE)


def test_waiting_that_is_meant_is_left_alone(stand: Stand) -> None:
    """A retry in a minute stays a retry in a minute."""
    stand.accept(1)
    claim = stand.claim()
    unreachable = ModelUnreachable("The model does not answer.")
    put_back(stand.service.inspections.jobs, claim, unreachable, timedelta(seconds=60))
    assert stand.service.operation.clock_steps.mend() == 0
    assert stand.next_claim("worker-2") is None


@pytest.mark.parametrize("ahead_s", AHEAD)
def test_a_role_taken_by_a_clock_ahead_is_free_again(stand: Stand, ahead_s: int) -> None:
    """The sweeper's place: without it nothing would be mended at all."""
    length = timedelta(seconds=15)
    upkeep = stand.service.operation.upkeep
    stand.clock.advance(ahead_s)
    assert upkeep.hold_lease("sweeper", "worker-that-dies", length)
    stand.clock.advance(-ahead_s)
    assert upkeep.hold_lease("sweeper", "worker-2", length)
    assert not upkeep.hold_lease("sweeper", "worker-3", length)


def test_looking_for_such_times_does_not_go_through_all_jobs(stand: Stand) -> None:
    """It is done every minute, on a table of millions."""
    if not stand.service.database.is_sqlite:
        pytest.skip("PostgreSQL chooses by how full the tables are")
    asked: list[tuple[str, Any]] = []

    def note(_connection: Connection, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if "due_at" in statement:
            asked.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        assert stand.service.operation.clock_steps.mend() == 0
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    [(statement, values)] = asked
    with stand.service.database.read() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    steps = [row.detail for row in plan if " jobs" in row.detail]
    assert len(steps) == 2
    assert "INDEX ix_jobs_due (due_at>?)" in steps[0], steps
    assert "INDEX ix_jobs_running" in steps[1], steps
