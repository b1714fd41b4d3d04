"""Messages to MQTT: each try is a connection of its own, until the broker has the message.

So any process sends, and none of them holds a name at the broker that another one needs.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Sequence
from pathlib import Path

from safety_detector.message_texts.reason import Reason
from safety_detector.network.permitted import Network
from safety_detector.notifications.connecting import Endpoint, NotReached
from safety_detector.notifications.mqtt_client import PORTS, Broker, MqttConnection, MqttRefused
from safety_detector.notifications.mqtt_topics import Topics
from safety_detector.service.notifications.records import Attempt, ClaimedMessage, Destination


class MqttSender:
    """Publishes messages.

    Args:
        allow: networks in which brokers may be besides public ones.
        ca_file: certificates (PEM) that are trusted besides the usual ones.
    """

    def __init__(self, allow: Sequence[Network], ca_file: Path | None) -> None:
        self._allow = allow
        self._ca_file = ca_file

    def send(self, message: ClaimedMessage, destination: Destination) -> Attempt:
        """Tries once; the broker has it, or it is tried again with the same ``id``."""
        topics = topics_of(destination)
        camera_id = message.body.get("data", {}).get("camera_id")
        told = {"event_type": message.type, "id": message.id, **message.body}
        payload = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        began = time.monotonic()
        reason: Reason | None = None
        code: int | None = 0
        try:
            connection = MqttConnection(
                broker_of(destination, self._allow, self._ca_file),
                f"safety-detector-{secrets.token_hex(6)}",
            )
            try:
                connection.publish([(topics.events(camera_id), payload)])
            finally:
                connection.close()
        except NotReached as exc:
            reason, code = exc.reason, None
        except MqttRefused as exc:
            reason, code = exc.reason, exc.code
        took_ms = round((time.monotonic() - began) * 1000)
        return Attempt(reason is None, took_ms, code, reason)


def broker_of(destination: Destination, allow: Sequence[Network], ca_file: Path | None) -> Broker:
    """The broker of a channel."""
    settings = destination.settings
    return Broker(
        Endpoint.of(destination.url, PORTS),
        settings.get("username"),
        destination.secret,
        settings["protocol"],
        ca_file,
        allow,
    )


def topics_of(destination: Destination) -> Topics:
    """The topics of a channel."""
    return Topics(destination.settings["base_topic"], destination.settings["discovery_prefix"])
