"""One connection of a client, from its first byte to its last."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

_SENDING_ENDED = "sending_ended"  # in the scope's state


def sending_has_ended(request: Request) -> bool:
    """Whether the client has ended its sending; it may still read, or be gone altogether."""
    return bool(request.scope.get("state", {}).get(_SENDING_ENDED))


class PunctualProtocol(HttpToolsProtocol):
    """uvicorn's connection, with two differences.

    It is closed where a request's head does not come: uvicorn limits the silence after an answer
    alone, and a client that connects and says nothing, or stops in the middle of a head, would
    keep its place among the connections for ever.

    It outlives the client's end of sending (``shutdown(SHUT_WR)``; ``nc -N``, socat and small
    devices do so) while whole requests are unanswered (RFC 9112, section 9.6).  A request that ends
    before its body does is given up.  Who is gone altogether looks the same until something is
    written to them; then the kernel says so, and uvicorn ends the request.
    """

    _head_timer: asyncio.TimerHandle | None = None
    _sending_ended = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first head is awaited."""
        super().connection_made(transport)
        self._await_head()

    def on_message_begin(self) -> None:
        """A further head is awaited."""
        super().on_message_begin()
        if self._head_timer is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        """The head is there; how long the rest may take is the application's affair."""
        self._stop_waiting()
        super().on_headers_complete()

    def eof_received(self) -> bool:  # type: ignore[override] # uvicorn's keeps no connection
        """The client sends nothing more; returns whether the connection stays open."""
        self._sending_ended = True
        self._stop_waiting()
        newest: RequestResponseCycle | None = self.cycle
        if newest is None:
            return False
        if newest.more_body:
            if not self.pipeline:
                return False
            self.pipeline.popleft()  # those before it are whole
        elif newest.response_complete:
            return False
        newest.scope["state"][_SENDING_ENDED] = True
        return True

    def on_response_complete(self) -> None:
        """The next request, if there is one; else nothing more can come of such a client."""
        is_last = not self.pipeline
        super().on_response_complete()
        if self._sending_ended and is_last and not self.transport.is_closing():
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
