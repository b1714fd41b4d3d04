"""``/mcp``: the tools by streamable HTTP, beside REST in the same application."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

import httpx2
from fastapi import FastAPI
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from safety_detector.service.records import Scope as KeyScope
from safety_detector.web.access.authentication import authenticate, not_allowed
from safety_detector.web.collaborators import Collaborators

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context

    from safety_detector.mcp_server.rest import RestService

PATH = "/mcp"
# What says who asks, and what REST's checks of callers look at.
_OF_THE_CALLER = ("authorization", "x-api-key", "host", "origin", "sec-fetch-site")
_ROOM = 1 << 16  # bytes for all of a call but its picture
# A call is held in memory several times, and read by the event loop: larger pictures come by REST.
_MOST_PICTURE_BYTES = 8 * 2**20
_PICTURES_AT_ONCE = 2
_TIMEOUT_S = 300.0


def install_mcp(app: FastAPI) -> None:
    """Adds the address to what ``create_app`` made."""
    tools = _HttpTools(app)
    # Calls are POSTs; by GET a client would wait for news of a session, and there are none.
    app.router.routes.append(Route(PATH, tools, methods=["POST"], include_in_schema=False))
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(served: FastAPI) -> AsyncIterator[Any]:
        async with inner(served) as state:
            yield state
            await tools.close()

    app.router.lifespan_context = lifespan


class _HttpTools:
    """The tools as an ASGI application, which each request reaches with its own caller.

    Args:
        app: asked as REST's other callers ask it, without a connection.
    """

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._starting = asyncio.Lock()
        self._serve: ASGIApp | None = None
        self._running: asyncio.Task[None] | None = None
        self._over = asyncio.Event()
        self._with_pictures = asyncio.Semaphore(_PICTURES_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        # Refused here, programs hear of a key that is missing before they list the tools.
        principal = await authenticate(request)
        serve = await self._started()
        if _announced_bytes(request) <= _ROOM:
            await serve(scope, receive, send)
            return
        if not principal.may(KeyScope.SUBMIT):
            raise not_allowed("Calls with a picture need a key with the scope 'submit'.")
        async with self._with_pictures:
            await serve(scope, receive, send)

    async def close(self) -> None:
        """Ends what is under way."""
        self._over.set()
        if self._running is not None:
            await self._running

    async def _started(self) -> ASGIApp:
        """The protocol, loaded with the first request: most services have no agents."""
        async with self._starting:
            if self._serve is None:
                ready: asyncio.Future[ASGIApp] = asyncio.get_running_loop().create_future()
                self._running = asyncio.create_task(self._run(ready))
                self._serve = await ready
        return self._serve

    async def _run(self, ready: asyncio.Future[ASGIApp]) -> None:
        from mcp.server.transport_security import TransportSecuritySettings

        from safety_detector.mcp_server.tools import build_server

        server = build_server(self._open, reads_files=False)
        server.streamable_http_app(
            # Each request stands alone, so that any process of the API can answer it.
            stateless_http=True,
            json_response=True,
            max_request_body_size=_most_bytes(self._app.state.collaborators),
            # Names of hosts and pages from elsewhere are looked at as for all of REST.
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )
        async with server.session_manager.run():
            ready.set_result(server.session_manager.handle_request)
            await self._over.wait()

    @asynccontextmanager
    async def _open(self, ctx: Context[Any, Any]) -> AsyncIterator[RestService]:
        from safety_detector.mcp_server.rest import RestService

        asked = cast(Request, ctx.request_context.request)
        headers = {name: asked.headers[name] for name in _OF_THE_CALLER if name in asked.headers}
        client = (asked.client.host, asked.client.port) if asked.client else ("127.0.0.1", 0)
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(self._app, raise_app_exceptions=False, client=client),
            base_url=f"{asked.url.scheme}://{asked.headers.get('host', 'localhost')}",
            headers=headers,
            timeout=_TIMEOUT_S,
        ) as rest:
            yield RestService(rest)


def _announced_bytes(request: Request) -> int:
    """How large a body says that it is; as large as any where it does not say."""
    announced = request.headers.get("content-length", "")
    return int(announced) if announced.isdecimal() else sys.maxsize


def _most_bytes(here: Collaborators) -> int:
    """Of a call, whose picture is in base64."""
    return min(here.uploads.limits.picture.max_bytes, _MOST_PICTURE_BYTES) * 4 // 3 + _ROOM
