"""A zip's directory, opened so that one odd entry does not cost the others."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from typing import IO, Any, cast

from safety_detector.sources.archives.zip_names import UNICODE_PATH, RawName

_ENTRY = b"PK\1\2"
_ENTRY_BYTES = 46  # APPNOTE 4.3.12, without name, extra field and comment
_FLAGS_AT = 8
_LOCAL_HEADER = b"PK\3\4"
_LOCAL_HEADER_BYTES = 30  # APPNOTE 4.3.7, the same
_LOCAL_FLAGS_AT = 6
_LENGTHS_AT = 28
_UTF8_NAME = 0x800  # general purpose bit 11 (APPNOTE 4.4.4)
_WAS_UTF8_NAME = 0x8000  # bit 15, which nothing uses
_OUR_UNICODE_PATH, _NO_FIELD = 0x5055, 0x4E55  # ids of extra fields that no program uses


def open_zip(file: IO[bytes]) -> zipfile.ZipFile:
    """The archive in an open file, which stays open; ``raw_name`` gives its names.

    ``zipfile`` refuses the whole archive where one name is not the UTF-8 that it says it is, or one
    extra field is malformed; such marks are taken out of the directory while it is read.

    Raises:
        OSError, zipfile.BadZipFile, NotImplementedError, ValueError: it is none.
    """
    filtered = _Filtered(file)
    archive = zipfile.ZipFile(cast(IO[bytes], filtered))
    filtered.is_filtering = False
    return archive


def raw_name(entry: zipfile.ZipInfo) -> RawName:
    """What the archive says of an entry's name."""
    raw = entry.orig_filename.encode("cp437")
    extra = bytearray(entry.extra)
    for at, kind, _ in _fields(entry.extra):
        if kind == _OUR_UNICODE_PATH:
            struct.pack_into("<H", extra, at, UNICODE_PATH)
    return RawName(raw, bool(entry.flag_bits & _WAS_UTF8_NAME), bytes(extra))


class _Filtered:
    """A file whose zip headers lose what ``zipfile`` would stumble over."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.is_filtering = True

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        if self.is_filtering and data.startswith(_ENTRY):
            return _filter(data)
        if size == _LOCAL_HEADER_BYTES and data.startswith(_LOCAL_HEADER):
            # Compared with the directory's name, and as that by its bytes.
            (flags,) = struct.unpack_from("<H", data, _LOCAL_FLAGS_AT)
            flag_bytes = struct.pack("<H", flags & ~_UTF8_NAME)
            return data[:_LOCAL_FLAGS_AT] + flag_bytes + data[_LOCAL_FLAGS_AT + 2 :]
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _filter(directory: bytes) -> bytes:
    data = bytearray(directory)
    at = 0
    while data[at : at + 4] == _ENTRY and at + _ENTRY_BYTES <= len(data):
        (flags,) = struct.unpack_from("<H", data, at + _FLAGS_AT)
        lengths = struct.unpack_from("<3H", data, at + _LENGTHS_AT)
        flags &= ~_WAS_UTF8_NAME
        if flags & _UTF8_NAME:
            flags = flags & ~_UTF8_NAME | _WAS_UTF8_NAME
        struct.pack_into("<H", data, at + _FLAGS_AT, flags)
        start = at + _ENTRY_BYTES + lengths[0]
        _filter_extra(data, start, start + lengths[1])
        at += _ENTRY_BYTES + sum(lengths)
    return bytes(data)


def _filter_extra(data: bytearray, start: int, end: int) -> None:
    extra = bytes(data[start:end])
    fields = list(_fields(extra))
    whole = sum(4 + length for _, _, length in fields)
    if len(extra) >= 4 and (whole > len(extra) or len(extra) - whole >= 4):
        struct.pack_into("<HH", data, start, _NO_FIELD, len(extra) - 4)
        return
    for at, kind, _ in fields:
        if kind == UNICODE_PATH:
            struct.pack_into("<H", data, start + at, _OUR_UNICODE_PATH)


def _fields(extra: bytes) -> Iterator[tuple[int, int, int]]:
    """Place, id and length of each extra field."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        yield at, kind, length
        at += 4 + length
