"""How many sets are made or counted at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Semaphore

from safety_detector.message_texts.reason import Reason
from safety_detector.web.problems.problem import RequestProblem


def take_slot(slots: Semaphore) -> None:
    """Takes a slot, which the caller releases.

    Raises:
        RequestProblem: there is none; come back later.
    """
    if not slots.acquire(blocking=False):
        reason = Reason("datasets-busy")
        raise RequestProblem("datasets-busy", reason.text("en"), faults=[("", reason)])


@contextmanager
def taken_slot(slots: Semaphore) -> Iterator[None]:
    """A slot for as long as the block runs.

    Raises:
        RequestProblem: there is none; come back later.
    """
    take_slot(slots)
    try:
        yield
    finally:
        slots.release()
