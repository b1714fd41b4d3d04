"""Runs the application under uvicorn."""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import uvicorn
from fastapi import FastAPI

from safety_detector.web.collaborators import Collaborators
from safety_detector.web.connection.protocol import PunctualProtocol
from safety_detector.web.connection.tls_connection import TlsConnection
from safety_detector.web.connection.waiting_connections import WaitingConnections

_log = logging.getLogger(__name__)

_BACKLOG = 2048
_MAX_CONNECTIONS = 2000  # each may hold half a megabyte of an upload in memory
_MAX_WAITING = 1000  # of these, connections whose next request has not come
_MAX_WAITING_OF_ONE = 250  # from one address; browsers have 6, a busy proxy some dozens
_MAX_UNREAD = 400  # whose client does not read; each holds an answer in memory
_MAX_UNREAD_OF_ONE = 50  # from one address
_KEEP_ALIVE_S = 75  # above the usual 60 s of proxies, so that they close first
_GRACE_S = 8


class ApiServer(uvicorn.Server):
    """uvicorn's server, which ends event streams before it waits for requests to end.

    Args:
        app: what ``create_app`` made.
        host: address to listen on.
        port: its port.
        tls: certificate and key, for https; None for plain http.
    """

    def __init__(
        self,
        app: FastAPI,
        host: str = "127.0.0.1",
        port: int = 8000,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                http=_protocol(tls, app.state.root_path),  # type: ignore[arg-type] # it is only called
                backlog=_BACKLOG,
                limit_concurrency=_MAX_CONNECTIONS,
                timeout_keep_alive=_KEEP_ALIVE_S,
                timeout_graceful_shutdown=_GRACE_S,
                server_header=False,
                # Who asks is told by ForwardedRequests, which knows whom to believe.
                proxy_headers=False,
                access_log=False,
                log_config=None,
            )
        )
        self._scheme = "http" if tls is None else "https"
        self._collaborators: Collaborators = app.state.collaborators

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, but the signal that asked for the end is not raised anew behind it.

        That would end the process before its caller has closed what it holds.
        """
        with super().capture_signals():
            yield
            self._captured_signals.clear()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends what would go on for ever, then the rest."""
        self._collaborators.streams.feed.close()
        await super().shutdown(sockets)

    def _log_started_message(self, listeners: Sequence[socket.SocketType]) -> None:
        """In place of uvicorn's, which knows nothing of our TLS."""
        for listener in listeners:
            host, port = listener.getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            _log.info("the API listens on %s://%s:%d", self._scheme, shown, port)


def run(app: FastAPI, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
    """Serves until SIGINT or SIGTERM; requests that are under way get some seconds to end."""
    _allow_open_files()
    ApiServer(app, host, port, tls).run()


def _allow_open_files() -> None:
    """Many systems give 1,024 at first, and more for the asking; each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * _MAX_CONNECTIONS + _BACKLOG
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _protocol(tls: ssl.SSLContext | None, root_path: str) -> Callable[..., asyncio.Protocol]:
    """What uvicorn calls for each connection."""
    awaited_heads = WaitingConnections(_MAX_WAITING, _MAX_WAITING_OF_ONE)
    plain = partial(
        PunctualProtocol,
        awaited_heads=awaited_heads,
        unread_answers=WaitingConnections(_MAX_UNREAD, _MAX_UNREAD_OF_ONE),
        root_path=root_path,
    )
    if tls is None:
        return plain

    def make(**arguments: Any) -> asyncio.Protocol:
        return TlsConnection(tls, partial(plain, **arguments), awaited_heads)

    return make
