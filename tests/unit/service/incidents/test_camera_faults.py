"""What is wrong with a camera is one incident, told once, until it is well again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from safety_detector.database.tables import camera_states
from safety_detector.domain.camera_health import Fault
from safety_detector.domain.incidents.camera_faults import (
    FaultIncident,
    FaultStep,
    Spell,
    begun,
    ended,
    over,
)
from safety_detector.domain.incidents.handling import ActKind, HandlingState
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.incident import ChangeKind, Stage
from safety_detector.message_texts.reason import Reason
from safety_detector.service.access.audit import Actor
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.incidents.records import IncidentFilter, NewAct, StoredIncident
from safety_detector.service.notifications.records import (
    Channel,
    ChannelKind,
    Message,
    MessageType,
    NewChannel,
)
from safety_detector.service.records import CameraFault, Submission
from tests.pictures import jpeg
from tests.service_stand import Stand

STEP = 5


@pytest.fixture(autouse=True)
def channel(stand: Stand) -> Channel:
    """A camera that sends every five seconds, and somebody who is told."""
    stand.service.cameras.records.create(CameraSettings("Gate 3", every_s=5), "gate")
    wanted = NewChannel(ChannelKind.WEBHOOK, "SOC", "https://soc.example.com/hook")
    return stand.service.notifications.channels.create(wanted)[0]


def send(stand: Stand, seconds: int, camera_id: str = "gate") -> None:
    """Pictures come, and the sweeper goes its rounds."""
    for _ in range(0, seconds, STEP):
        stand.clock.advance(STEP)
        data = jpeg(int(stand.clock().timestamp()))
        stand.service.cameras.frames.push(camera_id, data, Submission("frame.jpg"))
        stand.service.cameras.health.sweep()


def wait(stand: Stand, seconds: int) -> None:
    """Nothing comes, and the sweeper goes its rounds."""
    for _ in range(0, seconds, STEP):
        stand.clock.advance(STEP)
        stand.service.cameras.health.sweep()


def silent(stand: Stand) -> list[StoredIncident]:
    """Incidents of silence, the latest first."""
    wanted = IncidentFilter(hazard=IncidentHazard.CAMERA_SILENT)
    return list(stand.service.incidents.records.list(wanted, 100))


def told(stand: Stand, channel: Channel, kind: MessageType) -> list[Message]:
    """What the channel was told of silence."""
    ids = {one.id for one in silent(stand)}
    found = stand.service.notifications.channels.messages(channel.id, 100)
    return [one for one in found if one.incident_id in ids and one.type is kind]


def changes(stand: Stand, incident: StoredIncident) -> list[ChangeKind]:
    """What happened to an incident, in order."""
    return [one.kind for one in stand.service.incidents.records.changes(incident.id)]


def test_a_silent_camera_is_one_incident_and_one_message(stand: Stand, channel: Channel) -> None:
    """However long it is silent; it says why, and has no picture."""
    send(stand, 20)
    wait(stand, 600)
    (incident,) = silent(stand)
    assert incident.stage is Stage.OPEN
    assert (incident.best, incident.looks, incident.zone_id) == (None, 0, None)
    assert incident.reason == Reason("camera-fault-silent")
    assert len(told(stand, channel, MessageType.OPENED)) == 1


def test_a_camera_that_comes_back_goes_quiet_and_ends(stand: Stand) -> None:
    """At once when it is well again, and for good five minutes later."""
    send(stand, 20)
    wait(stand, 60)
    send(stand, 30)
    (incident,) = silent(stand)
    assert incident.stage is Stage.QUIET
    send(stand, 330)
    (incident,) = silent(stand)
    assert incident.stage is Stage.ENDED
    assert incident.quiet_at is not None
    assert incident.ended_at == incident.quiet_at + timedelta(minutes=5)
    assert changes(stand, incident) == [ChangeKind.OPENED, ChangeKind.QUIET, ChangeKind.ENDED]


def test_a_bad_line_is_one_incident(stand: Stand, channel: Channel) -> None:
    """A camera that comes and goes is not reported each time; how often it went is counted."""
    send(stand, 20)
    for _ in range(4):
        wait(stand, 60)
        send(stand, 60)
    (incident,) = silent(stand)
    assert (incident.stage, incident.sightings) == (Stage.QUIET, 4)
    assert len(told(stand, channel, MessageType.OPENED)) == 1


@pytest.mark.parametrize("seconds", [270, 290])
def test_a_silence_that_began_in_time_is_the_same_incident(stand: Stand, seconds: int) -> None:
    """Even if it is noticed only when five minutes have passed."""
    send(stand, 20)
    wait(stand, 60)
    while silent(stand)[0].stage is Stage.OPEN:
        send(stand, STEP)
    send(stand, seconds)
    wait(stand, 60)
    (incident,) = silent(stand)
    assert (incident.stage, incident.sightings) == (Stage.OPEN, 2)
    assert changes(stand, incident)[1:] == [ChangeKind.QUIET, ChangeKind.REOPENED]


def test_silence_after_a_long_while_is_another_incident(stand: Stand, channel: Channel) -> None:
    """People are told again of what happens again tomorrow."""
    send(stand, 20)
    wait(stand, 60)
    send(stand, 600)
    wait(stand, 60)
    latest, first = silent(stand)
    assert (latest.stage, first.stage) == (Stage.OPEN, Stage.ENDED)
    assert len(told(stand, channel, MessageType.OPENED)) == 2


@pytest.mark.parametrize("how", ["off", "removed"])
def test_a_camera_that_nobody_wants_has_no_open_incident(stand: Stand, how: str) -> None:
    """Its incident goes quiet when it is switched off or removed, and says so."""
    send(stand, 20)
    wait(stand, 60)
    records = stand.service.cameras.records
    if how == "off":
        records.change("gate", lambda _: CameraSettings("Gate 3", enabled=False, every_s=5))
    else:
        records.remove("gate")
    wait(stand, 4)
    (incident,) = silent(stand)
    assert incident.stage is Stage.QUIET
    last = stand.service.incidents.records.changes(incident.id)[-1]
    assert (last.kind, last.because) == (ChangeKind.QUIET, (how,))
    wait(stand, 330)
    assert silent(stand)[0].stage is Stage.ENDED


def test_a_silence_that_was_not_expected_to_end_is_the_same_incident(
    stand: Stand, channel: Channel
) -> None:
    """Nobody waits for the camera for a while, and then for what never came: it is open again."""
    send(stand, 20)
    wait(stand, 60)
    records = stand.service.cameras.records
    for times in (1, 2):
        records.change("gate", lambda one: replace(one, expected=False))
        wait(stand, 600)
        assert silent(stand)[0].stage is Stage.ENDED
        records.change("gate", lambda one: replace(one, expected=True))
        wait(stand, 10)
        (incident,) = silent(stand)
        assert (incident.stage, incident.ended_at) == (Stage.OPEN, None)
        assert incident.sightings == times + 1
    come = [ChangeKind.QUIET, ChangeKind.ENDED, ChangeKind.REOPENED]
    assert changes(stand, incident) == [ChangeKind.OPENED, *come, *come]
    (fault,) = records.get("gate").faults
    assert (fault.fault, fault.since) == (Fault.SILENT, incident.first_seen_at)
    assert len(told(stand, channel, MessageType.OPENED)) == 1


def test_what_is_wrong_with_one_camera_s_record_stops_no_other(stand: Stand) -> None:
    """The round goes on with the next camera, and raises nothing to those who come behind it."""
    stand.service.cameras.records.create(CameraSettings("Gate 1", every_s=5), "a-gate")
    send(stand, 20, "a-gate")
    send(stand, 20)
    with stand.service.database.write() as connection:
        its = update(camera_states).where(camera_states.c.camera_id == "a-gate")
        connection.execute(its.values(state={"conditions": {"of-a-later-version": []}}))
    wait(stand, 60)
    (incident,) = silent(stand)
    assert (incident.camera_id, incident.stage) == ("gate", Stage.OPEN)


def test_people_handle_it_as_any_other(stand: Stand) -> None:
    """Acknowledged, dismissed with a reason, closed; it stays so while the camera is silent."""
    send(stand, 20)
    wait(stand, 60)
    (incident,) = silent(stand)
    acts, by = stand.service.incidents.acts, Actor("safety office", None)
    acts.do(incident.id, NewAct(ActKind.ACKNOWLEDGE), by)
    acts.do(incident.id, NewAct(ActKind.DISMISS, "work on the mast"), by)
    wait(stand, 60)
    assert silent(stand)[0].state is HandlingState.FALSE_ALARM


def test_cameras_have_incidents_of_their_own(stand: Stand) -> None:
    """And one fault of a camera none with another fault of it."""
    stand.service.cameras.records.create(CameraSettings("Gate 4", every_s=5), "gate4")
    send(stand, 20)
    send(stand, 20, "gate4")
    wait(stand, 400)
    found = stand.service.incidents.records.list(IncidentFilter(), 100)
    assert {(one.camera_id, one.hazards) for one in found} >= {
        ("gate", (IncidentHazard.CAMERA_SILENT,)),
        ("gate4", (IncidentHazard.CAMERA_SILENT,)),
    }


def test_the_stored_faults_give_the_same_incidents_again(stand: Stand) -> None:
    """With the same ids and changes, as often as they are gone through."""
    send(stand, 20)
    for pause in (60, 400, 60, 700):
        wait(stand, 60)
        send(stand, pause)
    faults = stand.service.cameras.health.faults_between(None, None)
    spells = [one for one in faults if one.fault is Fault.SILENT]
    assert len(spells) == 4
    again = fold("gate", Fault.SILENT, spells, stand.clock())
    stored = {one.id: one for one in silent(stand)}
    assert {one.id for one in again.incidents} == set(stored)
    assert len(stored) == 2
    for one in again.incidents:
        kept = stored[one.id]
        assert (one.stage, one.quiet_at, one.ended_at) == (kept.stage, kept.quiet_at, kept.ended_at)
        assert (one.spells, one.opened_at) == (kept.sightings, kept.opened_at)
        told = [change for change in again.changes if change.incident_id == one.id]
        assert told == list(stand.service.incidents.records.changes(one.id))


def fold(camera_id: str, fault: Fault, faults: Iterable[CameraFault], now: datetime) -> FaultStep:
    """What the times that a fault came come to, until a moment."""
    whole = FaultStep()

    def going_on() -> FaultIncident | None:
        last = whole.incidents[-1] if whole.incidents else None
        return None if last is None or last.stage is Stage.ENDED else last

    for one in faults:
        spell = Spell(one.since, one.noticed_at, one.reason)
        whole = whole.then(begun(going_on(), camera_id, fault, spell))
        present = going_on()
        if one.ended_at is not None and present is not None:
            whole = whole.then(over(present, one.ended_at))
    present = going_on()
    return whole if present is None else whole.then(ended(present, now))


def test_who_looks_at_now_sees_a_fault_as_long_as_it_lasts(stand: Stand) -> None:
    """Also when somebody has seen it; not when it is over."""

    def told() -> list[HandlingState]:
        faults = stand.service.incidents.overview.waiting(stand.clock(), 10).camera_faults
        return [one.state for one in faults if IncidentHazard.CAMERA_SILENT in one.hazards]

    send(stand, 60)
    wait(stand, 120)
    assert told() == [HandlingState.OPEN]
    (fault,) = silent(stand)
    stand.service.incidents.acts.do(fault.id, NewAct(ActKind.ACKNOWLEDGE), Actor("Wang"))
    wait(stand, 600)
    assert told() == [HandlingState.ACKNOWLEDGED]
    send(stand, 420)
    assert told() == []


def test_what_works_again_is_not_broken_though_nobody_saw_it(stand: Stand) -> None:
    """From when it works on; the incident waits among the others, and a new fault is told again."""

    def told() -> list[str]:
        faults = stand.service.incidents.overview.waiting(stand.clock(), 10).camera_faults
        return [one.id for one in faults if IncidentHazard.CAMERA_SILENT in one.hazards]

    send(stand, 60)
    wait(stand, 120)
    (fault,) = silent(stand)
    assert told() == [fault.id]
    send(stand, 20)
    assert told() == []
    send(stand, 420)
    assert told() == []
    (over,) = silent(stand)
    assert (over.stage, over.state) == (Stage.ENDED, HandlingState.OPEN)
    wait(stand, 120)
    assert len(told()) == 1
