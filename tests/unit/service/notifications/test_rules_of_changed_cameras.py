"""No change of a camera ends alarms without a word."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from safety_detector.domain.camera_rules import CameraRules, Polygon, WatchedHazard, Zone
from safety_detector.domain.incidents.alert_rules import AlertRule
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.errors import SubmissionRefused, UnknownCamera
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.notifications.records import ChannelKind, NewChannel
from tests.service_stand import Stand

WHOLE = Polygon(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
TANKS = Zone("tanks", "Tanks", WHOLE)
DOCK = Zone("dock", "Dock", WHOLE)
FIRE = (IncidentHazard.FIRE,)


@pytest.fixture(autouse=True)
def _cameras(stand: Stand) -> None:
    for camera_id, zones in (("gate", (TANKS, DOCK)), ("yard", (DOCK,))):
        settings = CameraSettings(camera_id, rules=CameraRules(zones=zones))
        stand.service.cameras.records.create(settings, camera_id)


def rule(stand: Stand, name: str = "nights", **about: Any) -> str:
    """The id of a rule that tells a channel of its own."""
    wanted = NewChannel(ChannelKind.WEBHOOK, name, "https://soc.example.com/hook")
    channel = stand.service.notifications.channels.create(wanted)[0]
    return stand.service.notifications.rules.create(AlertRule(name, (channel.id,), **about)).id


def put_zones(stand: Stand, *zones: Zone, camera_id: str = "gate") -> None:
    """Other zones in the place of a camera's."""
    rules = CameraRules(zones=zones)
    change = stand.service.cameras.records.change
    change(camera_id, lambda settings: replace(settings, rules=rules))


@pytest.mark.parametrize(
    ("about", "zones"),
    [
        ({"zone_ids": ("tanks",)}, (DOCK,)),
        ({"zone_ids": ("tanks", "dock")}, (DOCK,)),
        ({"zone_ids": ("tanks",), "camera_ids": ("gate", "yard")}, (DOCK,)),
        ({"zone_ids": ("tanks",)}, (replace(TANKS, id="tanks-2"), DOCK)),
        ({"zone_ids": ("dock",)}, (TANKS,)),
        (
            {"zone_ids": ("tanks",), "hazards": FIRE},
            (replace(TANKS, watch=(WatchedHazard.NO_HELMET,)), DOCK),
        ),
    ],
    ids=["goes", "one of two", "of some cameras", "renamed", "there is another", "watches less"],
)
def test_a_zone_that_rules_name_stays(
    stand: Stand, about: dict[str, Any], zones: tuple[Zone, ...]
) -> None:
    """The refusal names the rules; when these are gone it may go."""
    rules = [rule(stand, name, **about) for name in ("nights", "days")]
    with pytest.raises(SubmissionRefused, match="nights, days"):
        put_zones(stand, *zones)
    kept = stand.service.cameras.records.get("gate").rules
    assert kept.zones == (TANKS, DOCK)
    for rule_id in rules:
        stand.service.notifications.rules.remove(rule_id)
    put_zones(stand, *zones)


@pytest.mark.parametrize(
    "about",
    [
        {"camera_ids": ("gate",)},
        {"camera_ids": ("yard", "gate")},
        {"camera_ids": ("gate",), "zone_ids": ("tanks",)},
        {"zone_ids": ("tanks",)},
    ],
    ids=["the only one", "one of two", "with a zone", "the last of a zone"],
)
def test_a_camera_that_rules_name_stays(stand: Stand, about: dict[str, Any]) -> None:
    """The refusal names the rules; when these are gone it may go."""
    rule_id = rule(stand, "nights", **about)
    with pytest.raises(SubmissionRefused, match="nights"):
        stand.service.cameras.records.remove("gate")
    assert stand.service.cameras.records.get("gate").rules.zones == (TANKS, DOCK)
    stand.service.notifications.rules.remove(rule_id)
    stand.service.cameras.records.remove("gate")
    with pytest.raises(UnknownCamera):
        stand.service.cameras.records.get("gate")


def test_what_no_rule_depends_on_is_changed_freely(stand: Stand) -> None:
    """Rules of everything, of other cameras and of zones that others have too hinder nobody."""
    rule(stand, "all")
    rule(stand, "yard", camera_ids=("yard",), zone_ids=("dock",))
    rule(stand, "fire", zone_ids=("tanks",), hazards=FIRE)
    put_zones(stand, replace(TANKS, name="罐区", watch=(WatchedHazard.FIRE,)))
    rules = {one.rule.name: one.id for one in stand.service.notifications.rules.list()}
    stand.service.notifications.rules.remove(rules["fire"])
    rule(stand, "docks", zone_ids=("dock",))
    put_zones(stand, TANKS, DOCK)
    stand.service.cameras.records.remove("gate")


def test_many_rules_are_named_in_part(stand: Stand) -> None:
    """A refusal stays readable."""
    for number in range(12):
        rule(stand, f"r{number}", camera_ids=("gate",))
    with pytest.raises(SubmissionRefused, match=r"r0, r1, .*r9 …"):
        stand.service.cameras.records.remove("gate")
