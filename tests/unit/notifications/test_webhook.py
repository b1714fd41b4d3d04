"""One signed request to a receiver, whatever the receiver does."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import trustme
from standardwebhooks.webhooks import Webhook as PublishedWebhook

from safety_detector.network.permitted import LOOPBACK_NETWORKS
from safety_detector.notifications import posting as sending
from safety_detector.notifications.posting import Reach
from safety_detector.notifications.webhook import WebhookSender, sign
from safety_detector.service.notifications.records import Attempt, ChannelKind, Destination
from tests.told_messages import told_message
from tests.webhook_receiver import Receiver, webhook_receiver

KEY = bytes(range(32))
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on loopback."""
    with webhook_receiver() as one:
        yield one


def send(url: str, ca_file: Path | None = None) -> Attempt:
    """Sends a message once, where loopback is allowed."""
    message = told_message(ChannelKind.WEBHOOK, {"a": "火"})
    return WebhookSender(Reach(LOOPBACK_NETWORKS, ca_file)).send(
        message, Destination(url, SECRET, {})
    )


def test_the_published_code_accepts_the_signature(receiver: Receiver) -> None:
    """Standard Webhooks' own library verifies what we sign, Chinese included."""
    attempt = send(receiver.url)
    assert attempt.is_delivered
    assert attempt.answer == 204
    assert receiver.verified(SECRET) == [{"a": "火"}]


def test_the_signature_is_that_of_the_specification() -> None:
    """The published library makes the same of the same id, moment and body."""
    moment = datetime(2026, 11, 21, 8, tzinfo=UTC)
    ours = sign(KEY, "msg_1", int(moment.timestamp()), b"{}")
    assert ours == PublishedWebhook(SECRET).sign("msg_1", moment, "{}")


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 429, 500, 503, 599])
def test_everything_but_success_is_tried_again(receiver: Receiver, status: int) -> None:
    """Also a redirect, which is followed by nobody; the log says what was answered."""
    receiver.statuses = [status]
    receiver.headers = {"location": receiver.url}
    attempt = send(receiver.url)
    assert not attempt.is_delivered
    assert not attempt.is_gone
    assert attempt.answer == status
    assert attempt.reason is not None
    assert str(status) in attempt.reason.text("en")
    assert len(receiver.received) == 1


def test_410_ends_the_channel(receiver: Receiver) -> None:
    """The receiver says that it wants nothing more."""
    receiver.statuses = [410]
    assert send(receiver.url).is_gone


def test_retry_after_is_heeded(receiver: Receiver) -> None:
    """In seconds and as a date; nonsense is no time."""
    receiver.statuses = [429]
    receiver.headers = {"retry-after": "90"}
    assert send(receiver.url).retry_after_s == 90
    receiver.headers = {"retry-after": format_datetime(datetime.now(UTC) + timedelta(minutes=5))}
    seconds = send(receiver.url).retry_after_s
    assert seconds is not None
    assert 200 < seconds <= 300
    receiver.headers = {"retry-after": "soon"}
    assert send(receiver.url).retry_after_s is None


def test_a_receiver_that_hangs_is_left_in_time(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log says after how long."""
    monkeypatch.setattr(sending, "_DEADLINE_S", 0.3)
    receiver.hang.set()
    attempt = send(receiver.url)
    receiver.hang.clear()
    assert not attempt.is_delivered
    assert attempt.reason is not None
    assert attempt.reason.code == "receiver-silent"


def test_a_receiver_that_drips_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then keeps nobody."""
    monkeypatch.setattr(sending, "_DEADLINE_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                while not over.wait(0.05):
                    try:
                        connection.sendall(b"x: y\r\n")
                    except OSError:
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        attempt = send(f"http://127.0.0.1:{server.getsockname()[1]}/")
        over.set()
        thread.join()
    assert attempt.reason is not None
    assert attempt.reason.code == "receiver-silent"


def test_nobody_there_and_no_http(receiver: Receiver) -> None:
    """A closed port, a name without an address, TLS where there is none: each says so."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = server.getsockname()[1]
    https = receiver.url.replace("http://", "https://")
    for url, code in (
        (f"http://127.0.0.1:{closed}/", "receiver-unreachable"),
        ("http://no-such-host.invalid/", "receiver-unknown"),
        (https, "receiver-unreachable"),
    ):
        attempt = send(url)
        assert attempt.reason is not None
        assert attempt.reason.code == code, url


def test_private_addresses_need_the_operators_word(receiver: Receiver) -> None:
    """Neither by number, by name, nor written in another way is loopback reached."""
    port = receiver.url.split(":")[2].split("/")[0]
    for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "169.254.169.254"):
        destination = Destination(f"http://{host}:{port}/", SECRET, {})
        attempt = WebhookSender(Reach()).send(told_message(ChannelKind.WEBHOOK, {}), destination)
        assert attempt.reason is not None
        assert attempt.reason.code == "receiver-not-allowed", host
    assert receiver.received == []


def test_a_certificate_that_nobody_vouches_for_is_told_in_words(tmp_path: Path) -> None:
    """Nothing is sent, and the log says what to do, in both languages; that done, it is sent."""
    authority, ours = trustme.CA(), tmp_path / "ours.pem"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(ours)
    with webhook_receiver(context) as receiver:
        url = receiver.url.replace("127.0.0.1", "localhost")
        attempt = send(url)
        assert not attempt.is_delivered
        assert attempt.reason is not None
        assert "certificate is not trusted" in attempt.reason.text("en")
        assert "证书不受信任（找不到签发机构的证书）" in attempt.reason.text("zh")
        assert receiver.received == []
        assert send(url, ours).is_delivered
        other = send(receiver.url, ours).reason
        assert other is not None
        assert "not valid for '127.0.0.1'" in other.text("en")


def test_an_endless_answer_is_left_early(receiver: Receiver) -> None:
    """What a receiver says beyond some KiB is not waited for; its status counts."""
    receiver.statuses, receiver.answers = [500], [b"x" * 50_000_000]
    attempt = send(receiver.url)
    assert attempt.answer == 500
    assert not attempt.is_delivered
