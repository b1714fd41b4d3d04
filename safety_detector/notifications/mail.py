"""Mail: one SMTP transaction a try, with the receivers that do not have the message yet.

https://www.rfc-editor.org/rfc/rfc5321
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiosmtplib

from safety_detector.ingest.trust import certificate_problem, trusted_authorities
from safety_detector.message_texts.reason import Reason
from safety_detector.network.permitted import Network
from safety_detector.notifications.best_pictures import BestPictures
from safety_detector.notifications.connecting import Endpoint, NotReached, connect, is_public
from safety_detector.notifications.mail_text import Envelope, compose, one_line
from safety_detector.notifications.wording import Wording
from safety_detector.service.notifications.records import Attempt, ClaimedMessage, Destination

PORTS = {"smtp": 587, "smtps": 465}
"""By RFC 8314: submission, encrypted from the beginning or by STARTTLS."""

_DEADLINE_S = 20.0  # for the conversation; each try has to end well within its claim
_FAREWELL_S = 2.0
_MOST_PICTURE_BYTES = 700_000  # mailboxes of phones load so much at once
_PICTURE_SIDE_PX = 1280
_LONGEST_ANSWER = 300


@dataclass(frozen=True, slots=True)
class _Mailing:
    """What is sent, and how.

    Attributes:
        endpoint: the server.
        settings: of the channel.
        password: None where the server asks for none.
        receivers: those that do not have the message yet.
        content: the mail.
    """

    endpoint: Endpoint
    settings: Mapping[str, Any]
    password: str | None
    receivers: Sequence[str]
    content: bytes


class MailSender:
    """Sends mails.

    Args:
        allow: networks in which servers may be besides public ones.
        ca_file: certificates (PEM) that are trusted besides the usual ones.
        wording: what mails say.
        pictures: what they show.
    """

    def __init__(
        self,
        allow: Sequence[Network],
        ca_file: Path | None,
        wording: Wording,
        pictures: BestPictures,
    ) -> None:
        self._allow = allow
        self._ca_file = ca_file
        self._wording = wording
        self._pictures = pictures

    def send(self, message: ClaimedMessage, destination: Destination) -> Attempt:
        """Tries once; who took it before is not sent a second copy."""
        began = time.monotonic()
        settings = destination.settings
        receivers = [one for one in settings["receivers"] if one not in message.reached]
        mailing = _Mailing(
            Endpoint.of(destination.url, PORTS),
            settings,
            destination.secret,
            receivers,
            self._content(message, settings),
        )
        try:
            connection = connect(mailing.endpoint, self._allow)
        except NotReached as exc:
            return _failed(began, exc.reason)
        with connection:
            if settings["encryption"] == "none" and is_public(connection):
                return _failed(began, Reason("mail-open-to-public"))
            return self._converse(mailing, connection, began, has_reached=bool(message.reached))

    def _content(self, message: ClaimedMessage, settings: Mapping[str, Any]) -> bytes:
        told = self._wording.announce(message)
        picture = self._pictures.jpeg(message.body, _MOST_PICTURE_BYTES, _PICTURE_SIDE_PX)
        envelope = Envelope(
            sender=settings["sender"],
            sender_name=message.channel_name,
            receivers=settings["receivers"],
            message_id=message.id,
            thread=message.incident_id,
            written_at=message.since,
        )
        return compose(told, envelope, picture).as_bytes()

    def _converse(
        self, mailing: _Mailing, connection: socket.socket, began: float, *, has_reached: bool
    ) -> Attempt:
        try:
            refused = asyncio.run(
                asyncio.wait_for(_submit(mailing, connection, self._ca_file), _DEADLINE_S)
            )
        except aiosmtplib.SMTPRecipientsRefused as exc:
            refused = {one.recipient: (one.code, one.message) for one in exc.recipients}
            return _refused(refused, (), began, has_reached=has_reached)
        except aiosmtplib.SMTPAuthenticationError as exc:
            reason = Reason.of("mail-login-refused", status=exc.code, text=_said(exc.message))
            return _failed(began, reason, exc.code)
        except aiosmtplib.SMTPResponseException as exc:
            reason = Reason.of("mail-answered", status=exc.code, text=_said(exc.message))
            return _failed(began, reason, exc.code if exc.code > 0 else None)
        except TimeoutError:
            return _failed(began, Reason.of("receiver-silent", seconds=_DEADLINE_S))
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError, ValueError) as exc:
            return _failed(began, _problem(exc))
        reached = tuple(one for one in mailing.receivers if one not in refused)
        return _refused(refused, reached, began, has_reached=True)


async def _submit(
    mailing: _Mailing, connection: socket.socket, ca_file: Path | None
) -> dict[str, tuple[int, str]]:
    """Hands the mail over; gives what the server answered to receivers that it refused."""
    encryption = mailing.settings["encryption"]
    trust = trusted_authorities(ca_file) if encryption != "none" else None
    client = aiosmtplib.SMTP(
        hostname=mailing.endpoint.host,
        sock=connection,
        local_hostname="safety-detector",
        timeout=_DEADLINE_S,
        use_tls=encryption == "tls",
        start_tls=False,
        tls_context=trust.context if trust is not None else None,
    )
    connection.setblocking(False)
    opened: asyncio.BaseTransport | None = None
    try:
        await client.connect()
        opened = client.transport
        if encryption == "starttls":
            await client.starttls()
            opened = client.transport
        if mailing.password is not None:
            await client.login(mailing.settings["username"], mailing.password)
        refused, _ = await client.sendmail(
            mailing.settings["sender"], mailing.receivers, mailing.content
        )
        with suppress(aiosmtplib.SMTPException, OSError):  # it has the mail already
            await client.quit(timeout=_FAREWELL_S)
    finally:
        client.close()
        if isinstance(opened, asyncio.Transport):
            opened.abort()  # TLS would wait for the other side's goodbye
    return {receiver: (answer.code, answer.message) for receiver, answer in refused.items()}


def _refused(
    refused: Mapping[str, tuple[int, str]],
    reached: tuple[str, ...],
    began: float,
    *,
    has_reached: bool,
) -> Attempt:
    """How it went where the server said something of each receiver.

    Who was refused for the moment alone (4xx) is tried again; who was refused for good is named,
    and is no reason to try again where others have it.
    """
    took_ms = round((time.monotonic() - began) * 1000)
    if not refused:
        return Attempt(True, took_ms, 250, reached=reached)
    codes = [code for code, _ in refused.values()]
    is_over = has_reached and min(codes) >= 500
    return Attempt(is_over, took_ms, max(codes), _refusal(refused), reached=reached)


def _refusal(answers: Mapping[str, tuple[int, str]]) -> Reason:
    said = "; ".join(f"{one}: {code} {_said(text)}" for one, (code, text) in answers.items())
    return Reason.of("mail-receivers-refused", said=said[:1000])


def _problem(error: Exception) -> Reason:
    found = certificate_problem(error)
    if found is not None and found.code == "certificate-not-trusted":
        return Reason.of("receiver-not-trusted", cause=found.facts["cause"])
    if isinstance(error, aiosmtplib.SMTPException) and "STARTTLS" in str(error):
        return Reason("mail-without-starttls")
    return Reason.of(
        "receiver-unreachable", cause=found or _said(str(error)) or type(error).__name__
    )


def _said(text: str) -> str:
    return one_line(text)[:_LONGEST_ANSWER]


def _failed(began: float, reason: Reason, answer: int | None = None) -> Attempt:
    return Attempt(False, round((time.monotonic() - began) * 1000), answer, reason)
