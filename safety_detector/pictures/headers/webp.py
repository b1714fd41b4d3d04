"""WebP: chunks of a RIFF container (RFC 9649)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from safety_detector.pictures.headers.exif import orientation_of, without_prefix
from safety_detector.pictures.headers.header import (
    RGB_BYTES,
    HeaderCut,
    HeaderUnreadable,
    StoredPicture,
    check_count,
)

_MOST_CHUNKS = 100_000
_ANIMATED, _ALPHA = 0x02, 0x10  # flags of VP8X


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk; ``start`` and ``end`` are those of its data in the file."""

    kind: bytes
    start: int
    end: int


def is_webp(data: bytes) -> bool:
    """Whether the bytes begin like a WebP."""
    return data.startswith(b"RIFF") and data[8:12] == b"WEBP"


def chunks(data: bytes) -> Iterator[Chunk]:
    """The chunks of the file, not those inside a frame of an animation.

    Raises:
        PictureTooLarge: more chunks than a picture has.
    """
    place = 12
    for count in range(_MOST_CHUNKS + 1):
        kind = data[place : place + 4]
        length = int.from_bytes(data[place + 4 : place + 8], "little")
        if len(kind) < 4:
            return
        check_count(count, _MOST_CHUNKS - 1, "chunks")
        yield Chunk(kind, place + 8, place + 8 + length)
        place += 8 + length + length % 2


def exif_block(data: bytes) -> bytes | None:
    """The TIFF structure with the EXIF tags; None where there is none."""
    return _find(data, b"EXIF", list(chunks(data)))


def is_animated(data: bytes) -> bool:
    """Whether a WebP has several frames, by its header."""
    return data[12:16] == b"VP8X" and len(data) > 20 and bool(data[20] & _ANIMATED)


def has_prefix_codes(data: bytes) -> bool:
    """Whether decoding takes memory for prefix codes that only the data tell: lossless parts.

    What is inside the frames of an animation is not looked at; it may have some.
    """
    return is_animated(data) or any(
        one.kind == b"VP8L" or (one.kind == b"ALPH" and data[one.start] & 3 == 1)
        for one in chunks(data)
        if one.start < len(data)
    )


def read_webp(data: bytes) -> StoredPicture:
    """The header of a WebP.

    Raises:
        HeaderUnreadable: as it says.
        PictureTooLarge: more chunks than a picture has.
    """
    found = list(chunks(data))
    if not found or len(data) < 30:
        raise HeaderCut("it ends inside its first chunk")
    body = data[20:30]
    kinds = {one.kind for one in found}
    if found[0].kind == b"VP8X":
        width, height = (1 + int.from_bytes(body[at : at + 3], "little") for at in (4, 7))
        has_alpha = bool(body[0] & _ALPHA)
    elif found[0].kind == b"VP8L":
        width, height, has_alpha = _lossless(body)
    elif found[0].kind == b"VP8 ":
        if body[3:6] != b"\x9d\x01\x2a":
            raise HeaderUnreadable("frame-without-start-code")
        width, height = (int.from_bytes(body[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        has_alpha = False
    else:
        raise HeaderUnreadable("first-chunk-without-picture")
    decoded = 4 if has_alpha else RGB_BYTES
    inner = 4 if b"VP8L" in kinds else 1 if has_alpha else 0
    held = max(decoded + inner, decoded + RGB_BYTES)
    if is_animated(data):
        # Two canvases, the frame with its decoder, the pixels given out, and the picture of them.
        held, kind = 24, "animated WebP"
    else:
        kind = "lossless WebP" if inner == 4 else "WebP"
    return StoredPicture(
        format="WEBP",
        mode="RGBA" if has_alpha else "RGB",
        width=width,
        height=height,
        orientation=orientation_of(_find(data, b"EXIF", found), _find(data, b"XMP ", found)),
        decoder_bytes=held * width * height,
        kind=kind,
    )


def _lossless(body: bytes) -> tuple[int, int, bool]:
    if body[0] != 0x2F:
        raise HeaderUnreadable("frame-without-signature")
    bits = int.from_bytes(body[1:5], "little")
    return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), bool(bits >> 28 & 1)


def _find(data: bytes, kind: bytes, found: list[Chunk]) -> bytes | None:
    for one in found:
        if one.kind == kind:
            return without_prefix(data[one.start : one.end])
    return None
