"""What is kept free on a disk, and the reserve that makes room when there is none."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from safety_detector.errors import StorageFull, StorageUnavailable
from safety_detector.host.disk_room import DiskRoom, DiskShare, RoomPolicy, parse_disk_share
from safety_detector.storage.storage import Storage
from safety_detector.storage.storage_errors import storage_error
from tests.small_disk import fill, small_disk, use_up_files

MIB = 2**20


@pytest.mark.parametrize(
    ("written", "of_a_gigabyte"),
    [
        ("5%", 50_000_000),
        ("2.5 %", 25_000_000),
        ("0", 0),
        ("123", 123),
        ("1kB", 1000),
        ("2GB", 2_000_000_000),
        ("500MiB", 500 * MIB),
        ("1.5GiB", 1536 * MIB),
        ("64M", 64_000_000),
        ("0%", 0),
    ],
)
def test_amounts_are_bytes_or_shares(written: str, of_a_gigabyte: int) -> None:
    """As people write them."""
    assert parse_disk_share(written).of(10**9) == of_a_gigabyte


@pytest.mark.parametrize("written", ["", "much", "-1GB", "100%", "5%%", "5 percent", "1e9", "nan%"])
def test_what_is_no_amount_is_refused_in_words(written: str) -> None:
    """The sentence says how to write it."""
    with pytest.raises(ValueError, match=r"bytes|below 100%"):
        parse_disk_share(written)


@pytest.mark.processes
def test_below_the_mark_nothing_new_is_accepted_and_it_is_said_what_to_do(tmp_path: Path) -> None:
    """Before the disk is full."""
    disk = tmp_path / "disk"
    with small_disk(disk):
        DiskRoom(disk, RoomPolicy()).require()
        fill(disk, leave=12 * MIB)
        room = DiskRoom(disk, RoomPolicy())
        with pytest.raises(StorageFull, match=r"Only 12 MiB are free .* purge --keep-days"):
            room.require()
        assert not room.look().is_full
        DiskRoom(disk, RoomPolicy(min_free=DiskShare(8 * MIB))).require()
        DiskRoom(disk, RoomPolicy(min_free=DiskShare(share=0.1))).require()
        with pytest.raises(StorageFull):
            DiskRoom(disk, RoomPolicy(min_free=DiskShare(share=0.5))).require()
        DiskRoom(disk).require()  # no policy, no limit


@pytest.mark.processes
def test_the_reserve_is_given_up_on_a_full_disk_and_made_again(tmp_path: Path) -> None:
    """It takes real room, and gives it."""
    disk = tmp_path / "disk"
    with small_disk(disk):
        room = DiskRoom(disk, RoomPolicy())
        free = shutil.disk_usage(disk).free
        room.keep()
        assert room.reserved_bytes() == 8 * MIB
        assert shutil.disk_usage(disk).free <= free - 8 * MIB
        room.keep()
        ballast = fill(disk)
        room.relieve()
        assert room.reserved_bytes() == 0
        assert shutil.disk_usage(disk).free >= 8 * MIB
        (disk / "written").write_bytes(bytes(4 * MIB))
        room.keep()
        assert room.reserved_bytes() == 0, "there is no room for it yet"
        ballast.unlink()
        room.keep()
        assert room.reserved_bytes() == 8 * MIB


@pytest.mark.processes
def test_a_reserve_that_is_being_made_by_several_is_made_once(tmp_path: Path) -> None:
    """Each process of the service looks after it."""
    disk = tmp_path / "disk"
    with small_disk(disk):
        rooms = [DiskRoom(disk, RoomPolicy()) for _ in range(3)]
        for room in rooms:
            room.keep()
        assert rooms[0].reserved_bytes() == 8 * MIB
        (disk / "reserve" / "03").unlink()  # half made, by one that was killed
        rooms[1].keep()
        assert rooms[0].reserved_bytes() == 8 * MIB


@pytest.mark.processes
def test_files_that_run_out_are_like_bytes_that_do(tmp_path: Path) -> None:
    """Nothing new is accepted while few are left; the reserve frees some."""
    disk = tmp_path / "disk"
    with small_disk(disk, files=2000):
        room = DiskRoom(disk, RoomPolicy())
        room.keep()
        use_up_files(disk, leave=50)
        with pytest.raises(StorageFull, match="50 more files"):
            DiskRoom(disk, RoomPolicy()).require()
        use_up_files(disk / "reserve")
        room.relieve()
        assert (room.look().free_files or 0) >= 16


def test_a_disk_that_does_not_say_is_not_called_full(tmp_path: Path) -> None:
    """Writing will fail, and say why."""
    room = DiskRoom(tmp_path / "gone", RoomPolicy())
    room.require()
    room.relieve()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_no_room_and_a_quota_are_told_from_other_faults(code: int) -> None:
    """With what to do."""
    error = storage_error("store a picture", OSError(code, os.strerror(code)))
    assert isinstance(error, StorageFull)
    assert "purge --keep-days" in error.message
    other = storage_error("store a picture", OSError(errno.EROFS, "Read-only"))
    assert type(other) is StorageUnavailable


@pytest.mark.processes
def test_storing_on_a_full_disk_says_that_it_is_full(tmp_path: Path) -> None:
    """And leaves nothing half."""
    disk = tmp_path / "disk"
    with small_disk(disk):
        storage = Storage(disk)
        storage.prepare()
        fill(disk)
        with pytest.raises(StorageFull, match="No space left"):
            storage.store_picture(bytes(100_000))
        assert not any((disk / "images" / ".incoming").iterdir())
