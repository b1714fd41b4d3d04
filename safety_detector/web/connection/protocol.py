"""One connection of a client, from its first byte to its last."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import httptools
from starlette.requests import Request
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from safety_detector.web.connection.waiting_connections import WaitingConnections
from safety_detector.web.problems.problem import RequestProblem, problem_response

_SENDING_ENDED = "sending_ended"  # in the scope's state
_MAX_HEAD_BYTES = 64 * 2**10  # what browsers, proxies and cameras send has 8 at most
_MAX_HEAD_FIELDS = 200
_HEAD_S = 20.0  # from its first byte on, or from the connection on
_LINGER_S = 2.0
_PROBES = (b"/livez", b"/readyz")
_MAX_QUEUED = 4  # requests behind the one that is being answered; few clients send a second
_HEAD_END = re.compile(rb"\n\r?\n")
_LEAST_PIECE_BYTES = 64  # bounds the pieces of a body; the shortest request has 16
# Else the kernel would take megabytes of answers for a client that reads none of them.
_UNSENT_BYTES = 128 * 2**10
_UNREAD_TICK_S = 2.0
_UNREAD_S = 30.0  # a client that reads anything at all in this time is only slow


def sending_has_ended(request: Request) -> bool:
    """Whether the client has ended its sending; it may still read, or be gone altogether."""
    return bool(request.scope.get("state", {}).get(_SENDING_ENDED))


class _Flow(FlowControl):
    """uvicorn's, in which requests that are not looked at yet keep the client's sending paused."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__(transport)
        self._held = False

    def hold(self) -> None:
        """Nothing more is read, whoever wants to."""
        self._held = True
        self.pause_reading()

    def release(self) -> None:
        """It is read on, if it was held."""
        if self._held:
            self._held = False
            self.resume_reading()

    def resume_reading(self) -> None:
        """The application calls this whenever it asks for a piece of a body."""
        if not self._held:
            super().resume_reading()


class PunctualProtocol(HttpToolsProtocol):
    """uvicorn's connection, with six differences.

    It is closed where a request's head does not come: uvicorn limits the silence after an answer
    alone, and a client that connects and says nothing, or stops in the middle of a head, would
    keep its place among the connections for ever.  Of those that wait only so many are kept.

    A head has a limit, and so has all that the parser keeps without giving it out (a line that does
    not end, trailers): 431.  What is no HTTP is answered as every error is.

    Of requests that come before the last one is answered (pipelining) few are looked at; the others
    wait, unread, with their client.  They are dropped where it is gone.

    A client that does not read what it asked for is cut off, sooner where one address has many.

    Probes are answered however many connections there are.

    It outlives the client's end of sending (``shutdown(SHUT_WR)``; ``nc -N``, socat and small
    devices do so) while whole requests are unanswered (RFC 9112, section 9.6).  A request that ends
    before its body does is given up.  Who is gone altogether looks the same until something is
    written to them; then the kernel says so, and uvicorn ends the request.

    Args:
        awaited_heads: the connections of this server that wait for a request.
        unread_answers: those that wait for their client to read.
        root_path: prefix below which the API is served.
        **arguments: uvicorn's.
    """

    def __init__(
        self,
        *,
        awaited_heads: WaitingConnections,
        unread_answers: WaitingConnections,
        root_path: str = "",
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self._awaited_heads = awaited_heads
        self._unread_answers = unread_answers
        below = root_path.encode()
        self._probes = {*_PROBES, *(below + probe for probe in _PROBES)}
        self._running: RequestResponseCycle | None = None
        self._unparsed, self._unparsed_from = b"", 0
        self._unread_timer: asyncio.TimerHandle | None = None
        self._unread_bytes, self._unread_s = 0, 0.0
        self._head_timer: asyncio.TimerHandle | None = None
        self._sending_ended = False
        self._refused = False
        self._head_too_large = False
        self._head_bytes = self._head_fields = 0
        self._head_ended = False
        self._gave_out = False
        self._kept_bytes = 0  # since the parser last gave something out

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first head is awaited."""
        super().connection_made(transport)
        self.flow = self._flow = _Flow(transport)
        self._set_option(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """A piece of a request, or of several."""
        if self._refused:
            return
        self._unparsed = self._unparsed[self._unparsed_from :] + data
        self._unparsed_from = 0
        self._parse()

    def _parse(self) -> None:
        """Looks at what has come, no further than a few requests ahead of their answers."""
        first, self._gave_out = self._unparsed_from, False
        while (
            self._unparsed_from < len(self._unparsed)
            and not self._refused
            and not self.transport.is_closing()
        ):
            newest: RequestResponseCycle | None = self.cycle
            if len(self.pipeline) >= _MAX_QUEUED or (
                self.pipeline and newest is not None and newest.more_body
            ):
                self._flow.hold()
                return
            start = self._unparsed_from
            end = _HEAD_END.search(self._unparsed, start + _LEAST_PIECE_BYTES)
            self._unparsed_from = len(self._unparsed) if end is None else end.end()
            self._parse_piece(self._unparsed[start : self._unparsed_from])
        self._kept_bytes += self._unparsed_from - first
        if self._gave_out:
            self._kept_bytes = 0
        elif self._kept_bytes > _MAX_HEAD_BYTES and not self._refused:
            self._head_too_large = True
            self.send_400_response("")
        self._unparsed, self._unparsed_from = b"", 0
        if not self.transport.is_closing():
            self._flow.release()

    def _parse_piece(self, piece: bytes) -> None:
        if self._head_timer is None and self._is_idle():
            self._await_head()
        super().data_received(piece)

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
        self._gave_out = True
        limit = self.limit_concurrency
        try:
            if httptools.parse_url(self.url).path in self._probes:
                self.limit_concurrency = None
            super().on_headers_complete()
        finally:
            self.limit_concurrency = limit

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._gave_out = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._gave_out = True
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
        super().on_response_complete()
        if not self.transport.is_closing():
            self._parse()
        if self.transport.is_closing():
            self._close()
        elif self._is_idle():
            if self._sending_ended:
                self._close()
            else:
                self._count_among_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more, and nothing answered."""
        self._stop_waiting()
        self._stop_watching()
        self._unparsed, self._unparsed_from = b"", 0
        for cycle in (self._running, *(queued for queued, _ in self.pipeline)):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
        self.pipeline.clear()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client reads more slowly than it is answered."""
        super().pause_writing()
        self._watch_unread()

    def resume_writing(self) -> None:
        """It has read."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._stop_watching()

    def timeout_keep_alive_handler(self) -> None:
        """The client has been silent for too long."""
        self._close()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _close(self) -> None:
        """Closes behind what is to be sent, which a client may refuse to read for ever."""
        self.transport.close()
        if self.transport.get_write_buffer_size():
            self._watch_unread()

    def _watch_unread(self) -> None:
        if self._unread_timer is None:
            self._unread_s = 0.0
            self._unread_bytes = self.transport.get_write_buffer_size()
            self._unread_timer = self.loop.call_later(_UNREAD_TICK_S, self._look_at_unread)

    def _look_at_unread(self) -> None:
        left = self.transport.get_write_buffer_size()
        if left < self._unread_bytes:
            self._unread_s = 0.0
            self._unread_answers.discard(self)
        else:
            self._unread_s += _UNREAD_TICK_S
            if self._unread_s >= _UNREAD_S:
                self._cut_off()
                return
        self._unread_bytes = left
        self._unread_timer = self.loop.call_later(_UNREAD_TICK_S, self._look_at_unread)
        if self._unread_s > 0:
            address = self.client[0] if self.client else None
            self._unread_answers.add(self, address, self._cut_off)

    def _cut_off(self) -> None:
        self._stop_watching()
        # Without it the kernel would go on to offer what it has.
        self._set_option(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _set_option(self, level: int, option: int, value: int | bytes) -> None:
        peer: socket.socket | None = self.transport.get_extra_info("socket")
        if peer is not None:
            with suppress(OSError):  # it is closed, or no TCP
                peer.setsockopt(level, option, value)

    def _stop_watching(self) -> None:
        self._unread_answers.discard(self)
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None

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
        self._head_timer = self.loop.call_later(_LINGER_S, self._close)

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
