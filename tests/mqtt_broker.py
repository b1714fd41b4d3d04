"""A real Mosquitto, where one is installed; the tests that need it skip elsewhere."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from tests.certificates import CertificateFiles
from tests.ports import free_port

_START_TIMEOUT_S = 60.0
_PLACES = ("/usr/sbin", "/usr/local/sbin", "/sbin")  # Debian keeps it from users' PATH
USER, PASSWORD = "safety", "pä ss=wörd"


class Broker:
    """A broker that a test may stop, kill and start again; it keeps nothing.

    Attributes:
        port: where it listens, the same after a restart.
        log: what it has said.
    """

    def __init__(self, folder: Path, options: str) -> None:
        self.port = free_port()
        self._folder = folder
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\nmax_packet_size 2000000\n{options}\n",
            encoding="utf-8",
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it, empty."""
        with (self._folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen(
                [mosquitto_program(), "-c", str(self._config)], stdout=log, stderr=log
            )
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise AssertionError(f"mosquitto ended: {self.log}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise AssertionError("mosquitto does not listen")

    @property
    def log(self) -> str:
        """What it has said."""
        return (self._folder / "mosquitto.log").read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        """Ends it without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Listener:
    """Somebody who subscribes to everything, by paho's own client.

    Attributes:
        messages: topic, payload and whether it was retained, in order.
    """

    def __init__(self, port: int) -> None:
        self.messages: list[tuple[str, bytes, bool]] = []
        self._ready = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._take
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._ready.wait(_START_TIMEOUT_S)

    def _take(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        self.messages.append((message.topic, message.payload, message.retain))

    def last(self, topic: str) -> bytes | None:
        """What came last to a topic."""
        found = [payload for one, payload, _ in list(self.messages) if one == topic]
        return found[-1] if found else None

    def close(self) -> None:
        """Goes."""
        self._client.disconnect()
        self._client.loop_stop()


def mosquitto_program() -> str:
    """The path of Mosquitto; skips the test where there is none."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *_PLACES])
    found = shutil.which("mosquitto", path=path)
    if found is None:
        pytest.skip("mosquitto is not installed (Debian: apt-get install mosquitto)")
    return found


def options_of(
    folder: Path, certificate: CertificateFiles | None = None, *, asks_login: bool = False
) -> str:
    """Lines of its configuration.

    Args:
        folder: for its files.
        certificate: shown for TLS; None for a broker without.
        asks_login: whether it knows one user alone, who may not publish below ``forbidden``.
    """
    lines = [f"allow_anonymous {'false' if asks_login else 'true'}", "user root"]
    if certificate is not None:
        lines += [f"certfile {certificate.cert}", f"keyfile {certificate.key}"]
    if asks_login:
        passwords, acl = folder / "passwords", folder / "acl"
        passwords.write_text(f"{USER}:{PASSWORD}\n", encoding="utf-8")
        subprocess.run(["mosquitto_passwd", "-U", str(passwords)], check=True)
        acl.write_text(f"user {USER}\ntopic readwrite safety-detector/#\n", encoding="utf-8")
        lines += [f"password_file {passwords}", f"acl_file {acl}"]
    return "\n".join(lines)


@contextmanager
def mqtt_broker(folder: Path, options: str = "allow_anonymous true") -> Iterator[Broker]:
    """Runs a broker."""
    broker = Broker(folder, options)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


@contextmanager
def listening(broker: Broker) -> Iterator[Listener]:
    """Somebody who hears everything."""
    listener = Listener(broker.port)
    try:
        yield listener
    finally:
        listener.close()
