"""A body that a device sent: its parts, the events in them, and what else stands there.

Devices announce their bodies wrongly: what a body is, is found out from its bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO

from safety_detector.message_texts.reason import Reason
from safety_detector.network.dispositions import read_disposition
from safety_detector.network.multipart_stream import FoundPart, MultipartBroken, find_parts
from safety_detector.network.xml_messages import MOST_BYTES
from safety_detector.vendor_payloads import dahua, hikvision
from safety_detector.vendor_payloads.events import DeviceEvent, Make

MOST_PARTS = 50
"""Of one body."""

_MOST_NESTED = 3
_HEAD_BYTES = 512
_BEFORE_TEXT = b"\xef\xbb\xbf\xff\xfe \t\r\n\0"
_TEXTS = (b"<", b"{", b"[", b"code=", b"events[", b"heartbeat")
_TEXT_TYPES = ("text/", "application/xml", "application/json")


@dataclass(frozen=True, slots=True)
class PayloadPart:
    """A part of a body, or the whole of one that has none.

    Attributes:
        media_type: as it was announced, without parameters, in small letters.
        name: of the form's field; ``""`` without one.
        file_name: ``""`` without one.
        content_id: by which an event refers to it; ``""`` without one.
        start: the place of its first byte in the file.
        size: its bytes.
        is_text: whether it is read as an event, by its bytes or else by its type.
    """

    media_type: str
    name: str
    file_name: str
    content_id: str
    start: int
    size: int
    is_text: bool

    @property
    def shown(self) -> str:
        """What it is called where people read of it."""
        return self.file_name or self.name or self.content_id


@dataclass(frozen=True, slots=True)
class Payload:
    """What a body holds.

    Attributes:
        parts: in their order, those of parts that are multipart themselves among them.
        fault: why it could not be taken apart.
    """

    parts: tuple[PayloadPart, ...]
    fault: Reason | None = None


def read_payload(body: IO[bytes], size: int, content_type: str) -> Payload:
    """The parts of a body that lies in a file, from its beginning.

    Args:
        body: the file.
        size: bytes of the body.
        content_type: what announced it; need not be true.
    """
    whole = FoundPart({b"content-type": content_type.encode("latin-1", "replace")}, 0, size)
    try:
        return Payload(tuple(_parts_in(body, whole, 0))[:MOST_PARTS])
    except MultipartBroken as exc:
        return Payload((), Reason.of("payload-multipart-broken", cause=str(exc)))


def read_events(make: Make, data: bytes) -> tuple[DeviceEvent, ...]:
    """The events in a text of a device, at least one; what cannot be read is its ``fault``."""
    if make is Make.HIKVISION:
        return (hikvision.read_event(data),)
    return dahua.read_events(data)


def part_bytes(body: IO[bytes], part: PayloadPart, at_most: int = MOST_BYTES + 1) -> bytes:
    """The bytes of a part, as many as are wanted."""
    body.seek(part.start)
    return body.read(min(part.size, at_most))


def _parts_in(body: IO[bytes], found: FoundPart, depth: int) -> Iterator[PayloadPart]:
    """A part, or what is in it if that is multipart."""
    body.seek(found.start)
    head = body.read(min(found.size, _HEAD_BYTES))
    announced = found.headers.get(b"content-type", b"").decode("latin-1")
    media_type = announced.partition(";")[0].strip().lower()
    is_announced = media_type.startswith("multipart/")
    if depth < _MOST_NESTED and (is_announced or head.lstrip(_BEFORE_TEXT).startswith(b"--")):
        try:
            inner = find_parts(body, announced, found.start, found.size, MOST_PARTS)
        except MultipartBroken:
            if depth == 0 and not _is_text(head, "") and not _is_binary(head):
                raise
            inner = []
        if inner:
            for one in inner:
                yield from _parts_in(body, one, depth + 1)
            return
        if depth == 0 and is_announced and not _is_text(head, "") and not _is_binary(head):
            return
    yield _as_part(found.headers, found, media_type, head)


def _as_part(
    headers: Mapping[bytes, bytes], found: FoundPart, media_type: str, head: bytes
) -> PayloadPart:
    named = read_disposition(headers.get(b"content-disposition", b""))
    content_id = headers.get(b"content-id", b"").decode("utf-8", "replace").strip().strip("<>")
    return PayloadPart(
        media_type=media_type,
        name=named.name or "",
        file_name=named.file_name or "",
        content_id=content_id[:200],
        start=found.start,
        size=found.size,
        is_text=_is_text(head, media_type),
    )


def _is_text(head: bytes, media_type: str) -> bool:
    if head.lstrip(_BEFORE_TEXT)[:10].lower().startswith(_TEXTS):
        return True
    is_announced = media_type.startswith(_TEXT_TYPES) or media_type.endswith(("+xml", "+json"))
    return is_announced and not _is_binary(head)


def _is_binary(head: bytes) -> bool:
    """Whether it is no text in any encoding that texts come in; a picture, likely."""
    return b"\0" in head or head.startswith((b"\xff\xd8", b"\x89PNG"))
