"""Pictures that are dear to open or to decode: small files, or files within the limits, that cost.

Each is made when it is asked for, by hand: what would write them takes as much as reading them.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache, partial

import numpy as np
import PIL.ExifTags
import PIL.Image

MIB = 2**20
SIDE = 8_000  # 64 megapixels, the limit


@cache
def _packed_zeros() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)


def _deflated(size_bytes: int) -> bytes:
    """Zeros, packed: the same piece again and again, which stands for itself."""
    whole, rest = divmod(size_bytes, MIB)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    end = packer.compress(bytes(rest)) + packer.flush()
    checksum = size_bytes % 65_521 << 16 | 1  # Adler-32 of zeros
    return b"\x78\x9c" + _packed_zeros() * whole + end + struct.pack(">I", checksum)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk with its checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    width: int,
    height: int,
    bits: int = 8,
    colours: int = 2,
    *,
    before: bytes = b"",
    interlaced: bool = False,
    after: bytes = b"",
    piece: int = 0,
    surplus_bytes: int = 0,
) -> bytes:
    """A PNG of zeros; ``before`` and ``after`` stand around its pixels, in pieces of any size.

    Behind the pixels come ``surplus_bytes`` that no picture needs.
    """
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colours]
    row = 1 + -(-width * bits * channels // 8)
    size = row * height
    if interlaced:
        passes = ((8, 8, 0, 0), (8, 8, 4, 0), (4, 8, 0, 4), (4, 4, 2, 0), (2, 4, 0, 2))
        size = 0
        for across, down, left, top in (*passes, (2, 2, 1, 0), (1, 2, 0, 1)):
            columns, rows = -(-(width - left) // across), -(-(height - top) // down)
            size += rows * (1 + -(-columns * bits * channels // 8)) if columns > 0 else 0
    packed = _deflated(size + surplus_bytes)
    pieces = [packed[at : at + piece] for at in range(0, len(packed), piece)] if piece else [packed]
    palette = png_chunk(b"PLTE", bytes(range(6))) if colours == 3 else b""
    header = struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, interlaced)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            png_chunk(b"IHDR", header),
            palette,
            before,
            *(png_chunk(b"IDAT", one) for one in pieces),
            after,
            png_chunk(b"IEND", b""),
        )
    )


def _exif(orientation: int = 6) -> bytes:
    exif = PIL.Image.Exif()
    exif[PIL.ExifTags.Base.Orientation] = orientation
    return exif.tobytes()[6:]


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def jpeg(
    width: int,
    height: int,
    factors: tuple[int, ...] = (0x11, 0x11, 0x11),
    *,
    progressive: bool = True,
    more_scans: int = 0,
    between: bytes = b"",
    before: bytes = b"",
    end: bytes = b"\xff\xd9",
) -> bytes:
    """A JPEG of one grey, of any number of scans that say nothing new.

    All codes are one zero: no difference, or an end of 16,384 blocks.
    """
    count = len(factors)
    widest, highest = max(one >> 4 for one in factors), max(one & 15 for one in factors)
    across, down = -(-width // (8 * widest)), -(-height // (8 * highest))
    blocks = [across * (one >> 4) * down * (one & 15) for one in factors]
    frame = struct.pack(">BHHB", 8, height, width, count)
    for number, one in enumerate(factors, start=1):
        frame += bytes((number, one, 0))
    tables = _segment(0xDB, bytes(1) + bytes([1] * 64))
    tables += _segment(0xC4, b"\0" + b"\1" + bytes(15) + b"\0")
    tables += _segment(0xC4, b"\x10" + b"\1" + bytes(15) + (b"\xe0" if progressive else b"\0"))
    components = b"".join(bytes((number, 0)) for number in range(1, count + 1))
    first = _segment(0xDA, bytes((count,)) + components + bytes((0, 0 if progressive else 63, 0)))
    bits = sum(blocks) * (1 if progressive else 2)
    scan = _segment(0xDA, bytes((1, 1, 0)) + bytes((1, 63, 0))) + bytes(
        -(-15 * -(-blocks[0] // 16_384) // 8)
    )
    head = b"\xff\xd8" + before + tables + _segment(0xC2 if progressive else 0xC0, frame)
    return head + first + bytes(-(-bits // 8)) + between + scan * more_scans + end


def tiff(
    width: int,
    height: int,
    pixels: bytes | None = None,
    *,
    samples: int = 3,
    bits: int = 8,
    photometric: int = 2,
    compression: int = 8,
    rows: int = 64,
    order: str = "<",
    entries: dict[int, tuple[int, int, bytes]] | None = None,
) -> bytes:
    """A TIFF of zeros in strips; ``entries`` (kind, count, values) are added or put in place."""
    row = -(-width * samples * bits // 8)
    strips = -(-height // rows)
    body = bytearray(struct.pack(order + "2sHI", b"II" if order == "<" else b"MM", 42, 0))
    packed = pixels if pixels is not None else _deflated(row * min(rows, height))
    given = entries or {}
    places = [len(body) + (0 if 273 in given else len(packed) * part) for part in range(strips)]
    offsets = struct.pack(f"{order}{strips}I", *places)
    counts = struct.pack(f"{order}{strips}I", *[len(packed)] * strips)
    body += packed * (1 if given.keys() & {279, 324} else strips)
    short = partial(struct.pack, order + "H")
    directory = {
        256: (4, 1, struct.pack(order + "I", width)),
        257: (4, 1, struct.pack(order + "I", height)),
        258: (3, samples, b"".join([short(bits)] * samples)),
        259: (3, 1, short(compression)),
        262: (3, 1, short(photometric)),
        273: (4, strips, offsets),
        277: (3, 1, short(samples)),
        278: (4, 1, struct.pack(order + "I", rows)),
        279: (4, strips, counts),
        **given,
    }
    if 324 in directory:
        del directory[273], directory[278], directory[279]
    written = b""
    for tag, (kind, count, values) in sorted(directory.items()):
        if len(values) > 4:
            place = len(body)
            body += values + bytes(len(values) % 2)
            values = struct.pack(order + "I", place)
        written += struct.pack(order + "HHI", tag, kind, count) + values.ljust(4, b"\0")
    body += bytes(len(body) % 2)
    body[4:8] = struct.pack(order + "I", len(body))
    return bytes(body) + short(len(directory)) + written + bytes(4)


def _tiled(width: int, height: int, tile: int, tall: int = 0) -> bytes:
    tall = tall or tile
    number = -(-width // tile) * -(-height // tall)
    packed = _deflated(tile * tall)
    values = partial(struct.pack, "<I")
    return tiff(
        width,
        height,
        packed,
        samples=1,
        photometric=1,
        entries={
            322: (4, 1, values(tile)),
            323: (4, 1, values(tall)),
            324: (4, number, struct.pack("<I", 8) * number),
            325: (4, number, values(len(packed)) * number),
        },
    )


def _wide_webp(width: int, height: int) -> bytes:
    """A lossless WebP of one colour: five Huffman codes of one symbol each."""
    bits = 0x2F | (width - 1) << 8 | (height - 1) << 22 | 1 << 36  # with alpha, version 0
    place = 40
    place += 3  # no transform, no colour cache, no meta codes
    for symbol in (0, 0, 0, 255, 0):
        bits |= (1 | 0 << 1 | 1 << 2 | symbol << 3) << place  # simple, one symbol of 8 bits
        place += 11
    body = bits.to_bytes(-(-place // 8) + 1, "little")
    body += bytes(len(body) % 2)
    chunk = b"VP8L" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def webp_of_groups(width: int, height: int) -> bytes:
    """A lossless WebP of one colour with 65,536 groups of prefix codes, one for each 4 × 4 pixels.

    RFC 9649, sections 5 and 6: each group is five codes of one symbol, 20 bits that become 5 KB.
    """
    bits: list[int] = []

    def write(value: int, count: int) -> None:
        bits.extend(value >> place & 1 for place in range(count))

    for value, count in ((0x2F, 8), (width - 1, 14), (height - 1, 14), (1, 1), (0, 3)):
        write(value, count)
    write(0b0001_00, 6)  # no transform, no colour cache, groups, by 4 × 4 pixels
    write(0, 1)  # which group: a picture of its own, without a colour cache
    for lengths in ((1, 1), (3, 3), (254, 8)), ((0, 1),):  # green: 256 symbols of 280; red: all
        write(0, 1)
        write(8, 4)  # 12 code lengths, of which that of "8 bits" alone is not 0
        write(1 << 33, 36)
        for value, count in lengths:
            write(value, count)
    write(0x111, 12)  # blue, alpha, distance: one symbol
    numbers = np.arange(-(-width // 4) * -(-height // 4), dtype=np.uint32).astype(np.uint16)
    swapped = numbers.view(np.uint8)[:, np.newaxis]  # green is the lower byte; codes begin above
    body = np.concatenate(
        [
            np.array(bits, np.uint8),
            np.unpackbits(swapped, axis=1).ravel(),
            np.unpackbits(np.full(65_536 * 5 // 2, 0x11, np.uint8), bitorder="little"),
            np.zeros(64, np.uint8),
        ]
    )
    packed = np.packbits(body, bitorder="little").tobytes()
    chunk = b"VP8L" + struct.pack("<I", len(packed)) + packed + bytes(len(packed) % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def _webp(chunks: bytes, canvas: int = 64, flags: int = 0) -> bytes:
    written = io.BytesIO()
    PIL.Image.new("RGB", (canvas, canvas)).save(written, "WEBP")
    size = (canvas - 1).to_bytes(3, "little")
    extended = b"VP8X" + struct.pack("<I", 10) + bytes((flags, 0, 0, 0)) + size + size
    body = b"WEBP" + extended + chunks + written.getvalue()[12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _animated_webp(side: int) -> bytes:
    written = io.BytesIO()
    frames = [PIL.Image.new("RGB", (16, 16), grey) for grey in ("black", "white")]
    frames[0].save(written, "WEBP", save_all=True, append_images=frames[1:])
    data = bytearray(written.getvalue())
    data[24:30] = (side - 1).to_bytes(3, "little") * 2
    return bytes(data)


def gif(
    width: int, height: int, before: bytes = b"", frame: tuple[int, int, int, int] | None = None
) -> bytes:
    """A GIF whose first frame is of any size, with blocks before it."""
    written = io.BytesIO()
    PIL.Image.new("P", (16, 16)).save(written, "GIF")
    data = bytearray(written.getvalue())
    image = data.index(b",\0\0\0\0\x10\0\x10\0")
    data[6:10] = struct.pack("<HH", width, height)
    if frame is not None:
        data[image + 1 : image + 9] = struct.pack("<HHHH", *frame)
    return bytes(data[:image]) + before + bytes(data[image:])


def _flat_gif(side: int) -> bytes:
    written = io.BytesIO()
    PIL.Image.new("P", (side, side)).save(written, "GIF")
    return written.getvalue()


def bmp(
    width: int, height: int, bits: int = 8, compression: int = 0, codes: bytes | None = None
) -> bytes:
    """A BMP of zeros, or of run lengths."""
    colours = bytes(range(256)) * 4 if bits <= 8 else b""
    row = (width * bits + 31) // 32 * 4
    pixels = codes if codes is not None else bytes(row * height)
    start = 54 + len(colours)
    head = b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start)
    info = struct.pack(
        "<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(pixels), 0, 0, 0, 0
    )
    return head + info + colours + pixels


def _with_segments(kind: bytes, size_bytes: int, piece: int) -> bytes:
    segment = _segment(0xE1, kind + bytes(piece - len(kind)))
    return jpeg(64, 64, before=segment * (size_bytes // len(segment)))


_OVERLAPPING = {
    tag: (7, 8 * MIB, struct.pack("<I", 8)) for tag in range(40_000, 40_500)
}  # the values' place, not themselves

DEAR_TO_OPEN: dict[str, Callable[[], bytes]] = {
    "PNG 60,000 × 60,000 of 1 bit": lambda: png(60_000, 60_000, 1, 0),
    "PNG 40,000 × 40,000 RGB": lambda: png(40_000, 40_000),
    "PNG 60,000 × 60,000 grey": lambda: png(60_000, 60_000, 8, 0),
    "PNG 1 × 20,000,000": lambda: png(1, 20_000_000, 8, 0, before=png_chunk(b"eXIf", _exif())),
    "PNG 50,000 × 50,000 palette, interlaced": lambda: png(50_000, 50_000, 1, 3, interlaced=True),
    "PNG 20,000 × 20,000 of 16 bits and alpha": lambda: png(20_000, 20_000, 16, 6),
    "PNG of 2 million empty chunks": lambda: png(
        64, 64, before=png_chunk(b"teSt", b"") * 2_000_000
    ),
    "PNG of 2 million empty IDAT": lambda: png(64, 64, after=png_chunk(b"IDAT", b"") * 2_000_000),
    "PNG of 1 million texts": lambda: png(64, 64, before=png_chunk(b"tEXt", b"a\0b") * 1_000_000),
    "PNG with 60 packed texts of 100 MiB": lambda: png(
        64, 64, before=png_chunk(b"zTXt", b"a\0\0" + _deflated(100 * MIB)) * 60
    ),
    "PNG with a profile of 4 GiB": lambda: png(
        64, 64, before=png_chunk(b"iCCP", b"a\0\0" + _deflated(4096 * MIB))
    ),
    "PNG with a packed XMP packet of 2 GiB": lambda: png(
        64,
        64,
        before=png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + _deflated(2048 * MIB)),
    ),
    "JPEG with 8 MiB of small EXIF segments": lambda: _with_segments(b"Exif\0\0", 8 * MIB, 16),
    "JPEG with 30 MiB of large EXIF segments": lambda: _with_segments(
        b"Exif\0\0", 30 * MIB, 65_000
    ),
    "JPEG with 8 MiB of small comments": lambda: jpeg(
        64, 64, before=_segment(0xFE, b"") * (2 * MIB)
    ),
    "JPEG with 24 MiB of FF": lambda: jpeg(64, 64, before=b"\xff" * (24 * MIB)),
    "JPEG with 24 MiB of zeros": lambda: jpeg(64, 64, before=bytes(24 * MIB)),
    "JPEG with 24 MiB of FF 00": lambda: jpeg(64, 64, before=b"\xff\0" * (12 * MIB)),
    "JPEG of 24 MiB of FF alone": lambda: b"\xff\xd8" + b"\xff" * (24 * MIB),
    "TIFF with 8 MiB of strip offsets": lambda: tiff(
        64, 64, entries={273: (4, 2 * MIB, bytes(8 * MIB))}
    ),
    "TIFF with 8 MiB of tile offsets": lambda: tiff(
        64,
        64,
        entries={
            322: (4, 1, struct.pack("<I", 16)),
            323: (4, 1, struct.pack("<I", 16)),
            324: (4, 2 * MIB, bytes(8 * MIB)),
        },
    ),
    "TIFF with 500 tags of 8 MiB in one place": lambda: tiff(
        64,
        64,
        pixels=bytes(8 * MIB),
        compression=1,
        rows=64,
        entries=_OVERLAPPING,
    ),
    "TIFF with 2 million bits a sample": lambda: tiff(
        64, 64, entries={258: (3, 2 * MIB, bytes(4 * MIB))}
    ),
    "TIFF with 4 million colours": lambda: tiff(
        64, 64, samples=1, photometric=3, entries={320: (3, 4 * MIB, bytes(8 * MIB))}
    ),
    "TIFF, big-endian, with 65,000 rationals of 100 bytes": lambda: tiff(
        64, 64, order=">", entries={282: (5, MIB, bytes(8 * MIB))}
    ),
    "GIF with 24 MiB of comments": lambda: gif(
        64, 64, b"!\xfe" + (b"\xff" + bytes(255)) * (24 * MIB // 256) + b"\0"
    ),
    "GIF with 12 million blocks of a byte": lambda: gif(
        64, 64, b"!\xfe" + b"\x01a" * 12_000_000 + b"\0"
    ),
    "GIF with 8 million extensions": lambda: gif(64, 64, b"!\xfe\0" * 8_000_000),
    "GIF with 24 MiB between its blocks": lambda: gif(64, 64, b"\1" * (24 * MIB)),
    "WebP of 3 million empty chunks": lambda: _webp(b"teSt\0\0\0\0" * 3_000_000),
}
"""Refused, or read, by their headers alone."""

_SUBSAMPLING = {530: (3, 2, struct.pack("<2H", 1, 1))}

DEAR_TO_DECODE: dict[str, Callable[[], bytes]] = {
    "PNG RGBA of 64 MP": lambda: png(SIDE, SIDE, 8, 6),
    "PNG RGB of 64 MP": lambda: png(SIDE, SIDE),
    "PNG RGB of 64 MP, interlaced": lambda: png(SIDE, SIDE, interlaced=True),
    "PNG RGB of 64 MP, turned by EXIF": lambda: png(
        SIDE, SIDE, before=png_chunk(b"eXIf", _exif(7))
    ),
    "PNG RGB of 16 bits and 64 MP": lambda: png(SIDE, SIDE, 16),
    "PNG RGB of 16 bits and 48 MP": lambda: png(8_000, 6_000, 16),
    "PNG RGBA of 16 bits and 64 MP": lambda: png(SIDE, SIDE, 16, 6),
    "PNG grey of 16 bits and 64 MP": lambda: png(SIDE, SIDE, 16, 0),
    "PNG grey with alpha of 64 MP": lambda: png(SIDE, SIDE, 8, 4),
    "PNG palette with alpha of 64 MP": lambda: png(
        SIDE, SIDE, 8, 3, before=png_chunk(b"tRNS", b"\0\x80")
    ),
    "PNG of 16 bits with pixels for 25 GiB": lambda: png(64, 64, 16, surplus_bytes=25 * 1024 * MIB),
    "PNG of 64 MP in one row": lambda: png(64_000_000, 1, 8, 6),
    "PNG of 64 MP in one column": lambda: png(1, 64_000_000, 8, 0),
    "JPEG of 64 MP, turned by EXIF": lambda: jpeg(
        SIDE, SIDE, progressive=False, before=_segment(0xE1, b"Exif\0\0" + _exif(5))
    ),
    "JPEG progressive of 64 MP, 4:4:4": lambda: jpeg(SIDE, SIDE),
    "JPEG progressive of 49 MP, 4:4:4": lambda: jpeg(7_000, 7_000),
    "JPEG progressive of 64 MP, 4:2:0": lambda: jpeg(SIDE, SIDE, (0x22, 0x11, 0x11)),
    "JPEG progressive of 64 MP without an end": lambda: jpeg(
        SIDE, SIDE, (0x22, 0x11, 0x11), end=b""
    ),
    "JPEG CMYK of 64 MP": lambda: jpeg(SIDE, SIDE, (0x11,) * 4, progressive=False),
    "JPEG CMYK progressive of 64 MP": lambda: jpeg(SIDE, SIDE, (0x11,) * 4),
    "JPEG of 20,000 scans, 16 MP": lambda: jpeg(4_000, 4_000, more_scans=20_000),
    "JPEG of 20,000 scans, 64 MP": lambda: jpeg(SIDE, SIDE, (0x22, 0x11, 0x11), more_scans=20_000),
    "JPEG of 20,000 scans behind an end marker in a comment": lambda: jpeg(
        4_000, 4_000, more_scans=20_000, between=_segment(0xFE, b"\xff\xd9")
    ),
    "JPEG of 20,000 scans of the same grey, 16 MP": lambda: jpeg(
        4_000, 4_000, (0x11,), more_scans=20_000
    ),
    "JPEG of 99 scans, 4 MP": lambda: jpeg(2_000, 2_000, more_scans=98),
    "JPEG of 99 scans, 4 MP, without an end": lambda: jpeg(2_000, 2_000, more_scans=98, end=b""),
    "JPEG of 16 scans, 64 MP": lambda: jpeg(SIDE, SIDE, (0x22, 0x11, 0x11), more_scans=15),
    "JPEG of 16 arithmetic scans, 64 MP": lambda: jpeg(
        SIDE, SIDE, (0x22, 0x11, 0x11), more_scans=15
    ).replace(b"\xff\xc2\0", b"\xff\xca\0"),
    "TIFF CMYK of 64 MP": lambda: tiff(SIDE, SIDE, samples=4, photometric=5),
    "TIFF CMYK of 64 MP in one strip": lambda: tiff(
        SIDE, SIDE, samples=4, photometric=5, rows=SIDE
    ),
    "TIFF RGB of 64 MP in one strip": lambda: tiff(SIDE, SIDE, rows=SIDE),
    "TIFF grey of 16 bits and 64 MP": lambda: tiff(SIDE, SIDE, samples=1, bits=16, photometric=1),
    "TIFF float of 64 MP": lambda: tiff(
        SIDE,
        SIDE,
        samples=1,
        bits=32,
        photometric=1,
        entries={339: (3, 1, struct.pack("<H", 3))},
    ),
    "TIFF of 64 MP, turned": lambda: tiff(SIDE, SIDE, entries={274: (3, 1, struct.pack("<H", 5))}),
    "TIFF 64 × 64 with a tile of 30,000²": lambda: _tiled(64, 64, 30_000),
    "TIFF 64 × 64 with a tile of 20,000²": lambda: _tiled(64, 64, 20_000),
    "TIFF 64,000 × 1,000 with tiles of 16 × 1,048,576": lambda: _tiled(64_000, 1_000, 16, 2**20),
    "TIFF of JPEG of 64 MP in one strip": lambda: tiff(
        SIDE,
        SIDE,
        jpeg(SIDE, SIDE, progressive=False),
        compression=7,
        photometric=6,
        rows=SIDE,
        entries=_SUBSAMPLING,
    ),
    "TIFF of JPEG of 90 scans in each strip": lambda: tiff(
        SIDE,
        SIDE,
        jpeg(SIDE, 64, more_scans=90),
        compression=7,
        photometric=6,
        entries=_SUBSAMPLING,
    ),
    "TIFF of old JPEG": lambda: tiff(
        SIDE, SIDE, bytes(MIB), compression=6, photometric=6, rows=SIDE
    ),
    "TIFF whose 8,000 strips have no lengths": lambda: tiff(
        SIDE,
        SIDE,
        bytes(24 * MIB),
        compression=5,
        rows=1,
        entries={273: (4, SIDE, struct.pack("<I", 8) * SIDE), 279: (4, 0, b"")},
    ),
    "TIFF of 64 MP with strips for 160 MiB each": lambda: tiff(
        SIDE, SIDE, _deflated(160 * MIB), compression=8
    ),
    "TIFF of 64 MP in tiles of 16²": lambda: _tiled(SIDE, SIDE, 16),
    "TIFF whose 8,000 strips are the same 4 MiB": lambda: tiff(
        SIDE,
        SIDE,
        bytes(4 * MIB),
        compression=5,
        rows=1,
        entries={
            273: (4, SIDE, struct.pack("<I", 8) * SIDE),
            279: (4, SIDE, struct.pack("<I", 4 * MIB) * SIDE),
        },
    ),
    "WebP lossless with alpha of 64 MP": lambda: _wide_webp(SIDE, SIDE),
    "WebP lossless with alpha of 50 MP": lambda: _wide_webp(7_000, 7_100),
    "WebP of 65,536 groups of codes, 50 MP": lambda: webp_of_groups(7_000, 7_100),
    "WebP of 65,536 groups of codes, 1 MP": lambda: webp_of_groups(1_040, 1_040),
    "WebP lossless of 268 MP": lambda: _wide_webp(16_383, 16_383),
    "WebP animated of 64 MP": lambda: _animated_webp(SIDE),
    "WebP animated of 16 MP": lambda: _animated_webp(4_000),
    "GIF of 64 MP": lambda: _flat_gif(SIDE),
    "GIF 1 × 1 with a frame of 65,535²": lambda: gif(1, 1, frame=(0, 0, 65_535, 65_535)),
    "GIF 65,535² with a frame of 1 × 1": lambda: gif(65_535, 65_535, frame=(0, 0, 1, 1)),
    "BMP of 16 MP": lambda: bmp(4_000, 4_000, 16),
    "BMP of 30 MiB of run lengths": lambda: bmp(8_000, 8_000, 8, 1, b"\1\2" * (15 * MIB)),
    "BMP of 30 MiB of line ends": lambda: bmp(400, 400, 8, 1, b"\0\0" * (15 * MIB)),
    "BMP of 64 MP in run lengths of 4 bits": lambda: bmp(SIDE, SIDE, 4, 2, b"\xff\x12" * 260_000),
    "BMP of 16 MP in run lengths of 4 bits": lambda: bmp(4_000, 4_000, 4, 2, b"\xff\x12" * 65_000),
    "BMP of 64 MP with jumps of run lengths": lambda: bmp(
        64_000_000, 1, 8, 1, b"\0\2\xff\xff" * MIB
    ),
}
"""Within the limit of pixels, or so they say."""
