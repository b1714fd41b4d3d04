"""TLS before a connection's protocol, with the one thing that asyncio's own cannot do.

asyncio and uvloop end a TLS connection as soon as the client ends its sending, and drop what is
written later (``returning true from eof_received() has no effect when using ssl``).  A client that
has sent its picture would not be answered.  What encrypts is OpenSSL all the same.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from uvicorn.protocols.utils import get_remote_addr

from safety_detector.web.connection.waiting_connections import WaitingConnections

_HANDSHAKE_S = 20.0
_CHUNK_BYTES = 256 * 2**10


class TlsConnection(asyncio.Protocol):
    """Decrypts what comes for another protocol, and encrypts what that writes.

    Args:
        context: with certificate and key.
        make_protocol: makes the other protocol; called when the handshake is done.
        awaited_heads: the connections of this server that wait, one in its handshake among them.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        make_protocol: Callable[[], asyncio.Protocol],
        awaited_heads: WaitingConnections,
    ) -> None:
        self._awaited_heads = awaited_heads
        self._make_protocol = make_protocol
        self._protocol: asyncio.Protocol | None = None
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._transport: asyncio.Transport | None = None
        self._handshake_timer: asyncio.TimerHandle | None = None
        self._sending_ended = False
        self._keeps_open = False
        self._reading_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The handshake is awaited, for a while."""
        self._transport = cast(asyncio.Transport, transport)  # a stream has no other
        self._handshake_timer = asyncio.get_running_loop().call_later(
            _HANDSHAKE_S, self._transport.abort
        )
        peer = get_remote_addr(self._transport)
        self._awaited_heads.add(self, peer[0] if peer else None, self._transport.abort)

    def data_received(self, data: bytes) -> None:
        """A piece of the handshake, or of what the client says."""
        self._incoming.write(data)
        if self._protocol is None:
            self._shake_hands()
        if self._protocol is not None:
            self._read(self._protocol)

    def eof_received(self) -> bool:
        """The client's end of the connection is closed; returns whether ours stays open."""
        return self._protocol is not None and self._end_of_sending(self._protocol)

    def pause_writing(self) -> None:
        """The client reads slowly."""
        if self._protocol is not None:
            self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """It has caught up."""
        if self._protocol is not None:
            self._protocol.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is no more."""
        self._stop_timer()
        if self._protocol is not None:
            self._protocol.connection_lost(exc)

    def _shake_hands(self) -> None:
        if self._transport is None:
            return
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush(self._transport)
            return
        except ssl.SSLError:  # plain HTTP, a certificate that is not trusted, a scanner
            self._flush(self._transport)  # tells the client what OpenSSL thinks of it
            self._transport.close()
            return
        self._flush(self._transport)
        self._stop_timer()
        self._protocol = self._make_protocol()
        self._protocol.connection_made(
            _TlsTransport(self._transport, self._tls, self._outgoing, self._pause_reading)
        )

    def _read(self, protocol: asyncio.Protocol) -> None:
        transport = self._transport
        while transport is not None and not transport.is_closing() and not self._reading_paused:
            try:
                chunk = self._tls.read(_CHUNK_BYTES)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLError:
                transport.abort()
                return
            if not chunk:
                if not self._end_of_sending(protocol):
                    transport.close()
                break
            protocol.data_received(chunk)
        if transport is not None and not transport.is_closing():
            self._flush(transport)

    def _pause_reading(self, paused: bool) -> None:
        """Gives the other protocol nothing, also of what has come, until it wants to go on."""
        if self._transport is None or paused == self._reading_paused:
            return
        self._reading_paused = paused
        if paused:
            self._transport.pause_reading()
        else:  # later, since whoever resumes is in the middle of something
            asyncio.get_running_loop().call_soon(self._go_on_reading)

    def _go_on_reading(self) -> None:
        """What has come goes before what comes, and before the end of it."""
        if self._protocol is None or self._transport is None or self._reading_paused:
            return
        self._read(self._protocol)
        if not self._reading_paused and not self._transport.is_closing():
            self._transport.resume_reading()

    def _end_of_sending(self, protocol: asyncio.Protocol) -> bool:
        """Tells it once: TLS has an end of its own, and the connection below has another."""
        if not self._sending_ended:
            self._sending_ended = True
            self._keeps_open = bool(protocol.eof_received())
        return self._keeps_open

    def _flush(self, transport: asyncio.Transport) -> None:
        if self._outgoing.pending:
            transport.write(self._outgoing.read())

    def _stop_timer(self) -> None:
        self._awaited_heads.discard(self)
        if self._handshake_timer is not None:
            self._handshake_timer.cancel()
            self._handshake_timer = None


class _TlsTransport(asyncio.Transport):
    """The transport that the other protocol sees."""

    def __init__(
        self,
        below: asyncio.Transport,
        tls: ssl.SSLObject,
        outgoing: ssl.MemoryBIO,
        pause_reading: Callable[[bool], None],
    ) -> None:
        super().__init__()
        self._below = below
        self._tls = tls
        self._outgoing = outgoing
        self._pause_reading = pause_reading
        self._is_paused = False
        self._known: dict[str, Any] = {"ssl_object": tls, "sslcontext": tls.context}

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Facts about the connection, those of TLS included."""
        return self._known.get(name) or self._below.get_extra_info(name, default)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Encrypts and sends."""
        left = memoryview(data)
        try:
            while left and not self.is_closing():
                left = left[self._tls.write(left) :]
        except ssl.SSLError:
            self._below.abort()
            return
        self._flush()

    def close(self) -> None:
        """Says that nothing more comes, and closes when all is sent."""
        if self.is_closing():
            return
        with suppress(ssl.SSLError):  # nobody waits for the client's own farewell
            self._tls.unwrap()
        self._flush()
        self._below.close()

    def abort(self) -> None:
        """Closes at once."""
        self._below.abort()

    def is_closing(self) -> bool:
        """Whether it is closed or about to be."""
        return self._below.is_closing()

    def pause_reading(self) -> None:
        """Takes nothing more from the client."""
        self._is_paused = True
        self._pause_reading(True)

    def resume_reading(self) -> None:
        """Goes on taking."""
        self._is_paused = False
        self._pause_reading(False)

    def is_reading(self) -> bool:
        """Whether something is taken."""
        return not self._is_paused

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Bounds of what waits to be sent."""
        self._below.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        """Bytes that wait to be sent."""
        return self._below.get_write_buffer_size()

    def can_write_eof(self) -> bool:
        """TLS has no such thing on its own."""
        return False

    def _flush(self) -> None:
        if self._outgoing.pending and not self.is_closing():
            self._below.write(self._outgoing.read())
