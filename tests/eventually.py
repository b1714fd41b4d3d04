"""Waiting for what other threads and processes do."""

from __future__ import annotations

import time
from collections.abc import Callable

WITHIN_S = 240.0
"""Far longer than anything takes that is waited for, on a machine that does much else."""


def eventually(
    condition: Callable[[], object], what: str = "it became true", within_s: float = WITHIN_S
) -> None:
    """Returns when the condition holds; a test that waits too long fails.

    Args:
        condition: asked again and again.
        what: it was waited for, for the failure's message.
        within_s: how long at most.
    """
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s:.0f} s: {what}"
        time.sleep(0.01)
