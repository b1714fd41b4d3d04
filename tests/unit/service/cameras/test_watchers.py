"""Processes that watch cameras."""

from __future__ import annotations

import pytest

from safety_detector.service.cameras.watchers import OVERDUE, WatcherSeen
from safety_detector.service.cameras.watching import LEASE, WATCH_QUEUE
from tests.service_stand import Stand
from tests.watched_camera import add_watched, claim_camera


@pytest.fixture(autouse=True)
def _cameras(stand: Stand) -> None:
    for number in range(3):
        add_watched(stand.service, f"gate-{number}")


def test_everybody_knows_who_watches_and_what_waits(stand: Stand) -> None:
    """Watchers with their cameras, cameras without a watcher, and which of these wait for long."""
    watchers = stand.service.cameras.watchers
    stand.service.operation.upkeep.report_worker("watcher-1", WATCH_QUEUE, 64)
    stand.service.operation.upkeep.report_worker("worker-1", "qwen", 4)
    assert claim_camera(stand.service) is not None
    standing = watchers.standing()
    assert standing.watchers == (WatcherSeen("watcher-1", 64, 1),)
    assert (standing.held, standing.waiting, standing.overdue) == (1, 2, 0)
    stand.clock.advance(OVERDUE.total_seconds())
    assert watchers.standing().overdue == 2


def test_a_dead_watcher_counts_no_longer_than_its_leases(stand: Stand) -> None:
    """Or the others would leave its share to it."""
    stand.service.operation.upkeep.report_worker("watcher-1", WATCH_QUEUE, 64)
    stand.clock.advance(LEASE.total_seconds() + 0.1)
    assert stand.service.cameras.watchers.standing().watchers == ()


def test_what_was_lost_is_not_given_back(stand: Stand) -> None:
    """A camera stays with whoever claimed it later."""
    old = claim_camera(stand.service)
    assert old is not None
    stand.clock.advance(LEASE.total_seconds() + 1)
    stand.service.cameras.jobs.take_back_lost()
    held = [claim_camera(stand.service, "watcher-2") for _ in range(3)]
    assert None not in held
    stand.service.cameras.watchers.give_back([old])
    assert stand.service.cameras.watchers.standing().waiting == 0


def test_watchers_are_no_workers(stand: Stand) -> None:
    """Nobody wakes them, and nobody takes one for a process that inspects."""
    stand.service.operation.upkeep.report_worker("watcher-1", WATCH_QUEUE, 64)
    figures = stand.service.operation.figures
    assert figures.slots() == {}
    health = figures.health()
    assert (health.workers, health.due_queues) == ((), ())
