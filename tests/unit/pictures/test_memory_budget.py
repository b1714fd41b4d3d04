"""The bound on pictures in hand."""

from __future__ import annotations

import threading

from safety_detector.pictures.memory_budget import MemoryBudget


def test_pictures_wait_until_there_is_room() -> None:
    """Never more bytes are in hand than the bound says."""
    budget = MemoryBudget(most_bytes=100)
    in_hand, most = 0, 0
    lock = threading.Lock()
    together = threading.Barrier(2)

    def inspect() -> None:
        nonlocal in_hand, most
        for _ in range(50):
            with budget.room_for(50):
                with lock:
                    in_hand += 50
                    most = max(most, in_hand)
                with lock:
                    in_hand -= 50

    def meet() -> None:
        with budget.room_for(50):
            together.wait(10)

    threads = [threading.Thread(target=inspect) for _ in range(6)]
    threads += [threading.Thread(target=meet) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    assert 50 <= most <= 100


def test_a_picture_above_the_bound_goes_alone() -> None:
    """It is let in when nothing else is in hand, and does not wait for ever."""
    budget = MemoryBudget(most_bytes=100)
    entered = threading.Event()

    def large() -> None:
        with budget.room_for(1000):
            entered.set()

    with budget.room_for(1):
        thread = threading.Thread(target=large)
        thread.start()
        assert not entered.is_set()
    thread.join(10)
    assert entered.is_set()
