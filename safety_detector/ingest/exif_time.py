"""The time that a camera wrote into a picture: EXIF ``DateTimeOriginal`` and its offset.

Of the block that ``pictures.headers`` finds two directories are looked at, and nothing is followed
further.  Every length and place in the bytes may be a lie; what cannot be read is not there.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from safety_detector.domain.capture_time import CameraTime, Taken, decide_taken
from safety_detector.pictures.headers.exif import (
    ASCII,
    BYTE,
    IFD,
    LONG,
    UNDEFINED,
    Field,
    byte_order,
    fields,
    first_directory,
    number,
)
from safety_detector.pictures.headers.read import exif_block

# Tags of EXIF 2.32 (CIPA DC-008), tables 4 and 8.
_EXIF_IFD = 0x8769
_DATE_TIME_ORIGINAL = 0x9003
_OFFSET_TIME_ORIGINAL = 0x9011
_SUB_SEC_TIME_ORIGINAL = 0x9291

_LONGEST_TEXT = 64  # bytes; a date has 20

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
    block = exif_block(data)
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


def _texts(block: bytes) -> dict[int, str]:
    """The texts of the wanted tags in the first directory and in its EXIF directory, which wins."""
    order = byte_order(block)
    if order is None:
        return {}
    texts: dict[int, str] = {}
    exif_place = None
    for field in first_directory(block):
        if field.tag == _EXIF_IFD and field.kind in (LONG, IFD) and exif_place is None:
            exif_place = number(field.value, order)
        _keep_text(texts, block, order, field)
    if exif_place is not None:
        for field in fields(block, order, exif_place):
            _keep_text(texts, block, order, field)
    return texts


def _keep_text(texts: dict[int, str], block: bytes, order: str, field: Field) -> None:
    wanted = (_DATE_TIME_ORIGINAL, _OFFSET_TIME_ORIGINAL, _SUB_SEC_TIME_ORIGINAL)
    if field.tag not in wanted or field.kind not in (BYTE, ASCII, UNDEFINED):
        return
    length = min(field.count, _LONGEST_TEXT)
    place = number(field.value, order)
    written = field.value[:length] if field.count <= 4 else block[place : place + length]
    text = written.split(b"\0")[0].decode("latin-1").strip()
    texts[field.tag] = "".join(one if one.isprintable() else "?" for one in text)
