"""Pictures that threads make ready for the sheets of a report."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from safety_detector.pictures.memory_budget import MOST_BYTES
from safety_detector.report.prefetch import Prefetcher


@pytest.fixture
def collected() -> list[int]:
    """The threads on which results were collected."""
    return []


@pytest.fixture
def prefetcher(collected: list[int]) -> Iterator[Prefetcher]:
    """Notes on which thread each result is collected."""
    with Prefetcher(lambda: collected.append(threading.get_ident())) as room:
        yield room


def test_each_order_gives_its_own_result_on_the_thread_that_collects(
    prefetcher: Prefetcher, collected: list[int]
) -> None:
    """The pages are set by one thread, in order, whoever made the pictures."""

    def square(number: int) -> Callable[[], tuple[int, int]]:
        return lambda: (number * number, threading.get_ident())

    orders = [prefetcher.order(square(number), pixels=1) for number in range(50)]
    results = [order.collect() for order in orders]
    assert [result for result, _ in results] == [number * number for number in range(50)]
    assert set(collected) == {threading.get_ident()}
    assert len(collected) == 50
    assert threading.get_ident() not in {thread for _, thread in results}


def test_few_orders_are_done_before_they_are_collected(prefetcher: Prefetcher) -> None:
    """A long report does not hold the pictures of all its sheets."""
    done: list[int] = []
    orders = [prefetcher.order(partial(done.append, number), pixels=1) for number in range(100)]
    assert done == []
    orders[0].collect()
    assert len(done) <= 10
    for order in orders[1:]:
        order.collect()
    assert sorted(done) == list(range(100))


def test_large_pictures_are_made_one_after_the_other(prefetcher: Prefetcher) -> None:
    """However many threads there are, the pixels in memory have a bound."""
    alone = threading.Lock()

    def hold() -> bool:
        return alone.acquire(blocking=False) and not alone.release()

    orders = [prefetcher.order(hold, pixels=MOST_BYTES) for _ in range(40)]
    assert all(order.collect() for order in orders)


def test_what_goes_wrong_reaches_whoever_collects(prefetcher: Prefetcher) -> None:
    """A fault is not lost on another thread, and what comes behind it is still done."""

    def fail() -> None:
        raise ValueError("no such picture")

    broken, sound = prefetcher.order(fail, pixels=1), prefetcher.order(lambda: "sound", pixels=1)
    with pytest.raises(ValueError, match="no such picture"):
        broken.collect()
    assert sound.collect() == "sound"


def test_a_report_that_is_given_up_leaves_no_work_behind() -> None:
    """Whoever stops a long report does not wait for its other sheets."""
    done: list[int] = []

    def stop() -> None:
        raise KeyboardInterrupt

    def report() -> None:
        with Prefetcher(stop) as prefetcher:
            orders = [
                prefetcher.order(partial(done.append, number), pixels=1) for number in range(100)
            ]
            orders[0].collect()

    with pytest.raises(KeyboardInterrupt):
        report()
    assert len(done) <= 10
    assert not [one for one in threading.enumerate() if one.name.startswith("prefetcher")]
