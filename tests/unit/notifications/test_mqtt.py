"""Messages and states at a real broker (Mosquitto), whatever it does."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from safety_detector.database.engine import Database
from safety_detector.database.tables import leases
from safety_detector.domain.incidents.handling import ActKind
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.jobs.records import Claim
from safety_detector.network.permitted import LOOPBACK_NETWORKS
from safety_detector.notifications import mqtt_client
from safety_detector.notifications.best_pictures import BestPictures
from safety_detector.notifications.mqtt import MqttSender
from safety_detector.notifications.mqtt_states import MqttStates
from safety_detector.notifications.mqtt_topics import Topics, device_document, object_id
from safety_detector.notifications.senders import SendingOptions
from safety_detector.service.access.audit import PROGRAM
from safety_detector.service.incidents.records import NewAct
from safety_detector.service.notifications.records import (
    NOTIFY_QUEUE,
    Attempt,
    Channel,
    ChannelKind,
    ClaimedMessage,
    Destination,
    NewChannel,
)
from tests.certificates import make_certificate
from tests.eventually import eventually
from tests.mqtt_broker import (
    PASSWORD,
    USER,
    Broker,
    Listener,
    listening,
    mqtt_broker,
    options_of,
)
from tests.seen_incidents import fire_at, see
from tests.service_stand import Stand
from tests.told_messages import told_message, told_of_incident

BASE = "safety-detector"
TOPICS = Topics(BASE, "homeassistant")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker that knows everybody."""
    with mqtt_broker(tmp_path) as one:
        yield one


@pytest.fixture
def listener(broker: Broker) -> Iterator[Listener]:
    """Somebody who hears everything."""
    with listening(broker) as one:
        yield one


def to(port: int, scheme: str = "mqtt", secret: str | None = None, **settings: Any) -> Destination:
    """A channel of a broker."""
    kept = {
        "username": None, "base_topic": BASE, "discovery_prefix": "homeassistant",
        "protocol": "5", **settings,
    }  # fmt: skip
    return Destination(f"{scheme}://localhost:{port}", secret, kept)


def send(destination: Destination, ca_file: Path | None = None) -> Attempt:
    """Sends a message about a fire at gate-3."""
    return MqttSender(LOOPBACK_NETWORKS, ca_file).send(
        told_of_incident(ChannelKind.MQTT), destination
    )


def code(attempt: Attempt) -> str:
    """Why it failed."""
    assert not attempt.is_delivered
    assert attempt.reason is not None
    assert attempt.reason.text("zh") != attempt.reason.code
    return attempt.reason.code


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_message_is_at_the_broker_when_it_is_delivered(
    broker: Broker, listener: Listener, protocol: str
) -> None:
    """Under its camera, with its id, as the event that Home Assistant understands."""
    assert send(to(broker.port, protocol=protocol)).is_delivered
    topic = TOPICS.events("gate-3")
    eventually(lambda: listener.last(topic), "the message")
    told = json.loads(listener.last(topic) or b"")
    assert told["event_type"] == told["type"] == "incident.opened"
    assert told["id"] == "01KAJA1Z8H5D2F4G6J8K0M3N5P"
    assert told["data"]["camera_name"] == "3号门"
    assert not any(retained for one, _, retained in listener.messages if one == topic)


def test_what_is_about_no_camera_has_a_topic_of_its_own(broker: Broker, listener: Listener) -> None:
    """Tests and digests."""
    message = told_message(ChannelKind.MQTT, {"type": "channel.test", "data": {"channel": "x"}})
    assert MqttSender(LOOPBACK_NETWORKS, None).send(message, to(broker.port)).is_delivered
    eventually(lambda: listener.last(f"{BASE}/events"), "the message")


def test_tls_and_a_login(tmp_path: Path) -> None:
    """Encrypted, with user and password, and only where the certificate is believed."""
    certificate = make_certificate(tmp_path)
    options = options_of(tmp_path, certificate, asks_login=True)
    with mqtt_broker(tmp_path, options) as broker:
        known = to(broker.port, "mqtts", PASSWORD, username=USER)
        assert send(known, certificate.cert).is_delivered
        assert code(send(known)) == "receiver-not-trusted"
        wrong = send(replace(known, secret=USER), certificate.cert)
        assert code(wrong) == "mqtt-refused"
        assert wrong.reason is not None
        assert "ot authorized" in wrong.reason.text("en")
        assert code(send(to(broker.port, "mqtts"), certificate.cert)) == "mqtt-refused"
        plain = send(to(broker.port, "mqtt", PASSWORD, username=USER))
        assert not plain.is_delivered


def test_a_topic_that_is_forbidden_is_no_delivery(tmp_path: Path) -> None:
    """Of MQTT 5 the broker says so; the log names the topic."""
    with mqtt_broker(tmp_path, options_of(tmp_path, asks_login=True)) as broker:
        channel = to(broker.port, secret=PASSWORD, username=USER, base_topic="forbidden")
        attempt = send(channel)
    assert code(attempt) == "mqtt-publish-refused"
    assert attempt.reason is not None
    assert "forbidden/cameras/gate-3/events" in attempt.reason.text("en")


def test_nobody_there_and_nowhere_that_is_allowed(broker: Broker) -> None:
    """Each says what it is."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = server.getsockname()[1]
    assert code(send(to(closed))) == "receiver-unreachable"
    attempt = MqttSender((), None).send(told_of_incident(ChannelKind.MQTT), to(broker.port))
    assert code(attempt) == "receiver-not-allowed"


@pytest.mark.attack("brokers")
@pytest.mark.parametrize(
    "said",
    [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\xff\xff\xff\x7f", b"\x20\x02\x00\x05",
     b"\x00" * 1000, b"\xff" * 1000, b"\x20\x00", b"\x30\x05\x00\x03a/b" * 500],
    ids=["silent", "http", "huge", "refuses", "zeros", "ones", "short", "publishes"],
)  # fmt: skip
def test_a_hostile_broker_holds_nobody(monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    """Whatever it answers, the try ends, in words."""
    monkeypatch.setattr(mqtt_client, "_ANSWER_S", 0.5)
    monkeypatch.setattr(mqtt_client, "_FAREWELL_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(said)
                over.wait(20)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        attempt = send(to(server.getsockname()[1]))
        over.set()
        thread.join()
    assert code(attempt)


def add_channel(stand: Stand, broker: Broker, **settings: Any) -> Channel:
    """A channel of the broker."""
    destination = to(broker.port, **settings)
    wanted = NewChannel(ChannelKind.MQTT, "Control", destination.url, settings=destination.settings)
    return stand.service.notifications.channels.create(wanted)[0]


@pytest.fixture
def keep(stand: Stand) -> Iterator[Callable[[], MqttStates]]:
    """Begins to keep states, as a process of the API does."""
    begun: list[MqttStates] = []

    def begin() -> MqttStates:
        options = SendingOptions(LOOPBACK_NETWORKS)
        states = MqttStates(stand.service, options, BestPictures(stand.service.inspections.results))
        states.start()
        begun.append(states)
        return states

    yield begin
    for states in begun:
        states.stop()


def test_the_present_stands_at_the_broker(
    stand: Stand, broker: Broker, listener: Listener, keep: Callable[[], MqttStates]
) -> None:
    """For each camera and hazard, retained; with the picture; and what a person dismissed goes."""
    fire = fire_at(stand, "gate-3")
    see(stand, camera_id="gate-4")
    add_channel(stand, broker)
    keep()
    status, hazard = f"{BASE}/status", TOPICS.hazard("gate-3", "fire")
    eventually(lambda: listener.last(status) == b"online", "online")
    assert listener.last(hazard) == b"ON"
    for other in IncidentHazard:
        if other is not IncidentHazard.FIRE:
            assert listener.last(TOPICS.hazard("gate-3", other)) == b"OFF"
        assert listener.last(TOPICS.hazard("gate-4", other)) == b"OFF"
    told = json.loads(listener.last(TOPICS.incident("gate-3", "fire")) or b"")
    assert told["id"] == fire.id
    picture = listener.last(TOPICS.picture("gate-3"))
    assert picture is not None
    assert picture.startswith(b"\xff\xd8")
    with listening(broker) as late:
        eventually(lambda: late.last(hazard) == b"ON", "the retained state")
        assert all(retained for _, _, retained in late.messages)
    stand.service.incidents.acts.do(fire.id, NewAct(ActKind.DISMISS, "the sun"), PROGRAM)
    eventually(lambda: listener.last(hazard) == b"OFF", "the hazard gone")
    assert "id" not in json.loads(listener.last(TOPICS.incident("gate-3", "fire")) or b"")


def test_the_broker_says_when_the_service_is_gone(
    stand: Stand, broker: Broker, listener: Listener, keep: Callable[[], MqttStates]
) -> None:
    """In order, and by its will; who comes back tells the present at once."""
    fire_at(stand, "gate-3")
    add_channel(stand, broker)
    states = keep()
    status = f"{BASE}/status"
    eventually(lambda: listener.last(status) == b"online", "online")
    states.stop()
    eventually(lambda: listener.last(status) == b"offline", "offline")
    assert "safety-detector" in broker.log
    keep()
    eventually(lambda: listener.last(status) == b"online", "online again")


def test_a_broker_that_forgot_everything_is_told_again(
    stand: Stand, broker: Broker, keep: Callable[[], MqttStates]
) -> None:
    """It was killed and keeps nothing; soon after it is back all of it stands there again."""
    fire_at(stand, "gate-3")
    add_channel(stand, broker)
    keep()
    for _ in range(2):
        with listening(broker) as listener:
            wanted = TOPICS.hazard("gate-3", "fire")
            eventually(lambda: listener.last(wanted) == b"ON", "the state")  # noqa: B023
            eventually(lambda: listener.last(f"{BASE}/status") == b"online", "online")
        broker.stop()
        broker.start()


def test_what_waits_is_sent_when_the_broker_is_back(
    stand: Stand, broker: Broker, keep: Callable[[], MqttStates]
) -> None:
    """Nobody waits for the next try of the schedule, which may be hours away."""
    channel = add_channel(stand, broker)
    stand.service.notifications.channels.test(channel.id)
    away = Attempt(False, 5)
    for _ in range(3):
        stand.clock.advance(3600)
        (claim,) = claims(stand)
        assert stand.service.notifications.outcomes.record(claim, away)
    stand.clock.advance(300)
    assert claims(stand) == []
    keep()
    eventually(lambda: claims(stand), "the message due")


def claims(stand: Stand) -> list[Claim[ClaimedMessage]]:
    """What is to be sent now."""
    return stand.service.notifications.jobs.claim(NOTIFY_QUEUE, "sender")


def test_two_processes_do_not_take_the_name_from_each_other(
    stand: Stand, broker: Broker, listener: Listener, keep: Callable[[], MqttStates]
) -> None:
    """One of them keeps the states; when it goes the other does, and never both."""
    channel = add_channel(stand, broker)
    first = keep()
    status = f"{BASE}/status"
    eventually(lambda: listener.last(status) == b"online", "online")
    keep()
    holder = lambda: _holder(stand.service.database, channel)  # noqa: E731
    one = holder()
    first.stop()
    eventually(lambda: holder() not in (None, one), "another holder")
    eventually(lambda: listener.last(status) == b"online", "online again")
    told = [payload for topic, payload, _ in listener.messages if topic == status]
    assert told == [b"online", b"offline", b"online"]


def test_what_is_gone_is_taken_away(
    stand: Stand, broker: Broker, listener: Listener, keep: Callable[[], MqttStates]
) -> None:
    """A camera that is removed while nobody looks, a channel that is removed; others' stay."""
    for camera in ("gate-3", "gate-4"):
        fire_at(stand, camera)
    channel = add_channel(stand, broker)
    first = keep()
    device = f"homeassistant/device/{TOPICS.device_id('gate-3')}/config"
    status = f"{BASE}/status"
    eventually(lambda: listener.last(status) == b"online", "online")
    assert json.loads(listener.last(device) or b"")["device"]["name"] == "Gate 3"
    first.stop()
    stand.service.cameras.records.remove("gate-3")
    keep()
    eventually(lambda: listener.last(device) == b"", "the device gone")
    assert listener.last(TOPICS.hazard("gate-3", "fire")) == b""
    assert listener.last(TOPICS.hazard("gate-4", "fire")) == b"ON"
    stand.service.notifications.channels.remove(channel.id)
    eventually(lambda: listener.last(status) == b"", "the channel gone")
    with listening(broker) as late:
        assert late.last(TOPICS.hazard("gate-4", "fire")) is None


def test_home_assistant_is_told_nothing_where_nobody_wants_that(
    stand: Stand, broker: Broker, listener: Listener, keep: Callable[[], MqttStates]
) -> None:
    """The states are there all the same, under the topics that were asked for."""
    fire_at(stand, "gate-3")
    add_channel(stand, broker, base_topic="works/east", discovery_prefix=None)
    keep()
    eventually(lambda: listener.last("works/east/status") == b"online", "online")
    assert listener.last("works/east/cameras/gate-3/hazards/fire") == b"ON"
    assert not any(topic.startswith("homeassistant") for topic, _, _ in listener.messages)


def test_a_device_has_a_sensor_a_hazard_a_picture_and_events() -> None:
    """Each with an id of its own, whatever characters the camera's has."""
    document = device_document(TOPICS, "gate.3", "Gate 3", "zh", None)
    parts = document["components"]
    assert {*parts} == {*(one.value for one in IncidentHazard), "picture", "events"}
    ids = [part["unique_id"] for part in parts.values()]
    assert len(set(ids)) == len(ids)
    assert parts["fire"]["name"] == "火焰"
    assert object_id("gate.3") != object_id("gate_3")


def _holder(database: Database, channel: Channel) -> str | None:
    query = select(leases.c.holder).where(leases.c.name == f"mqtt-{channel.id}")
    with database.read() as connection:
        found: str | None = connection.scalar(query)
    return found
