"""Tags of TIFF structures: EXIF blocks, and TIFF files themselves.

Nothing is followed but what is asked for, and every search is bounded, so that hostile bytes cost
what good ones cost; what cannot be read is not there.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

BYTE, ASCII, SHORT, LONG, UNDEFINED, IFD = 1, 2, 3, 4, 7, 13  # field types of TIFF 6.0

_ORIENTATION = 0x0112  # EXIF 2.32, table 4, tag 274
_MOST_ENTRIES = 512  # of a directory; cameras write some sixty
_MOST_XMP_BYTES = 2**20  # that are looked through; Photoshop writes some tens of KiB
_PREFIX = b"Exif\0"  # before the block in JPEG, and by some writers elsewhere
# As ExifTool and Pillow write it: an attribute, or an element.
_XMP_ORIENTATION = re.compile(rb'tiff:Orientation(?:="|>)([1-8])')


@dataclass(frozen=True, slots=True)
class Field:
    """An entry of a directory; ``value`` are the four bytes that hold its value or its place."""

    tag: int
    kind: int
    count: int
    value: bytes


def byte_order(block: bytes) -> str | None:
    """``<`` or ``>``, of a TIFF structure with places of four bytes; None where it is none.

    Some writers swap the bytes of the magic number.
    """
    if block[:4] in (b"II*\0", b"II\0*"):
        return "<"
    return ">" if block[:4] in (b"MM\0*", b"MM*\0") else None


def number(some_bytes: bytes, order: str) -> int:
    """An unsigned number of as many bytes as there are."""
    return int.from_bytes(some_bytes, "little" if order == "<" else "big")


def fields(block: bytes, order: str, place: int) -> Iterator[Field]:
    """The entries of the directory at a place, those that are there."""
    count = number(block[place : place + 2], order)
    entries = block[place + 2 : place + 2 + 12 * min(count, _MOST_ENTRIES)]
    whole = len(entries) // 12 * 12
    for tag, kind, values, value in struct.iter_unpack(f"{order}HHI4s", entries[:whole]):
        yield Field(tag, kind, values, value)


def first_directory(block: bytes) -> Iterator[Field]:
    """The entries of an EXIF block's first directory; none where it is no EXIF block."""
    order = byte_order(block)
    if order is not None:
        yield from fields(block, order, number(block[4:8], order))


def short_value(field: Field, order: str) -> int | None:
    """The only value of a field of small whole numbers; None where it is something else."""
    width = {BYTE: 1, SHORT: 2, LONG: 4}.get(field.kind)
    if width is None or field.count != 1:
        return None
    return number(field.value[:width], order)


def orientation_of(block: bytes | None, xmp: bytes | None = None) -> int:
    """The orientation, 1 to 8; of the XMP packet where the EXIF block does not say it."""
    if block is not None:
        order = byte_order(block) or "<"
        for field in first_directory(block):
            if field.tag == _ORIENTATION:
                value = short_value(field, order)
                return value if value is not None and 1 <= value <= 8 else 1
    match = _XMP_ORIENTATION.search(xmp, 0, _MOST_XMP_BYTES) if xmp else None
    return int(match[1]) if match else 1


def without_prefix(block: bytes) -> bytes:
    """The TIFF structure alone, where JPEG's prefix stands before it."""
    return block[6:] if block.startswith(_PREFIX) else block
