"""``/mcp``: the tools by streamable HTTP, beside REST in the same application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

import httpx2
from fastapi import FastAPI
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from safety_detector.web.access.authentication import authenticate
from safety_detector.web.collaborators import Collaborators

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context

    from safety_detector.mcp_server.rest import RestService

PATH = "/mcp"
# What says who asks, and what REST's checks of callers look at.
_OF_THE_CALLER = ("authorization", "x-api-key", "host", "origin", "sec-fetch-site")
_ROOM = 1 << 16  # for all of a call but its picture
_TIMEOUT_S = 300.0


def install_mcp(app: FastAPI) -> None:
    """Adds the address to what ``create_app`` made."""
    tools = _HttpTools(app)
    app.router.routes.append(Route(PATH, tools, include_in_schema=False))
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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Refused here, programs hear of a key that is missing before they list the tools.
        await authenticate(Request(scope))
        await (await self._started())(scope, receive, send)

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

        here: Collaborators = self._app.state.collaborators
        server = build_server(self._open, reads_files=False)
        server.streamable_http_app(
            # Each request stands alone, so that any process of the API can answer it.
            stateless_http=True,
            json_response=True,
            max_request_body_size=here.uploads.limits.picture.max_bytes * 4 // 3 + _ROOM,
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
