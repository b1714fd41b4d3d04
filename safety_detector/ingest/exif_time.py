"""The time that a camera wrote into a picture: EXIF ``DateTimeOriginal`` and its offset.

Reads headers alone, from JPEG (APP1), PNG (``eXIf``), WebP (``EXIF``) and TIFF, and never a pixel:
Pillow's ``getexif`` decodes a whole PNG.  Every length and place in the bytes may be a lie.  Two
directories are looked at, nothing is followed further, and each search is bounded, so that hostile
bytes cost what good ones cost; what cannot be read is not there.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from safety_detector.domain.capture_time import CameraTime, Taken, decide_taken

# Tags of EXIF 2.32 (CIPA DC-008), tables 4 and 8.
_EXIF_IFD = 0x8769
_DATE_TIME_ORIGINAL = 0x9003
_OFFSET_TIME_ORIGINAL = 0x9011
_SUB_SEC_TIME_ORIGINAL = 0x9291

_BYTE, _ASCII, _LONG, _UNDEFINED, _IFD = 1, 2, 4, 7, 13  # field types of TIFF 6.0

_MOST_SEGMENTS = 512  # of a JPEG before its pixels; cameras write a dozen
_MOST_CHUNKS = 10_000  # of a PNG or WebP; a PNG of 32 MiB in chunks of 8 KiB has 4,096
_MOST_ENTRIES = 512  # of a directory; cameras write some sixty
_MOST_STRAY_BYTES = 65_536  # between two segments
_LONGEST_TEXT = 64  # bytes; a date has 20

_NO_FILL = re.compile(rb"[^\xff]")
_DATE = re.compile(
    r"([0-9]{4})[:/.-]([0-9]{1,2})[:/.-]([0-9]{1,2})[ T]+"
    r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,]([0-9]+))?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_OFFSET = re.compile(r"([+-])([0-9]{1,2}):?([0-9]{2})")
_LARGEST_OFFSET = timedelta(hours=14)


def taken_of(
    data: bytes, received_at: datetime, zone: tzinfo, captured_at: datetime | None = None
) -> Taken:
    """When a picture was taken, by its sender, its EXIF block or its arrival; see ``decide_taken``.

    Args:
        data: the picture's bytes.
        received_at: when it arrived.
        zone: in which a camera's time is read that has no zone of its own.
        captured_at: what the sender said, with its zone.
    """
    return decide_taken(received_at, zone, captured_at, read_camera_time(data))


def read_camera_time(data: bytes) -> CameraTime | None:
    """What the camera wrote about when the picture was taken; None where it wrote nothing.

    Never raises, whatever the bytes are.
    """
    block = _exif_block(data)
    if block is None:
        return None
    texts = _texts(block)
    stated = texts.get(_DATE_TIME_ORIGINAL, "")
    if not stated.strip(" :"):  # blanks between the colons say that it is unknown
        return None
    return _parse(
        stated, texts.get(_OFFSET_TIME_ORIGINAL, ""), texts.get(_SUB_SEC_TIME_ORIGINAL, "")
    )


def _parse(stated: str, offset_text: str, fraction: str) -> CameraTime:
    match = _DATE.fullmatch(stated)
    if match is None:
        return CameraTime(stated, None)
    year, month, day, hour, minute, second = (int(match[number]) for number in range(1, 7))
    fraction = match[7] or fraction.strip()
    is_fraction = fraction.isascii() and fraction.isdigit()
    microsecond = int(fraction[:6].ljust(6, "0")) if is_fraction else 0
    try:
        # A leap second is told as the last one before it.
        local = datetime(year, month, day, hour, minute, min(second, 59), microsecond)
    except ValueError:
        return CameraTime(stated, None)
    return CameraTime(stated, local if second <= 60 else None, _offset(match[8] or offset_text))


def _offset(text: str) -> timezone | None:
    if text.strip() == "Z":
        return UTC
    match = _OFFSET.fullmatch(text.strip())
    if match is None or int(match[3]) > 59:
        return None
    distance = timedelta(hours=int(match[2]), minutes=int(match[3]))
    if distance > _LARGEST_OFFSET:
        return None
    return timezone(-distance if match[1] == "-" else distance)


def _exif_block(data: bytes) -> bytes | None:
    """The TIFF structure that holds the EXIF tags."""
    if data.startswith(b"\xff\xd8"):
        return _in_jpeg(data)
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _in_png(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _in_webp(data)
    return data if data[:4] in (b"II*\0", b"MM\0*") else None


def _in_jpeg(data: bytes) -> bytes | None:
    place = 2
    for _ in range(_MOST_SEGMENTS):
        place = data.find(b"\xff", place, place + _MOST_STRAY_BYTES)
        marker_at = _NO_FILL.search(data, place, place + _MOST_STRAY_BYTES) if place >= 0 else None
        if marker_at is None:
            return None
        place = marker_at.start() + 1
        marker = data[place - 1]
        if marker in (0xDA, 0xD9):  # pixels begin, or the picture ends
            return None
        if marker in (0x00, 0x01) or 0xD0 <= marker <= 0xD8:  # without a length
            continue
        length = int.from_bytes(data[place : place + 2], "big")
        if marker == 0xE1 and data[place + 2 : place + 6] == b"Exif":
            return data[place + 8 : place + length]
        place += max(length, 2)
    return None


def _in_png(data: bytes) -> bytes | None:
    place = 8
    for _ in range(_MOST_CHUNKS):
        length, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        if kind == b"eXIf":
            return _without_prefix(data[place + 8 : place + 8 + length])
        if len(kind) < 4 or kind == b"IEND":
            return None
        place += 12 + length
    return None


def _in_webp(data: bytes) -> bytes | None:
    place = 12
    for _ in range(_MOST_CHUNKS):
        kind, length = (
            data[place : place + 4],
            int.from_bytes(data[place + 4 : place + 8], "little"),
        )
        if kind == b"EXIF":
            return _without_prefix(data[place + 8 : place + 8 + length])
        if len(kind) < 4:
            return None
        place += 8 + length + length % 2
    return None


def _without_prefix(block: bytes) -> bytes:
    """Some writers put JPEG's prefix before the block in other formats as well."""
    return block[6:] if block.startswith(b"Exif\0") else block


@dataclass(frozen=True, slots=True)
class _Field:
    """An entry of a directory; ``value`` are the four bytes that hold its value or its place."""

    tag: int
    kind: int
    count: int
    value: bytes


def _texts(block: bytes) -> dict[int, str]:
    """The texts of the wanted tags in the first directory and in its EXIF directory, which wins."""
    order = "<" if block[:2] == b"II" else ">"
    if block[:4] not in (b"II*\0", b"MM\0*"):
        return {}
    texts: dict[int, str] = {}
    exif_place = None
    for field in _fields(block, order, _number(block[4:8], order)):
        if field.tag == _EXIF_IFD and field.kind in (_LONG, _IFD) and exif_place is None:
            exif_place = _number(field.value, order)
        _keep_text(texts, block, order, field)
    if exif_place is not None:
        for field in _fields(block, order, exif_place):
            _keep_text(texts, block, order, field)
    return texts


def _fields(block: bytes, order: str, place: int) -> Iterator[_Field]:
    count = int.from_bytes(block[place : place + 2], "little" if order == "<" else "big")
    entries = block[place + 2 : place + 2 + 12 * min(count, _MOST_ENTRIES)]
    whole = len(entries) // 12 * 12
    for tag, kind, number, value in struct.iter_unpack(f"{order}HHI4s", entries[:whole]):
        yield _Field(tag, kind, number, value)


def _keep_text(texts: dict[int, str], block: bytes, order: str, field: _Field) -> None:
    wanted = (_DATE_TIME_ORIGINAL, _OFFSET_TIME_ORIGINAL, _SUB_SEC_TIME_ORIGINAL)
    if field.tag not in wanted or field.kind not in (_BYTE, _ASCII, _UNDEFINED):
        return
    length = min(field.count, _LONGEST_TEXT)
    place = _number(field.value, order)
    written = field.value[:length] if field.count <= 4 else block[place : place + length]
    text = written.split(b"\0")[0].decode("latin-1").strip()
    texts[field.tag] = "".join(one if one.isprintable() else "?" for one in text)


def _number(four_bytes: bytes, order: str) -> int:
    return int.from_bytes(four_bytes, "little" if order == "<" else "big")
