"""Services that Apprise knows, by a process that reaches nothing else."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest

from safety_detector.network.permitted import LOOPBACK_NETWORKS, Network
from safety_detector.notifications import apprise_channel
from safety_detector.notifications.apprise_channel import AppriseSender
from safety_detector.notifications.apprise_process import without
from safety_detector.notifications.wording import Wording
from safety_detector.service.notifications.records import Attempt, ChannelKind, Destination
from tests.pictures import jpeg
from tests.told_messages import told_of_incident
from tests.webhook_receiver import Receiver, webhook_receiver

from .test_robots import OnePicture

pytestmark = pytest.mark.processes


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A service on loopback."""
    with webhook_receiver() as one:
        one.statuses = [200]
        yield one


def send(url: str, allow: tuple[Network, ...] = LOOPBACK_NETWORKS) -> Attempt:
    """Tells a service of an incident."""
    sender = AppriseSender(allow, Wording(None, UTC), OnePicture(jpeg()))
    return sender.send(told_of_incident(ChannelKind.APPRISE), Destination(url, None, {}))


def port(receiver: Receiver) -> str:
    """Its port."""
    return receiver.url.split(":")[2].split("/")[0]


def words(attempt: Attempt) -> str:
    """What the log says."""
    assert not attempt.is_delivered
    assert attempt.reason is not None
    return attempt.reason.text("en")


def test_a_service_gets_text_and_picture(receiver: Receiver) -> None:
    """In the channel's language, urgent where it may burn."""
    assert send(f"json://127.0.0.1:{port(receiver)}/x").is_delivered
    said = json.loads(receiver.received[0].body)
    assert said["title"].startswith("3号门：发现火焰")
    assert "首次发现" in said["message"]
    assert "3号门：发现火焰" not in said["message"]
    assert said["type"] == "failure"
    assert base64.b64decode(said["attachments"][0]["base64"]) == jpeg()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::ffff:7f00:1]"])
def test_private_addresses_need_the_operators_word(receiver: Receiver, host: str) -> None:
    """However they are written; nothing is sent there."""
    assert words(send(f"json://{host}:{port(receiver)}/x", ()))
    assert receiver.received == []


def test_a_redirect_leads_nowhere_else(receiver: Receiver) -> None:
    """Where it goes is checked as its address was."""
    receiver.statuses, receiver.headers = [302], {"location": "http://169.254.169.254/latest"}
    assert "169.254.169.254" in words(send(f"json://127.0.0.1:{port(receiver)}/?redirect=yes"))


def test_no_file_of_the_machine_is_read(receiver: Receiver, tmp_path: Path) -> None:
    """Some services take a file's name in their address and send what it holds."""
    secret = tmp_path / "seal.key"
    secret.write_text('{"text": "geheim"}')
    for path in (secret, Path("/etc/passwd")):
        url = f"workflows://127.0.0.1:{port(receiver)}/a/b/c?template={path}"
        assert f"leads to {path.resolve()}" in words(send(url))
    assert receiver.received == []


def test_what_apprise_does_not_know_is_said_without_what_is_secret() -> None:
    """The address stands in no log."""
    said = words(send("nonsense://user:geheim123@host.example/tokentoken"))
    assert "cannot use this address" in said
    assert "geheim123" not in said
    assert "tokentoken" not in said
    assert without("tgram://1:abcdefgh/2", "failed at abcdefgh/2") == "failed at …/2"


def test_a_refusal_is_told(receiver: Receiver) -> None:
    """With what Apprise says of it."""
    receiver.statuses = [403]
    assert "403" in words(send(f"json://127.0.0.1:{port(receiver)}/x"))


def test_a_service_that_hangs_is_left_in_time(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the process with it."""
    monkeypatch.setattr(apprise_channel, "_DEADLINE_S", 4.0)
    receiver.hang.set()
    said = words(send(f"json://127.0.0.1:{port(receiver)}/?cto=60&rto=60"))
    assert "within 4 s" in said


def test_a_process_that_dies_is_a_failure_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed for memory, say."""
    monkeypatch.setattr(apprise_channel, "_PROGRAM", ("/bin/false",))
    assert "ended without an answer" in words(send("json://127.0.0.1/"))
    monkeypatch.setattr(apprise_channel, "_PROGRAM", ("/no/such/program",))
    assert "ended without an answer" in words(send("json://127.0.0.1/"))
