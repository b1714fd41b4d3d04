"""What cameras push: a picture, raw or among the parts of an event, under whatever name and type.

Cameras cannot be told how to push.  What is a picture is found out from the bytes; of several the
one with the most pixels is the scene, the others are cuttings from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from fastapi import Request
from pydantic import TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool

from safety_detector.errors import SafetyDetectorError
from safety_detector.name_bytes import decode_name
from safety_detector.pictures.images import read_header
from safety_detector.sources.names import looks_like_picture
from safety_detector.web.bodies.dispositions import Disposition
from safety_detector.web.bodies.kinds import disposition_name
from safety_detector.web.bodies.multipart_parts import PartReader
from safety_detector.web.bodies.uploads import ReceivedFile, Spool, UploadLimits, receive_picture
from safety_detector.web.inspections.fields import FrameFields
from safety_detector.web.problems.problem import RequestProblem

_MAX_PARTS = 50
_MAX_TEXT_BYTES = 64 * 2**10
_PICTURE_TYPES = ("", "application/octet-stream", "binary/octet-stream")
_FIELDS = frozenset(FrameFields.model_fields)
# Hikvision's EventNotificationAlert and its kin, as XML or JSON.
_EVENT_TIME = re.compile(
    r"<dateTime>\s*([0-9T:.+Zz-]{19,40})\s*</dateTime>"
    r"|\"dateTime\"\s*:\s*\"([0-9T:.+Zz-]{19,40})\""
)
_MOMENT = TypeAdapter(datetime)
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


@dataclass(slots=True)
class _Part:
    field_name: str
    media_type: str
    file: ReceivedFile


async def receive_push(request: Request, limits: UploadLimits, spool: Spool) -> Push:
    """Takes a body that a camera pushed.

    Raises:
        PictureTooLarge: a raw body is too large.
        RequestProblem: there is no picture in it, it is broken, too much, or too slow.
        StorageUnavailable: the temporary folder is full.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not media_type.startswith("multipart/"):
        file = await receive_picture(request, disposition_name(request), limits, spool)
        if media_type.startswith("image/") or media_type in _PICTURE_TYPES:
            return Push(file)  # if it is none, that is refused as a picture, and counted
        if not looks_like_picture(_head(spool, file)):
            raise RequestProblem(
                "media-type-unsupported",
                f"A frame is a picture, raw or in a multipart body; this is {media_type[:80]!r}, "
                "and no picture by its bytes.",
            )
        return Push(file)
    reader = _PushReader(limits, spool)
    await reader.read(request)
    reader.finish()
    return await run_in_threadpool(_chosen, reader.parts, spool)


def _chosen(parts: list[_Part], spool: Spool) -> Push:
    pictures = [part for part in parts if looks_like_picture(_head(spool, part.file))]
    # What was sent as the picture and is none is judged, and counted, as a broken frame.
    pictures = pictures or [
        part for part in parts if part.media_type.startswith("image/") and part.file.size_bytes
    ]
    if not pictures:
        told = ", ".join(
            f"{part.file.name or part.field_name or 'a part'} ({part.media_type or 'no type'})"[:80]
            for part in parts[:5]
        )
        raise RequestProblem(
            "request-invalid",
            f"No part of this push is a picture: {told or 'it has no parts'}. Let the camera send "
            "its event with the picture.",
        )
    scene = pictures[0]
    if len(pictures) > 1:
        # Reversed, since max takes the first of equals, and the last is the newest.
        scene = max(reversed(pictures), key=lambda part: _pixels(spool, part.file))
    texts = [part for part in parts if part not in pictures]
    fields, event_time = {}, None
    for part in texts:
        text = decode_name(_bytes(spool, part.file, _MAX_TEXT_BYTES))
        if part.field_name in _FIELDS:
            fields[part.field_name] = text
        event_time = event_time or _time_of_event(text)
    left_out = tuple(
        part.file.name or part.field_name or "picture" for part in pictures if part is not scene
    )
    return Push(scene.file, fields, event_time, left_out)


def _time_of_event(text: str) -> datetime | None:
    found = _EVENT_TIME.search(text)
    if found is None:
        return None
    try:
        moment = _MOMENT.validate_python(found[1] or found[2])
    except ValidationError:
        return None
    if moment.tzinfo is None:
        return None
    now = datetime.now(UTC)
    return moment if now - _OLDEST_EVENT <= moment <= now + _CLOCK_ERROR else None


def _head(spool: Spool, file: ReceivedFile) -> bytes:
    return _bytes(spool, file, 16)


def _bytes(spool: Spool, file: ReceivedFile, at_most: int) -> bytes:
    spool.file.seek(file.start)
    return spool.file.read(min(file.kept_bytes, at_most))


def _pixels(spool: Spool, file: ReceivedFile) -> int:
    try:
        return read_header(_bytes(spool, file, file.kept_bytes)).size.pixels
    except SafetyDetectorError:
        return 0


class _PushReader(PartReader):
    """Keeps every part in the spool, whatever it is called."""

    def __init__(self, limits: UploadLimits, spool: Spool) -> None:
        super().__init__(limits, spool)
        self.parts: list[_Part] = []

    def begin_part(self, disposition: Disposition) -> None:
        """Another part."""
        if len(self.parts) >= _MAX_PARTS:
            raise RequestProblem("body-malformed", f"More than {_MAX_PARTS} parts.")
        media_type = self.headers.get(b"content-type", b"").partition(b";")[0].strip()
        file = ReceivedFile(disposition.file_name or "", start=self.place)
        self.parts.append(_Part(disposition.name or "", media_type.decode("latin-1").lower(), file))

    def add_data(self, data: bytes) -> None:
        """Bytes of the part; those beyond the limit of a picture are counted alone."""
        file = self.parts[-1].file
        file.size_bytes += len(data)
        if file.size_bytes <= self.limits.picture.max_bytes:
            self.pending += data
            file.kept_bytes = file.size_bytes

    def end_part(self) -> None:
        """Nothing is looked at before all have come."""

    def finish(self) -> None:
        """The body has ended; some cameras leave the last boundary out.

        Whether the last picture is whole is seen from the picture.
        """
        if not self.ended and not self.parts:
            raise RequestProblem("body-malformed", "The multipart body ends before its first part.")
