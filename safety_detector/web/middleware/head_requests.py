"""``HEAD`` wherever ``GET`` is possible: the same answer without its body (RFC 9110, 9.3.2)."""

from __future__ import annotations

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadRequests:
    """ASGI middleware that answers HEAD with the head of what GET would be answered with.

    The app is stopped at the first byte of its body, so that an event stream ends and a picture is
    not read.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves the request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        with anyio.CancelScope() as work:

            async def send_head(message: Message) -> None:
                if work.cancel_called:
                    return
                if message["type"] == "http.response.start":
                    await send(message)
                    return
                work.cancel()
                with anyio.CancelScope(shield=True):
                    await send({"type": "http.response.body", "body": b"", "more_body": False})

            await self._app({**scope, "method": "GET"}, receive, send_head)
