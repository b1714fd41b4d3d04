"""Two incidents that a person calls one, and one that is two."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.incidents.handling import ActKind, HandlingState, Review
from safety_detector.domain.incidents.incident import Stage
from safety_detector.domain.incidents.looks import Severity
from safety_detector.domain.inspection import decide_verdict
from safety_detector.errors import (
    ActRefused,
    IncidentChanged,
    SafetyDetectorError,
    SubmissionRefused,
)
from safety_detector.service.access.audit import Actor, AuditAction, AuditFilter
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.incidents.records import (
    IncidentFilter,
    NewAct,
    SeenVersion,
    StoredIncident,
)
from safety_detector.service.records import Finding, Submission
from tests.pictures import jpeg
from tests.service_stand import Stand, finding

SEVERE_FIRE = Hazard(Label.FIRE, SubLabel.SEVERE)
SMALL_FIRE = Hazard(Label.FIRE, SubLabel.MINOR)
BARE = Hazard(Label.PERSON, SubLabel.NO_HELMET)
WANG, LI = Actor("Wang Lei"), Actor("Li Na")
LEFT, RIGHT = Box(4, 10, 20, 30), Box(44, 10, 60, 30)
GROWN = (Box(4, 10, 29, 30), Box(37, 10, 60, 30))
CAMERAS = ("gate", "tank", "yard")


@pytest.fixture(autouse=True)
def _cameras(stand: Stand) -> None:
    for camera in CAMERAS:
        stand.service.cameras.records.create(CameraSettings(camera.title()), camera)


def look(stand: Stand, camera: str, *hazards: Hazard, ago: timedelta = timedelta(0)) -> str:
    """What a camera sees; returns the inspection."""
    stand.clock.advance(2)
    frame = Submission("f.jpg", camera_id=camera, captured_at=stand.clock() - ago)
    accepted = stand.service.inspections.intake.accept(jpeg(), frame)
    assert stand.complete(stand.claim(), *hazards)
    return accepted.id


def look_at(stand: Stand, camera: str, *boxes: Box) -> str:
    """The same of small fires at places of a camera's picture, of 64 × 48."""
    stand.clock.advance(2)
    frame = Submission("f.jpg", camera_id=camera, captured_at=stand.clock())
    accepted = stand.service.inspections.intake.accept(jpeg(), frame)
    found = finding(stand.claim())
    detections = tuple(Detection(box, SMALL_FIRE, 0.8) for box in boxes)
    verdict = decide_verdict(detections, found.runs)
    result = Finding(found.claim, detections, tuple(found.runs), verdict, found.annotated_jpeg)
    assert stand.service.inspections.findings.record([result]) == [True]
    return accepted.id


def two_fires(stand: Stand) -> tuple[StoredIncident, StoredIncident]:
    """Two incidents at the gate, the earlier first."""
    for boxes in ((LEFT,), (LEFT, RIGHT), (LEFT, RIGHT)):
        look_at(stand, "gate", *boxes)
    found = stand.service.incidents.records.list(IncidentFilter(camera_id="gate"), 10)
    earlier, later = sorted(found, key=lambda one: one.first_seen_at)
    return earlier, later


def burning(stand: Stand, camera: str, hazard: Hazard = SEVERE_FIRE) -> StoredIncident:
    """An incident of a camera."""
    for _ in range(3):
        look(stand, camera, hazard)
    (found,) = stand.service.incidents.records.list(IncidentFilter(camera_id=camera), 10)
    return found


def do(stand: Stand, incident: str, act: NewAct, by: Actor = WANG) -> StoredIncident:
    """Does it."""
    stand.clock.advance(60)
    done = stand.service.incidents.acts.do(incident, act, by)
    assert done is not None
    return done


def merge(stand: Stand, whole: StoredIncident, part: StoredIncident) -> StoredIncident:
    """A person says that they are one."""
    return do(stand, whole.id, NewAct(ActKind.MERGE, "the same", incident_id=part.id))


def listed(stand: Stand, wanted: IncidentFilter) -> list[str]:
    """Ids."""
    return [one.id for one in stand.service.incidents.records.list(wanted, 100)]


def test_a_fire_that_two_cameras_see_is_one_incident(stand: Stand) -> None:
    """It is as grave as the gravest of its parts, whose ids lead to it."""
    small, large = burning(stand, "gate", SMALL_FIRE), burning(stand, "tank")
    assert small.severity is Severity.MINOR
    whole = merge(stand, small, large)
    assert (whole.id, whole.severity, whole.parts) == (small.id, Severity.SEVERE, (large.id,))
    assert whole.sightings == small.sightings + large.sightings
    led = stand.service.incidents.records.get(large.id)
    assert led is not None
    assert led.id == small.id
    assert listed(stand, IncidentFilter()) == [small.id]
    assert listed(stand, IncidentFilter(severity=Severity.SEVERE)) == [small.id]
    assert listed(stand, IncidentFilter(camera_id="tank")) == [small.id]
    itself = stand.service.incidents.records.get_own(large.id)
    assert itself is not None
    assert itself.merged_into == small.id
    assert itself.state is HandlingState.ACKNOWLEDGED
    for one in (small.id, large.id):
        (act,) = stand.service.incidents.acts.list(one)
        assert (act.kind, act.by, act.text) == (ActKind.MERGE, WANG, "the same")
    audited = stand.service.access.audit.entries(AuditFilter(AuditAction.INCIDENT_ACT), 50)
    assert {one.subject for one in audited} == {small.id, large.id}


def test_what_cameras_see_of_a_part_goes_on(stand: Stand) -> None:
    """Further looks at either change neither that they are one nor what people did."""
    whole = merge(stand, burning(stand, "gate", SMALL_FIRE), burning(stand, "tank", SMALL_FIRE))
    for camera in ("gate", "tank"):
        look(stand, camera, SEVERE_FIRE)
    now = stand.service.incidents.records.get(whole.id)
    assert now is not None
    assert (now.severity, now.sightings) == (Severity.SEVERE, whole.sightings + 2)
    assert now.state is HandlingState.ACKNOWLEDGED
    look(stand, "tank", SEVERE_FIRE, ago=timedelta(minutes=20))
    again = stand.service.incidents.records.get(whole.parts[0])
    assert again is not None
    assert again.id == whole.id
    assert again.parts != whole.parts
    assert len(stand.service.incidents.acts.list(again.parts[0])) == 1


def test_what_was_done_about_a_part_is_not_done_again(stand: Stand) -> None:
    """The whole is as far as the part was; who put the part right does not verify the whole."""
    gate, tank = burning(stand, "gate"), burning(stand, "tank")
    do(stand, tank.id, NewAct(ActKind.CONFIRM))
    do(stand, tank.id, NewAct(ActKind.ASSIGN, assignee="Zhao", measure="clear it"))
    do(stand, tank.id, NewAct(ActKind.RECTIFY, "cleared"))
    whole = merge(stand, gate, tank)
    assert (whole.state, whole.assignee) == (HandlingState.RECTIFIED, "Zhao")
    with pytest.raises(ActRefused, match="Wang Lei put it right"):
        do(stand, whole.id, NewAct(ActKind.VERIFY))
    assert do(stand, whole.id, NewAct(ActKind.VERIFY), LI).state is HandlingState.VERIFIED


def test_a_merge_is_taken_back(stand: Stand) -> None:
    """The part is handled as it was before, and listed again."""
    gate, tank, yard = (burning(stand, camera) for camera in CAMERAS)
    do(stand, tank.id, NewAct(ActKind.CONFIRM))
    merge(stand, tank, yard)
    merge(stand, gate, tank)
    assert stand.service.incidents.records.get(yard.id).id == gate.id  # type: ignore[union-attr]
    whole = do(stand, gate.id, NewAct(ActKind.SPLIT, incident_id=tank.id))
    assert whole.parts == (yard.id,)
    again = stand.service.incidents.records.get(tank.id)
    assert again is not None
    assert (again.id, again.state) == (tank.id, HandlingState.CONFIRMED)
    assert set(listed(stand, IncidentFilter())) == {gate.id, tank.id}
    with pytest.raises(ActRefused, match=f"possible are {yard.id}"):
        do(stand, gate.id, NewAct(ActKind.SPLIT, incident_id=tank.id))


def test_what_is_not_one_is_not_merged(stand: Stand) -> None:
    """Other hazards, itself, its own part, what is closed or was judged otherwise, nothing."""
    gate, tank = burning(stand, "gate"), burning(stand, "tank")
    bare = burning(stand, "yard", BARE)
    with pytest.raises(ActRefused, match="two hazards"):
        merge(stand, gate, bare)
    with pytest.raises(ActRefused, match="is this incident"):
        merge(stand, gate, gate)
    with pytest.raises(SubmissionRefused, match="no incident"):
        do(stand, gate.id, NewAct(ActKind.MERGE, incident_id="01KAJ8W4T02M5QCZXK1D7H3R9N"))
    with pytest.raises(SubmissionRefused, match="incident_id"):
        do(stand, gate.id, NewAct(ActKind.MERGE))
    do(stand, gate.id, NewAct(ActKind.CONFIRM))
    do(stand, tank.id, NewAct(ActKind.DISMISS, "steam"))
    with pytest.raises(ActRefused, match="false alarm"):
        merge(stand, gate, tank)
    do(stand, tank.id, NewAct(ActKind.CLOSE))
    with pytest.raises(ActRefused, match="closed"):
        merge(stand, gate, tank)
    do(stand, tank.id, NewAct(ActKind.REOPEN))
    whole = merge(stand, gate, tank)
    with pytest.raises(ActRefused, match="part of it already"):
        merge(stand, whole, tank)


def test_an_act_on_a_part_is_done_on_the_whole(stand: Stand) -> None:
    """Unless somebody has seen only the part: then they are told where it went."""
    gate, tank = burning(stand, "gate"), burning(stand, "tank")
    seen = [SeenVersion(tank.id, tank.version)]
    merge(stand, gate, tank)
    with pytest.raises(IncidentChanged, match=f"part of {gate.id}"):
        stand.service.incidents.acts.do(tank.id, NewAct(ActKind.CONFIRM), LI, seen)
    assert do(stand, tank.id, NewAct(ActKind.CONFIRM)).id == gate.id


def test_pictures_that_show_something_else_become_an_incident(stand: Stand) -> None:
    """It has those pictures and its own handling; looks that come late do not undo that."""
    first = look(stand, "gate", SEVERE_FIRE)
    second, third = (look(stand, "gate", SEVERE_FIRE) for _ in range(2))
    (gate,) = stand.service.incidents.records.list(IncidentFilter(), 10)
    do(stand, gate.id, NewAct(ActKind.CONFIRM))
    do(stand, gate.id, NewAct(ActKind.SPLIT, "another bin", inspection_ids=(second,)))
    (split,) = [one for one in stand.service.incidents.acts.list(gate.id) if one.incident_id]
    parted = stand.service.incidents.records.get(str(split.incident_id))
    assert parted is not None
    assert parted.hazards == (WatchedHazard.FIRE,)
    assert (parted.looks, parted.best_inspection_id) == (1, second)
    assert parted.state is HandlingState.CONFIRMED
    do(stand, parted.id, NewAct(ActKind.ASSIGN, assignee="Zhao"))
    look(stand, "gate", SEVERE_FIRE, ago=timedelta(seconds=5))
    after = stand.service.incidents.records.get(parted.id)
    assert after is not None
    assert (after.assignee, after.looks) == ("Zhao", 1)
    with pytest.raises(SubmissionRefused, match="does not show"):
        do(stand, gate.id, NewAct(ActKind.SPLIT, inspection_ids=(second,)))
    with pytest.raises(SubmissionRefused, match="does not show"):
        do(stand, gate.id, NewAct(ActKind.SPLIT, inspection_ids=(first, "nothing")))
    every = stand.service.incidents.records.get(gate.id)
    assert every is not None
    assert third


def test_something_is_left_of_what_is_split(stand: Stand) -> None:
    """Not all pictures; and nothing is said of which."""
    pictures = [look(stand, "gate", SEVERE_FIRE) for _ in range(3)]
    (gate,) = stand.service.incidents.records.list(IncidentFilter(), 10)
    with pytest.raises(SubmissionRefused, match="nothing would be left"):
        do(stand, gate.id, NewAct(ActKind.SPLIT, inspection_ids=tuple(pictures)))
    for wrong in (
        NewAct(ActKind.SPLIT),
        NewAct(ActKind.SPLIT, incident_id=gate.id, inspection_ids=(pictures[0],)),
    ):
        with pytest.raises(SubmissionRefused, match="split needs"):
            do(stand, gate.id, wrong)
    assert stand.service.incidents.acts.list(gate.id) == []


def test_two_who_merge_each_into_the_other_make_one(stand: Stand) -> None:
    """At once: one of them wins, the other is told, and neither incident is lost."""
    gate, tank = burning(stand, "gate"), burning(stand, "tank")

    def attempt(number: int) -> SafetyDetectorError | None:
        whole, part = ((gate, tank), (tank, gate))[number % 2]
        try:
            act = NewAct(ActKind.MERGE, incident_id=part.id)
            stand.service.incidents.acts.do(whole.id, act, (WANG, LI)[number % 2])
        except SafetyDetectorError as error:
            return error
        return None

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(attempt, range(8)))
    assert answers.count(None) == 1
    assert all(isinstance(one, ActRefused) for one in answers if one is not None)
    (left,) = stand.service.incidents.records.list(IncidentFilter(), 10)
    assert {left.id, *left.parts} == {gate.id, tank.id}


def test_what_a_person_merged_the_other_way_round_grows_together(stand: Stand) -> None:
    """Nothing disappears: it is the earlier, handled as the person handled both, with all parts."""
    earlier, later = two_fires(stand)
    tank = burning(stand, "tank", SMALL_FIRE)
    merge(stand, later, tank)
    merge(stand, later, earlier)
    do(stand, later.id, NewAct(ActKind.CONFIRM))
    do(stand, later.id, NewAct(ActKind.ASSIGN, assignee="Zhao"))
    look_at(stand, "gate", *GROWN)
    (left,) = stand.service.incidents.records.list(IncidentFilter(), 10)
    assert (left.id, left.parts, left.stage) == (earlier.id, (tank.id,), Stage.OPEN)
    assert (left.state, left.review) == (HandlingState.ASSIGNED, Review.CONFIRMED)
    assert left.assignee == "Zhao"
    assert set(listed(stand, IncidentFilter(stage=Stage.MERGED))) == {later.id, tank.id}
    for one in (later, tank):
        led = stand.service.incidents.records.get(one.id)
        assert led is not None
        assert led.id == earlier.id
    assert do(stand, later.id, NewAct(ActKind.RECTIFY, "out")).id == earlier.id


def test_a_false_alarm_of_both_stays_one_as_they_grow_together(stand: Stand) -> None:
    """It was said of the part, too."""
    earlier, later = two_fires(stand)
    merge(stand, later, earlier)
    do(stand, later.id, NewAct(ActKind.DISMISS, "two lamps"))
    look_at(stand, "gate", *GROWN)
    (left,) = stand.service.incidents.records.list(IncidentFilter(), 10)
    assert (left.id, left.state) == (earlier.id, HandlingState.FALSE_ALARM)


def test_what_grows_into_a_part_is_handled_with_the_whole(stand: Stand) -> None:
    """Not with the part, which nobody sees; so are those that were merged into it."""
    earlier, later = two_fires(stand)
    tank, yard = (burning(stand, camera, SMALL_FIRE) for camera in ("tank", "yard"))
    merge(stand, tank, earlier)
    merge(stand, later, yard)
    do(stand, later.id, NewAct(ActKind.CONFIRM))
    do(stand, later.id, NewAct(ActKind.ASSIGN, assignee="Zhao"))
    look_at(stand, "gate", *GROWN)
    (left,) = stand.service.incidents.records.list(IncidentFilter(), 10)
    assert (left.id, set(left.parts)) == (tank.id, {earlier.id, yard.id})
    assert (left.state, left.assignee) == (HandlingState.ASSIGNED, "Zhao")


def test_a_picture_that_shows_two_fires_is_parted_from_both(stand: Stand) -> None:
    """Each of the two that it shows can be something else there."""
    earlier, later = two_fires(stand)
    picture = look_at(stand, "gate", LEFT, RIGHT)
    for one in (earlier, later):
        do(stand, one.id, NewAct(ActKind.SPLIT, inspection_ids=(picture,)))
    parted = set(listed(stand, IncidentFilter())) - {earlier.id, later.id}
    assert len(parted) == 2


def test_what_another_camera_sees_burn_is_not_verified(stand: Stand) -> None:
    """The picture shows nothing, and the camera of a part saw it since; who overrides says why."""
    whole = merge(stand, burning(stand, "gate"), burning(stand, "tank"))
    do(stand, whole.id, NewAct(ActKind.CONFIRM))
    do(stand, whole.id, NewAct(ActKind.ASSIGN, assignee="Zhao"))
    after = look(stand, "yard")
    do(stand, whole.id, NewAct(ActKind.RECTIFY, "out", inspection_id=after))
    look(stand, "tank", SEVERE_FIRE)
    with pytest.raises(ActRefused, match="saw the hazard again"):
        do(stand, whole.id, NewAct(ActKind.VERIFY), LI)
    verified = do(stand, whole.id, NewAct(ActKind.VERIFY, "a flare", override=True), LI)
    assert verified.state is HandlingState.VERIFIED


def test_what_was_acknowledged_before_it_opened_took_no_time(stand: Stand) -> None:
    """The part was, and the whole opened after that; no time is less than none."""
    tank = burning(stand, "tank")
    do(stand, tank.id, NewAct(ActKind.ACKNOWLEDGE))
    stand.clock.advance(600)
    whole = merge(stand, burning(stand, "gate"), tank)
    assert whole.acknowledged_at is not None
    total = stand.service.incidents.statistics.of(IncidentFilter()).total
    assert (total.found, total.mean_s_to_acknowledge) == (1, 0.0)
