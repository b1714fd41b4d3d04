"""A real HTTP receiver of messages, which checks their signatures by code that is not ours."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


@dataclass(frozen=True, slots=True)
class Received:
    """A request that came in."""

    id: str
    at: float
    signature: str
    body: bytes
    path: str = ""


@dataclass
class Receiver:
    """What came in, and what is answered.

    Attributes:
        statuses: of the answers, in order; the last one goes on.
        answers: bodies of the answers, in order; the last one goes on.
        headers: of each answer.
        hang: while it is set, nothing is answered.
    """

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [204])
    answers: list[bytes] = field(default_factory=lambda: [b""])
    headers: dict[str, str] = field(default_factory=dict)
    hang: threading.Event = field(default_factory=threading.Event)
    received: list[Received] = field(default_factory=list)
    _raw: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def verified(self, secret: str) -> list[dict[str, Any]]:
        """The bodies of all requests, each checked with the channel's secret."""
        webhook = Webhook(secret)
        return [dict(webhook.verify(body.decode(), headers)) for headers, body in list(self._raw)]

    def take(self, headers: dict[str, str], body: bytes, path: str) -> tuple[int, bytes]:
        """Notes a request; gives status and body of its answer."""
        number = len(self.received)
        self._raw.append((headers, body))
        message_id, signature = headers.get("webhook-id", ""), headers.get("webhook-signature", "")
        self.received.append(Received(message_id, time.time(), signature, body, path))
        answer = self.answers[min(number, len(self.answers) - 1)]
        return self.statuses[min(number, len(self.statuses) - 1)], answer


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Silent: clients that leave are part of the tests."""


@contextmanager
def webhook_receiver(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver on loopback; it speaks TLS where there is a context."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {k.lower(): v for k, v in self.headers.items()}
            status, answer = receiver.take(headers, body, self.path)
            while receiver.hang.is_set():
                time.sleep(0.05)
            self.send_response(status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            with suppress(OSError):  # who asks may leave before the end
                self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = _Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    scheme = "http" if tls is None else "https"
    receiver.url = f"{scheme}://127.0.0.1:{server.server_address[1]}/hook?token=s3cret"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.hang.clear()
        server.shutdown()
        server.server_close()


__all__ = ["Receiver", "WebhookVerificationError", "webhook_receiver"]
