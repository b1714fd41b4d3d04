"""Who is told when, what is held back, and that nothing of it is lost."""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete, select, text, update

from safety_detector.database.tables import channels, messages
from safety_detector.domain.camera_rules import Day, Hours, Polygon
from safety_detector.domain.detections import Detection, DetectorRun
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.incidents.alert_rules import AlertRule, Escalation, Occasion
from safety_detector.domain.incidents.handling import ActKind
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.looks import Severity
from safety_detector.domain.inspection import decide_verdict
from safety_detector.message_texts.reason import Reason
from safety_detector.service.access.audit import Actor
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.incidents.permits import NewPermit
from safety_detector.service.incidents.records import IncidentFilter, NewAct, StoredIncident
from safety_detector.service.notifications.outbox import who_is_told
from safety_detector.service.notifications.records import (
    NOTIFY_QUEUE,
    Attempt,
    ChannelKind,
    MessageStatus,
    MessageType,
    NewChannel,
)
from safety_detector.service.notifications.writing import NewMessage, hold_back
from safety_detector.service.records import Finding, Submission
from tests.eventually import eventually
from tests.pictures import jpeg
from tests.service_stand import Stand, finding

MINOR = Hazard(Label.FIRE, SubLabel.MINOR)
SEVERE = Hazard(Label.FIRE, SubLabel.SEVERE)
SMOKE = Hazard(Label.SMOKE, SubLabel.MINOR)
REFUSED = Attempt(False, 5, 500, Reason.of("receiver-answered", status=500, text="Oops"))
TAKEN = Attempt(True, 5, 204)
CHIEF = Actor("chief")
PLACES = [(column * 24, row * 24) for row in range(8) for column in range(10)]


@pytest.fixture(autouse=True)
def _cameras(stand: Stand) -> None:
    for camera_id in ("gate", "yard"):
        stand.service.cameras.records.create(CameraSettings(camera_id.title()), camera_id)


def add(stand: Stand, name: str = "SOC", kind: ChannelKind = ChannelKind.WEBHOOK) -> str:
    """A channel's id."""
    url = "https://soc.example.com/hook"
    if kind is ChannelKind.DINGTALK:
        url = "https://oapi.dingtalk.com/robot/send?access_token=" + "a" * 64
    return stand.service.notifications.channels.create(NewChannel(kind, name, url))[0].id


def rule(stand: Stand, channel_id: str, **changed: Any) -> str:
    """A rule's id."""
    wanted = AlertRule("rule", (channel_id,), **changed)
    return stand.service.notifications.rules.create(wanted).id


def look(
    stand: Stand,
    *seen: tuple[Hazard, int],
    camera: str = "gate",
    runs: tuple[DetectorRun, ...] = (),
) -> None:
    """A picture of a camera with hazards, each at a place of its own."""
    frame = Submission("f.jpg", camera_id=camera, captured_at=stand.clock())
    stand.service.inspections.intake.accept(jpeg(width=320, height=240), frame)
    claim = stand.claim()
    detections = tuple(
        Detection(Box(x, y, x + 6, y + 6), hazard, 0.9)
        for hazard, place in seen
        for x, y in [PLACES[place]]
    )
    empty = finding(claim)
    runs = runs or tuple(empty.runs)
    verdict = decide_verdict(detections, runs)
    result = Finding(claim, detections, runs, verdict, empty.annotated_jpeg)
    assert stand.service.inspections.findings.record([result]) == [True]
    stand.clock.advance(2)


def opens(stand: Stand, place: int, hazard: Hazard = MINOR, camera: str = "gate") -> None:
    """An incident at a place opens: seen in two looks."""
    for _ in range(2):
        look(stand, (hazard, place), camera=camera)


def send(stand: Stand, attempt: Attempt = TAKEN) -> list[dict[str, Any]]:
    """Sends all that is due now, as the threads do; the bodies that went out."""
    sent: list[dict[str, Any]] = []
    told = stand.service.notifications
    while claims := told.jobs.claim(NOTIFY_QUEUE, "sender"):
        (claim,) = claims
        if told.pacing.may_send(claim):
            assert told.outcomes.record(claim, attempt)
            sent.append(dict(claim.subject.body))
    return sent


def due(stand: Stand) -> list[dict[str, Any]]:
    """Does what the clock alone gives rise to, and sends it."""
    while stand.service.notifications.due.run():
        pass
    return send(stand)


def incidents(stand: Stand) -> Sequence[StoredIncident]:
    """Every incident, the oldest first."""
    return stand.service.incidents.records.list(IncidentFilter(), 1000)[::-1]


def named(bodies: Sequence[dict[str, Any]]) -> set[str]:
    """The incidents that messages name."""
    found: set[str] = set()
    for body in bodies:
        data = body["data"]
        if body["type"] == "digest":
            found |= {one["id"] for one in data["incidents"]}
        else:
            found |= {data["id"], *data["held_back_incidents"]}
    return found


def test_what_comes_after_a_delivered_alarm_is_counted_in_the_next(stand: Stand) -> None:
    """The cool-down begins with the delivery; its end lets the next message tell what was held."""
    rule(stand, add(stand), cool_down_s=300)
    opens(stand, 0)
    assert [one["type"] for one in send(stand)] == ["incident.opened"]
    opens(stand, 4)
    opens(stand, 8)
    assert send(stand) == []
    stand.clock.advance(310)
    opens(stand, 30)
    (message,) = send(stand)
    assert message["data"]["held_back"] == 2
    assert named([message]) == {one.id for one in incidents(stand)} - {incidents(stand)[0].id}
    stand.clock.advance(1000)
    assert due(stand) == []


def test_what_was_held_back_is_told_by_a_digest_if_nothing_follows(stand: Stand) -> None:
    """And by no second one."""
    channel_id = add(stand)
    rule(stand, channel_id, cool_down_s=300)
    opens(stand, 0)
    send(stand)
    opens(stand, 4)
    opens(stand, 8)
    assert due(stand) == []
    held = stand.service.notifications.channels.messages(channel_id, 10)
    assert [one.status for one in held][:2] == [MessageStatus.HELD, MessageStatus.HELD]
    stand.clock.advance(370)
    (digest,) = due(stand)
    assert digest["type"] == "digest"
    assert named([digest]) == {one.id for one in incidents(stand)[1:]}
    told = stand.service.notifications.channels.messages(channel_id, 10)
    (sent,) = [one for one in told if one.type is MessageType.DIGEST]
    assert {one.told_in for one in told if one.status is MessageStatus.COLLECTED} == {sent.id}
    stand.clock.advance(1000)
    assert due(stand) == []


def test_an_alarm_that_nobody_got_begins_no_cool_down(stand: Stand) -> None:
    """Nor does one that was held back, or a digest: what follows is told."""
    rule(stand, add(stand), cool_down_s=300)
    opens(stand, 0)
    assert len(send(stand, REFUSED)) == 1
    opens(stand, 4)
    assert len(send(stand)) == 1
    opens(stand, 8)
    refused, _, held = incidents(stand)
    assert named(send(stand)) == {refused.id}
    stand.clock.advance(365)
    (digest,) = due(stand)
    assert (digest["type"], named([digest])) == ("digest", {held.id})
    opens(stand, 20)
    assert [one["type"] for one in send(stand)] == ["incident.opened"]


def test_an_alarm_that_arrives_late_or_again_begins_no_cool_down(stand: Stand) -> None:
    """What is seen after an old message was delivered is told, and not held back because of it."""
    channel_id = add(stand)
    rule(stand, channel_id, cool_down_s=300)
    rule(stand, channel_id, cool_down_s=86400)
    opens(stand, 0)
    send(stand, REFUSED)
    stand.clock.advance(910)
    (late,) = send(stand)
    opens(stand, 4)
    (message,) = send(stand, REFUSED)
    assert message["data"]["held_back"] == 0
    channels = stand.service.notifications.channels
    (old,) = [
        one.id for one in channels.messages(channel_id, 10) if one.incident_id == late["data"]["id"]
    ]
    assert channels.resend(channel_id, old)
    assert named(send(stand)) == {late["data"]["id"]}
    opens(stand, 8)
    assert incidents(stand)[-1].id in named(send(stand))


def held_back_from(stand: Stand, *channel_ids: str) -> None:
    """Something that is held back from each channel, and due."""
    for channel_id in channel_ids:
        rule(stand, channel_id, cool_down_s=300)
    opens(stand, 0)
    send(stand)
    opens(stand, 4)
    assert send(stand) == []
    stand.clock.advance(370)


def test_what_is_left_of_a_removed_channel_stands_in_nobodys_way(stand: Stand) -> None:
    """What was written to it at that moment goes; the other channels' digests are sent."""
    gone, there = add(stand, "gone"), add(stand, "there")
    held_back_from(stand, gone, there)
    with stand.service.database.write() as connection:
        connection.execute(delete(channels).where(channels.c.id == gone))
    assert [one["type"] for one in due(stand)] == ["digest"]
    assert stand.service.notifications.due.run() is False
    assert stand.service.notifications.channels.messages(there, 1)[0].type is MessageType.DIGEST


def test_a_channel_that_cannot_be_told_is_one_channels_fault(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, and what is held back from the others is told."""
    broken, sound = add(stand, "broken"), add(stand, "sound")
    held_back_from(stand, broken, sound)
    with stand.service.database.write() as connection:
        this_one = update(messages).where(messages.c.channel_id == broken)
        connection.execute(this_one.values(body={"data": {}}))
    assert stand.service.notifications.due.run()
    assert stand.service.notifications.channels.messages(sound, 1)[0].type is MessageType.DIGEST
    assert "no digest is written" in caplog.text
    assert stand.service.notifications.due.run() is False


def test_a_channel_that_is_removed_while_it_is_told_leaves_no_message(stand: Stand) -> None:
    """Whoever writes one is waited for, and what was written is removed with the channel."""
    database, channel_id = stand.service.database, add(stand)
    if database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    with ThreadPoolExecutor(1) as pool:
        with database.write() as connection:
            assert channel_id in who_is_told(connection).channel_ids
            removal = pool.submit(stand.service.notifications.channels.remove, channel_id)
            with database.read() as other:
                eventually(lambda: _waits_for_a_lock(other))
            until = stand.clock() + timedelta(seconds=300)
            new = NewMessage(channel_id, MessageType.OPENED, {"data": {}})
            hold_back(connection, new, stand.clock(), until)
        assert removal.result()
    with database.read() as connection:
        assert connection.execute(select(messages)).all() == []


def _waits_for_a_lock(connection: Connection) -> bool:
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    return bool(connection.scalar(text(query)))


@pytest.mark.parametrize(("first", "then"), [(MINOR, SEVERE), (SMOKE, MINOR)])
def test_what_is_worse_breaks_the_cool_down(stand: Stand, first: Hazard, then: Hazard) -> None:
    """A graver incident, and fire where it was smoke; what was held back is counted in it."""
    rule(stand, add(stand), cool_down_s=300)
    opens(stand, 0, first)
    send(stand)
    opens(stand, 4, first)
    assert send(stand) == []
    opens(stand, 8, then)
    (message,) = send(stand)
    assert message["data"]["held_back"] == 1


def test_a_fire_without_permit_breaks_the_cool_down_of_permitted_work(stand: Stand) -> None:
    """More of the permitted is held back; and what follows the fire without permit as well."""
    rule(stand, add(stand), cool_down_s=300)
    left = Polygon(((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
    since, until = stand.clock(), stand.clock() + timedelta(hours=1)
    permit = NewPermit("gate", left, since, until, "114", "Wang Lei")
    stand.service.incidents.permits.create(permit)
    opens(stand, 0)
    (permitted,) = send(stand)
    assert permitted["data"]["permit"] is not None
    opens(stand, 40)
    assert send(stand) == []
    opens(stand, 9)
    (alarm,) = send(stand)
    assert (alarm["data"]["permit"], alarm["data"]["held_back"]) == (None, 1)
    opens(stand, 49)
    assert send(stand) == []


def test_an_escalation_breaks_the_cool_down(stand: Stand) -> None:
    """Of an incident that was held back, too; then it is not counted as another."""
    rule(stand, add(stand), cool_down_s=300)
    opens(stand, 0)
    send(stand)
    opens(stand, 4)
    assert send(stand) == []
    look(stand, (SEVERE, 4))
    (message,) = send(stand)
    assert (message["type"], message["data"]["held_back"]) == ("incident.escalated", 0)
    stand.clock.advance(1000)
    assert due(stand) == []


def test_other_cameras_hazards_channels_and_rules_are_not_held_back(stand: Stand) -> None:
    """A cool-down is of one rule, channel, camera and kind of hazard."""
    soc, chief = add(stand), add(stand, "chief")
    rule(stand, soc, cool_down_s=300)
    rule(stand, chief, cool_down_s=0)
    opens(stand, 0)
    send(stand)
    opens(stand, 4)
    assert len(send(stand)) == 1
    opens(stand, 0, camera="yard")
    assert len(send(stand)) == 2
    bare = Hazard(Label.PERSON, SubLabel.NO_HELMET)
    for _ in range(3):
        look(stand, (bare, 60))
    assert len(send(stand)) == 2


def test_a_rule_chooses_by_severity_zone_camera_and_hour(stand: Stand) -> None:
    """What it is not about goes to nobody whom rules alone name."""
    severe, yard, night = add(stand), add(stand), add(stand)
    rule(stand, severe, min_severity=Severity.SEVERE)
    rule(stand, yard, camera_ids=("yard",))
    hours = Hours(tuple(Day), 22 * 60, 6 * 60)
    rule(stand, night, schedule=(hours,))
    told = stand.service.notifications.channels
    opens(stand, 0)
    assert [len(told.messages(one, 9)) for one in (severe, yard, night)] == [0, 0, 0]
    opens(stand, 8, SEVERE, "yard")
    assert [len(told.messages(one, 9)) for one in (severe, yard, night)] == [1, 1, 0]
    stand.clock.advance(15 * 3600)
    opens(stand, 30, SEVERE)
    assert [len(told.messages(one, 9)) for one in (severe, yard, night)] == [2, 1, 1]


def test_the_hours_of_a_rule_are_those_of_the_camera(stand: Stand) -> None:
    """8:00 UTC is 16:00 in Shanghai."""
    settings = CameraSettings("Dock", timezone="Asia/Shanghai")
    stand.service.cameras.records.create(settings, "dock")
    channel_id = add(stand)
    rule(stand, channel_id, schedule=(Hours(tuple(Day), 16 * 60, 17 * 60),))
    opens(stand, 0)
    assert send(stand) == []
    opens(stand, 0, camera="dock")
    assert len(send(stand)) == 1


def test_others_are_told_if_nobody_acknowledges(stand: Stand) -> None:
    """Once, after the time that the rule says, whatever became of the first message."""
    first, chief = add(stand), add(stand, "chief")
    rule(stand, first, escalate=Escalation(600, (chief,)))
    opens(stand, 0)
    assert len(send(stand, REFUSED)) == 1
    stand.clock.advance(590)
    stand.service.notifications.due.run()
    told = stand.service.notifications.channels
    assert told.messages(chief, 9) == []
    stand.clock.advance(15)
    stand.service.notifications.due.run()
    stand.clock.advance(3600)
    stand.service.notifications.due.run()
    (message,) = told.messages(chief, 9)
    assert (message.type, message.incident_id) == (MessageType.ESCALATED, incidents(stand)[0].id)


def test_what_somebody_acknowledged_goes_no_further(stand: Stand) -> None:
    """Nor what somebody judged."""
    first, chief = add(stand), add(stand, "chief")
    rule(stand, first, escalate=Escalation(600, (chief,)), cool_down_s=0)
    opens(stand, 0)
    opens(stand, 8)
    one, other = incidents(stand)
    stand.service.incidents.acts.do(one.id, NewAct(ActKind.ACKNOWLEDGE), CHIEF)
    stand.service.incidents.acts.do(other.id, NewAct(ActKind.DISMISS, "sun"), CHIEF)
    stand.clock.advance(700)
    stand.service.notifications.due.run()
    assert stand.service.notifications.channels.messages(chief, 9) == []


def test_who_would_be_told_next_is_told_at_once_where_nobody_else_can_be(stand: Stand) -> None:
    """The first receiver wants nothing more; nobody waits for it."""
    first, chief = add(stand), add(stand, "chief")
    rule(stand, first, escalate=Escalation(600, (chief,)))
    stand.service.notifications.channels.test(first)
    send(stand, Attempt(False, 5, 410, Reason("receiver-gone"), is_gone=True))
    opens(stand, 0)
    stand.service.notifications.due.run()
    assert len(stand.service.notifications.channels.messages(chief, 9)) == 1


def test_what_is_overdue_is_told_once_a_due_date(stand: Stand) -> None:
    """To whom the rules name for it, at whatever hour, and whom they name next."""
    first, chief, other = add(stand), add(stand, "chief"), add(stand, "helmets")
    night = Hours(tuple(Day), 22 * 60, 6 * 60)
    rule(stand, first, schedule=(night,), escalate=Escalation(600, (chief,)))
    rule(stand, other, hazards=(IncidentHazard.NO_HELMET,))
    opens(stand, 0)
    (incident,) = incidents(stand)
    acts = stand.service.incidents.acts
    acts.do(incident.id, NewAct(ActKind.CONFIRM), CHIEF)
    for hours in (1, 5):
        due_at = stand.clock() + timedelta(hours=hours)
        act = NewAct(ActKind.ASSIGN, assignee="Wang Lei", due_at=due_at)
        acts.do(incident.id, act, CHIEF)
        assert due(stand) == []
        stand.clock.advance(hours * 3600 + 1)
        sent = due(stand)
        assert [one["data"]["because"] for one in sent] == [["overdue"], ["overdue"]]
        assert "Wang Lei" in sent[0]["data"]["sentence"]
        stand.clock.advance(3600)
        assert due(stand) == []
    assert stand.service.notifications.channels.messages(other, 9) == []


def test_who_wants_to_hears_how_it_went_on(stand: Stand) -> None:
    """Quiet, seen again, quiet; others hear of the opening alone."""
    every, alarms = add(stand), add(stand, "alarms")
    rule(stand, every, tell=tuple(Occasion))
    rule(stand, alarms)
    opens(stand, 0)
    for seen in (False, True, False):
        for _ in range(3):
            look(stand, *([(MINOR, 0)] if seen else []))
            stand.clock.advance(28)
    told = stand.service.notifications.channels
    assert [one.type for one in told.messages(every, 9)][::-1] == [
        MessageType.OPENED,
        MessageType.QUIET,
        MessageType.ESCALATED,
        MessageType.QUIET,
    ]
    assert [one.type for one in told.messages(alarms, 9)] == [MessageType.OPENED]


def test_who_wants_to_hears_what_people_did(stand: Stand) -> None:
    """That it was put right and verified, and that it is closed."""
    every = add(stand)
    rule(stand, every, tell=tuple(Occasion))
    opens(stand, 0)
    (incident,) = incidents(stand)
    acts = stand.service.incidents.acts
    due_at = stand.clock() + timedelta(hours=1)
    for act, who in (
        (NewAct(ActKind.CONFIRM), CHIEF),
        (NewAct(ActKind.ASSIGN, assignee="Wang Lei", due_at=due_at), CHIEF),
        (NewAct(ActKind.RECTIFY, "moved the cylinders"), Actor("Wang Lei")),
        (NewAct(ActKind.VERIFY), CHIEF),
        (NewAct(ActKind.CLOSE), CHIEF),
    ):
        acts.do(incident.id, act, who)
    sent = send(stand)
    assert [one["type"] for one in sent] == [
        "incident.opened",
        "incident.verified",
        "incident.closed",
    ]
    assert sent[1]["data"]["because"] == ["second_person"]


def test_who_was_told_that_nobody_confirmed_it_hears_that_the_model_does(stand: Stand) -> None:
    """Once, when the model is back; and at first why it had not."""
    every = add(stand)
    rule(stand, every, tell=tuple(Occasion))
    away = (
        DetectorRun("qwen", "a model", complete=False, error="model-unreachable"),
        DetectorRun("embedded", "small"),
    )
    for runs in (away, away, (DetectorRun("qwen", "a model"),), (DetectorRun("qwen", "a model"),)):
        look(stand, (MINOR, 0), runs=runs)
    first, second = send(stand)
    assert (first["type"], first["data"]["verified"]) == ("incident.opened", False)
    assert "unverified: the model server is away" in first["data"]["sentence"]
    assert (second["type"], second["data"]["verified"]) == ("incident.verified", True)
    assert second["data"]["because"] == ["language_model"]


def test_a_robot_is_sent_18_messages_in_any_minute_and_a_digest(stand: Stand) -> None:
    """Whatever many incidents there are, each is in a message or in a digest."""
    add(stand, "robot", ChannelKind.DINGTALK)
    sent: list[tuple[Any, dict[str, Any]]] = []
    for number in range(60):
        stand.service.cameras.records.create(CameraSettings(f"c{number}"), f"c{number}")
    for number in range(60):
        opens(stand, 0, SEVERE if number % 20 == 0 else MINOR, camera=f"c{number}")
        stand.clock.advance(-3.5)
        sent += [(stand.clock(), body) for body in send(stand)]
    for _ in range(200):
        stand.clock.advance(1)
        sent += [(stand.clock(), body) for body in due(stand)]
    moments = [at for at, _ in sent]
    for at in moments:
        assert sum(timedelta(0) <= one - at < timedelta(seconds=60) for one in moments) <= 18
    assert named([body for _, body in sent]) == {one.id for one in incidents(stand)}
    assert len(incidents(stand)) == 60
    assert 1 <= sum(body["type"] == "digest" for _, body in sent) <= 3
    severe = {one.id for one in incidents(stand) if one.severity is Severity.SEVERE}
    single = {body["data"]["id"] for _, body in sent if body["type"] != "digest"}
    assert severe <= single


def test_a_receiver_that_asks_for_a_day_is_told_of_the_next_fire_in_ten_minutes(
    stand: Stand,
) -> None:
    """The message that it refused waits for as long as it said; its channel does not."""
    channel_id = add(stand, "robot", ChannelKind.DINGTALK)
    stand.service.notifications.channels.test(channel_id)
    (test,) = send(stand, replace(REFUSED, retry_after_s=86400))
    opens(stand, 0, SEVERE)
    stand.clock.advance(500)
    assert send(stand) == []
    stand.clock.advance(100)
    sent = due(stand)
    assert named(sent) == {incidents(stand)[0].id}
    assert test["type"] not in {one["type"] for one in sent}


def test_what_a_message_counted_is_in_the_digest_that_tells_it(stand: Stand) -> None:
    """A robot that is sent no more at present loses nothing of what was held back before."""
    channel_id = add(stand, "robot", ChannelKind.DINGTALK)
    rule(stand, channel_id, cool_down_s=60)
    opens(stand, 0)
    send(stand)
    opens(stand, 4)
    opens(stand, 8)
    assert send(stand) == []
    stand.clock.advance(70)
    stand.service.notifications.channels.test(channel_id)
    send(stand, replace(REFUSED, retry_after_s=90))
    opens(stand, 30)
    assert send(stand) == []
    stand.clock.advance(100)
    digests = [one for one in due(stand) if one["type"] == "digest"]
    assert named(digests) == {one.id for one in incidents(stand)[1:]}
    assert len(incidents(stand)) == 4


@pytest.mark.parametrize("kind", [ChannelKind.WEBHOOK, ChannelKind.DINGTALK])
@pytest.mark.parametrize("seed", range(3))
def test_every_incident_is_in_a_message_or_a_digest(
    stand: Stand, kind: ChannelKind, seed: int
) -> None:
    """Whatever opens, gets worse, fails and waits, in whatever order; each is announced once."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
    channel_id = add(stand, "soc", kind)
    rule(stand, channel_id, cool_down_s=chance.choice([20, 60]))
    rule(stand, channel_id, cool_down_s=40, min_severity=Severity.MODERATE)
    delivered: list[dict[str, Any]] = []
    free = {"gate": list(range(0, 80, 3)), "yard": list(range(0, 80, 3))}
    for _ in range(45):
        match chance.randrange(5):
            case 0 | 1:
                camera = chance.choice(list(free))
                if free[camera]:
                    place = free[camera].pop(chance.randrange(len(free[camera])))
                    opens(stand, place, chance.choice([MINOR, SMOKE, SEVERE]), camera)
            case 2:
                send(stand, REFUSED)
            case 3:
                delivered += send(stand)
            case _:
                stand.clock.advance(chance.choice([1, 10, 30, 70]))
                stand.service.notifications.due.run()
    for _ in range(20):
        stand.clock.advance(3600)
        delivered += due(stand)
    assert named(delivered) == {one.id for one in incidents(stand)}
    assert len(incidents(stand)) > 5
    opened = [one["data"]["id"] for one in delivered if one["type"] == "incident.opened"]
    assert len(opened) == len(set(opened))
    left = stand.service.notifications.channels.messages(channel_id, 1000)
    assert not {one.status for one in left} & {MessageStatus.HELD, MessageStatus.WAITING}
