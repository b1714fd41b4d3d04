"""Waiting for what other threads and processes do."""

from __future__ import annotations

import time
from collections.abc import Callable

WITHIN_S = 240.0
"""Far longer than anything takes that is waited for, on a machine that does much else."""

_FIRST_PAUSE_S = 0.005
_LONGEST_PAUSE_S = 0.1
_PAUSE_GROWTH = 1.3


def eventually(
    condition: Callable[[], object], what: str = "it became true", within_s: float = WITHIN_S
) -> None:
    """Returns when the condition holds; a test that waits too long fails.

    What takes long is asked more and more seldom, so that whoever waits leaves the machine to what
    is waited for.

    Args:
        condition: asked again and again.
        what: it was waited for, for the failure's message.
        within_s: how long at most.
    """
    deadline = time.monotonic() + within_s
    pause_s = _FIRST_PAUSE_S
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s:.0f} s: {what}"
        time.sleep(pause_s)
        pause_s = min(pause_s * _PAUSE_GROWTH, _LONGEST_PAUSE_S)
