"""The Prefer header."""

from __future__ import annotations

import pytest

from safety_detector.web.inspections.waiting import wait_preference_s


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        (None, 0.0),
        ("", 0.0),
        ("wait=10", 10.0),
        ("respond-async, wait=10", 10.0),
        ("wait = 5;foo=bar", 5.0),
        ("wait=10, respond-async", 10.0),
        ("wait=100000", 60.0),
        ("wait=-1", 0.0),
        ("wait=x", 0.0),
        ("wait=1.5", 0.0),
        ("await=10", 0.0),
        ("handling=lenient", 0.0),
    ],
)
def test_wait_is_read_as_rfc_7240_says(prefer: str | None, seconds: float) -> None:
    """Wait is found among other preferences, bounded, and ignored where it makes no sense."""
    assert wait_preference_s(prefer, longest_s=60.0) == seconds
