"""How TIFFs are packed: what cameras and programs write is read, what nothing bounds is refused."""

from __future__ import annotations

import io
import struct

import numpy as np
import PIL.Image
import pytest

from safety_detector.errors import PictureBroken, PictureTooLarge, UnsupportedPicture
from safety_detector.pictures.images import decode, read_header
from tests.dear_pictures import jpeg, tiff

WIDTH, HEIGHT = 96, 64
SUBSAMPLING = {530: (3, 2, struct.pack("<2H", 1, 1))}


def _ramp() -> PIL.Image.Image:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return PIL.Image.fromarray(np.stack([rows, columns, rows + columns], -1).astype(np.uint8))


def _packed(compression: str | None, mode: str = "RGB") -> bytes:
    written = io.BytesIO()
    _ramp().convert(mode).save(written, "TIFF", compression=compression)
    return written.getvalue()


def _with_jpegs(part: bytes, tables: bytes = b"", photometric: int = 6) -> bytes:
    entries = SUBSAMPLING | ({347: (7, len(tables), tables)} if tables else {})
    return tiff(
        WIDTH,
        HEIGHT,
        part,
        compression=7,
        photometric=photometric,
        rows=HEIGHT,
        entries=entries,
    )


@pytest.mark.parametrize(
    "compression", [None, "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits", "jpeg"]
)
def test_tiffs_as_programs_write_them_are_read(compression: str | None) -> None:
    """The pixels are those that were saved; JPEG changes them a little."""
    data = _packed(compression)
    rgb = decode(data, read_header(data))
    furthest = np.abs(rgb.astype(int) - np.asarray(_ramp())).max()
    assert furthest <= (12 if compression == "jpeg" else 0)


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("lzma", "RGB"),
        ("zstd", "RGB"),
        ("group3", "1"),
        ("group4", "1"),
        ("tiff_ccitt", "1"),
    ],
)
def test_what_no_camera_writes_is_refused_with_what_to_do(name: str, mode: str) -> None:
    """LZMA and Zstandard name the memory that they take; nothing in a header bounds it."""
    with pytest.raises(UnsupportedPicture, match=rf"compression {name} .*convert to JPEG"):
        read_header(_packed(name, mode))


@pytest.mark.parametrize("number", [6, 32771, 32809, 34676, 34677, 50_001, 65_000])
def test_other_compressions_are_refused_with_their_number(number: int) -> None:
    """JPEG of old, padded raw, ThunderScan, SGI's, WebP, and what nobody knows."""
    with pytest.raises(UnsupportedPicture, match=rf"\({number}\).*convert to JPEG"):
        read_header(tiff(WIDTH, HEIGHT, compression=number))


@pytest.mark.parametrize("photometric", [2, 6])
def test_jpegs_of_one_pass_inside_a_tiff_are_read(photometric: int) -> None:
    """As GDAL and libtiff write them: one baseline scan a strip."""
    data = _with_jpegs(jpeg(WIDTH, HEIGHT, progressive=False), photometric=photometric)
    rgb = decode(data, read_header(data))
    assert rgb.shape == (HEIGHT, WIDTH, 3)
    assert np.ptp(rgb) == 0


@pytest.mark.parametrize(
    "part",
    [
        jpeg(WIDTH, HEIGHT),
        jpeg(WIDTH, HEIGHT, more_scans=90),
        jpeg(WIDTH, HEIGHT, progressive=False, more_scans=1),
        jpeg(WIDTH, HEIGHT, progressive=False).replace(b"\xff\xc0", b"\xff\xc9"),
        jpeg(WIDTH, HEIGHT, progressive=False).replace(b"\xff\xc0", b"\xff\xc3"),
    ],
    ids=["progressive", "91 scans", "two scans", "arithmetic", "lossless"],
)
def test_jpegs_of_many_passes_inside_a_tiff_are_refused(part: bytes) -> None:
    """Each pass goes over all pixels, and a small file holds many."""
    with pytest.raises(UnsupportedPicture, match="progressive"):
        read_header(_with_jpegs(part))


@pytest.mark.parametrize(
    "counts",
    [(4, 0, b""), (4, 1, struct.pack("<I", 100))],
    ids=["no lengths", "one length for all strips"],
)
def test_strips_without_their_lengths_are_refused(counts: tuple[int, int, bytes]) -> None:
    """To libtiff each of them is as long as the file: a thousand times 32 MiB."""
    data = tiff(WIDTH, HEIGHT, bytes(100), compression=5, rows=1, entries={279: counts})
    with pytest.raises(PictureBroken, match="tag 279"):
        read_header(data)


def test_overlapping_strips_are_refused() -> None:
    """Each reads the same bytes again."""
    offsets = (4, HEIGHT, struct.pack("<I", 8) * HEIGHT)
    counts = (4, HEIGHT, struct.pack("<I", 2**20) * HEIGHT)
    data = tiff(
        WIDTH, HEIGHT, bytes(2**20), compression=5, rows=1, entries={273: offsets, 279: counts}
    )
    with pytest.raises(PictureTooLarge, match="strips"):
        read_header(data)


def test_tables_of_a_megabyte_are_refused() -> None:
    """What pixels need beside themselves is small: tables, a palette."""
    with pytest.raises(PictureBroken, match="tag 347"):
        read_header(_with_jpegs(jpeg(WIDTH, HEIGHT, progressive=False), tables=bytes(2**20)))
