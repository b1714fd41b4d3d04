"""Names of a zip's entries: which encoding they are in, where the archive does not say."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from safety_detector.sources.name_encodings import guess_encoding
from safety_detector.sources.names import readable_path

UNICODE_PATH = 0x7075
"""Id of the extra field with a name in UTF-8."""

_SAMPLE = 2000  # names that are looked at for a guess


@dataclass(frozen=True, slots=True)
class RawName:
    """What an archive says of an entry's name.

    Attributes:
        raw: its bytes.
        is_utf8: whether the entry says that they are UTF-8 (general purpose bit 11).
        extra: the entry's extra fields.
    """

    raw: bytes
    is_utf8: bool
    extra: bytes = b""


class NameReader:
    """Reads the names of one archive.

    The Unicode Path field comes first, then the entry's own statement that it is UTF-8, then
    whether it is UTF-8 all the same; the rest of an archive was written by one program, so that its
    names are guessed together.

    Args:
        names: those of the archive.
        encoding: of names that do not say; None to guess.
    """

    def __init__(self, names: Iterable[RawName], encoding: str | None = None) -> None:
        unsaid = (one.raw for one in names if not one.is_utf8 and _said(one) is None)
        self._encoding = encoding or guess_encoding(list(islice(unsaid, _SAMPLE)))

    def read(self, name: RawName) -> str:
        r"""The name with slashes; by its bytes, as ``\xff``, where it is not what it says it is."""
        text = _said(name)
        if text is None and not name.is_utf8:
            with suppress(UnicodeDecodeError):
                text = name.raw.decode(self._encoding)
        if text is None:
            return readable_path(name.raw.replace(b"\\", b"/"))
        return readable_path(text.replace("\\", "/").encode("utf-8", "surrogatepass"))


def _said(name: RawName) -> str | None:
    """The name, where the archive says it or leaves no doubt."""
    unicode_path = _unicode_path(name)
    if unicode_path is not None:
        return unicode_path
    try:
        return name.raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _unicode_path(name: RawName) -> str | None:
    """Info-ZIP's field 0x7075 (APPNOTE 4.6.9), if it is about this very name."""
    extra = name.extra
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        field, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == UNICODE_PATH and len(field) == length > 5 and field[0] == 1:
            if int.from_bytes(field[1:5], "little") != zlib.crc32(name.raw):
                continue
            try:
                return field[5:].decode("utf-8")
            except UnicodeDecodeError:
                continue
    return None
