import io
import os
import struct
import zlib
from pathlib import Path

import PIL.Image
import pytest

from safety_detector.domain.geometry import ImageSize
from safety_detector.errors import PictureRefused, PictureTooLarge, PictureUnreadable
from safety_detector.ingest.admission import Limits, admit, read_file


def jpeg(width: int, height: int) -> bytes:
    """A grey JPEG of that size."""
    buffer = io.BytesIO()
    PIL.Image.new("RGB", (width, height), (90, 90, 90)).save(buffer, "JPEG")
    return buffer.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A few bytes whose header promises an enormous picture."""

    def chunk(kind: bytes, payload: bytes) -> bytes:
        checksum = zlib.crc32(kind + payload)
        return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0" * 100))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


def test_a_good_picture_is_admitted_with_its_size() -> None:
    """The size is known before anything is decoded."""
    assert admit(jpeg(640, 480), Limits()).size == ImageSize(640, 480)


def test_a_header_that_claims_too_many_pixels_is_refused_before_decoding() -> None:
    """50,000 × 50,000 pixels would take 7.5 GB; the refusal names both numbers."""
    with pytest.raises(
        PictureTooLarge, match=r"2,500,000,000 pixels.*limit is 64,000,000"
    ) as caught:
        admit(png_that_claims(50_000, 50_000), Limits())
    assert caught.value.facts["limit"] == 64_000_000
    assert caught.value.facts["actual"] == 2_500_000_000


def test_too_many_bytes_are_refused_with_the_limit() -> None:
    """The limit stands in the message and in the facts."""
    data = jpeg(64, 64)
    with pytest.raises(PictureTooLarge, match="limit is 100 bytes") as caught:
        admit(data, Limits(max_bytes=100))
    assert caught.value.facts["actual"] == len(data)


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (65_000, 2)])
def test_odd_shapes_are_admitted(size: tuple[int, int]) -> None:
    """Shape alone is no reason to refuse; a detector may have one."""
    assert admit(jpeg(*size), Limits()).size == ImageSize(*size)


def test_a_file_is_read_up_to_the_limit_only(tmp_path: Path) -> None:
    """A huge file costs no more memory than the limit."""
    path = tmp_path / "huge.jpg"
    with path.open("wb") as file:
        file.truncate(10 * 2**30)  # sparse: takes no room on the disk
    with pytest.raises(PictureTooLarge, match="10,737,418,240 bytes"):
        read_file(path, Limits(max_bytes=1000))


def test_files_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    """Missing, a folder, a pipe that nobody writes to, an impossible name."""
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    for path, reason in [
        (tmp_path / "missing.jpg", "No such file"),
        (tmp_path, "is a folder"),
        (pipe, "not a regular file"),
        (Path("nul\0byte.jpg"), "no file name"),
    ]:
        with pytest.raises(PictureUnreadable, match=reason):
            read_file(path, Limits())


def test_every_refusal_of_a_picture_is_one_family() -> None:
    """Callers handle one class."""
    with pytest.raises(PictureRefused):
        admit(b"no picture", Limits())
