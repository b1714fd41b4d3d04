"""JPEG bytes to pixels, with the decoder's own words where it calls the file damaged.

libjpeg-turbo goes on after most faults, fills what it lost with grey or with pixels of elsewhere,
and says so in a warning that most libraries keep to themselves.  Two of its warnings are about
files that are whole: bytes between two segments, and a missing end marker.  Those files are put
right before they are judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from safety_detector.errors import PictureBroken, PictureTruncated
from safety_detector.pictures.headers.jpeg import START_OF_SCAN, segments

_END = b"\xff\xd9"
_PROGRESSIVE = 0xC2


@dataclass(frozen=True, slots=True)
class JpegPixels:
    """A decoded JPEG.

    Attributes:
        pixels: ``uint8``, shape ``(height, width, channels)``, as stored: EXIF orientation not
            applied.
        damage: what the decoder says is wrong with the file; None where it is whole.
    """

    pixels: NDArray[np.uint8]
    damage: str | None


def decode_jpeg(data: bytes, colours: Literal["RGB", "CMYK"] = "RGB") -> JpegPixels:
    """Decodes a JPEG: grey and YCbCr to RGB, four channels to CMYK.

    Raises:
        PictureTruncated: the data end before the picture does.
        PictureBroken: there is nothing that can be decoded.
    """
    try:
        return JpegPixels(_decode(data, colours, strict=True), None)
    except ValueError as exc:
        words = str(exc)
    for candidate in _put_right(data):
        try:
            pixels = _decode(candidate, colours, strict=True)
            # The later scans of a progressive file sharpen it: none is missed by the decoder.
            unsure = _is_progressive(data) and not _is_ended(data)
            return JpegPixels(pixels, "no end marker in a progressive JPEG" if unsure else None)
        except ValueError as exc:
            words = str(exc)
            if "premature end" in words.lower():
                raise PictureTruncated("jpeg-cut-off", cause=words) from exc
    try:
        return JpegPixels(_decode(next(_put_right(data)), colours, strict=False), words)
    except ValueError as exc:
        raise PictureBroken("jpeg-not-decoded", cause=exc) from exc


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
            simplejpeg.decode_jpeg(
                candidate, colorspace="RGB", min_height=1, min_width=1, min_factor=8
            )
        except ValueError as exc:
            if "premature end" in str(exc).lower():
                return False
    return True


def _decode(data: bytes, colours: str, *, strict: bool) -> NDArray[np.uint8]:
    return cast(NDArray[np.uint8], simplejpeg.decode_jpeg(data, colorspace=colours, strict=strict))


def _first_scan(data: bytes) -> int | None:
    """Offset behind the first start-of-scan marker, by the segments' lengths."""
    for one in segments(data):
        if one.marker == START_OF_SCAN:
            return one.end
    return None


def _is_ended(data: bytes) -> bool:
    """Whether there is an end marker behind the first scan's start, past the thumbnail's own."""
    return data.rfind(_END, _first_scan(data) or len(data)) >= 0


def _put_right(data: bytes) -> Iterator[bytes]:
    """The file without bytes between segments, ended; then also without padding before its end."""
    whole, scan = bytearray(data[:2]), len(data)
    for one in segments(data):
        whole += data[one.start : one.end]
        if one.marker == START_OF_SCAN:
            scan = one.end
    end = data.find(_END, scan)
    scans = data[scan:].rstrip(b"\xff") if end < 0 else data[scan:end]
    yield bytes(whole + scans + _END)
    unpadded = scans.rstrip(b"\0")
    if len(unpadded) < len(scans):
        yield bytes(whole + unpadded + _END)


def _is_progressive(data: bytes) -> bool:
    return any(one.marker == _PROGRESSIVE for one in segments(data))
