"""Answers that come before the body has been read to its end.

Such a connection is closed behind the answer, or a refused client would go on and send its two
gigabytes.  It is not closed at once: data that nobody reads makes the kernel reset the connection,
and the client may then lose the answer that says why.
"""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LINGER_S = 60.0  # the largest picture takes as long at 5 Mbit/s
_SILENCE_S = 2.0


class UnreadBodies:
    """ASGI middleware that ends connections on which a refused body still arrives.

    Args:
        app: what answers.
        most_bytes: read at most behind an answer, and forgotten.
    """

    def __init__(self, app: ASGIApp, *, most_bytes: int) -> None:
        self._app = app
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves the request."""
        if scope["type"] != "http" or not _announces_body(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(receive, send, self._most_bytes)
        await self._app(scope, exchange.receive, exchange.send)


def _announces_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


class _Exchange:
    """One request with a body, and its answer."""

    def __init__(self, receive: Receive, send: Send, most_bytes: int) -> None:
        self._receive = receive
        self._send = send
        self._most_bytes = most_bytes
        self._body_ended = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            self._body_ended = True
        return message

    async def send(self, message: Message) -> None:
        if self._body_ended:
            await self._send(message)
        elif message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Connection"] = "close"
            await self._send(message)
        elif message.get("more_body", False):
            await self._send(message)
        else:
            await self._send({**message, "more_body": True})
            await self._linger()
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _linger(self) -> None:
        """Reads on for a little while, so that the client comes to read the answer."""
        left = self._most_bytes
        try:
            async with asyncio.timeout(_LINGER_S):
                while left > 0 and not self._body_ended:
                    message = await asyncio.wait_for(self.receive(), _SILENCE_S)
                    left -= len(message.get("body", b""))
        except TimeoutError:
            return
