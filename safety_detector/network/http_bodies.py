"""Takes no more of a server's answer than was bargained for: unpacked, so long, for so long.

A compressed body of 1 MB unpacks to 1 GB, and the client unpacks it before anybody can count.  So
every request asks for a plain body, and a compressed one is refused as it begins.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing

import httpx2

PLAIN = {"Accept-Encoding": "identity"}
"""Header of a request whose answer is not to be compressed."""

_MOST_OF_A_REFUSAL = 1 << 20  # bytes; problem documents have a few hundred


class BoundedBody(httpx2.SyncByteStream):
    """A response body that ends in a time-out at the deadline, and in an error when it is too long.

    The transport's own time-out starts anew with every byte: a server that drips would hold on for
    ever.

    Args:
        body: as the transport gives it.
        deadline: on the monotonic clock.
        most_bytes: one more is an error.
    """

    def __init__(self, body: httpx2.SyncByteStream, deadline: float, most_bytes: int) -> None:
        self._body = body
        self._deadline = deadline
        self._most_bytes = most_bytes

    def __iter__(self) -> Iterator[bytes]:
        received = 0
        for chunk in self._body:
            received += len(chunk)
            if received > self._most_bytes:
                raise httpx2.DecodingError(f"the answer is longer than {self._most_bytes:,} bytes")
            if time.monotonic() > self._deadline:
                raise httpx2.ReadTimeout("the answer did not end in time")
            yield chunk

    def close(self) -> None:
        """Closes the connection."""
        self._body.close()


def bounds(most_bytes: int, longest_s: float) -> Callable[[httpx2.Response], None]:
    """A response hook that bounds every body, in bytes and from now on in seconds."""

    def bound(response: httpx2.Response) -> None:
        require_plain(response, longest_s)
        body = response.stream
        if response.is_success and isinstance(body, httpx2.SyncByteStream):
            response.stream = BoundedBody(body, time.monotonic() + longest_s, most_bytes)

    return bound


def require_plain(response: httpx2.Response, longest_s: float) -> None:
    """A response hook that refuses a compressed answer and shortens what is no success.

    Of a refusal the status counts, so that a compressed one only loses its words.

    Raises:
        httpx2.DecodingError: a success is compressed.
    """
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    is_plain = coding in ("", "identity")
    if response.is_success:
        if not is_plain:
            raise httpx2.DecodingError(
                f"the answer is compressed ({coding[:40]}), which was not asked for"
            )
        return
    body = response.stream
    if isinstance(body, httpx2.SyncByteStream):
        with closing(body):
            start = _start_of(body, time.monotonic() + longest_s) if is_plain else b""
        response.stream = httpx2.ByteStream(start)
        response.headers.pop("content-encoding", None)


def _start_of(body: httpx2.SyncByteStream, deadline: float) -> bytes:
    start = b""
    for chunk in body:
        start += chunk
        if len(start) > _MOST_OF_A_REFUSAL or time.monotonic() > deadline:
            break
    return start[:_MOST_OF_A_REFUSAL]
