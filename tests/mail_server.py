"""A real mail server (aiosmtpd) on loopback, which does what a test wants."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.certificates import CertificateFiles
from tests.ports import free_port

USER, PASSWORD = "alarm@example.com", "pä ss=wörd"


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail that was taken.

    Attributes:
        sender, receivers: of the envelope.
        is_encrypted: whether it came by TLS.
        user: who logged in.
    """

    sender: str
    receivers: list[str]
    content: bytes
    is_encrypted: bool
    user: str | None

    @property
    def mail(self) -> EmailMessage:
        """The mail, read by the standard library."""
        return message_from_bytes(self.content, policy=SMTP_POLICY)


@dataclass
class MailServer:
    """What came in, and what is answered.

    Attributes:
        refusals: by receiver, what is answered to it, such as ``550 nobody here``.
        data_answer: to a mail as a whole; None takes it.
        hangs_at: the command that is never answered: ``EHLO``, ``RCPT`` or ``DATA``.
    """

    port: int = 0
    received: list[ReceivedMail] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    data_answer: str | None = None
    hangs_at: str | None = None
    sender_answer: str | None = None

    async def handle_EHLO(  # noqa: N802 (aiosmtpd's name)
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, lines: list[str]
    ) -> list[str]:
        """The answer to EHLO."""
        await self._hang("EHLO")
        session.host_name = hostname
        return lines

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        """The answer to a sender."""
        if self.sender_answer is not None:
            return self.sender_answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        """The answer to a receiver."""
        await self._hang("RCPT")
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """The answer to a mail."""
        await self._hang("DATA")
        if self.data_answer is not None:
            return self.data_answer
        user = session.auth_data.login.decode() if session.auth_data else None
        self.received.append(
            ReceivedMail(
                str(envelope.mail_from),
                list(envelope.rcpt_tos),
                bytes(envelope.content or b""),
                server.transport.get_extra_info("sslcontext") is not None,
                user,
            )
        )
        return "250 OK"

    async def _hang(self, command: str) -> None:
        if self.hangs_at == command:
            await asyncio.sleep(60)


class _Controller(Controller):
    """Ends the conversations that hang."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._conversations: list[SMTP] = []

    def factory(self) -> SMTP:
        """A conversation."""
        one = super().factory()
        self._conversations.append(one)
        return one

    def hang_up(self) -> None:
        """Ends all of them, and lets no other begin."""
        self.loop.call_soon_threadsafe(self._hang_up)

    def _hang_up(self) -> None:
        if self.server is not None:
            self.server.close()
        for one in self._conversations:
            if isinstance(one.transport, asyncio.Transport):
                one.transport.abort()


def _authenticate(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: LoginPassword
) -> AuthResult:
    is_right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=False, auth_data=data)


@contextmanager
def mail_server(
    certificate: CertificateFiles | None = None,
    *,
    from_the_beginning: bool = False,
    asks_login: bool = False,
) -> Iterator[MailServer]:
    """A server on 127.0.0.1.

    Args:
        certificate: shown for TLS; None for a server without.
        from_the_beginning: whether TLS is spoken at once, and not by STARTTLS.
        asks_login: whether nothing is taken of who has not logged in.
    """
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.cert, certificate.key)
    server = MailServer(port=free_port())
    controller = _Controller(
        server,
        hostname="127.0.0.1",
        port=server.port,
        ssl_context=context if from_the_beginning else None,
        tls_context=None if from_the_beginning else context,
        require_starttls=context is not None and not from_the_beginning,
        authenticator=_authenticate,
        auth_required=asks_login,
        auth_require_tls=not from_the_beginning,
        ready_timeout=60.0,
    )
    with warnings.catch_warnings():
        # It does not know that TLS which is spoken from the beginning is TLS.
        warnings.filterwarnings("ignore", "Requiring AUTH while not requiring TLS")
        controller.start()
        try:
            yield server
        finally:
            controller.hang_up()
            controller.stop()
