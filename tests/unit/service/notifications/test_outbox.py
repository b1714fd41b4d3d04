"""Messages are written with what they tell of, and tried until they are delivered or given up."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from safety_detector.domain.camera_rules import CameraRules, Polygon, Zone
from safety_detector.domain.hazards import Hazard, Label, Language, SubLabel
from safety_detector.domain.incidents.alert_rules import AlertRule
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.errors import SubmissionRefused
from safety_detector.jobs.records import Claim
from safety_detector.message_texts.reason import Reason
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.incidents.records import IncidentFilter
from safety_detector.service.notifications.outcomes import RETRY_AFTER
from safety_detector.service.notifications.records import (
    NOTIFY_QUEUE,
    Attempt,
    Channel,
    ChannelKind,
    ClaimedMessage,
    Message,
    MessageStatus,
    MessageType,
    NewChannel,
)
from safety_detector.service.records import Submission
from tests.pictures import jpeg
from tests.service_stand import Stand

SMALL_FIRE = Hazard(Label.FIRE, SubLabel.MINOR)
REFUSED = Attempt(False, 5, 500, Reason.of("receiver-answered", status=500, text="Oops"))
TAKEN = Attempt(True, 5, 204)


@pytest.fixture(autouse=True)
def _camera(stand: Stand) -> None:
    stand.service.cameras.records.create(CameraSettings("Gate 3"), "gate")


def add(
    stand: Stand, name: str = "SOC", language: Language = "en", secret: str | None = None
) -> Channel:
    """A channel."""
    url = "https://soc.example.com/hook?token=abc"
    wanted = NewChannel(ChannelKind.WEBHOOK, name, url, language, secret)
    return stand.service.notifications.channels.create(wanted)[0]


def look(stand: Stand, *hazards: Hazard, age: timedelta = timedelta(0)) -> None:
    """A picture of the camera at the gate and its result."""
    stand.clock.advance(2)
    frame = Submission("f.jpg", camera_id="gate", captured_at=stand.clock() - age)
    stand.service.inspections.intake.accept(jpeg(), frame)
    assert stand.complete(stand.claim(), *hazards)


def told(stand: Stand, channel: Channel) -> list[Message]:
    """What a channel was told, the newest first."""
    return list(stand.service.notifications.channels.messages(channel.id, 100))


def claim(stand: Stand) -> Claim[ClaimedMessage] | None:
    """The message that is to be sent now."""
    found = stand.service.notifications.jobs.claim(NOTIFY_QUEUE, "sender")
    return next(iter(found), None)


def tried(stand: Stand, attempt: Attempt) -> Claim[ClaimedMessage]:
    """Sends the message that is due."""
    message = claim(stand)
    assert message is not None
    assert stand.service.notifications.outcomes.record(message, attempt)
    return message


def test_every_channel_is_told_once_of_an_incident(stand: Stand) -> None:
    """Each in its language, however many pictures follow."""
    english, chinese = add(stand), add(stand, "值班室", language="zh")
    for _ in range(5):
        look(stand, SMALL_FIRE)
    (incident,) = stand.service.incidents.records.list(IncidentFilter(), 10)
    for channel in (english, chinese):
        (message,) = told(stand, channel)
        assert (message.type, message.incident_id) == (MessageType.OPENED, incident.id)
    sentences = {tried(stand, TAKEN).subject.body["data"]["sentence"] for _ in range(2)}
    assert any(one.startswith("Fire at Gate 3") for one in sentences)
    assert any(one.startswith("Gate 3：发现火焰") for one in sentences)
    assert claim(stand) is None


def test_a_message_knows_the_place_by_its_name_and_its_clock(stand: Stand) -> None:
    """As whoever named the zone last says it."""
    add(stand)
    whole = Polygon(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
    rules = CameraRules(zones=(Zone("z1", "储罐区", whole),))
    settings = CameraSettings("Gate 3", timezone="Asia/Shanghai", rules=rules)
    stand.service.cameras.records.change("gate", lambda _: settings)
    for _ in range(3):
        look(stand, SMALL_FIRE)
    message = tried(stand, TAKEN).subject
    assert (message.time_zone, message.zone_name) == ("Asia/Shanghai", "储罐区")


def test_nobody_is_alarmed_by_old_pictures(stand: Stand) -> None:
    """An hour late they make an incident, which is listed, and no message."""
    channel = add(stand)
    for _ in range(5):
        look(stand, SMALL_FIRE, age=timedelta(hours=1))
    assert len(stand.service.incidents.records.list(IncidentFilter(), 10)) == 1
    assert told(stand, channel) == []


def test_a_refused_message_is_tried_by_the_schedule_and_then_given_up(stand: Stand) -> None:
    """Ten tries in three days; each is logged, and nothing is sent in between."""
    channel = add(stand)
    stand.service.notifications.channels.test(channel.id)
    first = tried(stand, REFUSED)
    for number, wait in enumerate(RETRY_AFTER, start=2):
        stand.clock.advance(wait.total_seconds() - 1)
        assert claim(stand) is None
        stand.clock.advance(1.1)
        again = tried(stand, REFUSED)
        assert again.subject_id == first.subject_id
        (message,) = told(stand, channel)
        assert message.attempts == number
    assert message.status is MessageStatus.FAILED
    assert message.last is not None
    assert message.last.answer == 500
    stand.clock.advance(10**6)
    assert claim(stand) is None


def test_a_receiver_that_asks_for_time_gets_it(stand: Stand) -> None:
    """``Retry-After`` puts the next try off, never before the schedule's."""
    channel = add(stand)
    stand.service.notifications.channels.test(channel.id)
    tried(stand, Attempt(False, 5, 429, REFUSED.reason, retry_after_s=600))
    stand.clock.advance(599)
    assert claim(stand) is None
    stand.clock.advance(2)
    tried(stand, TAKEN)
    assert told(stand, channel)[0].status is MessageStatus.DELIVERED


def test_a_receiver_that_is_gone_is_told_no_more(stand: Stand) -> None:
    """The channel says why; others go on."""
    gone, other = add(stand, "gone"), add(stand, "other")
    stand.service.notifications.channels.test(gone.id)
    tried(stand, Attempt(False, 5, 410, Reason("receiver-gone"), is_gone=True))
    for _ in range(3):
        look(stand, SMALL_FIRE)
    assert len(told(stand, gone)) == 1
    assert len(told(stand, other)) == 1
    shown = stand.service.notifications.channels.get(gone.id)
    assert shown is not None
    assert shown.disabled_reason is not None


def test_a_receiver_that_takes_a_test_is_told_again(stand: Stand) -> None:
    """Whoever was gone and is back need not be added anew."""
    channel = add(stand)
    channels = stand.service.notifications.channels
    channels.test(channel.id)
    tried(stand, Attempt(False, 5, 410, Reason("receiver-gone"), is_gone=True))
    channels.test(channel.id)
    tried(stand, TAKEN)
    shown = channels.get(channel.id)
    assert shown is not None
    assert shown.disabled_reason is None
    for _ in range(3):
        look(stand, SMALL_FIRE)
    assert told(stand, channel)[0].type is MessageType.OPENED


@pytest.mark.parametrize("tries", [0, 1, 10], ids=["waiting", "refused once", "given up"])
def test_a_message_is_sent_again_at_once_when_somebody_asks(stand: Stand, tries: int) -> None:
    """Under its id; also one that was given up, and one that was delivered."""
    channel = add(stand)
    channels = stand.service.notifications.channels
    message_id = channels.test(channel.id)
    assert message_id is not None
    for number in range(tries):
        stand.clock.advance(RETRY_AFTER[number - 1].total_seconds() + 1 if number else 0)
        tried(stand, REFUSED)
    for _ in range(2):
        assert channels.resend(channel.id, message_id)
        assert tried(stand, TAKEN).subject_id == message_id
        (message,) = told(stand, channel)
        assert message.status is MessageStatus.DELIVERED
        assert claim(stand) is None
    assert message.attempts == tries + 2
    other = add(stand, "other")
    assert not channels.resend(other.id, message_id)
    assert not channels.resend(channel.id, "01KAJA1Z8H5D2F4G6J8K0M3N5P")


PARTLY = Attempt(False, 5, 452, REFUSED.reason, reached=("ehs@example.com",))
BY_REST = Attempt(True, 5, 250, reached=("guard@example.com",))


@pytest.mark.parametrize("tries", [(BY_REST,), (PARTLY, BY_REST)], ids=["at once", "in two tries"])
@pytest.mark.parametrize("asked", [1, 2], ids=["asked once", "asked twice"])
def test_a_delivered_message_is_sent_to_every_receiver_again(
    stand: Stand, tries: tuple[Attempt, ...], asked: int
) -> None:
    """Whoever asks for it wants to see it arrive; and may ask again."""
    channel = add(stand)
    channels = stand.service.notifications.channels
    message_id = channels.test(channel.id)
    assert message_id is not None
    for attempt in tries:
        stand.clock.advance(6)
        tried(stand, attempt)
    for _ in range(2):
        for _ in range(asked):
            assert channels.resend(channel.id, message_id)
        assert tried(stand, BY_REST).subject.reached == ()


@pytest.mark.parametrize("is_given_up", [False, True], ids=["waiting", "given up"])
def test_a_message_that_some_have_is_sent_to_the_others(stand: Stand, is_given_up: bool) -> None:
    """Nobody gets it twice for somebody else's full mailbox, however it comes to be sent."""
    channel = add(stand)
    channels = stand.service.notifications.channels
    message_id = channels.test(channel.id)
    assert message_id is not None
    tried(stand, PARTLY)
    for wait in RETRY_AFTER if is_given_up else ():
        stand.clock.advance(wait.total_seconds() + 1)
        tried(stand, REFUSED)
    assert channels.resend(channel.id, message_id)
    assert tried(stand, BY_REST).subject.reached == PARTLY.reached
    assert channels.resend(channel.id, message_id)
    assert tried(stand, BY_REST).subject.reached == ()


@pytest.mark.parametrize("every_s", [0.5, 5, 60, 299])
def test_a_receiver_that_comes_and_goes_does_not_use_up_all_tries(
    stand: Stand, every_s: float
) -> None:
    """After an hour of that the message waits still, and soon arrives when it stays."""
    channel = add(stand)
    channels = stand.service.notifications.channels
    channels.test(channel.id)
    for _ in range(min(round(3600 / every_s), 300)):
        channels.hasten(channel.id)
        if message := claim(stand):
            assert stand.service.notifications.outcomes.record(message, REFUSED)
        stand.clock.advance(every_s)
    (waits,) = told(stand, channel)
    assert waits.status is MessageStatus.WAITING
    assert waits.attempts < 7
    channels.hasten(channel.id)
    stand.clock.advance(RETRY_AFTER[waits.attempts - 1].total_seconds() / 10 + 1)
    tried(stand, TAKEN)


@pytest.mark.parametrize("tries", range(1, 10))
def test_a_receiver_that_is_back_is_told_after_a_tenth_of_the_wait(
    stand: Stand, tries: int
) -> None:
    """However often it is found to be back meanwhile; at once where that time is over."""
    channel = add(stand)
    channels = stand.service.notifications.channels
    channels.test(channel.id)
    for number in range(tries):
        stand.clock.advance(RETRY_AFTER[number - 1].total_seconds() + 1 if number else 0)
        tried(stand, REFUSED)
    tenth_s = RETRY_AFTER[tries - 1].total_seconds() / 10
    stand.clock.advance(tenth_s / 2)
    for _ in range(3):
        channels.hasten(channel.id)
    assert claim(stand) is None
    stand.clock.advance(tenth_s / 2 + 1.1)
    assert claim(stand) is not None


def test_what_was_tried_long_ago_is_sent_at_once_when_its_receiver_is_back(stand: Stand) -> None:
    """And nothing of other channels."""
    channel, other = add(stand), add(stand, "other")
    channels = stand.service.notifications.channels
    for one in (channel, other):
        channels.test(one.id)
        tried(stand, REFUSED)
        stand.clock.advance(6)
        tried(stand, REFUSED)
    stand.clock.advance(40)
    assert claim(stand) is None
    channels.hasten(channel.id)
    assert tried(stand, TAKEN).subject.channel_id == channel.id
    assert claim(stand) is None


def test_a_sender_that_lost_its_claim_notes_nothing(stand: Stand) -> None:
    """The other one does, and the message is delivered once."""
    channel = add(stand)
    stand.service.notifications.channels.test(channel.id)
    lost = claim(stand)
    assert lost is not None
    stand.clock.advance(120)
    assert stand.service.notifications.jobs.take_back_lost() == 1
    stand.clock.advance(60)
    tried(stand, TAKEN)
    assert not stand.service.notifications.outcomes.record(lost, REFUSED)
    (message,) = told(stand, channel)
    assert (message.status, message.attempts) == (MessageStatus.DELIVERED, 1)


def test_a_try_that_takes_long_is_noted_and_not_made_again(stand: Stand) -> None:
    """A slow mail server is sent a message once, however soon pictures of lost workers go on."""
    channel = add(stand)
    stand.service.notifications.channels.test(channel.id)
    slow = claim(stand)
    assert slow is not None
    stand.clock.advance(75)
    assert stand.service.notifications.jobs.take_back_lost() == 0
    assert claim(stand) is None
    assert stand.service.notifications.outcomes.record(slow, TAKEN)


def test_a_removed_channel_is_told_nothing_more(stand: Stand) -> None:
    """Not even what still waits."""
    channel = add(stand)
    stand.service.notifications.channels.test(channel.id)
    assert stand.service.notifications.channels.remove(channel.id)
    assert claim(stand) is None
    assert stand.service.notifications.channels.get(channel.id) is None


@pytest.mark.parametrize(
    "secret", ["whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2L", "whsec_!"]
)
def test_a_secret_that_receivers_would_not_take_is_refused(stand: Stand, secret: str) -> None:
    """It is told before anything is signed with it."""
    with pytest.raises(SubmissionRefused):
        add(stand, secret=secret)


def test_addresses_and_secrets_are_sealed(stand: Stand) -> None:
    """Neither the list nor the database's own file shows them."""
    wanted = NewChannel(ChannelKind.WEBHOOK, "SOC", "https://u:geheim1@soc.example.com/h?k=geheim2")
    channel, secret = stand.service.notifications.channels.create(wanted)
    assert channel.url == "https://soc.example.com/h"
    with stand.service.database.read() as connection:
        row = str(connection.exec_driver_sql("SELECT * FROM channels").one())
    for word in ("geheim1", "geheim2", secret):
        assert word not in row


def test_a_rule_says_which_channel_is_told(stand: Stand) -> None:
    """It alone is; whoever no rule names is told of everything all the same."""
    soc, ehs, log = add(stand), add(stand, "EHS"), add(stand, "log")
    rules = stand.service.notifications.rules
    rules.create(AlertRule("fires", (soc.id,), hazards=(IncidentHazard.FIRE,)))
    rules.create(AlertRule("helmets", (ehs.id,), hazards=(IncidentHazard.NO_HELMET,)))
    for _ in range(3):
        look(stand, SMALL_FIRE)
    assert [len(told(stand, one)) for one in (soc, ehs, log)] == [1, 0, 1]


def test_a_receiver_that_hangs_does_not_make_the_others_wait(stand: Stand) -> None:
    """However much is due for it, few senders have it in hand; the next channel gets the others."""
    program, other = add(stand, "hangs"), add(stand, "answers")
    token = "https://oapi.dingtalk.com/robot/send?access_token=" + "a" * 64
    channels = stand.service.notifications.channels
    robot, _ = channels.create(NewChannel(ChannelKind.DINGTALK, "robot", token))
    for channel in (program, robot):
        for _ in range(4):
            channels.test(channel.id)
    channels.test(other.id)
    # Nobody settles anything: each of these hangs.
    claimed = [one.subject.channel_id for one in iter(lambda: claim(stand), None)]
    assert sorted(claimed) == sorted([program.id, program.id, robot.id, other.id])


def test_the_next_message_is_sent_once_the_one_before_ended(stand: Stand) -> None:
    """In order, none left out."""
    token = "https://oapi.dingtalk.com/robot/send?access_token=" + "a" * 64
    channels = stand.service.notifications.channels
    robot, _ = channels.create(NewChannel(ChannelKind.DINGTALK, "robot", token))
    written = [channels.test(robot.id) for _ in range(3)]
    assert [tried(stand, TAKEN).subject_id for _ in written] == written
    assert claim(stand) is None


def test_senders_that_claim_at_one_moment_share_one_channel_too(stand: Stand) -> None:
    """Many threads together get no more of it than one after the other."""
    channel = add(stand)
    for _ in range(20):
        stand.service.notifications.channels.test(channel.id)
    barrier = threading.Barrier(8)

    def claims() -> int:
        barrier.wait()
        return len(stand.service.notifications.jobs.claim(NOTIFY_QUEUE, "sender"))

    with ThreadPoolExecutor(8) as pool:
        assert sum(one.result() for one in [pool.submit(claims) for _ in range(8)]) == 2
