"""JPEG bytes to pixels, with the decoder's own words where it calls the file damaged.

libjpeg-turbo goes on after most faults, fills what it lost with grey or with pixels of elsewhere,
and says so in a warning that most libraries keep to themselves.  Two of its warnings are about
files that are whole: bytes between two segments, and a missing end marker.  Those files are put
right before they are judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from safety_detector.errors import PictureBroken, PictureTruncated

_END = b"\xff\xd9"
# A marker is FF and a byte that is neither 00 (a data byte FF) nor FF (fill), ITU-T T.81, B.1.1.
_MARKER = re.compile(rb"\xff[^\x00\xff]")
_START_OF_SCAN, _END_OF_IMAGE, _PROGRESSIVE = 0xDA, 0xD9, 0xC2
_WITHOUT_LENGTH = (0x01, *range(0xD0, 0xD9))


@dataclass(frozen=True, slots=True)
class JpegPixels:
    """A decoded JPEG.

    Attributes:
        rgb: ``uint8``, shape ``(height, width, 3)``, as stored: EXIF orientation not applied.
        damage: what the decoder says is wrong with the file; None where it is whole.
    """

    rgb: NDArray[np.uint8]
    damage: str | None


def decode_jpeg(data: bytes) -> JpegPixels:
    """Decodes a JPEG of grey or YCbCr.

    Raises:
        PictureTruncated: the data end before the picture does.
        PictureBroken: there is nothing that can be decoded.
    """
    try:
        return JpegPixels(_decode(data, strict=True), None)
    except ValueError as exc:
        words = str(exc)
    candidates = list(_put_right(data))
    for candidate in candidates:
        try:
            rgb = _decode(candidate, strict=True)
            # The later scans of a progressive file sharpen it: none is missed by the decoder.
            unsure = _is_progressive(data) and not _is_ended(data)
            return JpegPixels(rgb, "no end marker in a progressive JPEG" if unsure else None)
        except ValueError as exc:
            words = str(exc)
            if "premature end" in words.lower():
                raise PictureTruncated(f"The JPEG is cut off ({words}).") from exc
    try:
        return JpegPixels(_decode(candidates[0], strict=False), words)
    except ValueError as exc:
        raise PictureBroken(f"The JPEG cannot be decoded ({exc}).") from exc


def find_damage(data: bytes) -> str | None:
    """What the decoder says is wrong with a JPEG of any colours, which another library decodes."""
    words = None
    for candidate in _put_right(data):
        try:
            simplejpeg.decode_jpeg(candidate, colorspace="CMYK")
        except ValueError as exc:
            words = words or str(exc)
        else:
            return None
    return words


def has_all_its_data(data: bytes) -> bool:
    """Whether a JPEG reaches to its end, with or without its end marker.

    With an end marker behind its first scan it is taken at its word; without, the data are decoded
    at an eighth of the size, which reads all of them and takes a sixty-fourth of the memory.
    """
    if _first_scan(data) is None:
        return False
    if _is_ended(data):
        return True
    for candidate in _put_right(data):
        try:
            simplejpeg.decode_jpeg(candidate, colorspace="RGB", min_factor=8)
        except ValueError as exc:
            if "premature end" in str(exc).lower():
                return False
    return True


def _decode(data: bytes, *, strict: bool) -> NDArray[np.uint8]:
    return cast(NDArray[np.uint8], simplejpeg.decode_jpeg(data, colorspace="RGB", strict=strict))


def _first_scan(data: bytes) -> int | None:
    """Offset behind the first start-of-scan marker, by the segments' lengths."""
    for marker, _, end in _segments(data):
        if marker == _START_OF_SCAN:
            return end
    return None


def _is_ended(data: bytes) -> bool:
    """Whether there is an end marker behind the first scan's start, past the thumbnail's own."""
    return data.find(_END, _first_scan(data) or len(data)) >= 0


def _put_right(data: bytes) -> Iterator[bytes]:
    """The file without bytes between segments, ended; then also without padding before its end."""
    whole, scan = bytearray(data[:2]), len(data)
    for marker, start, end in _segments(data):
        whole += data[start:end]
        if marker == _START_OF_SCAN:
            scan = end
    end = data.find(_END, scan)
    scans = data[scan:].rstrip(b"\xff") if end < 0 else data[scan:end]
    yield bytes(whole + scans + _END)
    unpadded = scans.rstrip(b"\0")
    if len(unpadded) < len(scans):
        yield bytes(whole + unpadded + _END)


def _is_progressive(data: bytes) -> bool:
    return any(marker == _PROGRESSIVE for marker, _, _ in _segments(data))


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment up to the first scan, as libjpeg finds them.

    What stands between two segments is passed over; a segment begins at its last FF.
    """
    position = 2
    while (found := _MARKER.search(data, position)) is not None:
        marker, start = found[0][-1], found.end() - 2
        position = found.end()
        if marker not in _WITHOUT_LENGTH and marker != _END_OF_IMAGE:
            position += int.from_bytes(data[position : position + 2], "big")
        yield marker, start, position
        if marker in (_START_OF_SCAN, _END_OF_IMAGE):
            return
