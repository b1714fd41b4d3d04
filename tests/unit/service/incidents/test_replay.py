"""Stored inspections by other rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from safety_detector.domain.camera_rules import CameraRules, Mask, Polygon, WatchedHazard
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.incidents.opening_rules import DEFAULT_OPENING, OpeningRule
from safety_detector.errors import UnknownCamera
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.incidents.camera_rules import RulesOfCamera
from safety_detector.service.incidents.records import IncidentFilter
from safety_detector.service.records import Submission
from tests.pictures import jpeg
from tests.service_stand import BARE_HEAD, Stand

SMALL_FIRE = Hazard(Label.FIRE, SubLabel.MINOR)
EVERYWHERE = Polygon(((0, 0), (1, 0), (1, 1), (0, 1)))


@pytest.fixture(autouse=True)
def _seen(stand: Stand) -> None:
    """Three looks with fire, an hour later ten with a bare head."""
    stand.service.cameras.records.create(CameraSettings("Gate 3"), "gate")
    for hazard, number in ((SMALL_FIRE, 3), (BARE_HEAD, 10)):
        for _ in range(number):
            stand.clock.advance(2)
            frame = Submission("f.jpg", camera_id="gate")
            stand.service.inspections.intake.accept(jpeg(), frame)
            assert stand.complete(stand.claim(), hazard)
        stand.clock.advance(3600)


def stricter(present: RulesOfCamera) -> RulesOfCamera:
    """Four of five looks before a fire counts."""
    opening = {**DEFAULT_OPENING, WatchedHazard.FIRE: OpeningRule(4, 5, 60)}
    return replace(present, incidents=replace(present.incidents, opening=opening))


def masked(present: RulesOfCamera) -> RulesOfCamera:
    """No bare head counts."""
    mask = Mask(EVERYWHERE, "a painting", (WatchedHazard.NO_HELMET,))
    return replace(present, picture=CameraRules(masks=(mask,)))


def test_the_present_rules_give_what_is_stored(stand: Stand) -> None:
    """The same incidents with the same ids, and nothing lost or gained."""
    replayed = stand.service.incidents.replay.run("gate", None, None, lambda rules: rules)
    stored = stand.service.incidents.records.list(IncidentFilter(), 10)
    assert {one.id for one in replayed.present.incidents} == {one.id for one in stored}
    assert (replayed.looks, replayed.lost, replayed.gained) == (13, [], [])
    assert replayed.present.time_to_alert_s is not None


def test_what_stricter_rules_lose_is_told_and_nothing_changes(stand: Stand) -> None:
    """The fire is lost, the bare head stays; by masks the other way round."""
    before = stand.service.incidents.records.list(IncidentFilter(), 10)
    for rules, lost in ((stricter, WatchedHazard.FIRE), (masked, WatchedHazard.NO_HELMET)):
        replayed = stand.service.incidents.replay.run("gate", None, None, rules)
        assert [one.most_urgent for one in replayed.lost] == [lost]
        assert len(replayed.other.incidents) == 1
        assert replayed.other.alerts < replayed.present.alerts
    assert stand.service.incidents.records.list(IncidentFilter(), 10) == before


def test_a_period_and_an_unknown_camera(stand: Stand) -> None:
    """Only pictures of the period count; a camera that is not there is told."""
    since = stand.clock.now - timedelta(minutes=70)
    replayed = stand.service.incidents.replay.run("gate", since, None, lambda rules: rules)
    assert [one.most_urgent for one in replayed.present.incidents] == [WatchedHazard.NO_HELMET]
    with pytest.raises(UnknownCamera):
        stand.service.incidents.replay.run("elsewhere", None, None, lambda rules: rules)
