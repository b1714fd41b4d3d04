"""Pictures that are dear to open or to decode, each inspected in a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.dear_pictures import PROMISED_MB, PROMISED_S, Cost, cost_of
from safety_detector.ingest.admission import Limits, admit
from tests.dear_pictures import DEAR_TO_DECODE, DEAR_TO_OPEN, jpeg, png, png_chunk, tiff

pytestmark = [pytest.mark.processes, pytest.mark.attack("dear pictures")]

# Neither broken nor too much: what large sound pictures cost, too.
READ = {
    "PNG RGBA of 64 MP",
    "PNG RGB of 64 MP, interlaced",
    "PNG RGB of 64 MP, turned by EXIF",
    "PNG RGB of 16 bits and 64 MP",
    "PNG RGBA of 16 bits and 64 MP",
    "PNG grey of 16 bits and 64 MP",
    "PNG grey with alpha of 64 MP",
    "PNG palette with alpha of 64 MP",
    "JPEG of 64 MP, turned by EXIF",
    "JPEG progressive of 64 MP, 4:2:0",
    "JPEG of 16 scans, 64 MP",
    "JPEG CMYK of 64 MP",
    "TIFF CMYK of 64 MP",
    "TIFF RGB of 64 MP in one strip",
    "TIFF of 64 MP, turned",
    "WebP lossless with alpha of 50 MP",
    "GIF of 64 MP",
    "BMP of 16 MP",
}


@pytest.mark.parametrize("name", DEAR_TO_OPEN | DEAR_TO_DECODE)
def test_no_picture_costs_more_than_is_promised(name: str, tmp_path: Path) -> None:
    """600 MB and 10 s of processor time, whatever the bytes are: a result or a clear refusal."""
    path = tmp_path / "picture"
    path.write_bytes((DEAR_TO_OPEN | DEAR_TO_DECODE)[name]())
    cost = cost_of(path, PROMISED_S)
    assert "killed" not in cost.outcome, cost
    assert cost.peak_mb <= PROMISED_MB, cost
    assert _is_read(cost) or cost.outcome.startswith(("picture-", "unsupported-", "not-a-picture"))
    assert _is_read(cost) or name not in READ, cost


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
