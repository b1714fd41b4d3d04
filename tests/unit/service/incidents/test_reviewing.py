"""What nobody has judged is handed out, each to one person at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.seen_incidents import fire_at
from tests.service_stand import Stand

EACH = 2


def test_whoever_asks_at_once_gets_others(stand: Stand) -> None:
    """No two people judge the same, and nobody goes without while there is enough."""
    opened = {fire_at(stand, f"gate-{number}").id for number in range(12)}

    def hand_out(holder: str) -> list[str]:
        handed = stand.service.incidents.reviewing.hand_out(holder, EACH)
        return [one.id for one in handed.incidents]

    holders = [f"holder-{number}" for number in range(6)]
    with ThreadPoolExecutor(len(holders)) as threads:
        handed = list(threads.map(hand_out, holders))
    assert [len(ids) for ids in handed] == [EACH] * len(holders)
    assert {one for ids in handed for one in ids} == opened
    assert [set(hand_out(holder)) for holder in holders] == [set(ids) for ids in handed]
