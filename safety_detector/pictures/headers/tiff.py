"""TIFF and BigTIFF: the first directory, its strips or tiles (TIFF 6.0)."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Any

from PIL.TiffImagePlugin import COMPRESSION_INFO, OPEN_INFO

from safety_detector.errors import PictureTooLarge, UnsupportedPicture
from safety_detector.message_texts.reason import Reason
from safety_detector.pictures.headers.header import (
    MIB,
    RGB_BYTES,
    HeaderCut,
    HeaderUnreadable,
    StoredPicture,
    check_count,
)

_SIGNATURES = (b"II*\0", b"MM\0*", b"II\0*", b"MM*\0", b"II+\0", b"MM\0+")
_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4,
           16: 8, 17: 8, 18: 8}  # fmt: skip
_CODES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _FILL_ORDER = 256, 257, 258, 259, 262, 266
_STRIP_OFFSETS, _ORIENTATION, _SAMPLES, _ROWS, _STRIP_COUNTS = 273, 274, 277, 278, 279
_PLANAR, _COLOURS, _TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS = 284, 320, 322, 323, 324
_TILE_COUNTS, _EXTRA, _FORMAT = 325, 338, 339
_PIXEL_TAGS = frozenset(
    {
        _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _FILL_ORDER, _STRIP_OFFSETS,
        _SAMPLES, _ROWS, _STRIP_COUNTS, _PLANAR, _COLOURS, _TILE_WIDTH, _TILE_HEIGHT,
        _TILE_OFFSETS, _TILE_COUNTS, _EXTRA, _FORMAT,
        292, 293,  # options of the fax codings
        317,  # predictor
        347,  # tables of JPEG
        *range(512, 522),  # JPEG of old
        529, 530, 531, 532,  # YCbCr
    }
)  # fmt: skip

_PART_TAGS = (_STRIP_OFFSETS, _STRIP_COUNTS, _TILE_OFFSETS, _TILE_COUNTS)

_MOST_ENTRIES = 1_024  # of the directory; Photoshop and GDAL write some fifty
_MOST_PARTS = 100_000  # strips or tiles; 64 megapixels in tiles of 64 × 64 are 15,625
_MOST_VALUES = 262_144  # of a palette, or of any other tag that pixels need
_MOST_SAMPLES = 6
_LARGEST_TILE = 16 * MIB  # pixels; 4096 × 4096
_WASTE = 4  # times the picture that the tiles may hold: those at the edges reach over it
_YCBCR = 6
_RAW, _LZW, _JPEG, _DEFLATE, _OLD_DEFLATE, _PACKBITS = 1, 5, 7, 8, 32946, 32773
# Nothing in the others' bytes bounds what libtiff makes of them (LZMA and Zstandard name their own
# memory, JPEG of old points anywhere), and no camera writes them.
_COMPRESSIONS = (_RAW, _LZW, _JPEG, _DEFLATE, _OLD_DEFLATE, _PACKBITS)
_MODES_REFUSED = ("F", "LAB")
_SCAN = b"\xff\xda"
# Any frame header but those of one pass over the pixels (T.81, table B.1): progressive, lossless,
# arithmetic.  No data byte FF is followed by these.
_OTHER_FRAME = re.compile(rb"\xff[\xc2\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf]")


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of the directory; ``raw`` is it as it stands in the file, ``place`` its values'."""

    kind: int
    count: int
    place: int
    raw: bytes


class _Directory:
    """The first directory of a file."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.order = "<" if data[:2] == b"II" else ">"
        self.is_big = data[2:4] in (b"+\0", b"\0+")
        offset = self._number(data[8:16] if self.is_big else data[4:8])
        count_width = 8 if self.is_big else 2
        count = self._number(data[offset : offset + count_width])
        if offset < 8 or offset + count_width > len(data):
            raise HeaderCut("it ends before its directory")
        check_count(count, _MOST_ENTRIES, "directory-entries")
        self.entries: dict[int, _Entry] = {}
        entry_bytes = 20 if self.is_big else 12
        place = offset + count_width
        for start in range(place, place + entry_bytes * count, entry_bytes):
            self._add(start, data[start : start + entry_bytes], entry_bytes)

    def _add(self, start: int, raw: bytes, entry_bytes: int) -> None:
        if len(raw) < entry_bytes:
            raise HeaderCut("it ends inside its directory")
        tag, kind = struct.unpack(self.order + "HH", raw[:4])
        inline = 8 if self.is_big else 4
        count = self._number(raw[4:-inline])
        if (tag not in _PIXEL_TAGS and tag != _ORIENTATION) or kind not in _WIDTHS:
            return
        fits = count * _WIDTHS[kind] <= inline
        place = start + entry_bytes - inline if fits else self._number(raw[-inline:])
        self.entries.setdefault(tag, _Entry(kind, count, place, raw))

    def values(self, tag: int, limit: int) -> tuple[int, ...]:
        """The whole numbers of a tag; none where it is not there.

        Raises:
            HeaderUnreadable: numbers of another kind, or more than the limit.
            HeaderCut: they are not all there.
        """
        entry = self.entries.get(tag)
        if entry is None:
            return ()
        code = _CODES.get(entry.kind)
        if code is None:
            raise HeaderUnreadable("tag-not-whole", tag=tag)
        if entry.count > limit:
            raise HeaderUnreadable("tag-values", tag=tag, values=entry.count)
        end = entry.place + entry.count * _WIDTHS[entry.kind]
        if end > len(self.data):
            raise HeaderCut("it ends before the values of its directory")
        layout = f"{self.order}{entry.count}{code}"
        return tuple(struct.unpack_from(layout, self.data, entry.place))

    def value(self, tag: int, default: int | None = None) -> int:
        """The only value of a tag.

        Raises:
            HeaderUnreadable: it is not there, or no single whole number.
        """
        found = self.values(tag, 1)
        if found:
            return found[0]
        if default is None:
            raise HeaderUnreadable("tag-missing", tag=tag)
        return default

    def check_values(self) -> None:
        """Refuses tags of more values than pixels need; strips and tiles are counted elsewhere.

        Raises:
            HeaderUnreadable: as it says.
        """
        for tag, entry in self.entries.items():
            if tag not in _PART_TAGS and entry.count > _MOST_VALUES:
                raise HeaderUnreadable("tag-values", tag=tag, values=entry.count)

    def count(self, tag: int) -> int:
        """Number of values of a tag."""
        entry = self.entries.get(tag)
        return 0 if entry is None else entry.count

    def _number(self, some_bytes: bytes) -> int:
        return int.from_bytes(some_bytes, "little" if self.order == "<" else "big")


def is_tiff(data: bytes) -> bool:
    """Whether the bytes begin like a TIFF."""
    return data[:4] in _SIGNATURES


def read_tiff(data: bytes) -> StoredPicture:
    """The header of a TIFF.

    Raises:
        HeaderUnreadable: as it says.
        PictureTooLarge: more entries, strips or tiles than a picture has, or larger ones.
        UnsupportedPicture: a pixel type without a plain meaning as a photograph.
    """
    directory = _Directory(data)
    directory.check_values()
    width, height = directory.value(_WIDTH), directory.value(_HEIGHT)
    layout = _Layout.of(directory)
    if layout.mode in _MODES_REFUSED:
        raise UnsupportedPicture("pixels-not-read", mode=layout.mode)
    part_bytes = _check_parts(directory, layout, width, height)
    held = {"1": 1, "L": 1, "P": 1}.get(layout.mode, 2 if "16" in layout.mode else 4)
    pixels = width * height
    orientation = directory.value(_ORIENTATION, 1)
    return StoredPicture(
        format="TIFF",
        mode=layout.mode,
        width=width,
        height=height,
        orientation=orientation if 1 <= orientation <= 8 else 1,
        decoder_bytes=held * pixels + max(part_bytes, RGB_BYTES * pixels),
        kind=f"TIFF of type {layout.mode}",
    )


def pixels_alone(data: bytes) -> bytes:
    """The file with a directory of nothing but what pixels need, and without its orientation.

    Decoders follow every other entry of a directory, however many bytes it claims, and read a tag
    that comes twice in different ways.
    """
    directory = _Directory(data)
    kept = [entry.raw for tag, entry in sorted(directory.entries.items()) if tag in _PIXEL_TAGS]
    at = len(data) + len(data) % 2
    widths = ("Q", "Q", 8) if directory.is_big else ("H", "I", 4)
    written = struct.pack(directory.order + widths[0], len(kept)) + b"".join(kept)
    place = struct.pack(directory.order + widths[1], at)
    start = widths[2]
    head = data[:start] + place
    padding = bytes(at - len(data))
    return b"".join((head, memoryview(data)[len(head) :], padding, written, bytes(widths[2])))


@dataclass(frozen=True, slots=True)
class _Layout:
    """How pixels are laid out; ``bits`` are those of one pixel, ``planes`` the channels apart.

    Attributes:
        is_mixed: whether libtiff gives brightness and colours out as RGB with a fourth byte.
    """

    mode: str
    compression: int
    bits: int
    planes: int
    is_mixed: bool

    @classmethod
    def of(cls, directory: _Directory) -> _Layout:
        """What Pillow's reader makes of the tags, by its own table."""
        compression = directory.value(_COMPRESSION, 1)
        if compression not in _COMPRESSIONS:
            known_as = COMPRESSION_INFO.get(compression, "unknown")
            raise UnsupportedPicture("tiff-compression", name=known_as, compression=compression)
        photometric = directory.value(_PHOTOMETRIC, 0)
        planar = directory.value(_PLANAR, 1)
        samples = directory.value(_SAMPLES, 1)
        formats = directory.values(_FORMAT, _MOST_SAMPLES) or (1,)
        bits = directory.values(_BITS, 2 * _MOST_SAMPLES) or (1,)
        extra = directory.values(_EXTRA, _MOST_SAMPLES)
        if len(set(formats)) == 1:
            formats = formats[:1]
        if planar == 2 and extra and max(extra) == 0:
            bits, samples, extra = bits[: -len(extra)], samples - len(extra), ()
        if not 1 <= samples <= _MOST_SAMPLES:
            raise HeaderUnreadable("channels", channels=samples)
        bits = bits * samples if len(bits) == 1 else bits[:samples]
        prefix = directory.data[:2]
        fill = directory.value(_FILL_ORDER, 1)
        key: Any = (prefix, photometric, formats, fill, bits, extra)
        known = OPEN_INFO.get(key)
        if known is None or len(bits) != samples:
            raise HeaderUnreadable(
                "pixels-of", channels=samples, bits=bits[0], photometric=photometric
            )
        is_mixed = photometric == _YCBCR and compression != _RAW
        mode, planes = "RGB" if is_mixed else known[0], len(bits) if planar == 2 else 1
        return cls(mode, compression, sum(bits), planes, is_mixed)


def _check_parts(directory: _Directory, layout: _Layout, width: int, height: int) -> int:
    """Refuses strips and tiles that cost more than the picture; the memory that one takes."""
    is_tiled = _TILE_OFFSETS in directory.entries and _STRIP_OFFSETS not in directory.entries
    if is_tiled:
        across, down = directory.value(_TILE_WIDTH), directory.value(_TILE_HEIGHT)
        offsets, counts, what = _TILE_OFFSETS, _TILE_COUNTS, "tiles"
    else:
        across, down = width, min(directory.value(_ROWS, height), height)
        offsets, counts, what = _STRIP_OFFSETS, _STRIP_COUNTS, "strips"
    check_count(directory.count(offsets), _MOST_PARTS, what)
    check_count(directory.count(counts), _MOST_PARTS, what)
    if min(width, height, across, down) < 1:
        raise HeaderUnreadable("has-no-pixels")
    needed = -(-width // across) * -(-height // down) * layout.planes
    check_count(needed, _MOST_PARTS, what)
    pixels = across * down
    if is_tiled:
        _check_waste(pixels, needed // layout.planes, width * height)
    if layout.compression == _RAW:
        return 0
    places, lengths = directory.values(offsets, _MOST_PARTS), directory.values(counts, _MOST_PARTS)
    for tag, found in ((offsets, places), (counts, lengths)):
        if len(found) < needed:  # libtiff takes each part for as long as the file
            raise HeaderUnreadable("tag-values", tag=tag, values=len(found))
    total = sum(lengths)
    if total > 2 * len(directory.data) + MIB:
        raise PictureTooLarge(
            "parts-larger-than-file",
            what=Reason(what),
            limit=len(directory.data),
            actual=total,
        )
    if layout.compression == _JPEG:
        for place, length in zip(places, lengths, strict=False):
            _check_jpeg(directory.data, place, place + length)
    part_bits = 32 if layout.is_mixed else layout.bits // layout.planes
    return pixels * part_bits // 8


def _check_jpeg(data: bytes, start: int, end: int) -> None:
    """Refuses a strip or tile whose JPEG goes over its pixels more than once, as none is written.

    Each pass takes as long as the first, and all coefficients are held for them.
    """
    if data.count(_SCAN, start, end) > 1 or _OTHER_FRAME.search(data, start, end):
        raise UnsupportedPicture("tiff-jpeg-of-several-scans")


def _check_waste(tile: int, number: int, picture: int) -> None:
    held = tile * number
    limit = max(_WASTE * picture, _LARGEST_TILE)
    if held > limit:
        raise PictureTooLarge(
            "tiles-waste",
            picture=picture,
            limit=limit,
            actual=held,
        )
