"""HTTP as cameras write it, made into HTTP that a strict parser reads.

Web servers in cameras send header lines without a name, names with spaces, lengths that are no
numbers; browsers and curl pass over these.  h11, under httpcore, refuses the whole answer.  So what
comes in is read line by line up to the end of the head, and what is no header is left out.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore2

from safety_detector.errors import FetchFailed

_MOST_HEAD_BYTES = 64 * 1024
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
# RFC 9110, 5.6.2: a token.
_HEADER = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*:(.*)")
_STATUS_LINE = re.compile(rb"(?:HTTP/1\.[01]|ICY) (\d{3})(?: (.*))?")
_NOT_IN_VALUES = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


def tidy_head(head: bytes) -> bytes:
    r"""The head of an answer with what is no header left out.

    Args:
        head: status line and header lines, without the empty line.

    Returns:
        The same with ``\r\n`` behind each line, and behind the head.

    Example:
        >>> tidy_head(b"HTTP/1.1 200 OK\nTue, 12 Jun 2012 01:56:34 GMT\nContent-Length:5")
        b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'
    """
    first, *lines = head.split(b"\n")
    status = _STATUS_LINE.fullmatch(first.rstrip(b"\r "))
    if status is None:
        return head + b"\r\n\r\n"  # no HTTP; the parser says so
    kept = [b"HTTP/1.1 " + status[1] + b" " + _NOT_IN_VALUES.sub(b" ", status[2] or b"")]
    has_length = False
    for line in lines:
        header = _HEADER.fullmatch(line.rstrip(b"\r"))
        if header is None:
            continue
        name, value = header[1], _NOT_IN_VALUES.sub(b" ", header[2].strip(b" \t"))
        if name.lower() == b"content-length":
            # A second one, or one that is no number, tells nothing; the end of the body does.
            if has_length or not value.isdigit():
                continue
            has_length = True
        kept.append(name + b": " + value)
    return b"\r\n".join(kept) + b"\r\n\r\n"


class LenientBackend(httpcore2.AsyncNetworkBackend):
    """Connections whose answers are tidied before they are parsed.

    Args:
        certificates: of which a server with TLS has to show one, in DER; None for any that the
            TLS context accepts.
    """

    def __init__(self, certificates: frozenset[bytes] | None) -> None:
        self._plain = httpcore2.AnyIOBackend()
        self._certificates = certificates

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to an address."""
        stream = await self._plain.connect_tcp(host, port, timeout, local_address, socket_options)
        return _LenientStream(stream, self._certificates)

    async def sleep(self, seconds: float) -> None:
        """Waits."""
        await self._plain.sleep(seconds)


class _LenientStream(httpcore2.AsyncNetworkStream):
    """One connection, used for one answer."""

    def __init__(
        self, stream: httpcore2.AsyncNetworkStream, certificates: frozenset[bytes] | None
    ) -> None:
        self._stream = stream
        self._certificates = certificates
        self._head = bytearray()
        self._is_in_head = True

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """The next bytes of the answer; the head comes tidied and as a whole."""
        if not self._is_in_head:
            return await self._stream.read(max_bytes, timeout)
        while True:
            data = await self._stream.read(max_bytes, timeout)
            self._head += data
            end = _END_OF_HEAD.search(self._head)
            if end is not None:
                self._is_in_head = False
                return tidy_head(bytes(self._head[: end.start()])) + bytes(self._head[end.end() :])
            if not data:
                return bytes(self._head)
            if len(self._head) > _MOST_HEAD_BYTES:
                raise FetchFailed("header-lines-too-long", limit=_MOST_HEAD_BYTES)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Sends bytes."""
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Closes the connection."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """The same connection, encrypted."""
        encrypted = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        if self._certificates is not None:
            shown = encrypted.get_extra_info("ssl_object").getpeercert(binary_form=True)
            if shown not in self._certificates:
                await encrypted.aclose()
                raise httpcore2.ConnectError(
                    "its certificate is not one of those in SAFETY_FETCH_CA_FILE"
                )
        return _LenientStream(encrypted, self._certificates)

    def get_extra_info(self, info: str) -> Any:
        """What the connection knows of itself."""
        return self._stream.get_extra_info(info)
