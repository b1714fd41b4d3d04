"""A zip of pictures, read entry by entry; nothing is ever extracted to disk."""

from __future__ import annotations

import json
import lzma
import os
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO

from safety_detector.errors import (
    ArchiveEntryRefused,
    ConfigurationInvalid,
    PictureBroken,
    PictureUnreadable,
    SafetyDetectorError,
    UnsupportedPicture,
)
from safety_detector.host.output_files import RESULTS
from safety_detector.ingest.admission import Limits, too_many_bytes
from safety_detector.message_texts.reason import system_cause
from safety_detector.sources.archives.zip_directory import open_zip, raw_name
from safety_detector.sources.archives.zip_names import NameReader
from safety_detector.sources.earlier_outputs import HEAD_BYTES, is_journal, own_path
from safety_detector.sources.left_out import OUTPUTS, Selection
from safety_detector.sources.name_encodings import check_encoding
from safety_detector.sources.names import (
    PICTURE_ENDINGS,
    ending_of,
    looks_like_picture,
    readable_path,
)
from safety_detector.sources.offers import Offer, ReadPicture

MOST_ENTRIES = 1_000_000
"""Ten times what the largest archives of pictures hold; more is an attack or a mistake."""

_MOST_JOURNALS = 1000  # that are looked for; so many batches are in no archive

_ENCRYPTED = 0x1  # bit 0
_LOCAL_HEADER_BYTES = 30  # APPNOTE 4.3.7, without name and extra field
_ARCHIVE_ENDINGS = frozenset({".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst"})


class ZipSource:
    """The pictures of a zip archive, in the order in which they lie in the file.

    Every entry is untrusted: one that leads outside, is a link, is encrypted, shares its bytes with
    another one or is an archive itself becomes a refusal of that entry alone.  An entry is read up
    to the limit of a picture's size, whatever size it claims.

    Args:
        path: absolute path, for messages alone if there is a file.
        limits: largest picture that is read.
        file: the archive where it is open already; it stays open. None to open the path.
        encoding: of names that do not say theirs; None to guess.
        selection: what is left out.

    Raises:
        ConfigurationInvalid: the file is no zip that can be read, or there is no such encoding.
    """

    def __init__(
        self,
        path: Path,
        limits: Limits,
        file: IO[bytes] | None = None,
        encoding: str | None = None,
        selection: Selection | None = None,
    ) -> None:
        self._path = path
        self._limits = limits
        self._encoding = check_encoding(encoding) if encoding else None
        self._selection = selection or Selection()
        self.skipped: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self._file = None
        try:
            if file is None:
                self._file = file = path.open("rb")
            self._zip = open_zip(file)
        except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as exc:
            self._close_file()
            raise ConfigurationInvalid("not-a-zip", path=path, cause=exc) from exc

    @property
    def description(self) -> str:
        """The archive's path."""
        return readable_path(os.fsencode(self._path))

    @property
    def pictures(self) -> Path | None:
        """None: nothing is extracted."""

    def offers(self) -> Iterator[Offer]:
        """Every picture of the archive, and every entry that is refused.

        Raises:
            ConfigurationInvalid: the archive has more than ``MOST_ENTRIES`` entries.
        """
        entries = sorted(self._zip.infolist(), key=lambda one: one.header_offset)
        if len(entries) > MOST_ENTRIES:
            raise ConfigurationInvalid(
                "zip-too-many-entries", path=self._path, entries=len(entries), limit=MOST_ENTRIES
            )
        # What is needed goes into the offers; half a kilobyte for each entry is not kept besides.
        self._zip.filelist.clear()
        self._zip.NameToInfo.clear()
        reader = NameReader(map(raw_name, entries), self._encoding)
        output_folders = self._output_folders(entries, reader)
        entries.reverse()
        while entries:
            entry = entries.pop()
            end = entries[-1].header_offset if entries else self._zip.start_dir
            if entry.is_dir():
                continue
            name = reader.read(raw_name(entry))
            reason = self._selection.reason_on_the_way(name)
            if output_folders and own_path(name, output_folders):
                reason = OUTPUTS
            if reason is not None:
                self.left_out[reason] += 1
                continue
            refusal = _refusal(name, entry, end)
            if refusal is None and not self._is_picture(name, entry):
                self.skipped[ending_of(name)] += 1
                continue
            yield Offer(
                name,
                _pack(entry, refusal),
                f"{entry.file_size} {entry.CRC:08x}",
                entry.header_offset,
            )

    def hand_out(self, offers: Iterable[Offer]) -> Iterator[tuple[Offer, ReadPicture | None]]:
        """Each offer with what reads it."""
        for offer in offers:
            yield offer, partial(self.read_again, offer)

    def read_again(self, offer: Offer) -> bytes:
        """The bytes of an entry, never more than the limit and one.

        Raises:
            ArchiveEntryRefused: the entry is none to be opened.
            PictureTooLarge: it claims, or has, more bytes than the limit.
            UnsupportedPicture: it is compressed in a way that is not read here.
            PictureBroken: it cannot be decompressed.
        """
        entry, refusal = _unpack(offer.key)
        if refusal is not None:
            raise ArchiveEntryRefused(refusal)
        if entry.file_size > self._limits.max_bytes:
            raise too_many_bytes(self._limits, entry.file_size)
        return self._read(entry, self._limits.max_bytes + 1)

    def file_of(self, _offer: Offer) -> Path | None:
        """None: an entry is part of a file."""

    def is_fleeting(self, _offer: Offer) -> bool:
        """Entries stay."""
        return False

    def close(self) -> None:
        """Closes the archive."""
        self._zip.close()
        self._close_file()

    def _close_file(self) -> None:
        if self._file is not None:
            self._file.close()

    def _read(self, entry: zipfile.ZipInfo, size: int) -> bytes:
        try:
            with self._zip.open(entry) as file:
                return file.read(size)
        except (NotImplementedError, RuntimeError) as exc:
            raise UnsupportedPicture("entry-not-decompressed", cause=exc) from exc
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError) as exc:
            raise PictureBroken("entry-damaged", cause=exc) from exc
        except OSError as exc:
            raise PictureUnreadable("unreadable", path=self._path, cause=system_cause(exc)) from exc

    def _output_folders(
        self, entries: Iterable[zipfile.ZipInfo], reader: NameReader
    ) -> frozenset[str]:
        """Folders of the archive that hold the outputs of a batch, each with its slash."""
        ending = RESULTS.encode()
        named = (one for one in entries if raw_name(one).raw.endswith(ending))
        found = set()
        for entry in islice(named, _MOST_JOURNALS):
            folder, slash, name = reader.read(raw_name(entry)).rpartition("/")
            if name == RESULTS and self._is_journal(entry):
                found.add(folder + slash)
        return frozenset(found)

    def _is_journal(self, entry: zipfile.ZipInfo) -> bool:
        try:
            return is_journal(self._read(entry, HEAD_BYTES))
        except SafetyDetectorError:
            return False

    def _is_picture(self, name: str, entry: zipfile.ZipInfo) -> bool:
        if ending_of(name) in PICTURE_ENDINGS:
            return True
        try:
            return looks_like_picture(self._read(entry, 16))
        except SafetyDetectorError:
            return False


def _refusal(name: str, entry: zipfile.ZipInfo, end: int) -> str | None:
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or parts[0].endswith(":") or "\0" in name:
        return "entry-leads-outside"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "entry-is-link"
    if entry.flag_bits & _ENCRYPTED:
        return "entry-encrypted"
    if entry.header_offset + _LOCAL_HEADER_BYTES + entry.compress_size > end:
        return "entry-shares-bytes"
    if ending_of(name) in _ARCHIVE_ENDINGS:
        return "entry-is-archive"
    return None


def _pack(entry: zipfile.ZipInfo, refusal: str | None) -> bytes:
    facts = (
        entry.header_offset,
        entry.compress_size,
        entry.file_size,
        entry.CRC,
        entry.compress_type,
        entry.flag_bits,
    )
    return json.dumps([entry.orig_filename, refusal, *facts]).encode()


def _unpack(key: bytes) -> tuple[zipfile.ZipInfo, str | None]:
    name, refusal, *facts = json.loads(key)
    entry = zipfile.ZipInfo()
    entry.orig_filename = name
    (
        entry.header_offset,
        entry.compress_size,
        entry.file_size,
        entry.CRC,
        entry.compress_type,
        entry.flag_bits,
    ) = facts
    return entry, refusal
