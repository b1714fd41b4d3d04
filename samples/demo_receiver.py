"""A receiver of messages about incidents, as somebody would write one."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


class DemoReceiver:
    """Prints each message whose signature is right, and refuses the others.

    Attributes:
        url: where it listens, on this machine alone.
        secret: of the channel; known once the channel was made.
        messages: those whose signatures were right.
    """

    def __init__(self) -> None:
        receiver = self
        self.secret = ""
        self.messages: list[dict[str, Any]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                self.send_response(204 if receiver.take(dict(self.headers), body) else 401)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing: messages are printed, not requests."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, headers: dict[str, str], body: bytes) -> bool:
        """Checks a message, and prints it."""
        named = {name.lower(): value for name, value in headers.items()}
        try:
            message: dict[str, Any] = Webhook(self.secret).verify(body, named)
        except WebhookVerificationError as exc:
            print(f"  a message was refused: {exc}")
            return False
        self.messages.append(message)
        print(f"  webhook, signature verified: {message['type']}: {message['data']['sentence']}")
        return True

    def close(self) -> None:
        """Listens no more."""
        self._server.shutdown()
        self._server.server_close()
