"""The picture in a camera's answer: whole, of overstated length, or the first of a stream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TypeAlias

import httpcore2

from safety_detector.errors import FetchFailed
from safety_detector.ingest.admission import Limits, too_many_bytes
from safety_detector.network.multipart_stream import (
    MultipartBroken,
    MultipartStream,
    PartBegins,
    PartEnds,
)

Arrived: TypeAlias = Callable[[int], None]
"""Is told of so many bytes more; what it raises ends the fetch."""

# What ends a JPEG and a PNG; bytes of padding may follow.
_ENDS = (b"\xff\xd9", b"IEND\xaeB`\x82")
_PADDING = b"\x00\r\n"


async def read_picture(
    response: httpcore2.Response, limits: Limits, shown: str, arrived: Arrived
) -> bytes:
    """The bytes of the picture that an answer brings.

    A server that announces more than it sends is believed if the picture is whole all the same.
    Of a stream of pictures (MJPEG, ``multipart/x-mixed-replace``) the first whole one is taken.

    Args:
        response: with status 200; its body is read as far as needed.
        limits: bytes are counted while they arrive.
        shown: the address as it may stand in messages.
        arrived: is told of the bytes as they arrive; what it raises ends the fetch.

    Raises:
        PictureTooLarge: more bytes than the limit.
        FetchFailed: the body ended before its picture did, or is compressed.
    """
    headers = _headers(response)
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise FetchFailed("compressed-body", url=shown)
    announced = headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limits.max_bytes:
        raise too_many_bytes(limits, int(announced))
    kind = headers.get("content-type", "")
    if kind.lower().startswith("multipart/"):
        return await _first_part(_counted(response, arrived), kind, limits, shown)
    received = bytearray()
    try:
        async for chunk in _counted(response, arrived):
            received += chunk
            if len(received) > limits.max_bytes:
                raise too_many_bytes(limits, None)
    except httpcore2.RemoteProtocolError as exc:
        if not _is_whole(received):
            raise _cut(shown, len(received), announced) from exc
    return bytes(received)


async def _counted(response: httpcore2.Response, arrived: Arrived) -> AsyncIterator[bytes]:
    async for chunk in response.aiter_stream():
        arrived(len(chunk))
        yield chunk


def _cut(shown: str, received: int, announced: str) -> FetchFailed:
    if announced.isdecimal():
        return FetchFailed(
            "connection-closed-of", url=shown, bytes=received, announced=int(announced)
        )
    return FetchFailed("connection-closed", url=shown, bytes=received)


def _headers(response: httpcore2.Response) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): value.decode("latin-1").strip()
        for name, value in response.headers
    }


async def _first_part(chunks: AsyncIterator[bytes], kind: str, limits: Limits, shown: str) -> bytes:
    """The first whole part of a stream that may have no end."""
    async for part in read_parts(chunks, kind, limits):
        return part
    raise FetchFailed("mjpeg-without-picture", url=shown)


async def read_parts(
    chunks: AsyncIterator[bytes], kind: str, limits: Limits
) -> AsyncIterator[bytes]:
    """The whole parts of a stream that may have no end, one after the other.

    Args:
        chunks: the body as it comes.
        kind: its content type, with the boundary.
        limits: of one part.

    Raises:
        PictureTooLarge: a part has more bytes than the limit.
    """
    stream = MultipartStream(kind, by_length=True)
    part = bytearray()
    try:
        async for chunk in _until_lost(chunks):
            for event in stream.feed(chunk):
                if isinstance(event, PartEnds):
                    yield bytes(part)
                else:
                    part = _added(part, event, limits)
        for event in stream.close():
            # The last part needs no delimiter behind it, and no more bytes than make it whole.
            if not isinstance(event, PartEnds):
                part = _added(part, event, limits)
            elif _is_whole(part):
                yield bytes(part)
    except MultipartBroken:
        return


def _added(part: bytearray, event: PartBegins | bytes, limits: Limits) -> bytearray:
    """The part with what came of it; a new one where one begins."""
    if isinstance(event, PartBegins):
        announced = event.headers.get(b"content-length", b"")
        if announced.isdigit() and int(announced[:12]) > limits.max_bytes:
            raise too_many_bytes(limits, int(announced[:12]))
        return bytearray()
    part += event
    if len(part) > limits.max_bytes:
        raise too_many_bytes(limits, None)
    return part


async def _until_lost(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The chunks up to the end, or to where the server hangs up before it."""
    try:
        async for chunk in chunks:
            yield chunk
    except httpcore2.RemoteProtocolError:
        return


def _is_whole(received: bytearray) -> bool:
    """Whether a JPEG or PNG ends where the bytes end, but for padding."""
    return bytes(received[-1024:]).rstrip(_PADDING).endswith(_ENDS)
