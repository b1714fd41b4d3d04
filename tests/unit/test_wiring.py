"""What the settings make of the model servers."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from safety_detector.settings import Settings
from safety_detector.wiring import build_qwen_detector, qwen_slots, read_server_statuses

URLS = ("http://10.0.0.5:8000/v1", "http://user:secret@10.0.0.6:8000/v1")


@pytest.mark.parametrize(
    ("given", "slots"),
    [
        ({}, 20),
        ({"qwen_urls": URLS}, 36),
        ({"qwen_urls": URLS, "qwen_max_in_flight": 8}, 20),
        ({"qwen_urls": URLS, "qwen_slots": 5}, 5),
    ],
)
def test_worker_has_as_many_pictures_in_hand_as_the_servers_and_some_more(
    given: dict[str, Any], slots: int
) -> None:
    """The servers are never short of pictures while others are read or drawn."""
    assert qwen_slots(Settings(**given)) == slots


@pytest.mark.parametrize(
    ("given", "limit"),
    [
        ({}, 8),
        ({"qwen_max_in_flight": 2}, 2),
        ({"qwen_start_in_flight": 1}, 4),
        ({"qwen_start_in_flight": 40, "qwen_max_in_flight": 32}, 32),
    ],
)
def test_bounds_of_the_limit_fit_together_whatever_is_set(
    given: dict[str, Any], limit: int
) -> None:
    """One setting can be changed without the others."""
    with closing(build_qwen_detector(Settings(qwen_urls=URLS, **given))) as detector:
        statuses = detector.server_statuses()
    assert [one.limit for one in statuses] == [limit, limit]
    assert not any("secret" in one.address for one in statuses)


def test_without_redis_nothing_is_known_of_what_others_see() -> None:
    """There is nothing to ask, and nothing is asked."""
    assert read_server_statuses(Settings(qwen_urls=URLS)) == []
