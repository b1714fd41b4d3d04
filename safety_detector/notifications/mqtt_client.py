"""A connection to an MQTT broker at a checked address.

paho-mqtt resolves names and connects by itself; here both are done before, so that no second look
at a name finds another address.
"""

from __future__ import annotations

import select
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from safety_detector.ingest.trust import certificate_problem, trusted_authorities
from safety_detector.message_texts.reason import Reason, system_cause
from safety_detector.network.permitted import Network
from safety_detector.notifications.connecting import Endpoint, NotReached, connect, is_public

PORTS = {"mqtt": 1883, "mqtts": 8883}
"""As IANA has them."""

_ANSWER_S = 5.0  # for one answer of the broker
_KEEP_ALIVE_S = 20
_FAREWELL_S = 2.0
_LOOK_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Broker:
    """Where a broker is, and as whom it knows us.

    Attributes:
        endpoint: its address; ``mqtts`` for TLS.
        username, password: None where it asks for none.
        protocol: ``5`` or ``3.1.1``.
        ca_file: certificates (PEM) that are trusted besides the usual ones.
        allow: networks that may be reached besides public ones.
    """

    endpoint: Endpoint
    username: str | None
    password: str | None
    protocol: str
    ca_file: Path | None
    allow: Sequence[Network]


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says when we are gone without a word; it is retained."""

    topic: str
    payload: str


class MqttRefused(Exception):
    """A broker refused, or went away.

    Args:
        reason: in words.
        code: of its answer; None where there was none.
    """

    def __init__(self, reason: Reason, code: int | None = None) -> None:
        super().__init__(reason.text("en"))
        self.reason = reason
        self.code = code


class MqttConnection:
    """One connection, used by one thread; it is not made again when it is lost.

    paho's own loop is left aside: it knows no connection beyond the process's first thousand files.

    Args:
        broker: whom to reach.
        client_id: another connection with the same one ends this one.
        will: said by the broker when this ends without ``close``.
        on_message: told topic and payload of what was subscribed to, while something is waited for.

    Raises:
        NotReached: there is no connection.
        MqttRefused: the broker does not want it.
    """

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        will: Will | None = None,
        on_message: Callable[[str, bytes], None] | None = None,
    ) -> None:
        self._client = _CheckedClient(broker, client_id)
        self._on_message = on_message
        self._connect_code: ReasonCode | None = None
        self._acknowledged: dict[int, ReasonCode] = {}
        client = self._client
        if broker.username is not None:
            client.username_pw_set(broker.username, broker.password)
        if will is not None:
            client.will_set(will.topic, will.payload, qos=1, retain=True)
        client.on_connect = self._connected
        client.on_publish = self._published
        client.on_message = self._arrived
        try:
            self._open(broker.endpoint)
        except BaseException:
            self.drop()
            raise

    @property
    def is_connected(self) -> bool:
        """Whether it still stands, as far as is known."""
        return self._client.socket() is not None

    def publish(self, messages: Sequence[tuple[str, bytes | str]], *, retain: bool = False) -> None:
        """Publishes, and waits until the broker has all of them (QoS 1).

        Raises:
            MqttRefused: of one it is not known that the broker has it.
        """
        waiting = []
        for topic, payload in messages:
            sent = self._client.publish(topic, payload, qos=1, retain=retain)
            if sent.rc is not MQTTErrorCode.MQTT_ERR_SUCCESS:
                raise MqttRefused(Reason("mqtt-connection-lost"))
            waiting.append((topic, sent))
        self._spin(lambda: all(sent.is_published() for _, sent in waiting), _ANSWER_S)
        for topic, sent in waiting:
            code = self._acknowledged.pop(sent.mid, None)
            if code is not None and code.is_failure:
                reason = Reason.of("mqtt-publish-refused", topic=topic, text=str(code))
                raise MqttRefused(reason, code.value)

    def subscribe(self, topic: str) -> None:
        """Asks for what is published there, retained messages first."""
        self._client.subscribe(topic, qos=0)

    def attend(self, for_s: float) -> None:
        """Takes what arrives and keeps the connection alive for so long, or until it is lost."""
        until = time.monotonic() + for_s
        with suppress(MqttRefused):
            self._spin(lambda: time.monotonic() >= until, for_s + _ANSWER_S)

    def close(self) -> None:
        """Says goodbye; the will is not said then."""
        self._client.disconnect()
        with suppress(MqttRefused):
            self._spin(lambda: not self.is_connected, _FAREWELL_S)
        self.drop()

    def drop(self) -> None:
        """Ends it without a word, so that the broker says the will."""
        self._client.cut()

    def _open(self, endpoint: Endpoint) -> None:
        try:
            self._client.connect(endpoint.host, endpoint.port, keepalive=_KEEP_ALIVE_S)
        except TimeoutError:
            raise NotReached(Reason.of("receiver-silent", seconds=_ANSWER_S)) from None
        except (OSError, ValueError) as exc:
            raise NotReached(_problem(exc)) from exc
        self._spin(lambda: self._connect_code is not None, _ANSWER_S)
        code = self._connect_code
        if code is not None and code.is_failure:
            raise MqttRefused(Reason.of("mqtt-refused", text=str(code)), code.value)

    def _spin(self, is_done: Callable[[], bool], within_s: float) -> None:
        """Takes and gives what there is until something is done.

        Raises:
            MqttRefused: the connection is lost, or it takes too long.
        """
        deadline = time.monotonic() + within_s
        while not is_done():
            connection = self._client.socket()
            if not isinstance(connection, socket.socket):
                raise MqttRefused(Reason("mqtt-connection-lost"))
            if time.monotonic() > deadline:
                raise MqttRefused(Reason.of("receiver-silent", seconds=within_s))
            arrives, goes = _ready(connection, wants_write=self._client.want_write())
            if arrives:
                self._client.loop_read()
            if goes:
                self._client.loop_write()
            self._client.loop_misc()

    def _connected(
        self,
        _client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._connect_code = code

    def _published(
        self,
        _client: Client,
        _userdata: object,
        mid: int,
        code: ReasonCode,
        _properties: Properties,
    ) -> None:
        self._acknowledged[mid] = code

    def _arrived(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        if self._on_message is not None:
            self._on_message(message.topic, bytes(message.payload))


def _ready(connection: socket.socket, *, wants_write: bool) -> tuple[bool, bool]:
    """Whether there is something to read, and room to write, now or in a moment."""
    if isinstance(connection, ssl.SSLSocket) and connection.pending():
        return True, wants_write
    poll = select.poll()
    poll.register(connection, select.POLLIN | (select.POLLOUT if wants_write else 0))
    events = dict(poll.poll(_LOOK_EVERY_S * 1000)).get(connection.fileno(), 0)
    return bool(events & ~select.POLLOUT), bool(events & select.POLLOUT)


class _CheckedClient(Client):
    """paho's client, on a connection that was made here."""

    def __init__(self, broker: Broker, client_id: str) -> None:
        is_5 = broker.protocol == "5"
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=None if is_5 else True,
            protocol=MQTTProtocolVersion.MQTTv5 if is_5 else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        self._broker = broker

    def _create_socket_connection(self) -> socket.socket:
        """A connection to an address that may be reached, with TLS where it is asked for."""
        endpoint = self._broker.endpoint
        plain = connect(endpoint, self._broker.allow)
        if endpoint.scheme == "mqtts":
            context = trusted_authorities(self._broker.ca_file).context
            plain.settimeout(_ANSWER_S)
            try:
                return context.wrap_socket(plain, server_hostname=endpoint.host)
            except BaseException:
                plain.close()
                raise
        if self._broker.password is not None and is_public(plain):
            plain.close()
            raise NotReached(Reason("mqtt-open-to-public"))
        return plain

    def cut(self) -> None:
        """Closes the connection as if the network were gone."""
        self._sock_close()


def _problem(error: OSError | ValueError) -> Reason:
    found = certificate_problem(error)
    if found is not None and found.code == "certificate-not-trusted":
        return Reason.of("receiver-not-trusted", cause=found.facts["cause"])
    if found is not None:
        return Reason.of("receiver-unreachable", cause=found)
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
        return Reason.of("receiver-unreachable", cause=system_cause(error))
    return Reason.of("receiver-unreachable", cause=str(error))
