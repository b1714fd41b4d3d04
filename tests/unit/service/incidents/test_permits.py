"""Hot-work permits say more about a fire, and hide none."""

from __future__ import annotations

from datetime import timedelta

import pytest

from safety_detector.domain.camera_rules import Polygon
from safety_detector.domain.detections import Detection, DetectorRun
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.inspection import decide_verdict
from safety_detector.errors import SubmissionRefused, UnknownCamera
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.incidents.permits import (
    MOST_AT_ONCE,
    NewPermit,
    PermitState,
    ShownPermit,
)
from safety_detector.service.incidents.records import IncidentFilter, StoredIncident
from safety_detector.service.notifications.records import NOTIFY_QUEUE, ChannelKind, NewChannel
from safety_detector.service.records import Finding, Submission
from tests.pictures import jpeg
from tests.service_stand import Stand

LEFT_HALF = Polygon(((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
IN_IT = Box(4, 10, 20, 30)  # of 64 × 48
GROWN = Box(4, 10, 40, 30)


@pytest.fixture(autouse=True)
def _camera(stand: Stand) -> None:
    stand.service.cameras.records.create(CameraSettings("Gate 3", every_s=2), "gate")


def permit(stand: Stand, minutes: float = 60, after: float = 0, number: str = "114") -> ShownPermit:
    """A permit for the left half of the picture, for so long, in so many minutes."""
    since = stand.clock() + timedelta(minutes=after)
    until = since + timedelta(minutes=minutes)
    wanted = NewPermit("gate", LEFT_HALF, since, until, number, "Wang Lei")
    return stand.service.incidents.permits.create(wanted)


SMALL_FIRE = Hazard(Label.FIRE, SubLabel.MINOR)


def look(stand: Stand, box: Box = IN_IT, hazard: Hazard = SMALL_FIRE) -> None:
    """A picture of the camera, two seconds after the last one, with something at a place."""
    stand.clock.advance(2)
    stand.service.inspections.intake.accept(jpeg(), Submission("f.jpg", camera_id="gate"))
    claim, runs = stand.claim(), (DetectorRun("embedded", "a model"),)
    found = (Detection(box, hazard, 0.9),)
    finding = Finding(claim, found, runs, decide_verdict(found, runs), b"annotated")
    assert stand.service.inspections.findings.record([finding]) == [True]


def incident(stand: Stand) -> StoredIncident:
    """The only incident."""
    (found,) = stand.service.incidents.records.list(IncidentFilter(), 10)
    return found


def changes(stand: Stand) -> list[tuple[str, tuple[str, ...]]]:
    """What happened to it."""
    found = stand.service.incidents.records.changes(incident(stand).id)
    return [(one.kind.value, one.because) for one in found]


def test_a_fire_in_its_place_is_told_with_the_permit(stand: Stand) -> None:
    """It opens as any other; the message names number and person."""
    channel = NewChannel(ChannelKind.WEBHOOK, "SOC", "https://soc.example.com/hook")
    stand.service.notifications.channels.create(channel)
    entered = permit(stand)
    assert entered.state is PermitState.IN_FORCE
    look(stand)
    look(stand)
    found = incident(stand)
    assert (found.permit_id, found.permit) == (entered.permit.id, entered.permit)
    (message,) = stand.service.notifications.jobs.claim(NOTIFY_QUEUE, "sender")
    assert message.subject.body["data"]["permit"]["number"] == "114"
    assert message.subject.body["data"]["sentence"].endswith("permitted there: 114, Wang Lei.")


def test_a_fire_that_grows_beyond_escalates(stand: Stand) -> None:
    """It is no permitted one any more, and does not become one again."""
    permit(stand)
    look(stand)
    look(stand)
    look(stand, GROWN)
    look(stand)
    assert incident(stand).permit_id is None
    escalations = [because for kind, because in changes(stand) if kind == "escalated"]
    assert any("permit" in because for because in escalations)


def test_a_fire_that_goes_on_when_the_permit_is_over_escalates(stand: Stand) -> None:
    """The minute it ends."""
    permit(stand, minutes=0.1)
    for _ in range(2):
        look(stand)
    assert incident(stand).permit_id is not None
    look(stand)
    assert incident(stand).permit_id is None
    assert ("escalated", ("permit",)) in changes(stand)


def test_a_fire_that_goes_on_when_the_permit_is_revoked_escalates(stand: Stand) -> None:
    """And the permit stays on record."""
    entered = permit(stand)
    look(stand)
    look(stand)
    permits = stand.service.incidents.permits
    revoked = permits.revoke(entered.permit.id)
    assert revoked is not None
    assert revoked.state is PermitState.REVOKED
    assert permits.revoke(entered.permit.id) == revoked
    look(stand)
    assert ("escalated", ("permit",)) in changes(stand)
    assert [one.state for one in permits.list("gate", 10)] == [PermitState.REVOKED]


@pytest.mark.parametrize(
    ("box", "hazard"),
    [
        (GROWN, SMALL_FIRE),
        (Box(40, 10, 60, 30), Hazard(Label.SMOKE, SubLabel.MODERATE)),
        (IN_IT, Hazard(Label.PERSON, SubLabel.NO_HELMET)),
    ],
)
def test_what_is_not_all_in_its_place_is_not_covered(
    stand: Stand, box: Box, hazard: Hazard
) -> None:
    """Nor is anybody permitted to go bareheaded."""
    permit(stand)
    for _ in range(3):
        look(stand, box, hazard)
    assert incident(stand).permit_id is None


def test_a_permit_of_the_future_covers_nothing_yet(stand: Stand) -> None:
    """Nor does one that is entered when the fire has been seen already."""
    assert permit(stand, after=30).state is PermitState.COMING
    look(stand)
    look(stand)
    permit(stand)
    look(stand)
    assert incident(stand).permit_id is None


def test_a_severe_fire_opens_at_once_whatever_is_permitted(stand: Stand) -> None:
    """One look suffices, as without a permit."""
    permit(stand)
    look(stand, hazard=Hazard(Label.FIRE, SubLabel.SEVERE))
    assert incident(stand).permit_id is not None


def test_permits_that_cannot_be_are_refused(stand: Stand) -> None:
    """One that is over, of a camera that there is not, or one too many."""
    with pytest.raises(SubmissionRefused, match="over since"):
        permit(stand, minutes=10, after=-20)
    since = stand.clock()
    elsewhere = NewPermit("nowhere", LEFT_HALF, since, since + timedelta(hours=1), "1", "X")
    with pytest.raises(UnknownCamera):
        stand.service.incidents.permits.create(elsewhere)
    for number in range(MOST_AT_ONCE):
        permit(stand, number=str(number))
    with pytest.raises(SubmissionRefused, match="revoke one"):
        permit(stand)
