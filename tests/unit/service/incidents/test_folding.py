"""Completed inspections of cameras become stored incidents."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.incidents.incident import ChangeKind, Stage
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.incidents.records import IncidentFilter, StoredIncident
from safety_detector.service.records import Source, Submission
from tests.pictures import jpeg
from tests.service_stand import BARE_HEAD, PictureClaim, Stand

SMALL_FIRE = Hazard(Label.FIRE, SubLabel.MINOR)
EVERY = IncidentFilter()


@pytest.fixture(autouse=True)
def _camera(stand: Stand) -> None:
    stand.service.cameras.records.create(CameraSettings("Gate 3"), "gate")


def look(stand: Stand, *hazards: Hazard, at: datetime | None = None) -> str:
    """A picture of the camera at the gate, two seconds after the last one, and its result."""
    stand.clock.advance(2)
    claim = taken(stand, at)
    assert stand.complete(claim, *hazards)
    return claim.subject_id


def taken(stand: Stand, at: datetime | None = None) -> PictureClaim:
    """A picture of the camera at the gate that a worker has."""
    frame = Submission("frame.jpg", camera_id="gate", captured_at=at)
    accepted = stand.service.inspections.intake.accept(jpeg(), frame)
    claim = stand.claim()
    assert claim.subject_id == accepted.id
    return claim


def listed(stand: Stand, wanted: IncidentFilter = EVERY) -> tuple[StoredIncident, ...]:
    """Every incident."""
    return stand.service.incidents.records.list(wanted, 100)


def test_three_looks_with_fire_are_one_incident(stand: Stand) -> None:
    """It is listed with its camera, its times, and the picture that shows it best."""
    first = look(stand, SMALL_FIRE)
    assert listed(stand) == ()
    look(stand, SMALL_FIRE)
    look(stand, SMALL_FIRE)
    (incident,) = listed(stand)
    assert (incident.camera_id, incident.camera_name) == ("gate", "Gate 3")
    assert incident.hazards == (WatchedHazard.FIRE,)
    assert (incident.looks, incident.sightings, incident.stage) == (3, 3, Stage.OPEN)
    assert incident.opened_at - incident.first_seen_at < timedelta(seconds=3)
    assert incident.best_inspection_id == first
    assert stand.service.incidents.records.get(incident.id) == incident
    (opened,) = stand.service.incidents.records.changes(incident.id)
    assert opened.kind == "opened"


def test_a_clear_scene_and_pictures_of_nobody_open_nothing(stand: Stand) -> None:
    """Neither do pictures without a camera, nor those of a batch, however much they show."""
    for _ in range(5):
        look(stand)
        stand.accept(3)
        stand.complete(stand.claim(), SMALL_FIRE)
        archive = Submission("old.jpg", camera_id="gate", source=Source.BATCH)
        stand.service.inspections.intake.accept(jpeg(4), archive)
        stand.complete(stand.claim(), SMALL_FIRE)
    assert listed(stand) == ()


def test_a_result_that_comes_late_is_folded_in_at_its_place(stand: Stand) -> None:
    """Three workers end in the wrong order: the same incident as in the right one."""
    at = stand.clock() - timedelta(minutes=1)
    moments = [at + timedelta(seconds=2 * number) for number in range(6)]
    claims = [taken(stand, moment) for moment in moments]
    for number in (3, 4, 1, 0, 5, 2):
        assert stand.complete(claims[number], *([SMALL_FIRE] if number in (0, 1, 2, 5) else []))
    (incident,) = listed(stand)
    assert (incident.first_seen_at, incident.opened_at) == (moments[0], moments[1])
    assert (incident.looks, incident.sightings) == (6, 4)


def test_who_was_told_of_an_incident_finds_it_when_it_began_earlier(stand: Stand) -> None:
    """An earlier look gives it another id; the one that was told leads to it."""
    at = stand.clock() - timedelta(minutes=1)
    late = taken(stand, at)
    for number in (1, 2, 3):
        look(stand, SMALL_FIRE, at=at + timedelta(seconds=2 * number))
    (told,) = listed(stand)
    assert stand.complete(late, SMALL_FIRE)
    (now,) = listed(stand)
    assert now.id != told.id
    assert now.first_seen_at == at
    assert stand.service.incidents.records.get(told.id) == now


def test_any_order_of_results_gives_the_same_incidents(stand: Stand) -> None:
    """120 looks of three hours, in order and mixed: the same, but for the ids of pictures."""
    chance = random.Random(5)  # noqa: S311 (no secret)
    scene = [
        [SMALL_FIRE]
        if 20 < n < 30 or (65 < n < 80 and n % 3)
        else [BARE_HEAD]
        if 45 < n < 55
        else []
        for n in range(120)
    ]
    at = stand.clock() - timedelta(hours=2)
    cameras = ("in-order", "mixed")
    for camera in cameras:
        stand.service.cameras.records.create(CameraSettings(camera), camera)
        claims = []
        for number in range(120):
            moment = at + timedelta(seconds=25 * number)
            frame = Submission("f.jpg", camera_id=camera, captured_at=moment)
            stand.service.inspections.intake.accept(jpeg(number), frame)
            claims.append(stand.claim())
            stand.clock.advance(0.01)
        order = list(range(120))
        if camera == "mixed":
            chance.shuffle(order)
        for number in order:
            assert stand.complete(claims[number], *scene[number])
    found = [
        [
            (
                one.first_seen_at,
                one.opened_at,
                one.last_seen_at,
                one.stage,
                one.looks,
                one.sightings,
            )
            for one in listed(stand, IncidentFilter(camera_id=camera))
        ]
        for camera in cameras
    ]
    assert found[0] == found[1]
    assert len(found[0]) == 3


@pytest.mark.parametrize("is_quiet", [False, True])
def test_what_goes_on_ends_when_its_camera_is_removed(stand: Stand, is_quiet: bool) -> None:
    """No look would ever show that it is over; it says why, and a new camera begins anew."""
    for _ in range(3):
        look(stand, SMALL_FIRE)
    for _ in range(40 if is_quiet else 0):
        look(stand)
    (before,) = listed(stand)
    assert before.stage is (Stage.QUIET if is_quiet else Stage.OPEN)
    last = taken(stand)
    still = taken(stand)
    stand.service.cameras.records.remove("gate")
    (incident,) = listed(stand)
    assert incident.stage is Stage.ENDED
    assert incident.ended_at is not None
    assert incident.quiet_at is not None
    end = stand.service.incidents.records.changes(incident.id)[-1]
    assert (end.kind, end.because) == (ChangeKind.ENDED, ("removed",))
    # What was in the queue then is looked at all the same, and goes on no longer.
    assert stand.complete(last, SMALL_FIRE)
    assert stand.complete(still, SMALL_FIRE)
    stand.service.incidents.folding.end_of_removed()
    assert [one.stage for one in listed(stand)] == [Stage.ENDED] * 2
    stand.service.cameras.records.create(CameraSettings("Gate 3"), "gate")
    look(stand, SMALL_FIRE)
    look(stand, SMALL_FIRE)
    assert [one.stage for one in listed(stand)] == [Stage.OPEN, Stage.ENDED, Stage.ENDED]
    stand.service.incidents.folding.end_of_removed()
    assert listed(stand)[0].stage is Stage.OPEN


def test_a_result_that_is_not_recorded_opens_nothing(stand: Stand) -> None:
    """A worker that lost its claim neither completes its picture nor opens an incident."""
    claim = taken(stand)
    stand.clock.advance(120)
    assert stand.service.inspections.jobs.take_back_lost() == 1
    other = stand.claim("worker-2")
    severe = Hazard(Label.FIRE, SubLabel.SEVERE)
    assert not stand.complete(claim, severe)
    assert listed(stand) == ()
    assert stand.complete(other, severe)
    assert len(listed(stand)) == 1


def test_incidents_are_filtered(stand: Stand) -> None:
    """By hazard, camera, stage and time."""
    for _ in range(4):
        look(stand, SMALL_FIRE)
    for _ in range(4):
        look(stand, BARE_HEAD)
    fires = listed(stand, IncidentFilter(hazard=WatchedHazard.FIRE))
    heads = listed(stand, IncidentFilter(hazard=WatchedHazard.NO_HELMET))
    assert [one.hazards for one in (*fires, *heads)] == [
        (WatchedHazard.FIRE,),
        (WatchedHazard.NO_HELMET,),
    ]
    assert listed(stand, IncidentFilter(camera_id="elsewhere")) == ()
    assert len(listed(stand, IncidentFilter(stage=Stage.OPEN))) == 2
    assert listed(stand, IncidentFilter(until=fires[0].opened_at)) == ()
    assert listed(stand, IncidentFilter(since=heads[0].opened_at)) == heads
