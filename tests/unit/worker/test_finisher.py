"""Recording in the background."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from safety_detector.service.records import Finding
from safety_detector.worker.finisher import Finisher
from tests.service_stand import FIRE, Stand, finding
from tests.unit.worker.conftest import Bench


def findings(stand: Stand, count: int) -> list[Finding]:
    """Results of claimed pictures."""
    for number in range(count):
        stand.accept(number)
    return [finding(stand.claim(), FIRE) for _ in range(count)]


def test_what_was_handed_over_is_recorded_before_it_stops(bench: Bench) -> None:
    """A worker that is asked to stop loses no result."""
    results = findings(bench.stand, 20)
    bench.finisher.start()
    for result in results:
        bench.finisher.hand_over(result)
    bench.finisher.stop()
    assert bench.stand.service.operation.figures.counters().completed == 20


def test_results_that_come_meanwhile_are_recorded_together(bench: Bench) -> None:
    """While one group waits for the disk the next one gathers; each result is finished once."""
    groups: list[int] = []
    finished: list[Finding] = []
    first_is_in, go_on = threading.Event(), threading.Event()

    def record(group: Sequence[Finding]) -> None:
        groups.append(len(group))
        first_is_in.set()
        assert go_on.wait(10)

    finisher = Finisher(record, finished.append)
    finisher.start()
    results = findings(bench.stand, 6)
    finisher.hand_over(results[0])
    assert first_is_in.wait(10)
    for result in results[1:]:
        finisher.hand_over(result)
    go_on.set()
    finisher.stop()
    assert groups == [1, 5]
    assert finished == results


def test_a_failed_record_does_not_end_the_recording(bench: Bench) -> None:
    """Its pictures are let go, and the next result is recorded."""
    recorded: list[Finding] = []
    finished: list[Finding] = []
    first_failed = threading.Event()

    def record(group: Sequence[Finding]) -> None:
        if not first_failed.is_set():
            first_failed.set()
            raise ZeroDivisionError
        recorded.extend(group)

    finisher = Finisher(record, finished.append)
    finisher.start()
    results = findings(bench.stand, 2)
    finisher.hand_over(results[0])
    assert first_failed.wait(10)
    finisher.hand_over(results[1])
    finisher.stop()
    assert recorded == results[1:]
    assert finished == results
