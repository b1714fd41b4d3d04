"""What people did follows what cameras see."""

from __future__ import annotations

from datetime import timedelta

import pytest

from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.incidents.handling import ActKind, HandlingState, Review
from safety_detector.domain.incidents.looks import Severity
from safety_detector.service.access.audit import PROGRAM, Actor
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.incidents.records import IncidentFilter, NewAct, StoredIncident
from safety_detector.service.records import Submission
from tests.pictures import jpeg
from tests.service_stand import Stand

SMALL, SEVERE = (Hazard(Label.FIRE, one) for one in (SubLabel.MINOR, SubLabel.SEVERE))
WANG, LI = Actor("Wang Lei"), Actor("Li Na")


def look(stand: Stand, *hazards: Hazard, ago: timedelta = timedelta(0)) -> None:
    """What the camera at the gate sees two seconds later, or saw some time ago."""
    stand.clock.advance(2)
    frame = Submission("f.jpg", camera_id="gate", captured_at=stand.clock() - ago)
    stand.service.inspections.intake.accept(jpeg(), frame)
    assert stand.complete(stand.claim(), *hazards)


@pytest.fixture
def incident(stand: Stand) -> StoredIncident:
    """A fire at the gate, small enough to grow."""
    stand.service.cameras.records.create(CameraSettings("Gate 3"), "gate")
    for _ in range(12):
        look(stand, SMALL)
    (found,) = stand.service.incidents.records.list(IncidentFilter(), 10)
    return found


def do(stand: Stand, incident: StoredIncident, *acts: tuple[NewAct, Actor]) -> None:
    """Does it, in order."""
    for act, by in acts:
        assert stand.service.incidents.acts.do(incident.id, act, by) is not None


def now(stand: Stand, incident: StoredIncident) -> StoredIncident:
    """As it stands."""
    found = stand.service.incidents.records.get(incident.id)
    assert found is not None
    return found


def test_a_false_alarm_that_grows_is_open_again(stand: Stand, incident: StoredIncident) -> None:
    """That it is seen again is no news; that it is severe is, and nobody has judged that."""
    do(stand, incident, (NewAct(ActKind.DISMISS, "a lamp"), WANG))
    look(stand, SMALL)
    assert now(stand, incident).state is HandlingState.FALSE_ALARM
    do(stand, incident, (NewAct(ActKind.CLOSE), WANG))
    look(stand, SEVERE)
    again = now(stand, incident)
    assert (again.state, again.review) == (HandlingState.OPEN, None)
    last = stand.service.incidents.acts.list(incident.id)[-1]
    assert (last.kind, last.by.name) == (ActKind.REOPEN, PROGRAM.name)
    assert last.inspection_id is not None


def test_what_was_put_right_and_is_seen_again_is_not_put_right(
    stand: Stand, incident: StoredIncident
) -> None:
    """It went quiet, two people closed it, and within the merge window it burns again."""
    for _ in range(40):
        look(stand)
    do(
        stand,
        incident,
        (NewAct(ActKind.CONFIRM), WANG),
        (NewAct(ActKind.ASSIGN, assignee="Zhao"), WANG),
        (NewAct(ActKind.RECTIFY, "out"), WANG),
        (NewAct(ActKind.VERIFY), LI),
        (NewAct(ActKind.CLOSE, due_at=stand.clock() + timedelta(days=30)), LI),
    )
    assert now(stand, incident).effect_due_at is not None
    look(stand, SMALL)
    again = now(stand, incident)
    assert again.id == incident.id
    assert (again.state, again.review) == (HandlingState.CONFIRMED, Review.CONFIRMED)
    assert (again.closed_at, again.verified_at, again.rectified_at) == (None, None, None)
    assert again.effect_due_at is None


DONE = {
    HandlingState.FALSE_ALARM: ((NewAct(ActKind.DISMISS, "a lamp"), WANG),),
    HandlingState.VERIFIED: (
        (NewAct(ActKind.CONFIRM), WANG),
        (NewAct(ActKind.ASSIGN, assignee="Zhao"), WANG),
        (NewAct(ActKind.RECTIFY, "out"), WANG),
        (NewAct(ActKind.VERIFY), LI),
    ),
}


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("state", DONE)
def test_a_picture_of_before_takes_nothing_up_that_is_done(
    stand: Stand, incident: StoredIncident, state: HandlingState, closed: bool
) -> None:
    """It comes late and shows how it burned before people were done; what comes after counts."""
    stand.clock.advance(60)
    do(stand, incident, *DONE[state])
    if closed:
        stand.clock.advance(60)
        do(stand, incident, (NewAct(ActKind.CLOSE), LI))
    done = now(stand, incident)
    look(stand, SEVERE, ago=stand.clock() - incident.last_seen_at - timedelta(seconds=1))
    after = now(stand, incident)
    assert after.severity is Severity.SEVERE
    assert (after.id, after.state, after.review) == (done.id, done.state, done.review)
    assert (after.version, after.closed_at) == (done.version, done.closed_at)


@pytest.mark.parametrize("state", DONE)
def test_a_picture_of_after_it_was_done_takes_it_up_though_it_was_closed_since(
    stand: Stand, incident: StoredIncident, state: HandlingState
) -> None:
    """Closing looks at papers, not at the place."""
    do(stand, incident, *DONE[state])
    seen_at = stand.clock() + timedelta(seconds=1)
    stand.clock.advance(60)
    do(stand, incident, (NewAct(ActKind.CLOSE), LI))
    look(stand, SEVERE, ago=stand.clock() - seen_at)
    assert now(stand, incident).closed_at is None
