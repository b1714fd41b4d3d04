"""A worker that is connected and gets nothing."""

from __future__ import annotations

from safety_detector.worker.listener import Deafness


def test_wake_ups_that_wait_for_long_beside_an_idle_process_are_not_heard() -> None:
    """It takes the whole time, without a break."""
    deafness = Deafness(limit_s=60)
    judged = [
        deafness.is_deaf(float(now_s), idle=True, wake_ups_wait=True) for now_s in range(0, 70, 5)
    ]
    assert judged == [False] * 12 + [True] * 2


def test_a_wake_up_that_comes_proves_hearing() -> None:
    """The time starts anew."""
    deafness = Deafness(limit_s=60)
    assert not deafness.is_deaf(0, idle=True, wake_ups_wait=True)
    deafness.woken()
    assert not deafness.is_deaf(61, idle=True, wake_ups_wait=True)


def test_a_busy_process_or_an_empty_queue_is_no_deafness() -> None:
    """However long it lasts; one such sample breaks the time."""
    for busy in ({"idle": False, "wake_ups_wait": True}, {"idle": True, "wake_ups_wait": False}):
        deafness = Deafness(limit_s=60)
        assert not deafness.is_deaf(0, idle=True, wake_ups_wait=True)
        assert not deafness.is_deaf(50, **busy)
        assert not deafness.is_deaf(100, idle=True, wake_ups_wait=True)
