"""Places that are given in order."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from safety_detector.watcher.places import Places
from tests.eventually import eventually


class Queue:
    """Threads that ask for a place one after the other."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.order: list[int] = []
        self.asked = 0
        self.left = threading.Event()
        self.given_up = 0

    def ask(self, number: int, *, gives_up: bool = False) -> threading.Thread:
        """Another thread asks; returns when it waits."""

        def breathe() -> None:
            if gives_up:
                raise InterruptedError

        def run() -> None:
            try:
                with self.places.taken(breathe):
                    self.order.append(number)
            except InterruptedError:
                self.given_up += 1

        thread = threading.Thread(target=run)
        thread.start()
        self.asked += 1
        waits = self.places._waiting
        eventually(lambda: len(waits) + self.given_up >= self.asked, "it waits, or has given up")
        return thread


def check_free(places: Places, number: int) -> None:
    """So many places can be had at once."""

    def wait_no_longer() -> None:
        raise AssertionError

    with ExitStack() as taken:
        for _ in range(number):
            taken.enter_context(places.taken(wait_no_longer))


@pytest.mark.parametrize("number", [1, 2])
def test_nobody_overtakes(number: int) -> None:
    """Places are given in the order in which they were asked for, and never more than there are."""
    places = Places(number)
    queue = Queue(places)
    held = [places.taken(lambda: None) for _ in range(number)]
    for one in held:
        one.__enter__()
    threads = [queue.ask(one) for one in range(6)]
    assert queue.order == []
    held.pop().__exit__(None, None, None)
    for thread in threads:
        thread.join()
    assert queue.order == [0, 1, 2, 3, 4, 5]
    for one in held:
        one.__exit__(None, None, None)
    check_free(places, number)


def test_who_gives_up_leaves_the_place_to_the_next() -> None:
    """None is lost, and the others keep their order."""
    places = Places(1)
    queue = Queue(places)
    with places.taken(lambda: None):
        threads = [queue.ask(0), queue.ask(1, gives_up=True), queue.ask(2)]
        eventually(lambda: queue.given_up == 1, "the second one gives up")
    for thread in threads:
        thread.join()
    assert queue.order == [0, 2]
    check_free(places, 1)
