"""One connection of a client, from its first byte to its last."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from safety_detector.web.connection.awaited_heads import AwaitedHeads
from safety_detector.web.problems.problem import RequestProblem, problem_response

_SENDING_ENDED = "sending_ended"  # in the scope's state
_MAX_HEAD_BYTES = 64 * 2**10  # what browsers, proxies and cameras send has 8 at most
_MAX_HEAD_FIELDS = 200
_HEAD_S = 20.0  # from its first byte on, or from the connection on
_LINGER_S = 2.0
_PROBES = (b"/livez", b"/readyz")


def sending_has_ended(request: Request) -> bool:
    """Whether the client has ended its sending; it may still read, or be gone altogether."""
    return bool(request.scope.get("state", {}).get(_SENDING_ENDED))


class PunctualProtocol(HttpToolsProtocol):
    """uvicorn's connection, with four differences.

    It is closed where a request's head does not come: uvicorn limits the silence after an answer
    alone, and a client that connects and says nothing, or stops in the middle of a head, would
    keep its place among the connections for ever.  Of those that wait only so many are kept.

    A head has a limit, and so has all that the parser keeps without giving it out (a line that does
    not end, trailers): 431.  What is no HTTP is answered as every error is.

    Probes are answered however many connections there are.

    It outlives the client's end of sending (``shutdown(SHUT_WR)``; ``nc -N``, socat and small
    devices do so) while whole requests are unanswered (RFC 9112, section 9.6).  A request that ends
    before its body does is given up.  Who is gone altogether looks the same until something is
    written to them; then the kernel says so, and uvicorn ends the request.

    Args:
        awaited_heads: the connections of this server that wait.
        **arguments: uvicorn's.
    """

    def __init__(self, *, awaited_heads: AwaitedHeads, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._awaited_heads = awaited_heads
        self._head_timer: asyncio.TimerHandle | None = None
        self._sending_ended = False
        self._refused = False
        self._head_too_large = False
        self._head_bytes = self._head_fields = 0
        self._head_ended = False
        self._kept_bytes = 0  # since the parser last gave something out

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first head is awaited."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """A piece of a request, or of several."""
        if self._refused:
            return
        if self._head_timer is None and self._is_idle():
            self._await_head()
        self._kept_bytes += len(data)
        super().data_received(data)
        if self._kept_bytes > _MAX_HEAD_BYTES and not self._refused:
            self._head_too_large = True
            self.send_400_response("")

    def on_message_begin(self) -> None:
        """A further head is awaited."""
        super().on_message_begin()
        self._head_bytes = self._head_fields = 0
        self._head_ended = False
        if self._head_timer is None:
            self._await_head()

    def on_url(self, url: bytes) -> None:
        """A part of the request's target."""
        self._count_head(len(url), 0)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head, or of the trailer, which nothing here reads."""
        self._count_head(len(name) + len(value), 1)
        if not self._head_ended:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is there; how long the rest may take is the application's affair."""
        self._stop_waiting()
        self._head_ended = True
        self._kept_bytes = 0
        limit = self.limit_concurrency
        if self.url.partition(b"?")[0].endswith(_PROBES):
            self.limit_concurrency = None
        try:
            super().on_headers_complete()
        finally:
            self.limit_concurrency = limit

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._kept_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._kept_bytes = 0
        super().on_message_complete()

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
        if self.transport.is_closing():
            return
        if self._sending_ended and is_last:
            self.transport.close()
        elif is_last:
            self._count_among_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, _msg: str) -> None:
        """Refuses what was sent; uvicorn calls this where it is no HTTP."""
        self._refused = True
        self._stop_waiting()
        newest: RequestResponseCycle | None = self.cycle
        if newest is None or newest.response_complete:
            self._answer_refusal()
        elif newest.more_body:  # the fault is in its body
            if not newest.response_started and not self.pipeline:
                newest.disconnected = True
                newest.message_event.set()
                self._answer_refusal()
        else:
            newest.keep_alive = False  # it is whole, as those before it, and is answered
            return
        # Data that nobody reads makes the kernel reset the connection, and the answer is lost.
        self._head_timer = self.loop.call_later(_LINGER_S, self.transport.close)

    def _answer_refusal(self) -> None:
        response = problem_response(_too_large() if self._head_too_large else _malformed())
        status = HTTPStatus(response.status_code)
        fields = [*response.raw_headers, (b"connection", b"close")]
        head = b"".join(b"%s: %s\r\n" % field for field in fields)
        first = f"HTTP/1.1 {status} {status.phrase}\r\n".encode()
        self.transport.write(first + head + b"\r\n" + bytes(response.body))

    def _count_head(self, size_bytes: int, fields: int) -> None:
        self._head_bytes += size_bytes + len(": \r\n")
        self._head_fields += fields
        if self._head_bytes > _MAX_HEAD_BYTES or self._head_fields > _MAX_HEAD_FIELDS:
            self._head_too_large = True
            raise ValueError("the head is too large")  # ends the parser, which then refuses

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(
            min(_HEAD_S, self.timeout_keep_alive), self._give_up
        )
        if self._is_idle():
            self._count_among_waiting()

    def _count_among_waiting(self) -> None:
        address = self.client[0] if self.client else None
        self._awaited_heads.add(self, address, self._give_up)

    def _give_up(self) -> None:
        if self._is_idle():
            self.timeout_keep_alive_handler()
        else:  # a request before it is being answered
            self.cycle.keep_alive = False
            self._refused = True

    def _stop_waiting(self) -> None:
        self._awaited_heads.discard(self)
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def _too_large() -> RequestProblem:
    return RequestProblem(
        "head-too-large",
        f"The request's head has over {_MAX_HEAD_BYTES:,} bytes or {_MAX_HEAD_FIELDS} fields.",
        limit=_MAX_HEAD_BYTES,
    )


def _malformed() -> RequestProblem:
    return RequestProblem("request-malformed", "What was sent is no HTTP request.")
