"""A line of threads in front of something scarce."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from safety_detector.detectors.qwen.servers.waiting_line import WaitingLine


def test_urgent_ones_go_first_then_who_came_first() -> None:
    """One place at a time becomes free; the order is by urgency, then by arrival."""
    line, order = WaitingLine(), list[str]()
    free, lock = threading.Semaphore(0), threading.Lock()

    def stand(name: str, *, urgent: bool) -> None:
        def look() -> str | None:
            if not free.acquire(blocking=False):
                return None
            with lock:
                order.append(name)
            return name

        assert line.wait_for(look, urgent=urgent, timeout_s=120) == name

    with ThreadPoolExecutor(4) as pool:
        standing = []
        for name, urgent in (("a", False), ("b", False), ("c", True), ("d", True)):
            standing.append(pool.submit(stand, name, urgent=urgent))
            deadline = time.monotonic() + 60
            while len(line) < len(standing):
                assert time.monotonic() < deadline
                time.sleep(0.005)
        free.release(4)
        line.look_again()
        for one in standing:
            one.result()
    assert order == ["c", "d", "a", "b"]


def test_who_finds_nothing_in_time_leaves_the_line() -> None:
    """It gets nothing, and the next one is first."""
    line = WaitingLine()
    assert line.wait_for(lambda: None, urgent=True, timeout_s=0.05) is None
    assert line.wait_for(lambda: "a place", urgent=False, timeout_s=60) == "a place"
    assert len(line) == 0


def test_error_of_looking_ends_the_waiting_alone() -> None:
    """Nobody behind it is kept from looking."""
    line = WaitingLine()

    def look() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        line.wait_for(look, urgent=True, timeout_s=60)
    assert line.wait_for(lambda: 1, urgent=True, timeout_s=60) == 1
