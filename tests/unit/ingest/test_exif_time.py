"""Reading when a picture was taken out of its EXIF block."""

from __future__ import annotations

import io
import random
import struct
import zlib
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import PIL.ExifTags
import PIL.Image
import pytest

from safety_detector.domain.capture_time import CameraTime, ClockNoteCode, TakenFrom
from safety_detector.ingest.exif_time import read_camera_time, taken_of
from tests.pictures import jpeg, taken_by_a_camera

ARRIVAL = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)
STATED = "2026:11:20 14:00:05"
LOCAL = datetime(2026, 11, 20, 14, 0, 5)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "MPO"])
def test_every_format_that_has_exif_is_read(kind: str) -> None:
    """The time, its offset and its fraction, in whatever the camera packs them."""
    picture = taken_by_a_camera(STATED, "+08:00", kind=kind, fraction="25")
    assert read_camera_time(picture) == CameraTime(
        STATED, LOCAL.replace(microsecond=250_000), timezone(timedelta(hours=8))
    )


def test_pictures_without_a_time_have_none() -> None:
    """Neither plain pictures nor other bytes are an error."""
    bmp = io.BytesIO()
    PIL.Image.new("RGB", (4, 4)).save(bmp, "BMP")
    for data in (jpeg(), bmp.getvalue(), b"", b"\xff\xd8", b"RIFF\0\0\0\0WEBP", b"II*\0", b"text"):
        assert read_camera_time(data) is None


@pytest.mark.parametrize(
    ("offset", "distance"),
    [
        ("+14:00", timedelta(hours=14)),
        ("-14:00", timedelta(hours=-14)),
        ("+05:45", timedelta(hours=5, minutes=45)),
        ("Z", timedelta(0)),
        ("+0800", timedelta(hours=8)),
        ("+14:01", None),
        ("+08:75", None),
        ("   :  ", None),
        ("local", None),
        (None, None),
    ],
)
def test_offsets(offset: str | None, distance: timedelta | None) -> None:
    """An offset that no place on earth has is none."""
    found = read_camera_time(taken_by_a_camera(STATED, offset))
    assert found is not None
    assert found.local == LOCAL
    assert (found.offset and found.offset.utcoffset(None)) == distance


@pytest.mark.parametrize("blank", ["                   ", "    :  :     :  :  ", ""])
def test_a_blank_time_is_none(blank: str) -> None:
    """So a camera says, by the standard, that it does not know; that is no clock error."""
    assert read_camera_time(taken_by_a_camera(blank)) is None


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ("0000:00:00 00:00:00", ClockNoteCode.CLOCK_NEVER_SET),
        ("2000:01:01 00:00:27", ClockNoteCode.CLOCK_NEVER_SET),
        ("1970:01:01 08:00:00", ClockNoteCode.CLOCK_NEVER_SET),
        ("2036:02:06 12:00:00", ClockNoteCode.IN_THE_FUTURE),
        ("9999:12:31 23:59:59", ClockNoteCode.IN_THE_FUTURE),
        ("2026:13:45 99:00:00", ClockNoteCode.UNREADABLE),
        ("2026:11:20", ClockNoteCode.UNREADABLE),
        ("yesterday \N{RIGHT-TO-LEFT OVERRIDE}", ClockNoteCode.UNREADABLE),
    ],
)
def test_a_wrong_clock_gives_the_arrival_and_a_note(stated: str, code: ClockNoteCode) -> None:
    """What the camera states is told, but not believed."""
    taken = taken_of(taken_by_a_camera(stated.encode()), ARRIVAL, UTC)
    assert (taken.at, taken.source) == (ARRIVAL, TakenFrom.ARRIVAL)
    (note,) = taken.notes
    assert (note.code, note.source) == (code, TakenFrom.EXIF)
    assert note.stated.isprintable()


@pytest.mark.parametrize("stated", ["2026-11-20 14:00:05", "2026/11/20 14:00:05", STATED + "\0\0"])
def test_other_ways_of_writing_the_date_are_read(stated: str) -> None:
    """Phones and programs do not keep to the standard's colons."""
    found = read_camera_time(taken_by_a_camera(stated.encode()))
    assert found is not None
    assert found.local == LOCAL


def test_a_leap_second_is_the_second_before_it() -> None:
    """No clock of a computer has it."""
    found = read_camera_time(taken_by_a_camera("2016:12:31 23:59:60"))
    assert found is not None
    assert found.local == datetime(2016, 12, 31, 23, 59, 59)


def test_a_block_behind_stray_bytes_and_other_segments_is_found() -> None:
    """Cameras write what they like before the EXIF block."""
    plain = taken_by_a_camera(STATED)
    comment = b"\xff\xfe" + (1002).to_bytes(2, "big") + b"x" * 1000
    odd = plain[:2] + comment + b"\0\0stray" + b"\xff\xff\xff" + plain[3:]
    found = read_camera_time(odd)
    assert found is not None
    assert found.local == LOCAL


def test_no_pixel_of_a_png_is_decoded() -> None:
    """A block behind a gigabyte of zeros is found without unpacking them."""
    chunk = taken_by_a_camera(STATED, kind="PNG")
    exif = chunk[chunk.index(b"eXIf") - 4 :]
    exif = exif[: 12 + int.from_bytes(exif[:4], "big")]
    packer = zlib.compressobj(1)
    block = bytes(2**20)
    zeros = b"".join(packer.compress(block) for _ in range(256)) + packer.flush()
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zeros) + exif
    found = read_camera_time(bomb)
    assert found is not None
    assert found.local == LOCAL


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def _in_jpeg(block: bytes) -> bytes:
    return b"\xff\xd8\xff\xe1" + (len(block) + 8).to_bytes(2, "big") + b"Exif\0\0" + block


LITTLE, BIG = b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"
HOSTILE = {
    "a directory that holds itself": LITTLE + b"\x01\0" + struct.pack("<HHII", 0x8769, 4, 1, 8),
    "65,535 entries that are not there": LITTLE + b"\xff\xff",
    "a text of four gigabytes": LITTLE
    + b"\x01\0"
    + struct.pack("<HHII", 0x9003, 2, 2**32 - 1, 22)
    + b"2026",
    "a place beyond the end": b"MM\0*\xff\xff\xff\xff",
    "a directory at the very end": BIG + b"\xff",
    "a negative place": b"II*\0" + b"\xff" * 60_000,
    "nothing but entries": LITTLE + b"\xff\xff" + struct.pack("<HHII", 0x9003, 2, 20, 8) * 5000,
}


@pytest.mark.attack("EXIF blocks")
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_blocks_are_read_as_far_as_they_make_sense(name: str) -> None:
    """No block raises, whatever it says of itself, in any wrapping."""
    block = HOSTILE[name]
    for data in (block, _in_jpeg(block), b"\x89PNG\r\n\x1a\n" + _chunk(b"eXIf", block)):
        found = read_camera_time(data)
        assert found is None or found.local is None


@pytest.mark.attack("EXIF blocks")
@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8" + b"\xff" * 2**25,
        b"\xff\xd8" + b"\xff\xd0" * 2**24,
        b"\xff\xd8" + b"\xff\xe0\0\0" * 2**23,
        b"\x89PNG\r\n\x1a\n" + bytes(12) * 2**21,
        b"RIFF\0\0\0\0WEBP" + bytes(8) * 2**22,
    ],
    ids=["fill bytes", "restart markers", "empty segments", "empty chunks", "empty WebP chunks"],
)
def test_searches_end_whatever_the_bytes_are(data: bytes) -> None:
    """32 MiB of nothing cost what a picture costs: they are not gone through."""
    counted = _Counted(data)
    assert read_camera_time(counted) is None
    assert counted.looks < 250_000


class _Counted(bytes):
    """Bytes that count how often they are looked into."""

    looks = 0

    def __getitem__(self, place: Any) -> Any:
        self.looks += 1
        return super().__getitem__(place)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_damaged_pictures_never_raise(kind: str) -> None:
    """A thousand damages by chance: a time, or none."""
    sound = taken_by_a_camera(STATED, "+08:00", kind=kind)
    chance = random.Random(7)  # noqa: S311 (no secret)
    for _ in range(1000):
        damaged = bytearray(sound)
        for _ in range(chance.randint(1, 20)):
            damaged[chance.randrange(min(len(damaged), 400))] = chance.randrange(256)
        end = chance.choice([len(damaged), chance.randrange(len(damaged))])
        read_camera_time(bytes(damaged[:end]))


def test_a_time_in_the_first_directory_counts_too() -> None:
    """Programs that do not know of the second one write it there."""
    exif = PIL.Image.Exif()
    exif[PIL.ExifTags.Base.DateTimeOriginal] = STATED
    written = io.BytesIO()
    PIL.Image.new("RGB", (8, 8)).save(written, "JPEG", exif=exif)
    found = read_camera_time(written.getvalue())
    assert found is not None
    assert found.local == LOCAL
