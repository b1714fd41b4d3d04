"""Mails to a real server (aiosmtpd), whatever it does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from safety_detector.network.permitted import LOOPBACK_NETWORKS
from safety_detector.notifications import mail as sending
from safety_detector.notifications.best_pictures import BestPictures
from safety_detector.notifications.mail import MailSender
from safety_detector.notifications.wording import Wording
from safety_detector.service.notifications.records import (
    Attempt,
    ChannelKind,
    ClaimedMessage,
    Destination,
)
from tests.certificates import CertificateFiles, make_certificate
from tests.mail_server import PASSWORD, USER, MailServer, mail_server
from tests.pictures import jpeg
from tests.seen_incidents import fire_at
from tests.service_stand import Stand
from tests.told_messages import INCIDENT_ID, told_message, told_of_incident

EHS, GUARD = "ehs@example.com", "guard@example.com"
PUBLIC_URL = "https://safety.example.com"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> CertificateFiles:
    """Of the mail server."""
    return make_certificate(tmp_path_factory.mktemp("mail"))


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A server without encryption."""
    with mail_server() as one:
        yield one


@pytest.fixture
def sender(stand: Stand, certificate: CertificateFiles) -> MailSender:
    """What is tested, where loopback is allowed."""
    return build(stand, certificate.cert)


def build(stand: Stand, ca_file: Path | None, allow: Any = LOOPBACK_NETWORKS) -> MailSender:
    """A sender that believes the certificates of a file."""
    pictures = BestPictures(stand.service.inspections.results)
    return MailSender(allow, ca_file, Wording(PUBLIC_URL, UTC), pictures)


def to(
    server: MailServer | int,
    scheme: str = "smtp",
    encryption: str = "none",
    secret: str | None = None,
    **settings: Any,
) -> Destination:
    """A channel of that server."""
    port = server if isinstance(server, int) else server.port
    kept = {
        "username": None,
        "encryption": encryption,
        "sender": "alarm@example.com",
        "receivers": [EHS, GUARD],
        **settings,
    }
    return Destination(f"{scheme}://localhost:{port}", secret, kept)


def fire(**facts: Any) -> ClaimedMessage:
    """A message about a fire."""
    return told_of_incident(ChannelKind.MAIL, **facts)


def code(attempt: Attempt) -> str | None:
    """Why it failed."""
    assert not attempt.is_delivered
    assert attempt.reason is not None
    assert attempt.reason.text("en") != attempt.reason.code
    assert attempt.reason.text("zh") != attempt.reason.code
    return attempt.reason.code


def test_each_receiver_gets_one_mail_with_all_that_is_known(
    sender: MailSender, server: MailServer
) -> None:
    """In plain text and HTML, in the channel's language, with a link that opens the incident."""
    message = fire(verified=True)
    attempt = sender.send(message, to(server))
    assert (attempt.is_delivered, attempt.answer) == (True, 250)
    assert set(attempt.reached) == {EHS, GUARD}
    (received,) = server.received
    assert (received.sender, received.receivers) == ("alarm@example.com", [EHS, GUARD])
    mail = received.mail
    assert "3号门" in mail["Subject"]
    assert mail["To"] == f"{EHS}, {GUARD}"
    assert mail["From"] == "值班群 <alarm@example.com>"
    plain = mail.get_body(("plain",)).get_content()
    page = mail.get_body(("html",)).get_content()
    for said in ("3号门", "0.83", f"{PUBLIC_URL}/"):
        assert said in plain
        assert said in page
    assert received.content.isascii()
    assert max(map(len, received.content.split(b"\r\n"))) <= 998


def test_the_picture_is_in_the_mail(sender: MailSender, server: MailServer, stand: Stand) -> None:
    """The annotated one of the best look, made small enough for a phone, and shown in its place."""
    incident = fire_at(stand, annotated=jpeg(7, 3000, 2000))
    best = {"inspection_id": incident.best_inspection_id}
    assert sender.send(fire(best=best), to(server)).is_delivered
    mail = server.received[0].mail
    (picture,) = [one for one in mail.walk() if one.get_content_type() == "image/jpeg"]
    data = picture.get_content()
    assert data.startswith(b"\xff\xd8")
    assert len(data) < 700_000
    assert picture.get_content_disposition() == "inline"
    cid = picture["Content-ID"].strip("<>")
    assert f"cid:{cid}" in mail.get_body(("html",)).get_content()


def test_a_picture_that_is_gone_keeps_nobody_from_being_told(
    sender: MailSender, server: MailServer
) -> None:
    """The mail goes without it, and shows no hole."""
    gone = {"inspection_id": "01KAJA1Z8H5D2F4G6J8K0M3N5P"}
    assert sender.send(fire(best=gone), to(server)).is_delivered
    assert "cid:" not in server.received[0].mail.get_body(("html",)).get_content()


def test_a_test_message_is_a_mail_too(sender: MailSender, server: MailServer) -> None:
    """Without an incident, rows or a link."""
    body = {"type": "channel.test", "timestamp": "2026-11-21T08:00:00.000Z", "data": {}}
    assert sender.send(told_message(ChannelKind.MAIL, body), to(server)).is_delivered
    assert server.received[0].mail["Subject"]


def test_a_second_copy_is_known_and_mails_of_one_incident_belong_together(
    sender: MailSender, server: MailServer
) -> None:
    """The same Message-ID for each try; one thread an incident; no machine is answered."""
    message = fire()
    for _ in range(2):
        assert sender.send(message, to(server)).is_delivered
    first, second = (one.mail for one in server.received)
    assert first["Message-ID"] == second["Message-ID"] == f"<{message.id}@example.com>"
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Date"].datetime == message.since


@pytest.mark.attack("mail headers")
@pytest.mark.parametrize(
    "name",
    [
        "Gate\r\nBcc: thief@example.org", "Gate\nBcc: thief@example.org", "Gate\rBcc: x",
        "Gate\r\n\r\n<h1>other mail</h1>", "Gate\u2028Bcc: thief@example.org", "Gate\x0bBcc: x",
        "Gate\x85Bcc: x", "Gate\x00Bcc: x", "=?utf-8?q?=0ABcc:_thief=40example.org?=",
        '"<thief@example.org>" ,', "x" * 5000, "\r\n.\r\nMAIL FROM:<thief@example.org>",
        "\u202eetaG", "\ud83d\ude00 gate", "\U0001f525",
    ],
)  # fmt: skip
def test_no_text_becomes_a_header_or_a_command(
    sender: MailSender, server: MailServer, name: str
) -> None:
    """Whatever a camera or a channel is called, it is one mail to those who are named."""
    safe = name.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    message = fire(camera_name=safe)
    hostile = ClaimedMessage(
        **{name: getattr(message, name) for name in message.__slots__} | {"channel_name": safe}
    )
    assert sender.send(hostile, to(server)).is_delivered
    (received,) = server.received
    assert received.receivers == [EHS, GUARD]
    assert received.sender == "alarm@example.com"
    mail = received.mail
    assert mail["Bcc"] is None
    assert mail["From"].addresses[0].addr_spec == "alarm@example.com"
    assert [one.addr_spec for one in mail["To"].addresses] == [EHS, GUARD]
    assert len(mail["From"].addresses) == 1
    assert mail.is_multipart()
    assert "\u202e" not in mail["Subject"]


@pytest.mark.attack("mail markup")
@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<a href='x'>", "&lt;"]
)
def test_no_text_becomes_markup(sender: MailSender, server: MailServer, name: str) -> None:
    """A camera's name is shown as it is written."""
    assert sender.send(fire(camera_name=name), to(server)).is_delivered
    page = server.received[0].mail.get_body(("html",)).get_content()
    assert "<script" not in page
    assert "onerror=alert(1)>" not in page
    assert "<a href='x'>" not in page


@pytest.mark.parametrize(("scheme", "encryption"), [("smtp", "starttls"), ("smtps", "tls")])
def test_mails_go_encrypted_with_user_and_password(
    sender: MailSender, certificate: CertificateFiles, scheme: str, encryption: str
) -> None:
    """By STARTTLS as well as from the beginning; the password may hold anything."""
    with mail_server(
        certificate, from_the_beginning=encryption == "tls", asks_login=True
    ) as server:
        channel = to(server, scheme, encryption, PASSWORD, username=USER)
        assert sender.send(fire(), channel).is_delivered
        (received,) = server.received
    assert received.is_encrypted
    assert received.user == USER


def test_a_wrong_password_is_said(sender: MailSender, certificate: CertificateFiles) -> None:
    """With what the server answered, and without the password."""
    with mail_server(certificate, from_the_beginning=True, asks_login=True) as server:
        attempt = sender.send(fire(), to(server, "smtps", "tls", "wrong-one", username=USER))
    assert code(attempt) == "mail-login-refused"
    assert attempt.answer == 535
    assert attempt.reason is not None
    assert "wrong-one" not in attempt.reason.text("en")


def test_a_server_that_asks_for_a_login_is_said(
    sender: MailSender, certificate: CertificateFiles
) -> None:
    """It answers 530 to who gives none."""
    with mail_server(certificate, from_the_beginning=True, asks_login=True) as server:
        attempt = sender.send(fire(), to(server, "smtps", "tls"))
    assert (code(attempt), attempt.answer) == ("mail-answered", 530)


@pytest.mark.parametrize("encryption", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_refused(
    stand: Stand, certificate: CertificateFiles, encryption: str
) -> None:
    """Nothing is sent, no password said, and the log names the setting that helps."""
    scheme = "smtps" if encryption == "tls" else "smtp"
    with mail_server(certificate, from_the_beginning=encryption == "tls") as server:
        channel = to(server, scheme, encryption, PASSWORD, username=USER)
        attempt = build(stand, None).send(fire(), channel)
        assert server.received == []
    assert code(attempt) == "receiver-not-trusted"
    assert attempt.reason is not None
    assert "SAFETY_NOTIFY_CA_FILE" in attempt.reason.text("en")


def test_a_certificate_of_another_name_is_refused(
    stand: Stand, tmp_path: Path, certificate: CertificateFiles
) -> None:
    """Whoever sits between has one of his own authority, or for another host."""
    other = make_certificate(tmp_path, "other")
    with mail_server(certificate, from_the_beginning=True) as server:
        attempt = build(stand, other.cert).send(fire(), to(server, "smtps", "tls"))
    assert code(attempt) == "receiver-not-trusted"


def test_who_wants_starttls_gets_it_or_nothing(sender: MailSender, server: MailServer) -> None:
    """A server that offers none (or from whose answer somebody took it) gets no password."""
    channel = to(server, "smtp", "starttls", PASSWORD, username=USER)
    assert code(sender.send(fire(), channel)) == "mail-without-starttls"
    assert server.received == []


def test_tls_where_there_is_none_is_said(sender: MailSender, server: MailServer) -> None:
    """A server of plain SMTP at an smtps:// address."""
    assert code(sender.send(fire(), to(server, "smtps", "tls"))) in (
        "receiver-unreachable",
        "receiver-silent",
    )


@pytest.mark.parametrize("answer", ["452 full", "554 no", "421 come back later", "451 greylisted"])
def test_a_mail_that_is_refused_is_tried_again(
    sender: MailSender, server: MailServer, answer: str
) -> None:
    """The log has the server's status and words."""
    server.data_answer = answer
    attempt = sender.send(fire(), to(server))
    assert (code(attempt), attempt.answer) == ("mail-answered", int(answer[:3]))
    assert attempt.reached == ()
    assert attempt.reason is not None
    assert answer[4:] in attempt.reason.text("en")


def test_a_sender_that_is_refused_is_said(sender: MailSender, server: MailServer) -> None:
    """The server does not relay for that address."""
    server.sender_answer = "553 not you"
    attempt = sender.send(fire(), to(server))
    assert (code(attempt), attempt.answer) == ("mail-answered", 553)


def test_who_is_refused_for_good_keeps_nobody_else_from_being_told(
    sender: MailSender, server: MailServer
) -> None:
    """The others have it, so it is delivered, and the log names who has not."""
    server.refusals = {EHS: "550 nobody here"}
    attempt = sender.send(fire(), to(server))
    assert attempt.is_delivered
    assert attempt.reached == (GUARD,)
    assert attempt.reason is not None
    assert EHS in attempt.reason.text("zh")


def test_who_is_refused_for_the_moment_is_tried_again_alone(
    sender: MailSender, server: MailServer
) -> None:
    """Nobody gets the mail twice for somebody else's full mailbox."""
    server.refusals = {EHS: "452 mailbox full"}
    message = fire()
    attempt = sender.send(message, to(server))
    assert code(attempt) == "mail-receivers-refused"
    assert attempt.reached == (GUARD,)
    server.refusals = {}
    again = ClaimedMessage(
        **{name: getattr(message, name) for name in message.__slots__}
        | {"reached": attempt.reached}
    )
    assert sender.send(again, to(server)).is_delivered
    assert [one.receivers for one in server.received] == [[GUARD], [EHS]]
    server.refusals = {EHS: "550 gone meanwhile"}
    assert sender.send(again, to(server)).is_delivered


def test_where_everybody_is_refused_nobody_was_told(sender: MailSender, server: MailServer) -> None:
    """That is a failure, also where it is for good: the operator may put it right."""
    server.refusals = {EHS: "550 nobody here", GUARD: "452 full"}
    attempt = sender.send(fire(), to(server))
    assert (code(attempt), attempt.answer, attempt.reached) == ("mail-receivers-refused", 550, ())


@pytest.mark.parametrize("command", ["EHLO", "RCPT", "DATA"])
def test_a_server_that_hangs_is_left_in_time(
    sender: MailSender, server: MailServer, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """The log says after how long."""
    monkeypatch.setattr(sending, "_DEADLINE_S", 0.5)
    server.hangs_at = command
    assert code(sender.send(fire(), to(server))) == "receiver-silent"


HOSTILE: Mapping[str, bytes] = {
    "no word": b"",
    "another protocol": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "endless line": b"220 " + b"x" * 200_000,
    "endless answer": b"220-more\r\n" * 20_000,
    "no number": b"hello\r\n",
    "turns away": b"554 go away\r\n",
    "bytes": bytes(range(256)) * 10,
}


@pytest.mark.attack("mail servers")
@pytest.mark.parametrize("greeting", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_server_gets_no_mail_and_holds_nobody(
    sender: MailSender, monkeypatch: pytest.MonkeyPatch, greeting: bytes
) -> None:
    """Whatever it greets with, the try ends, in words."""
    monkeypatch.setattr(sending, "_DEADLINE_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        over = threading.Event()

        def greet() -> None:
            connection, _ = listener.accept()
            with connection:
                try:
                    connection.sendall(greeting)
                except OSError:
                    return
                over.wait(20)

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        attempt = sender.send(fire(), to(listener.getsockname()[1]))
        over.set()
        thread.join()
    assert code(attempt)


def test_a_server_that_drips_is_left_in_time(
    sender: MailSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte now and then keeps nobody."""
    monkeypatch.setattr(sending, "_DEADLINE_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        over = threading.Event()

        def drip() -> None:
            connection, _ = listener.accept()
            with connection:
                while not over.wait(0.05):
                    try:
                        connection.sendall(b"220-x\r\n")
                    except OSError:
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        attempt = sender.send(fire(), to(listener.getsockname()[1]))
        over.set()
        thread.join()
    assert code(attempt) == "receiver-silent"


def test_nobody_there_and_no_such_name(sender: MailSender) -> None:
    """Each says what it is."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    assert code(sender.send(fire(), to(closed))) == "receiver-unreachable"
    nowhere = Destination("smtp://no-such-host.invalid:25", None, to(closed).settings)
    assert code(sender.send(fire(), nowhere)) == "receiver-unknown"


def test_a_private_server_is_reached_where_the_operator_says_so(
    stand: Stand, server: MailServer
) -> None:
    """Unasked no mail goes to private networks, as with every receiver."""
    attempt = build(stand, None, allow=()).send(fire(), to(server))
    assert code(attempt) == "receiver-not-allowed"
    assert server.received == []


def test_the_thread_of_an_incident(sender: MailSender, server: MailServer) -> None:
    """Mail programs show its messages together."""
    message = fire()
    about = ClaimedMessage(
        **{name: getattr(message, name) for name in message.__slots__}
        | {"incident_id": INCIDENT_ID}
    )
    assert sender.send(about, to(server)).is_delivered
    assert server.received[0].mail["References"] == f"<{INCIDENT_ID}@example.com>"
