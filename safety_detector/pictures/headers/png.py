"""PNG: chunks (ISO/IEC 15948)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from safety_detector.pictures.headers.exif import orientation_of, without_prefix
from safety_detector.pictures.headers.header import (
    RGB_BYTES,
    HeaderCut,
    HeaderUnreadable,
    StoredPicture,
    check_count,
    pieces,
)

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOST_CHUNKS = 100_000  # 32 MiB in pieces of 512 bytes are 65,536
_MOST_TEXT_BYTES = 2**20  # of one text, unpacked
_FEW_BYTES = 65_536
_PIECE_BYTES = 16_384  # become 17 MB at the most
# Mode by bits a channel and colour type; and the bytes of a pixel that Pillow holds.
_MODES = {
    (1, 0): "1", (2, 0): "L", (4, 0): "L", (8, 0): "L", (16, 0): "I;16",
    (8, 2): "RGB", (16, 2): "RGB",
    (1, 3): "P", (2, 3): "P", (4, 3): "P", (8, 3): "P",
    (8, 4): "LA", (16, 4): "RGBA",
    (8, 6): "RGBA", (16, 6): "RGBA",
}  # fmt: skip
_HELD_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2}
_PIXEL_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_RAW_EXIF, _XMP = b"Raw profile type exif", b"XML:com.adobe.xmp"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk; ``start`` and ``end`` are those of its data in the file."""

    kind: bytes
    start: int
    end: int


def chunks(data: bytes) -> Iterator[Chunk]:
    """The chunks up to the end, or up to where the bytes end.

    Raises:
        PictureTooLarge: more chunks than a picture has.
    """
    place = len(SIGNATURE)
    for count in range(_MOST_CHUNKS + 1):
        length, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        if len(kind) < 4:
            return
        check_count(count, _MOST_CHUNKS - 1, "chunks")
        yield Chunk(kind, place + 8, place + 8 + length)
        if kind == b"IEND":
            return
        place += 12 + length


def exif_block(data: bytes) -> bytes | None:
    """The TIFF structure with the EXIF tags; None where there is none."""
    return _metadata(data, list(chunks(data)))[0]


def read_png(data: bytes) -> StoredPicture:
    """The header of a PNG.

    Raises:
        HeaderUnreadable: as it says.
        PictureTooLarge: more chunks than a picture has.
    """
    found = list(chunks(data))
    if not found or found[0].end > len(data):
        raise HeaderCut("it ends inside its first chunk")
    first = found[0]
    if first.kind != b"IHDR" or first.end - first.start < 13:
        raise HeaderUnreadable("first-chunk-not-ihdr")
    body = data[first.start : first.end]
    width, height = (int.from_bytes(body[at : at + 4], "big") for at in (0, 4))
    mode = _MODES.get((body[8], body[9]))
    if mode is None:
        raise HeaderUnreadable("bits-and-colour-type", bits=body[8], kind=body[9])
    held = _HELD_BYTES.get(mode, 4)
    channels = {2: 3, 4: 2, 6: 4}.get(body[9], 1)
    return StoredPicture(
        format="PNG",
        mode=mode,
        width=width,
        height=height,
        orientation=orientation_of(*_metadata(data, found)),
        decoder_bytes=(held + RGB_BYTES) * width * height,
        kind=f"PNG of {body[8]} bits and {channels} channels",
    )


def pixels_alone(data: bytes) -> bytes:
    """The file without what says nothing about pixels, where that is much: texts, profiles."""
    found = list(chunks(data))
    beside = sum(one.end - one.start for one in found if one.kind not in _PIXEL_CHUNKS)
    if beside <= _FEW_BYTES:
        return data
    kept = ((one.start - 8, one.end + 4) for one in found if one.kind in _PIXEL_CHUNKS)
    return SIGNATURE + pieces(data, kept)


def pixels_end_within(data: bytes, most_bytes: int) -> bool:
    """Whether what is packed in its IDAT chunks ends after so many bytes.

    libpng unpacks all of it, also where the picture is long complete: a thousand times the file.
    """
    unpacker = zlib.decompressobj()
    try:
        for one in chunks(data):
            if one.kind != b"IDAT":
                continue
            for start in range(one.start, one.end, _PIECE_BYTES):
                piece = data[start : min(start + _PIECE_BYTES, one.end)]
                most_bytes -= len(unpacker.decompress(piece))
                if most_bytes < 0 or unpacker.eof:
                    return most_bytes >= 0
    except zlib.error:
        pass
    return False


def _metadata(data: bytes, found: list[Chunk]) -> tuple[bytes | None, bytes | None]:
    """The EXIF block and the XMP packet."""
    exif = raw = xmp = None
    for one in found:
        if one.kind == b"eXIf":
            exif = without_prefix(data[one.start : one.end])
        elif one.kind in (b"tEXt", b"zTXt", b"iTXt"):
            if raw is None and data.startswith(_RAW_EXIF + b"\0", one.start):
                raw = _from_hex(_text(data, one, _RAW_EXIF))
            elif xmp is None and data.startswith(_XMP + b"\0", one.start):
                xmp = _text(data, one, _XMP)
    return (exif if exif is not None else raw), xmp


def _text(data: bytes, chunk: Chunk, keyword: bytes) -> bytes:
    """The text of a chunk, unpacked, up to a limit."""
    body = data[chunk.start + len(keyword) + 1 : chunk.end]
    packed = chunk.kind == b"zTXt"
    if packed:
        body = body[1:]
    elif chunk.kind == b"iTXt":
        packed = body[:1] == b"\1"
        body = body[2:].split(b"\0", 2)[-1]  # behind language and translated keyword
    if not packed:
        return body[:_MOST_TEXT_BYTES]
    try:
        return zlib.decompressobj().decompress(body, _MOST_TEXT_BYTES)
    except zlib.error:
        return b""


def _from_hex(text: bytes) -> bytes | None:
    """What ImageMagick wrote in lines of hexadecimal digits, behind a name and a length."""
    try:
        written = bytes.fromhex(b"".join(text.split(b"\n")[3:]).decode("ascii"))
    except ValueError:
        return None
    return without_prefix(written)
