"""Room on the data folder's disk: what is kept free, and a reserve for making more.

Below the low-water mark nothing new is accepted, so that what was accepted can be finished.  Others
may fill the disk all the same; then the reserve, files of nothing that lie in the data folder, is
given up, so that the database can still be opened and old pictures be purged.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from safety_detector.errors import StorageFull

_log = logging.getLogger(__name__)

_MIB = 2**20
_FOLDER = "reserve"
_FILES = 16  # each is an inode as well, for where these are used up
_LOOK_EVERY_S = 0.5

# Of a disk whose operator says nothing.
_LOW_WATER_SHARE, _LEAST_LOW_WATER, _MOST_LOW_WATER = 0.05, 16 * _MIB, 1024 * _MIB
_RESERVE_SHARE, _LEAST_RESERVE, _MOST_RESERVE = 0.02, 8 * _MIB, 128 * _MIB
_LARGEST_SHARE = 0.25  # of a very small disk

_MIN_FREE_FILES = 1000
_FULL_FILES = 8  # a start of the database makes three

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(%|[kmgt]?i?b?)", re.IGNORECASE)
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


@dataclass(frozen=True, slots=True)
class DiskShare:
    """An amount of a disk: a number of bytes, or a share of whatever it has.

    Attributes:
        size_bytes: the number; 0 where it is a share.
        share: the share, 0 to 1.
    """

    size_bytes: int = 0
    share: float = 0.0

    def of(self, total_bytes: int) -> int:
        """The amount in bytes, of a disk of that size."""
        return self.size_bytes or int(self.share * total_bytes)

    def __str__(self) -> str:
        return f"{self.share * 100:g}%" if self.share else str(self.size_bytes)


def parse_disk_share(text: str) -> DiskShare:
    """``2GB``, ``500MiB``, ``1000000`` or ``5%``.

    Raises:
        ValueError: it is none of these; the message is for people.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError("write a number of bytes such as 2GB or 500MiB, or a share such as 5%")
    number, unit = float(match[1]), match[2].lower()
    if unit == "%":
        if number >= 100:
            raise ValueError("a share of the disk is below 100%")
        return DiskShare(share=number / 100)
    if "i" in unit:
        return DiskShare(int(number * 1024 ** ("kmgt".index(unit[0]) + 1)))
    return DiskShare(int(number * _UNITS[unit.removesuffix("b")]))


@dataclass(frozen=True, slots=True)
class RoomPolicy:
    """What is kept free.

    Attributes:
        min_free: below which nothing new is accepted; None for a twentieth, at most 1 GiB.
        reserve: size of the reserve; None for a fiftieth, at most 128 MiB.
    """

    min_free: DiskShare | None = None
    reserve: DiskShare | None = None


NOTHING_KEPT = RoomPolicy(DiskShare(), DiskShare())


@dataclass(frozen=True, slots=True)
class Room:
    """What is there at one moment.

    Attributes:
        free_bytes: bytes that this program can still use.
        min_free_bytes: below which nothing new is accepted.
        reserve_bytes: what the reserve is to be.
        free_files: files that can still be made; None where the file system has no such limit.
        min_free_files: below which nothing new is accepted.
    """

    free_bytes: int
    min_free_bytes: int
    reserve_bytes: int
    free_files: int | None
    min_free_files: int

    @property
    def is_low(self) -> bool:
        """Whether nothing new is accepted."""
        return self.free_bytes < self.min_free_bytes or (
            self.free_files is not None and self.free_files < self.min_free_files
        )

    @property
    def is_full(self) -> bool:
        """Whether even small writes may fail."""
        return self.free_bytes < self.reserve_bytes // 2 or (
            self.free_files is not None and self.free_files < _FULL_FILES
        )

    @property
    def takes_reserve(self) -> bool:
        """Whether the reserve can be made without being needed at once."""
        return self.free_bytes >= self.min_free_bytes + self.reserve_bytes and not self.is_low


class DiskRoom:
    """Looks after the room on the disk of a folder; safe to use from several processes.

    Args:
        folder: the data folder.
        policy: what is kept free.
    """

    def __init__(self, folder: Path, policy: RoomPolicy = NOTHING_KEPT) -> None:
        self._folder = folder
        self._policy = policy
        self._lock = threading.Lock()
        self._seen: Room | None = None
        self._seen_s = 0.0

    @property
    def is_known(self) -> bool:
        """Whether somebody looked a moment ago, so that ``require`` does not touch the disk."""
        return time.monotonic() - self._seen_s < _LOOK_EVERY_S

    def look(self) -> Room:
        """What is there now.

        Raises:
            OSError: the disk does not say.
        """
        facts = os.statvfs(self._folder)
        total = facts.f_blocks * facts.f_frsize
        # Several file systems have no table of files; these say 0.
        has_files = facts.f_files > 0
        room = Room(
            free_bytes=facts.f_bavail * facts.f_frsize,
            min_free_bytes=_amount(
                self._policy.min_free, total, _LOW_WATER_SHARE, _LEAST_LOW_WATER, _MOST_LOW_WATER
            ),
            reserve_bytes=_amount(
                self._policy.reserve, total, _RESERVE_SHARE, _LEAST_RESERVE, _MOST_RESERVE
            ),
            free_files=facts.f_favail if has_files else None,
            min_free_files=min(_MIN_FREE_FILES, facts.f_files // 20)
            if self._policy != NOTHING_KEPT
            else 0,
        )
        with self._lock:
            self._seen, self._seen_s = room, time.monotonic()
        return room

    def require(self) -> None:
        """Makes sure that something new may be accepted.

        Raises:
            StorageFull: there is too little room; the message says what to do.
        """
        shortage = self.shortage()
        if shortage is not None:
            raise shortage

    def shortage(self) -> StorageFull | None:
        """Why nothing new is accepted; None if it is, or if the disk does not say."""
        try:
            room = self._seen if self.is_known and self._seen is not None else self.look()
        except OSError:
            return None  # writing will fail, and say why
        if not room.is_low:
            return None
        is_short_of_bytes = room.free_bytes < room.min_free_bytes
        return StorageFull(
            "disk-short-of-bytes" if is_short_of_bytes else "disk-short-of-files",
            path=self._folder,
            free=_shown(room.free_bytes),
            least=_shown(room.min_free_bytes),
            free_files=room.free_files,
            free_bytes=room.free_bytes,
            min_free_bytes=room.min_free_bytes,
        )

    def keep(self) -> None:
        """Gives the reserve up where the disk is full, and makes it where there is room again.

        Raises:
            OSError: the disk does not say.
        """
        room = self.look()
        if room.is_full:
            self.give_up_reserve()
        elif room.takes_reserve and self.reserved_bytes() < room.reserve_bytes:
            self._make_reserve(room.reserve_bytes)

    def relieve(self) -> None:
        """Gives the reserve up where the disk is full; what a command does first."""
        with suppress(OSError):  # the folder is not there yet, or does not say
            if self.look().is_full:
                self.give_up_reserve()

    def reserved_bytes(self) -> int:
        """Bytes that the reserve holds."""
        total = 0
        with suppress(FileNotFoundError), os.scandir(self._folder / _FOLDER) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    total += entry.stat().st_size
        return total

    def give_up_reserve(self) -> None:
        """Frees what the reserve holds."""
        held = self.reserved_bytes()
        self._remove_reserve()
        if held:
            _log.error(
                "the disk of %s is full; the reserve of %s is given up, so that old pictures can "
                "be purged: safety-detector purge --keep-days N",
                self._folder,
                _shown(held),
            )

    def _make_reserve(self, size_bytes: int) -> None:
        if size_bytes <= 0:
            return
        (self._folder / _FOLDER).mkdir(mode=0o700, exist_ok=True)
        each = -(-size_bytes // _FILES)
        try:
            for path in self._reserve_files():
                with path.open("ab") as file:
                    os.posix_fallocate(file.fileno(), 0, each)
        except OSError as exc:  # somebody was faster, or the file system cannot
            _log.warning("no reserve of %s can be made: %s", _shown(size_bytes), exc.strerror)
            self._remove_reserve()

    def _remove_reserve(self) -> None:
        for path in self._reserve_files():
            with suppress(FileNotFoundError):
                path.unlink()

    def _reserve_files(self) -> list[Path]:
        return [self._folder / _FOLDER / f"{number:02d}" for number in range(_FILES)]


def _amount(said: DiskShare | None, total: int, share: float, least: int, most: int) -> int:
    if said is not None:
        return said.of(total)
    return int(min(most, max(least, share * total), _LARGEST_SHARE * total))


def _shown(size_bytes: int) -> str:
    return f"{size_bytes / _MIB:,.0f} MiB"
