"""When incidents open is settable by camera, zone and hazard, and holds from when it was said."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from safety_detector.domain.camera_rules import Mask, Polygon, WatchedHazard, Zone
from safety_detector.domain.detections import Detection, DetectorRun
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.incidents.incident import Stage
from safety_detector.domain.incidents.opening_rules import OpeningChange, RuleChanges
from safety_detector.domain.inspection import decide_verdict
from safety_detector.errors import SubmissionRefused
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.incidents.records import IncidentFilter, StoredIncident
from safety_detector.service.records import Finding, Submission
from tests.pictures import jpeg
from tests.service_stand import Stand

FIRE, SMOKE = WatchedHazard.FIRE, WatchedHazard.SMOKE
LEFT = Box(4, 10, 20, 30)  # of 64 × 48
RIGHT = Box(44, 10, 60, 30)
LEFT_HALF = Polygon(((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
ONE_LOOK = OpeningChange(sightings=1)


@pytest.fixture(autouse=True)
def _camera(stand: Stand) -> None:
    stand.service.cameras.records.create(CameraSettings("Gate 3"), "gate")


def look(
    stand: Stand,
    box: Box | None = LEFT,
    at: datetime | None = None,
    after_s: float = 2,
    score: float = 0.8,
) -> None:
    """A picture with a small fire, or with nothing; its result comes at once."""
    stand.clock.advance(after_s)
    frame = Submission("f.jpg", camera_id="gate", captured_at=at)
    stand.service.inspections.intake.accept(jpeg(), frame)
    claim, runs = stand.claim(), (DetectorRun("embedded", "a model"),)
    fire = Hazard(Label.FIRE, SubLabel.MINOR)
    found = () if box is None else (Detection(box, fire, score),)
    finding = Finding(claim, found, runs, decide_verdict(found, runs), b"annotated")
    assert stand.service.inspections.findings.record([finding]) == [True]


def say(stand: Stand, changes: RuleChanges, **further: object) -> None:
    """What the camera's operator says."""
    stand.service.cameras.records.change(
        "gate",
        lambda present: replace(present, incident_rules=changes, **further),  # type: ignore[arg-type]
    )


def listed(stand: Stand) -> tuple[StoredIncident, ...]:
    """Every incident."""
    return stand.service.incidents.records.list(IncidentFilter(), 100)


def test_a_camera_opens_by_its_own_rule(stand: Stand) -> None:
    """At the first look where its operator says so, and later than others where he says that."""
    say(stand, RuleChanges({FIRE: ONE_LOOK}))
    look(stand)
    assert len(listed(stand)) == 1
    say(stand, RuleChanges({FIRE: OpeningChange(sightings=3, looks=3)}))
    look(stand, RIGHT)
    look(stand, RIGHT)
    assert len(listed(stand)) == 1
    look(stand, RIGHT)
    assert len(listed(stand)) == 2


def test_a_zone_opens_by_its_own_rule(stand: Stand) -> None:
    """Beside it things stay as they are."""
    zone = Zone("tanks", "Tanks", LEFT_HALF)
    rules = RuleChanges(zones={"tanks": {FIRE: ONE_LOOK}})
    say(stand, rules, rules=replace(CameraSettings("x").rules, zones=(zone,)))
    look(stand, RIGHT)
    assert listed(stand) == ()
    look(stand, LEFT)
    (incident,) = listed(stand)
    assert incident.zone_id == "tanks"


def test_the_site_says_what_cameras_do_not(stand: Stand) -> None:
    """A camera's own word counts before it."""
    stand.service.incidents.site_rules.keep(RuleChanges({FIRE: ONE_LOOK}))
    look(stand)
    assert len(listed(stand)) == 1
    say(stand, RuleChanges({FIRE: OpeningChange(sightings=2)}))
    look(stand, RIGHT)
    assert len(listed(stand)) == 1


@pytest.mark.parametrize("every_s", [300, 1800, 7200, 86_400])
def test_a_camera_that_is_looked_at_seldom_alarms_too(stand: Stand, every_s: int) -> None:
    """Two looks do not lie within a minute, nor within an hour; what is unsure is told, too."""
    stand.service.cameras.records.change("gate", lambda one: replace(one, every_s=every_s))
    look(stand, after_s=every_s)
    look(stand, after_s=every_s)
    assert len(listed(stand)) == 1
    for _ in range(3):
        look(stand, RIGHT, after_s=every_s, score=0.5)
    assert len(listed(stand)) == 2
    # Quiet after two looks without it, and over after one more.
    stages = []
    for _ in range(3):
        look(stand, None, after_s=every_s)
        stages.append(listed(stand)[0].stage)
    assert stages == [Stage.OPEN, Stage.QUIET, Stage.ENDED]
    assert {one.stage for one in listed(stand)} == {Stage.ENDED}


def test_a_window_that_is_said_has_a_bound() -> None:
    """Nobody is told by two sightings of which one was yesterday because somebody mistyped."""
    for window_s in (0.0, 3601.0):
        with pytest.raises(ValueError, match="a window has 1 to 3600 seconds"):
            OpeningChange(window_s=window_s)


def test_rules_by_which_nothing_could_open_are_refused(stand: Stand) -> None:
    """With the place of what is wrong."""
    for changes, named in (
        (RuleChanges({FIRE: OpeningChange(sightings=9)}), "opening.fire: 9 of 3 looks"),
        (RuleChanges(zones={"tank": {FIRE: ONE_LOOK}}), "zones.tank: the camera has no zone"),
    ):
        with pytest.raises(SubmissionRefused, match=named):
            say(stand, changes)


def test_a_stricter_site_does_not_break_a_camera_s_word(stand: Stand) -> None:
    """Where the two no longer fit, the camera's numbers hold and the others give way."""
    say(stand, RuleChanges({FIRE: OpeningChange(looks=2)}))
    stricter = OpeningChange(sightings=5, looks=8)
    stand.service.incidents.site_rules.keep(RuleChanges({FIRE: stricter}))
    look(stand)
    assert listed(stand) == ()
    look(stand)
    assert len(listed(stand)) == 1


@pytest.mark.parametrize("what", ["rules", "mask"])
def test_a_late_look_does_not_judge_the_past_by_new_rules(stand: Stand, what: str) -> None:
    """What opened by the rules of then stays, whatever was said since, and in the same way."""
    begin = stand.clock()
    look(stand)
    look(stand)
    (before,) = listed(stand)
    stand.clock.advance(60)
    if what == "rules":
        say(stand, RuleChanges({FIRE: OpeningChange(sightings=9, looks=9)}))
    else:
        mask = Mask(LEFT_HALF, "flare stack", (FIRE, SMOKE))
        say(stand, RuleChanges(), rules=replace(CameraSettings("x").rules, masks=(mask,)))
    look(stand, None)
    look(stand, None, at=begin + timedelta(seconds=3))
    (after,) = listed(stand)
    assert (after.id, after.opened_at) == (before.id, before.opened_at)
    look(stand, LEFT, at=begin + timedelta(seconds=5))
    assert listed(stand)[0].sightings == 3


def test_what_is_late_counts_by_the_rules_of_its_time(stand: Stand) -> None:
    """A look from before a mask shows its fire; one from after does not."""
    begin = stand.clock()
    stand.clock.advance(30)
    mask = Mask(LEFT_HALF, "flare stack", (FIRE,))
    say(stand, RuleChanges(), rules=replace(CameraSettings("x").rules, masks=(mask,)))
    look(stand, LEFT)
    look(stand, LEFT)
    look(stand, LEFT, at=begin + timedelta(seconds=2))
    look(stand, LEFT, at=begin + timedelta(seconds=4))
    (incident,) = listed(stand)
    assert incident.sightings == 2
