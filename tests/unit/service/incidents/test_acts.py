"""What people do about incidents."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.incidents.handling import ActKind, HandlingState, Review
from safety_detector.errors import ActRefused, SafetyDetectorError, SubmissionRefused
from safety_detector.service.access.audit import Actor, AuditAction, AuditFilter
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.incidents.records import IncidentFilter, NewAct, StoredIncident
from safety_detector.service.records import Submission
from tests.pictures import jpeg
from tests.service_stand import Stand

SEVERE_FIRE = Hazard(Label.FIRE, SubLabel.SEVERE)
WANG, LI = Actor("Wang Lei"), Actor("Li Na")


@pytest.fixture
def incident(stand: Stand) -> StoredIncident:
    """A fire at the gate."""
    stand.service.cameras.records.create(CameraSettings("Gate 3"), "gate")
    frame = Submission("f.jpg", camera_id="gate")
    stand.service.inspections.intake.accept(jpeg(), frame)
    assert stand.complete(stand.claim(), SEVERE_FIRE)
    (found,) = stand.service.incidents.records.list(IncidentFilter(), 10)
    return found


def do(stand: Stand, incident: StoredIncident, act: NewAct, by: Actor = WANG) -> StoredIncident:
    """Does it."""
    stand.clock.advance(60)
    done = stand.service.incidents.acts.do(incident.id, act, by)
    assert done is not None
    return done


def test_the_loop_is_closed_by_two_people(stand: Stand, incident: StoredIncident) -> None:
    """Every act is listed with its person and stands in the audit log."""
    until = stand.clock.now + timedelta(days=3)
    do(stand, incident, NewAct(ActKind.ACKNOWLEDGE))
    do(stand, incident, NewAct(ActKind.CONFIRM))
    assigned = do(stand, incident, NewAct(ActKind.ASSIGN, "clear it", "Zhao", until))
    assert (assigned.state, assigned.assignee, assigned.due_at) == (
        HandlingState.ASSIGNED, "Zhao", until,
    )  # fmt: skip
    picture = stand.accept(5)
    assert stand.complete(stand.claim())
    do(stand, incident, NewAct(ActKind.RECTIFY, "cleared", inspection_id=picture.id))
    with pytest.raises(ActRefused, match="Wang Lei put it right"):
        do(stand, incident, NewAct(ActKind.VERIFY))
    do(stand, incident, NewAct(ActKind.VERIFY), LI)
    closed = do(stand, incident, NewAct(ActKind.CLOSE), LI)
    assert (closed.state, closed.review) == (HandlingState.CLOSED, Review.CONFIRMED)
    assert closed.closed_at is not None
    assert closed.acknowledged_at is not None
    acts = stand.service.incidents.acts.list(incident.id)
    assert [one.kind.value for one in acts] == [
        "acknowledge", "confirm", "assign", "rectify", "verify", "close",
    ]  # fmt: skip
    assert [one.by.name for one in acts] == ["Wang Lei"] * 4 + ["Li Na"] * 2
    audited = stand.service.access.audit.entries(AuditFilter(AuditAction.INCIDENT_ACT), 50)
    assert len(audited) == 6
    assert {one.subject for one in audited} == {incident.id}


def test_what_the_state_does_not_allow_is_refused_with_what_it_does(
    stand: Stand, incident: StoredIncident
) -> None:
    """And by whom it came to be in that state."""
    with pytest.raises(ActRefused, match="possible are acknowledge, confirm, dismiss, merge"):
        do(stand, incident, NewAct(ActKind.CLOSE))
    do(stand, incident, NewAct(ActKind.ACKNOWLEDGE), LI)
    with pytest.raises(ActRefused, match="acknowledge by Li Na"):
        do(stand, incident, NewAct(ActKind.ACKNOWLEDGE))


def test_of_two_at_once_one_wins_and_the_other_is_told(
    stand: Stand, incident: StoredIncident
) -> None:
    """One says that it is a fire, the other that it is none, each from the state that it saw."""

    def attempt(number: int) -> SafetyDetectorError | None:
        try:
            stand.service.incidents.acts.do(
                incident.id, NewAct(ActKind.ACKNOWLEDGE), (WANG, LI)[number % 2]
            )
        except SafetyDetectorError as error:
            return error
        return None

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(attempt, range(4)))
    assert answers.count(None) == 1
    assert all(isinstance(one, ActRefused) for one in answers if one is not None)
    assert len(stand.service.incidents.acts.list(incident.id)) == 1


@pytest.mark.parametrize(
    "act",
    [
        NewAct(ActKind.DISMISS),
        NewAct(ActKind.NOTE),
        NewAct(ActKind.ASSIGN, "clear it"),
        NewAct(ActKind.RECTIFY, "cleared", inspection_id="01KAJ8W4T0X2V7Q9R5N3M1B6CD"),
    ],
)
def test_what_is_missing_is_named(stand: Stand, incident: StoredIncident, act: NewAct) -> None:
    """Why it is a false alarm, who puts it right, a picture that is there."""
    if act.kind in (ActKind.ASSIGN, ActKind.RECTIFY):
        do(stand, incident, NewAct(ActKind.CONFIRM))
    if act.kind is ActKind.RECTIFY:
        do(stand, incident, NewAct(ActKind.ASSIGN, assignee="Zhao"))
    before = stand.service.incidents.acts.list(incident.id)
    with pytest.raises(SubmissionRefused):
        do(stand, incident, act)
    assert stand.service.incidents.acts.list(incident.id) == before


@pytest.mark.parametrize(
    "act",
    [
        NewAct(ActKind.NOTE, "hi"),
        NewAct(ActKind.ACKNOWLEDGE),
        NewAct(ActKind.CONFIRM),
        NewAct(ActKind.DISMISS, "steam"),
        NewAct(ActKind.SPLIT, inspection_ids=("a",)),
    ],
)
@pytest.mark.parametrize("picture", ["x" * 40, "01KAJ8W4T0X2V7Q9R5N3M1B6CD"])
def test_only_what_was_put_right_has_a_picture(
    stand: Stand, incident: StoredIncident, act: NewAct, picture: str
) -> None:
    """Any other act that names one is refused, whatever the database would make of its length."""
    with pytest.raises(SubmissionRefused, match="takes no inspection_id"):
        do(stand, incident, replace(act, inspection_id=picture))
    assert stand.service.incidents.acts.list(incident.id) == []


def test_further_looks_do_not_undo_what_people_did(stand: Stand, incident: StoredIncident) -> None:
    """A look after the act, and one that was taken before all others and comes late."""
    do(stand, incident, NewAct(ActKind.ACKNOWLEDGE))
    for age in (timedelta(0), timedelta(minutes=5)):
        frame = Submission("f.jpg", camera_id="gate", captured_at=stand.clock() - age)
        stand.service.inspections.intake.accept(jpeg(), frame)
        assert stand.complete(stand.claim(), SEVERE_FIRE)
    now = stand.service.incidents.records.get(incident.id)
    assert now is not None
    assert now.id != incident.id
    assert now.state is HandlingState.ACKNOWLEDGED
    assert len(stand.service.incidents.acts.list(now.id)) == 1
    assert do(stand, incident, NewAct(ActKind.CONFIRM)).id == now.id


def test_incidents_are_found_by_state_and_assignee(stand: Stand, incident: StoredIncident) -> None:
    """What is open, and what somebody has to do."""
    records = stand.service.incidents.records
    do(stand, incident, NewAct(ActKind.CONFIRM))
    do(stand, incident, NewAct(ActKind.ASSIGN, assignee="Zhao"))
    assert len(records.list(IncidentFilter(assignee="Zhao"), 10)) == 1
    assert records.list(IncidentFilter(state=HandlingState.OPEN), 10) == ()
    assert len(records.list(IncidentFilter(state=HandlingState.ASSIGNED), 10)) == 1
