"""Pictures that are dear to open or to decode, inspected in a process whose memory is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.dear_pictures import PROMISED_MB, PROMISED_S, Cost, Inspector
from safety_detector.errors import PictureBroken
from safety_detector.ingest.admission import Limits, admit
from safety_detector.pictures.images import decode, read_header
from tests.dear_pictures import DEAR_TO_DECODE, DEAR_TO_OPEN, jpeg, png, png_chunk, tiff

pytestmark = [pytest.mark.processes, pytest.mark.attack("dear pictures")]

# Sound, and as large as any that is read: the dearest of each way to decode.  The benchmark,
# `python -m benchmarks.dear_pictures`, has their near relatives too.
READ = (
    "PNG RGBA of 64 MP",
    "PNG RGB of 64 MP, turned by EXIF",
    "PNG RGB of 16 bits and 48 MP",
    "JPEG progressive of 64 MP, 4:2:0",
    "JPEG of 16 scans, 64 MP",
    "JPEG CMYK of 64 MP",
    "TIFF CMYK of 64 MP",
    "WebP lossless with alpha of 50 MP",
    "GIF of 64 MP",
    "BMP of 16 MP",
)
REFUSED = (
    "PNG of 64 MP in one row",
    "JPEG progressive of 64 MP, 4:4:4",
    "JPEG CMYK progressive of 64 MP",
    "JPEG of 20,000 scans, 16 MP",
    "JPEG of 20,000 scans behind an end marker in a comment",
    "JPEG of 16 arithmetic scans, 64 MP",
    "TIFF CMYK of 64 MP in one strip",
    "TIFF float of 64 MP",
    "TIFF 64 × 64 with a tile of 30,000²",
    "TIFF whose 8,000 strips are the same 4 MiB",
    "TIFF whose 8,000 strips have no lengths",
    "TIFF of JPEG of 90 scans in each strip",
    "WebP lossless with alpha of 64 MP",
    "WebP of 65,536 groups of codes, 50 MP",
    "WebP of 65,536 groups of codes, 1 MP",
    "WebP lossless of 268 MP",
    "WebP animated of 64 MP",
    "GIF 1 × 1 with a frame of 65,535²",
    "GIF 65,535² with a frame of 1 × 1",
    "BMP of 30 MiB of run lengths",
    "BMP of 64 MP in run lengths of 4 bits",
)
EITHER = (*DEAR_TO_OPEN, "PNG of 16 bits with pixels for 25 GiB")


@pytest.fixture(scope="module")
def inspector() -> Iterator[Inspector]:
    """A process for the pictures of this file."""
    with Inspector(PROMISED_S) as inspector:
        yield inspector


@pytest.mark.parametrize("name", [*EITHER, *READ, *REFUSED])
def test_no_picture_costs_more_than_is_promised(
    inspector: Inspector, name: str, tmp_path: Path
) -> None:
    """600 MB and 10 s of processor time, whatever the bytes are: a result or a clear refusal."""
    path = tmp_path / "picture"
    path.write_bytes((DEAR_TO_OPEN | DEAR_TO_DECODE)[name]())
    cost = inspector.cost_of(path)
    path.unlink()
    assert "killed" not in cost.outcome, cost
    assert cost.peak_mb <= PROMISED_MB, cost
    assert _is_read(cost) or cost.outcome.startswith(("picture-", "unsupported-", "not-a-picture"))
    assert _is_read(cost) or name not in READ, cost
    assert not _is_read(cost) or name not in REFUSED, cost


def _is_read(cost: Cost) -> bool:
    return "×" in cost.outcome and ":" not in cost.outcome


@pytest.mark.parametrize(
    "data",
    [
        png(64, 48, piece=1),
        png(64, 48, before=png_chunk(b"tEXt", b"Comment\0" + b"x" * 100_000)),
        jpeg(64, 48, more_scans=30),
        jpeg(64, 48, (0x22, 0x11, 0x11)),
        tiff(64, 48, rows=1),
        tiff(64, 48, order=">"),
    ],
    ids=["IDAT of a byte", "long text", "31 scans", "4:2:0", "strips of a row", "big-endian"],
)
def test_odd_but_honest_pictures_are_admitted(data: bytes) -> None:
    """Many pieces are no attack while they are in proportion."""
    assert (admit(data, Limits()).size.width, admit(data, Limits()).size.height) == (64, 48)


def test_refusal_of_a_dear_webp_names_the_limit() -> None:
    """Memory and time, since nothing but decoding tells what such a file needs."""
    data = DEAR_TO_DECODE["WebP of 65,536 groups of codes, 1 MP"]()
    with pytest.raises(PictureBroken, match=r"\d+ MB of memory and 20 s of processor time"):
        decode(data, read_header(data))
