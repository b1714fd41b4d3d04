"""JPEG: segments, scans, and what decoding them takes (ITU-T T.81)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from safety_detector.errors import PictureTooLarge
from safety_detector.pictures.headers.exif import (
    first_directory,
    number,
    orientation_of,
    without_prefix,
)
from safety_detector.pictures.headers.header import (
    RGB_BYTES,
    HeaderCut,
    HeaderUnreadable,
    StoredPicture,
    check_count,
)

START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9

# A marker is FF and a byte that is neither 00 (a data byte FF) nor FF (fill), T.81, B.1.1.
_MARKER = re.compile(rb"\xff[^\x00\xff]")
# … and, behind a scan's start, no restart marker.
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_WITHOUT_LENGTH = (0x01, *range(0xD0, 0xD9))
_APP1, _APP2 = 0xE1, 0xE2
_FRAMES = (0xC0, 0xC1, 0xC2)  # sequential and progressive, Huffman coded
# Lossless, hierarchical, arithmetic: no camera writes and no browser reads them, and a few bytes of
# arithmetic coding stand for any number of steps.
_OTHER_FRAMES = (0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF)
_PROGRESSIVE = 0xC2
_MODES = {1: "L", 3: "RGB", 4: "CMYK"}

_MOST_SEGMENTS = 2_048  # before the first scan; 32 MiB in segments of 64 KiB are 512
_MOST_STRAY_BYTES = 65_536  # in all, between segments
# libtiff's limit; libjpeg writes 10 for a progressive picture, jpegrescan some 30.
_MOST_SCANS = 100
# What one scan visits, added up: 100 scans of a picture of 10 megapixels, 20 of one of 64.
_MOST_BLOCK_VISITS = 30_000_000
_COEFFICIENT_BYTES = 2 * 64  # of a block of 8 × 8


@dataclass(frozen=True, slots=True)
class Segment:
    """A marker with what belongs to it.

    Attributes:
        marker: its second byte.
        start, end: of the segment with its marker, in bytes of the file.
    """

    marker: int
    start: int
    end: int


def segments(data: bytes) -> Iterator[Segment]:
    """The segments up to the first scan or the end, as libjpeg finds them.

    What stands between two segments is passed over; a segment begins at its last FF.

    Raises:
        PictureTooLarge: more segments, or more bytes between them, than a picture has.
    """
    position, stray = 2, 0
    for count in range(_MOST_SEGMENTS + 1):
        check_count(count, _MOST_SEGMENTS - 1, "segments")
        furthest = position + _MOST_STRAY_BYTES - stray + 2
        found = _MARKER.search(data, position, furthest)
        if found is None:
            if furthest < len(data):
                check_count(_MOST_STRAY_BYTES + 1, _MOST_STRAY_BYTES, "bytes-between-segments")
            return
        marker, start = found[0][-1], found.end() - 2
        stray += start - position
        position = found.end()
        if marker not in _WITHOUT_LENGTH and marker != END_OF_IMAGE:
            position += max(int.from_bytes(data[position : position + 2], "big"), 2)
        yield Segment(marker, start, position)
        if marker in (START_OF_SCAN, END_OF_IMAGE):
            return


def exif_block(data: bytes) -> bytes | None:
    """The TIFF structure with the EXIF tags; None where there is none."""
    return _Metadata.of(data, list(segments(data))).exif


def read_jpeg(data: bytes) -> StoredPicture:
    """The header of a JPEG.

    Raises:
        HeaderUnreadable: as it says.
        PictureTooLarge: more segments or scans than a picture has.
    """
    found = list(segments(data))
    frame = next((_Frame.of(data, one) for one in found if one.marker in _FRAMES), None)
    if any(one.marker in _OTHER_FRAMES for one in found):
        raise HeaderUnreadable("jpeg-lossless")
    if not found or found[-1].marker == END_OF_IMAGE:
        raise HeaderUnreadable("has-no-pixels")
    if found[-1].marker != START_OF_SCAN or found[-1].end > len(data):
        raise HeaderCut("it ends before its first scan")
    if frame is None:
        raise HeaderUnreadable("has-no-frame-header")
    scan = found[-1]
    scanned = data[scan.start + 4] if scan.end > scan.start + 4 else 0
    buffered = frame.marker == _PROGRESSIVE or scanned < len(frame.factors)
    coefficients = 0
    if buffered:
        _check_scans(data, scan.end, frame)
        coefficients = frame.blocks * _COEFFICIENT_BYTES
    pixels = frame.width * frame.height
    decoded = pixels * (4 if len(frame.factors) == 4 else RGB_BYTES)
    metadata = _Metadata.of(data, found)
    return StoredPicture(
        format="MPO" if metadata.is_multiple else "JPEG",
        mode=_MODES[len(frame.factors)],
        width=frame.width,
        height=frame.height,
        orientation=orientation_of(metadata.exif, metadata.xmp),
        # As stored, then as RGB upright.
        decoder_bytes=max(coefficients + decoded, decoded + RGB_BYTES * pixels),
        kind="JPEG of several scans" if buffered else "JPEG",
    )


@dataclass(frozen=True, slots=True)
class _Frame:
    """A frame header (T.81, B.2.2); ``factors`` are the sampling factors of its components."""

    marker: int
    width: int
    height: int
    factors: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, data: bytes, segment: Segment) -> _Frame:
        body = data[segment.start + 4 : segment.end]
        if segment.end > len(data) or len(body) < 6:
            raise HeaderCut("it ends inside its frame header")
        components = body[5]
        if body[0] != 8:
            raise HeaderUnreadable("bits-a-channel", bits=body[0])
        if components not in _MODES or len(body) < 6 + 3 * components:
            raise HeaderUnreadable("channels", channels=components)
        factors = tuple(
            (body[place] >> 4, body[place] & 15) for place in range(7, 7 + 3 * components, 3)
        )
        if any(not 1 <= factor <= 4 for pair in factors for factor in pair):
            raise HeaderUnreadable("sampling-factors-invalid")
        height, width = (int.from_bytes(body[at : at + 2], "big") for at in (1, 3))
        return cls(segment.marker, width, height, factors)

    @property
    def blocks(self) -> int:
        """Number of blocks of all components, whole units (T.81, A.2)."""
        widest, highest = (max(pair[axis] for pair in self.factors) for axis in (0, 1))
        across, down = -(-self.width // (8 * widest)), -(-self.height // (8 * highest))
        return sum(across * horizontal * down * vertical for horizontal, vertical in self.factors)


def _check_scans(data: bytes, first: int, frame: _Frame) -> None:
    """Refuses a picture whose scans would take long: each visits every block of its components.

    Counted quickly first, which counts too many where there is another picture behind.
    """
    limit = min(_MOST_SCANS, max(_MOST_BLOCK_VISITS // max(frame.blocks, 1), 16))
    if 1 + data.count(b"\xff\xda", first) <= limit:
        return
    scans, position = 1, first
    for _ in range(4 * _MOST_SCANS):
        found = _MARKER_IN_SCAN.search(data, position)
        if found is None or found[0][-1] == END_OF_IMAGE:
            return
        position = found.end()
        marker = found[0][-1]
        scans += marker == START_OF_SCAN
        if scans > limit:
            break
        # libjpeg passes over an unknown marker inside a scan without its length.
        if marker >= 0xC0:
            position += max(int.from_bytes(data[position : position + 2], "big"), 2)
    raise PictureTooLarge(
        "too-many-scans",
        limit=limit,
        actual=scans,
    )


@dataclass(frozen=True, slots=True)
class _Metadata:
    exif: bytes | None
    xmp: bytes | None
    is_multiple: bool

    @classmethod
    def of(cls, data: bytes, found: list[Segment]) -> _Metadata:
        exif = xmp = index = None
        has_gain_map = False
        for one in found:
            place = one.start + 4
            if one.marker == _APP1 and data.startswith(b"Exif", place):
                exif = exif or data[place + 6 : one.end]
            elif one.marker == _APP1 and data.startswith(b"http://ns.adobe.com/xap/", place):
                xmp = xmp or data[place : one.end]
                has_gain_map |= data.find(b' hdrgm:Version="', place, one.end) >= 0
            elif one.marker == _APP2 and data.startswith(b"MPF\0", place):
                index = data[place + 4 : one.end]
        exif = None if exif is None else without_prefix(exif)
        return cls(exif, xmp, _pictures_of(index) > 1 and not has_gain_map)


def _pictures_of(index: bytes | None) -> int:
    """Number of pictures by a multi-picture index (CIPA DC-007, tag B001)."""
    if index is None:
        return 1
    order = "<" if index[:2] == b"II" else ">"
    return next(
        (number(one.value, order) for one in first_directory(index) if one.tag == 0xB001), 1
    )
