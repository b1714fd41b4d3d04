"""What cameras push: a picture, raw or among the parts of an event, under whatever name and type.

Cameras cannot be told how to push.  What is a picture is found out from the bytes; of several the
one with the most pixels is the scene, the others are cuttings from it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from safety_detector.errors import SafetyDetectorError
from safety_detector.ingest.admission import Limits
from safety_detector.name_bytes import decode_name
from safety_detector.pictures.images import read_header
from safety_detector.sources.names import looks_like_picture
from safety_detector.vendor_payloads.hikvision import read_event
from safety_detector.vendor_payloads.payload import (
    Payload,
    PayloadPart,
    part_bytes,
    read_payload,
)
from safety_detector.web.bodies.kinds import disposition_name
from safety_detector.web.bodies.uploads import (
    ReceivedFile,
    Spool,
    UploadLimits,
    receive_body,
    receive_picture,
)
from safety_detector.web.inspections.fields import FrameFields
from safety_detector.web.problems.problem import RequestProblem

_MAX_TEXT_BYTES = 64 * 2**10
_PICTURE_TYPES = ("", "application/octet-stream", "binary/octet-stream")
_FIELDS = frozenset(FrameFields.model_fields)
# An event whose time is further off comes from a camera with a wrong clock: then arrival counts.
_OLDEST_EVENT = timedelta(days=1)
_CLOCK_ERROR = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Push:
    """What a camera pushed.

    Attributes:
        picture: the frame.
        fields: what is said of it in fields that mean something here.
        event_time: when the camera says that it happened; None where it does not, or cannot be.
        left_out: names of further pictures, which are not looked at.
    """

    picture: ReceivedFile
    fields: dict[str, str] = field(default_factory=dict)
    event_time: datetime | None = None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChosenPicture:
    """The picture of a body.

    Attributes:
        scene: the one that is looked at.
        left_out: the others.
    """

    scene: PayloadPart
    left_out: tuple[PayloadPart, ...]


async def receive_push(request: Request, limits: UploadLimits, spool: Spool) -> Push:
    """Takes a body that a camera pushed.

    Raises:
        PictureTooLarge: a raw body is too large.
        RequestProblem: there is no picture in it, it is broken, too much, or too slow.
        StorageUnavailable: the temporary folder is full.
    """
    content_type = request.headers.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    if not media_type.startswith("multipart/"):
        file = await receive_picture(request, disposition_name(request), limits, spool)
        if media_type.startswith("image/") or media_type in _PICTURE_TYPES:
            return Push(file)  # if it is none, that is refused as a picture, and counted
        if not looks_like_picture(_head(spool, file.start, file.size_bytes)):
            raise RequestProblem(
                "media-type-unsupported",
                f"A frame is a picture, raw or in a multipart body; this is {media_type[:80]!r}, "
                "and no picture by its bytes.",
            )
        return Push(file)
    await receive_body(request, limits, spool)
    return await run_in_threadpool(_read_push, spool, content_type, limits.picture)


def choose_picture(
    parts: Sequence[PayloadPart], spool: Spool, wanted: Collection[str] = ()
) -> ChosenPicture | None:
    """The picture among the parts of a body; None where there is none.

    Args:
        parts: of the body.
        spool: holds it.
        wanted: what the event calls its pictures; where one is called so, only such are chosen
            from.
    """
    found = [part for part in parts if looks_like_picture(_head(spool, part.start, part.size))]
    # What was sent as the picture and is none is judged, and counted, as a broken frame.
    found = found or [part for part in parts if part.media_type.startswith("image/") and part.size]
    if not found:
        return None
    meant = [part for part in found if _names(part) & set(wanted)] or found
    scene = meant[0]
    if len(meant) > 1:
        # Reversed, since max takes the first of equals, and the last is the newest.
        scene = max(reversed(meant), key=lambda part: _pixels(spool, part))
    return ChosenPicture(scene, tuple(part for part in found if part is not scene))


def received_file(part: PayloadPart, limits: Limits) -> ReceivedFile:
    """A part as a submitted file; one beyond the limit of a picture counts as not whole."""
    return ReceivedFile(part.file_name, part.start, part.size, min(part.size, limits.max_bytes))


def believed(moment: datetime | None) -> datetime | None:
    """A camera's word on when it was; None where its clock is plainly wrong, or tells no zone."""
    if moment is None or moment.tzinfo is None:
        return None
    now = datetime.now(UTC)
    return moment if now - _OLDEST_EVENT <= moment <= now + _CLOCK_ERROR else None


def shown_parts(parts: Sequence[PayloadPart]) -> str:
    """What came in place of a picture, for people."""
    return ", ".join(
        f"{part.shown or 'a part'} ({part.media_type or 'no type'})"[:80] for part in parts[:5]
    )


def _read_push(spool: Spool, content_type: str, limits: Limits) -> Push:
    payload: Payload = read_payload(spool.file, spool.size_bytes, content_type)
    if payload.fault is not None:
        raise RequestProblem("body-malformed", f"{payload.fault.facts['cause']}.")
    chosen = choose_picture(payload.parts, spool)
    if chosen is None:
        raise RequestProblem(
            "request-invalid",
            f"No part of this push is a picture: {shown_parts(payload.parts) or 'it has no parts'}."
            " Let the camera send its event with the picture.",
        )
    fields, event_time = {}, None
    for part in payload.parts:
        if part is chosen.scene or part in chosen.left_out:
            continue
        raw = part_bytes(spool.file, part, _MAX_TEXT_BYTES)
        if part.name in _FIELDS:
            fields[part.name] = decode_name(raw)
        elif part.is_text:
            event_time = event_time or believed(read_event(raw).happened_at)
    left_out = tuple(part.shown or "picture" for part in chosen.left_out)
    return Push(received_file(chosen.scene, limits), fields, event_time, left_out)


def _names(part: PayloadPart) -> set[str]:
    stem = part.file_name.rpartition(".")[0]
    return {part.content_id, part.name, part.file_name, stem} - {""}


def _head(spool: Spool, start: int, size: int) -> bytes:
    spool.file.seek(start)
    return spool.file.read(min(size, 16))


def _pixels(spool: Spool, part: PayloadPart) -> int:
    try:
        return read_header(part_bytes(spool.file, part, part.size)).size.pixels
    except SafetyDetectorError:
        return 0
