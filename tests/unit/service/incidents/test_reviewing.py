"""What nobody has judged is handed out, each to one person at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from safety_detector.domain.hazards import Hazard, Label, SubLabel
from tests.seen_incidents import fire_at, see
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


def test_a_fire_comes_before_a_bare_head_that_is_older_and_called_graver(stand: Stand) -> None:
    """On the page of what waits and in review: the order of pictures and reports."""
    for _ in range(4):
        see(stand, Hazard(Label.PERSON, SubLabel.NO_HELMET), camera_id="yard")
    for _ in range(3):
        see(stand, Hazard(Label.FIRE, SubLabel.MINOR), camera_id="tank")
    waiting = stand.service.incidents.overview.waiting(stand.clock(), 10).incidents
    handed = stand.service.incidents.reviewing.hand_out("holder", 10).incidents
    for found in (waiting, handed):
        assert [one.camera_id for one in found] == ["tank", "yard"]
    assert waiting[0].severity.rank < waiting[1].severity.rank
