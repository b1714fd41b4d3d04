"""What is seen and does not count is counted, so that no rule hides more than somebody meant."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from safety_detector.domain.camera_rules import (
    CameraRules,
    Day,
    Hours,
    Mask,
    Polygon,
    WatchedHazard,
    Zone,
)
from safety_detector.domain.detections import Detection, DetectorRun
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.inspection import decide_verdict
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.records import Finding, Submission
from tests.pictures import jpeg
from tests.service_stand import Stand

LEFT_HALF = Polygon(((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
RIGHT_HALF = Polygon(((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)))
LEFT, RIGHT = Box(4, 10, 20, 30), Box(44, 10, 60, 30)  # of 64 × 48
FLARE = Mask(LEFT_HALF, "flare stack", (WatchedHazard.FIRE,))
LAMP = Mask(RIGHT_HALF, "lamp", (WatchedHazard.SMOKE,))


@pytest.fixture(autouse=True)
def _camera(stand: Stand) -> None:
    stand.service.cameras.records.create(CameraSettings("Gate 3"), "gate")


def say(stand: Stand, rules: CameraRules) -> None:
    """What the operator says of the camera."""
    stand.service.cameras.records.change("gate", lambda one: replace(one, rules=rules))


def look(stand: Stand, box: Box = LEFT, at: datetime | None = None) -> None:
    """A picture with a fire at a place."""
    stand.clock.advance(2)
    frame = Submission("f.jpg", camera_id="gate", captured_at=at)
    stand.service.inspections.intake.accept(jpeg(), frame)
    claim, runs = stand.claim(), (DetectorRun("embedded", "a model"),)
    found = (Detection(box, Hazard(Label.FIRE, SubLabel.MINOR), 0.9),)
    finding = Finding(claim, found, runs, decide_verdict(found, runs), b"annotated")
    assert stand.service.inspections.findings.record([finding]) == [True]


def shown(stand: Stand) -> list[tuple[str, str | None, int, int]]:
    """What the camera says of it."""
    camera = stand.service.cameras.records.get("gate")
    assert camera == stand.service.cameras.records.list()[0]
    return [(one.by.value, one.reason, one.total, one.last_7_days) for one in camera.suppressed]


def test_each_mask_says_how_much_it_hid(stand: Stand) -> None:
    """Also one that hid nothing; what counted is not among it."""
    say(stand, CameraRules(masks=(LAMP, FLARE)))
    for _ in range(3):
        look(stand)
    look(stand, RIGHT)
    assert shown(stand) == [("mask", "lamp", 0, 0), ("mask", "flare stack", 3, 3)]
    last = stand.service.cameras.records.get("gate").suppressed[1].last_at
    assert last is not None
    assert stand.clock() - last < timedelta(seconds=10)


def test_a_late_picture_counts_once(stand: Stand) -> None:
    """Whatever is folded once more because of it."""
    say(stand, CameraRules(masks=(FLARE,)))
    begin = stand.clock()
    for _ in range(3):
        look(stand)
    look(stand, at=begin + timedelta(seconds=3))
    assert shown(stand) == [("mask", "flare stack", 4, 4)]


def test_zones_and_hours_say_it_too(stand: Stand) -> None:
    """Where they kept something from counting."""
    zone = Zone("heads", "Heads", LEFT_HALF, (WatchedHazard.NO_HELMET,))
    say(stand, CameraRules(zones=(zone,)))
    assert shown(stand) == []
    look(stand)
    assert shown(stand) == [("zone", None, 1, 1)]
    now = stand.clock()
    start = (60 * now.hour + now.minute + 120) % 1440
    never = Hours(tuple(Day), start, (start + 1) % 1440, (WatchedHazard.FIRE,))
    say(stand, CameraRules(schedule=(never,)))
    look(stand)
    assert shown(stand) == [("zone", None, 1, 1), ("hours", None, 1, 1)]


def test_counts_grow_old(stand: Stand) -> None:
    """After a week they are no longer lately, after a year and more they are gone."""
    say(stand, CameraRules(masks=(FLARE,)))
    look(stand)
    stand.clock.advance(timedelta(days=10).total_seconds())
    look(stand)
    assert shown(stand) == [("mask", "flare stack", 2, 1)]
    stand.clock.advance(timedelta(days=401).total_seconds())
    look(stand)
    assert shown(stand) == [("mask", "flare stack", 1, 1)]
