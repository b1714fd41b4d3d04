"""What is retained at brokers: for each camera and hazard whether it is seen now, and its picture.

That is the present, and not its news: whoever subscribes, or comes back, knows it at once.  One
process at a time keeps a channel's (a lease says which), since a client id and a will belong to one
connection.  When it ends or is killed, the broker says ``offline``, and another goes on.

What is published is what is wanted less what is there; a new connection takes nothing for there.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from safety_detector.documents.incidents import IncidentDocument
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.errors import SafetyDetectorError
from safety_detector.message_texts.phrase import Language
from safety_detector.notifications.best_pictures import BestPictures
from safety_detector.notifications.connecting import NotReached
from safety_detector.notifications.mqtt import broker_of, topics_of
from safety_detector.notifications.mqtt_client import MqttConnection, MqttRefused, Will
from safety_detector.notifications.mqtt_topics import (
    OFF,
    OFFLINE,
    ON,
    ONLINE,
    Topics,
    device_document,
)
from safety_detector.notifications.senders import SendingOptions
from safety_detector.service.core import Service
from safety_detector.service.notifications.present_hazards import CameraHazards
from safety_detector.service.notifications.records import Channel, ChannelKind, Destination
from safety_detector.service.operation.presence import worker_name

_log = logging.getLogger(__name__)

_LEASE = timedelta(seconds=6)
_LOOK_EVERY_S = 1.0
_CHANNELS_EVERY_S = 2.0
_LONGEST_PAUSE_S = 30.0  # between tries to reach a broker that is away
_AT_ONCE = 100  # messages, between looks whether the channel is still ours
_END_WITHIN_S = 5.0
_PICTURE_BYTES = 300_000
_PICTURE_SIDE_PX = 1280


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be retained.

    Attributes:
        payloads: by topic.
        pictures: by topic the inspection whose picture stands there.
    """

    payloads: Mapping[str, str]
    pictures: Mapping[str, str]


def wanted(
    topics: Topics,
    channel_id: str,
    cameras: Iterable[CameraHazards],
    language: Language,
    public_url: str | None,
) -> Wanted:
    """What is to be retained of these cameras.

    The topic of an incident names the channel, so that of several services at one broker each
    clears away what it has put there itself.
    """
    payloads: dict[str, str] = {}
    pictures: dict[str, str] = {}
    for camera in cameras:
        device = topics.device(camera.camera_id)
        if device is not None:
            document = device_document(topics, camera.camera_id, camera.name, language, public_url)
            payloads[device] = _json(document)
        for hazard in IncidentHazard:
            incident = camera.incidents.get(hazard)
            told: dict[str, object] = {"channel_id": channel_id}
            if incident is not None:
                told |= IncidentDocument.of(incident, base_path=public_url or "").as_json()
            payloads[topics.hazard(camera.camera_id, hazard)] = OFF if incident is None else ON
            payloads[topics.incident(camera.camera_id, hazard)] = _json(told)
        latest = camera.latest
        if latest is not None and latest.best_inspection_id is not None:
            pictures[topics.picture(camera.camera_id)] = latest.best_inspection_id
    return Wanted(payloads, pictures)


class MqttStates:
    """Keeps what is retained, for every channel of MQTT, in the background of a process.

    Args:
        service: where it all is.
        options: the operator's.
        pictures: what is shown of incidents.
    """

    def __init__(self, service: Service, options: SendingOptions, pictures: BestPictures) -> None:
        self._service = service
        self._options = options
        self._pictures = pictures
        self._stopping = threading.Event()
        self._keepers: dict[str, _Keeper] = {}
        self._thread = threading.Thread(target=self._run, name="mqtt-states", daemon=True)

    def start(self) -> None:
        """Begins to look for channels."""
        self._thread.start()

    def stop(self) -> None:
        """Ends; brokers are told that the service is gone."""
        self._stopping.set()
        self._thread.join(timeout=_END_WITHIN_S)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._look()
            except SafetyDetectorError as exc:
                _log.warning("channels of MQTT are not looked at: %s", exc)
            except Exception:  # noqa: BLE001 (the edge of a thread that must not end)
                _log.exception("the keeping of states at brokers failed")
            self._stopping.wait(_CHANNELS_EVERY_S)
        keepers = list(self._keepers.values())
        for keeper in keepers:
            keeper.stop()
        for keeper in keepers:
            keeper.join(_END_WITHIN_S)

    def _look(self) -> None:
        """Starts and ends keepers, as channels come, change and go."""
        found = {
            channel.id: (channel, destination)
            for channel, destination in self._service.notifications.channels.destinations(
                ChannelKind.MQTT
            )
        }
        for channel_id, keeper in list(self._keepers.items()):
            if found.get(channel_id) != (keeper.channel, keeper.destination):
                keeper.stop(forget=channel_id not in found)
                keeper.join(_END_WITHIN_S)
                del self._keepers[channel_id]
        for channel_id, (channel, destination) in found.items():
            if channel_id not in self._keepers:
                keeper = _Keeper(self._service, channel, destination, self._options, self._pictures)
                self._keepers[channel_id] = keeper
                keeper.start()


class _Keeper:
    """Keeps what is retained for one channel, whenever this process holds its lease."""

    def __init__(
        self,
        service: Service,
        channel: Channel,
        destination: Destination,
        options: SendingOptions,
        pictures: BestPictures,
    ) -> None:
        self.channel = channel
        self.destination = destination
        self._service = service
        self._options = options
        self._pictures = pictures
        self._topics = topics_of(destination)
        self._lease = f"mqtt-{channel.id}"
        self._holder = f"{worker_name('mqtt')}-{id(self)}"
        self._stopping = threading.Event()
        self._forget = False
        self._connection: MqttConnection | None = None
        self._there: dict[str, str] = {}
        self._cameras: set[str] = set()
        self._pause_s = _LOOK_EVERY_S
        self._next_try_s = 0.0
        self._is_told = False
        self._thread = threading.Thread(
            target=self._run, name=f"mqtt-{channel.id[-6:]}", daemon=True
        )

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self, *, forget: bool = False) -> None:
        """Lets it end.

        Args:
            forget: whether everything that is retained goes, since the channel is gone.
        """
        self._forget = forget
        self._stopping.set()

    def join(self, within_s: float) -> None:
        """Waits for the end."""
        self._thread.join(within_s)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._keep()
            except (NotReached, MqttRefused) as exc:
                self._lose(exc.reason.text("en"))
            except SafetyDetectorError as exc:
                _log.warning("states are not published: %s", exc)
                self._stopping.wait(_LOOK_EVERY_S)
            except Exception:  # noqa: BLE001 (the edge of a thread that must not end)
                _log.exception("states are not published")
                self._lose("a fault")
        self._end()

    def _keep(self) -> None:
        """One round: the lease, the connection, what has changed; takes a second."""
        if not self._holds():
            self._drop()
            self._stopping.wait(_LOOK_EVERY_S)
            return
        if self._connection is None or not self._connection.is_connected:
            self._drop()
            if time.monotonic() < self._next_try_s:
                self._stopping.wait(_LOOK_EVERY_S)
                return
            self._connect()
            return
        self._publish_changes(self._connection)
        self._connection.attend(_LOOK_EVERY_S)

    def _connect(self) -> None:
        topics = self._topics
        connection = MqttConnection(
            broker_of(self.destination, self._options.allow, self._options.ca_file),
            f"safety-detector-{self.channel.id}",
            Will(topics.status, OFFLINE),
            self._found,
        )
        self._connection = connection
        self._there = {}
        if not self._holds():  # reaching the broker took longer than the lease
            self._drop()
            return
        connection.subscribe(topics.known_incidents)
        self._publish_changes(connection)
        connection.publish([(topics.status, ONLINE)], retain=True)
        self._pause_s = _LOOK_EVERY_S
        if self._is_told:
            _log.info("the broker of channel %s is there again", self.channel.name)
            self._is_told = False
        self._service.notifications.channels.hasten(self.channel.id)

    def _publish_changes(self, connection: MqttConnection) -> None:
        cameras = self._service.notifications.present.read()
        target = wanted(
            self._topics,
            self.channel.id,
            cameras,
            self.channel.language,
            self._options.public_url,
        )
        for camera_id in sorted(self._cameras - {one.camera_id for one in cameras}):
            self._clear(connection, camera_id)
        self._cameras = {one.camera_id for one in cameras}
        changed = [
            (topic, payload)
            for topic, payload in target.payloads.items()
            if self._there.get(topic) != payload
        ]
        self._publish(connection, changed)
        for topic, inspection_id in target.pictures.items():
            if self._there.get(topic) == inspection_id:
                continue
            best = {"data": {"best": {"inspection_id": inspection_id}}}
            picture = self._pictures.jpeg(best, _PICTURE_BYTES, _PICTURE_SIDE_PX)
            if picture is not None:
                connection.publish([(topic, picture)], retain=True)
            self._there[topic] = inspection_id

    def _publish(self, connection: MqttConnection, changed: Sequence[tuple[str, str]]) -> None:
        for start in range(0, len(changed), _AT_ONCE):
            some = changed[start : start + _AT_ONCE]
            if start and not self._holds():
                return
            connection.publish(some, retain=True)
            self._there |= dict(some)

    def _clear(self, connection: MqttConnection, camera_id: str) -> None:
        """Takes away what is retained of a camera; an empty payload does."""
        topics = self._topics.of_camera(camera_id)
        connection.publish([(topic, b"") for topic in topics], retain=True)
        for topic in topics:
            self._there.pop(topic, None)

    def _found(self, topic: str, payload: bytes) -> None:
        """Something is retained: of a camera that is gone, if this channel has put it there."""
        camera_id = self._topics.camera_of(topic)
        if camera_id is None or not payload:
            return
        try:
            told = json.loads(payload)
        except ValueError:
            return
        if isinstance(told, dict) and told.get("channel_id") == self.channel.id:
            self._cameras.add(camera_id)

    def _holds(self) -> bool:
        return self._service.operation.upkeep.hold_lease(self._lease, self._holder, _LEASE)

    def _lose(self, why: str) -> None:
        self._drop()
        self._next_try_s = time.monotonic() + self._pause_s
        self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)
        if not self._is_told:
            _log.warning("the broker of channel %s is not told: %s", self.channel.name, why)
            self._is_told = True
        self._stopping.wait(_LOOK_EVERY_S)

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.drop()
            self._connection = None

    def _end(self) -> None:
        """Says goodbye where there is somebody to hear it, and lets another process go on."""
        steps: tuple[Callable[[], None], ...] = (self._say_goodbye, self._let_go)
        for step in steps:
            try:
                step()
            except (NotReached, MqttRefused, SafetyDetectorError) as exc:
                _log.warning("channel %s: %s", self.channel.name, exc)
        self._drop()

    def _say_goodbye(self) -> None:
        connection = self._connection
        if connection is None or not connection.is_connected:
            return
        if self._forget:
            for camera_id in sorted(self._cameras):
                self._clear(connection, camera_id)
        gone = b"" if self._forget else OFFLINE
        connection.publish([(self._topics.status, gone)], retain=True)
        connection.close()

    def _let_go(self) -> None:
        self._service.operation.upkeep.give_up_lease(self._lease, self._holder)


def _json(document: Mapping[str, object]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
