"""Where a false alarm was, a mask is proposed, and taken at one request."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.detections import Detection, DetectorRun
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.incidents.handling import ActKind
from safety_detector.domain.incidents.incident import Stage
from safety_detector.domain.inspection import decide_verdict
from safety_detector.errors import ActRefused, UnknownCamera
from safety_detector.service.access.audit import Actor, AuditFilter
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.incidents.mask_proposals import MaskProposal
from safety_detector.service.incidents.records import IncidentFilter, NewAct, StoredIncident
from safety_detector.service.records import Finding, Submission
from tests.pictures import jpeg
from tests.service_stand import Stand

LAMP = Box(6, 8, 14, 16)  # of 64 × 48
BESIDE = Box(8, 9, 17, 18)
ELSEWHERE = Box(44, 30, 60, 46)
BY = Actor("safety office", None)


@pytest.fixture(autouse=True)
def _camera(stand: Stand) -> None:
    stand.service.cameras.records.create(CameraSettings("Gate 3"), "gate")


def see(stand: Stand, box: Box | None = LAMP, looks: int = 3) -> None:
    """So many pictures with a small fire at a place, two seconds apart."""
    for _ in range(looks):
        stand.clock.advance(2)
        stand.service.inspections.intake.accept(jpeg(), Submission("f.jpg", camera_id="gate"))
        claim, runs = stand.claim(), (DetectorRun("embedded", "a model"),)
        fire = Hazard(Label.FIRE, SubLabel.MINOR)
        found = () if box is None else (Detection(box, fire, 0.9),)
        finding = Finding(claim, found, runs, decide_verdict(found, runs), b"annotated")
        assert stand.service.inspections.findings.record([finding]) == [True]


def calm(stand: Stand) -> None:
    """Long enough without anything that the next is another incident."""
    stand.clock.advance(30)
    for _ in range(14):
        see(stand, None, 1)
        stand.clock.advance(30)


def newest(stand: Stand) -> StoredIncident:
    """The latest incident."""
    return stand.service.incidents.records.list(IncidentFilter(), 100)[0]


def do(stand: Stand, incident: StoredIncident, act: ActKind, text: str | None = None) -> None:
    """What somebody does."""
    stand.service.incidents.acts.do(incident.id, NewAct(act, text), BY)


def proposed(stand: Stand, incident: StoredIncident) -> MaskProposal:
    """The proposal for an incident."""
    found = stand.service.incidents.mask_proposals.propose(incident.id)
    assert found is not None
    return found


def test_a_false_alarm_proposes_a_mask_around_it(stand: Stand) -> None:
    """With what was said of it, for what was seen, and not much larger than that."""
    see(stand)
    incident = newest(stand)
    do(stand, incident, ActKind.DISMISS, "sun on the lamp")
    found = proposed(stand, incident)
    assert found.mask.reason == "sun on the lamp"
    assert found.mask.hazards == (WatchedHazard.FIRE,)
    assert found.mask.polygon.holds(10 / 64, 12 / 48)
    assert not found.mask.polygon.holds(30 / 64, 30 / 48)
    assert found.false_alarms == (incident.id,)
    assert found.share < 0.1


def test_the_same_place_again_proposes_it_too(stand: Stand) -> None:
    """Nobody has to judge the second one; both places are in the mask."""
    see(stand)
    first = newest(stand)
    do(stand, first, ActKind.DISMISS, "lamp")
    calm(stand)
    see(stand, BESIDE)
    second = newest(stand)
    assert second.id != first.id
    found = proposed(stand, second)
    assert found.false_alarms == (first.id,)
    assert found.hidden == 2
    assert found.mask.polygon.holds(16 / 64, 17 / 48)
    calm(stand)
    see(stand, ELSEWHERE)
    with pytest.raises(ActRefused, match="dismiss the incident first"):
        proposed(stand, newest(stand))


def test_it_says_what_it_would_have_hidden(stand: Stand) -> None:
    """Where people confirmed a fire, a mask is worth a second thought."""
    see(stand)
    real = newest(stand)
    do(stand, real, ActKind.CONFIRM)
    with pytest.raises(ActRefused):
        proposed(stand, real)
    calm(stand)
    see(stand)
    do(stand, newest(stand), ActKind.DISMISS, "lamp")
    assert proposed(stand, newest(stand)).confirmed == (real.id,)


def test_accepted_it_hides_what_comes_and_not_what_was(stand: Stand) -> None:
    """The incident goes quiet, none opens any more, and the audit log says who did it."""
    see(stand)
    incident = newest(stand)
    do(stand, incident, ActKind.DISMISS, "lamp")
    accepted = stand.service.incidents.mask_proposals.accept(
        incident.id, "the lamp at the door", BY
    )
    assert accepted is not None
    (mask,) = stand.service.cameras.records.get("gate").rules.masks
    assert mask.reason == "the lamp at the door"
    calm(stand)
    see(stand)
    found = stand.service.incidents.records.list(IncidentFilter(), 100)
    assert [(one.id, one.stage) for one in found] == [(incident.id, Stage.ENDED)]
    with pytest.raises(ActRefused, match="masked already"):
        proposed(stand, incident)
    acts = stand.service.access.audit.entries(AuditFilter(), 10)
    assert any(one.actor.name == BY.name and one.subject == "gate" for one in acts)


def test_no_mask_makes_a_camera_blind(stand: Stand) -> None:
    """A false alarm all over the picture is another fault than one place."""
    see(stand, Box(1, 1, 63, 47))
    incident = newest(stand)
    do(stand, incident, ActKind.DISMISS, "fog")
    with pytest.raises(ActRefused, match="100 % of the picture"):
        proposed(stand, incident)


def test_a_camera_that_is_gone_gets_none(stand: Stand) -> None:
    """And of an incident that there is not nothing is proposed."""
    see(stand)
    incident = newest(stand)
    do(stand, incident, ActKind.DISMISS, "lamp")
    stand.service.cameras.records.remove("gate")
    with pytest.raises(UnknownCamera):
        proposed(stand, incident)
    proposals = stand.service.incidents.mask_proposals
    assert proposals.propose("01KAJ8W4T02M5QCZXK1D7H3R9N") is None
    assert proposals.accept("01KAJ8W4T02M5QCZXK1D7H3R9N", None, BY) is None


def test_whoever_accepts_at_once_adds_one_mask(stand: Stand) -> None:
    """A button that is pressed twice, or by two, masks the place once; the others are told."""
    see(stand)
    incident = newest(stand)
    do(stand, incident, ActKind.DISMISS, "lamp")

    def accept(_number: int) -> bool:
        try:
            return stand.service.incidents.mask_proposals.accept(incident.id, None, BY) is not None
        except ActRefused:
            return False

    with ThreadPoolExecutor(8) as threads:
        accepted = list(threads.map(accept, range(8)))
    assert accepted.count(True) == 1
    assert len(stand.service.cameras.records.get("gate").rules.masks) == 1
