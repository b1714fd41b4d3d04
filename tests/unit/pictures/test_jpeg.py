"""JPEGs that are whole though they look odd, and damaged ones though they decode."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from safety_detector.errors import PictureRefused, PictureTruncated
from safety_detector.ingest.admission import Limits, admit
from safety_detector.pictures.images import DecodedPicture, decode_picture

SAMPLE = Path(__file__).parents[3] / "samples" / "pagoda-nothing.jpg"


def written(mode: str = "RGB", **options: object) -> bytes:
    """A photograph as a JPEG file."""
    out = io.BytesIO()
    with PIL.Image.open(SAMPLE) as picture:
        picture.convert(mode).resize((320, 240)).save(out, "JPEG", **options)  # type: ignore[arg-type]
    return out.getvalue()


PLAIN = written(quality=85)
WITH_RESTARTS = written(quality=85, restart_marker_rows=1)
PROGRESSIVE = written(quality=85, progressive=True)
CMYK = written("CMYK", quality=85)


def read(data: bytes) -> DecodedPicture:
    """The picture as the product takes it in."""
    return decode_picture(data, admit(data, Limits()))


def pixels(data: bytes) -> NDArray[np.uint8]:
    """The pixels of a whole file."""
    seen = read(data)
    assert seen.damage is None
    return seen.rgb


def scan_of(data: bytes) -> int:
    """Offset of the first start-of-scan marker."""
    return data.index(b"\xff\xda")


def segments_apart(data: bytes, between: bytes) -> bytes:
    """The file with bytes before each of its header's segments but the first."""
    out, position = data[:2], 2
    while data[position + 1] != 0xDA:
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        out += data[position:end] + between
        position = end
    return out + data[position:]


@pytest.mark.parametrize("original", [PLAIN, WITH_RESTARTS], ids=["plain", "restarts"])
@pytest.mark.parametrize(
    "oddity",
    [
        lambda data: segments_apart(data, b"\x00"),
        lambda data: segments_apart(data, b"\xff\xff\xff"),
        lambda data: segments_apart(data, b"\x00\x17stray\x80"),
        lambda data: data[: scan_of(data)] + b"\x00" * 300 + data[scan_of(data) :],
        lambda data: data[:-2],
        lambda data: data[:-1],
        lambda data: data[:-2] + b"\xff\xff",
        lambda data: segments_apart(data[:-2], b"\x01\x02"),
        lambda data: data[:-2] + b"\x00" * 7 + data[-2:],
        lambda data: data[:-2] + b"\xff" * 9 + data[-2:],
        lambda data: b"\r\n" + data,
        lambda data: b"\x00" * 8 + data,
        lambda data: data + b"trailing bytes",
        lambda data: data + b"\x00" * 4096,
        lambda data: data + data[:500],
    ],
    ids=[
        "a byte between segments",
        "fill bytes",
        "several bytes",
        "many bytes before the scan",
        "no end marker",
        "half an end marker",
        "fill in place of the end marker",
        "stray bytes and no end marker",
        "zeros before the end",
        "fill before the end",
        "line ends before",
        "zeros before the start",
        "text behind",
        "zeros behind",
        "another header behind",
    ],
)
def test_a_whole_picture_in_an_odd_file_is_read(original: bytes, oddity: object) -> None:
    """Cameras write bytes between segments and leave the end marker out; no pixel differs."""
    assert callable(oddity)
    odd = oddity(original)
    assert odd != original
    assert np.array_equal(pixels(odd), pixels(original))


@pytest.mark.parametrize("original", [PLAIN, WITH_RESTARTS, PROGRESSIVE, CMYK])
@pytest.mark.parametrize("end", [b"", b"\xff\xd9"], ids=["as cut", "ended"])
@pytest.mark.parametrize("share", [0.4, 0.7, 0.97])
def test_a_cut_picture_is_not_taken_as_whole(original: bytes, end: bytes, share: float) -> None:
    """Without its end marker a file must hold data for every pixel; a marker alone adds none."""
    kept = scan_of(original) + round(share * (len(original) - scan_of(original)))
    try:
        seen = read(original[:kept] + end)
    except PictureTruncated:
        return
    assert seen.damage is not None


def test_a_progressive_picture_without_an_end_marker_is_doubtful() -> None:
    """Nobody knows whether another scan was to come."""
    assert read(PROGRESSIVE[:-2]).damage is not None
    assert read(PROGRESSIVE).damage is None


def flipped(data: bytes, seed: int) -> bytes:
    """A dozen bits of the scan the other way round."""
    out, begin = bytearray(data), scan_of(data) + 14
    for at in np.random.default_rng(seed).integers(begin, len(data) - 2, 12):
        out[at] ^= 1 << seed % 8
    return bytes(out)


def without_block(data: bytes, seed: int) -> bytes:
    """Some hundred bytes of the scan are missing."""
    at = scan_of(data) + 200 + 97 * seed
    return data[:at] + data[at + 400 :]


def block_twice(data: bytes, seed: int) -> bytes:
    """Some hundred bytes of the scan come twice."""
    at = scan_of(data) + 200 + 97 * seed
    return data[: at + 400] + data[at:]


def zeros(data: bytes, seed: int) -> bytes:
    """Some hundred bytes of the scan are zeros."""
    at = scan_of(data) + 200 + 97 * seed
    return data[:at] + bytes(400) + data[at + 400 :]


def restarts_swapped(data: bytes, seed: int) -> bytes:
    """The numbers of two restart markers are exchanged."""
    marks = [at for at in range(scan_of(data), len(data) - 1) if data[at] == 0xFF]
    marks = [at for at in marks if 0xD0 <= data[at + 1] <= 0xD7]
    first, second = marks[seed % 5], marks[seed % 5 + 3]
    out = bytearray(data)
    out[first + 1], out[second + 1] = out[second + 1], out[first + 1]
    return bytes(out)


@pytest.mark.parametrize(
    ("damage", "original"),
    [
        (flipped, PLAIN),
        (without_block, PLAIN),
        (without_block, CMYK),
        (block_twice, PLAIN),
        (zeros, PLAIN),
        (zeros, PROGRESSIVE),
        (zeros, CMYK),
        (restarts_swapped, WITH_RESTARTS),
    ],
)
def test_what_the_decoder_warns_about_is_said(damage: object, original: bytes) -> None:
    """Of ten files damaged alike most are refused or called damaged, in the decoder's words.

    Not all: a stream that is valid again behind the damage looks like any other.
    """
    assert callable(damage)
    noticed = 0
    for seed in range(10):
        try:
            words = read(damage(original, seed)).damage
        except PictureRefused:
            noticed += 1
        else:
            noticed += words is not None
            assert words is None or "JPEG" in words
    assert noticed >= 8
