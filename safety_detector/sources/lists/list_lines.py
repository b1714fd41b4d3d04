"""A list of paths as text, in whatever encoding and form the program wrote it that made it."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from urllib.parse import unquote, urlsplit

from safety_detector.errors import ConfigurationInvalid
from safety_detector.ingest.fetching import is_url
from safety_detector.sources.name_encodings import guess_encoding

HEAD_BYTES = 4096
"""So much of a file is looked at to tell whether it is text."""

_LONGEST_LINE = 16_384  # characters; four times Linux's longest path
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_QUOTES = (
    ('"', '"'),
    ("'", "'"),
    ("\N{LEFT DOUBLE QUOTATION MARK}", "\N{RIGHT DOUBLE QUOTATION MARK}"),
)
_SAMPLE = 2000  # lines for a guess
_END_OF_DOS_FILE = "\x1a"


def encoding_of(head: bytes) -> str | None:
    """How the first bytes of a text file are to be read; None if it is no text.

    UTF-16 without a mark is told by the zeros of its line ends, slashes and digits, which all stand
    at even places or all at odd ones.  What is not UTF-16 counts as UTF-8, line by line.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if b"\0" not in head:
        return "utf-8"
    for encoding, first in (("utf-16-le", 1), ("utf-16-be", 0)):
        if head.count(b"\0") == head[first::2].count(b"\0") and _is_text(head, encoding):
            return encoding
    return None


def _is_text(head: bytes, encoding: str) -> bool:
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return False
    return all(char.isprintable() or char in "\t\r\n\ufeff\x1a" for char in text)


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Each line that names something, with its number; odd bytes as surrogates where they stay.

    Marks, spaces around, empty lines and comments are gone.  Lines that are no UTF-8 are guessed
    together, but one that is the name of a file byte by byte stays so.

    Raises:
        ConfigurationInvalid: a line cannot be read; the message has its number.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        encoding = encoding_of(file.read(HEAD_BYTES)) or "utf-8"
    unsaid = (os.fsencode(line) for _, line in _decoded(path, encoding) if not _is_whole(line))
    guessed = guess_encoding(list(islice(unsaid, _SAMPLE)))
    for number, line in _decoded(path, encoding):
        text = line.strip("\ufeff" + _END_OF_DOS_FILE).strip()
        if not text or text.startswith("#"):
            continue
        if not _is_whole(text) and not is_there(text, path.parent):
            with suppress(UnicodeDecodeError):
                text = os.fsencode(text).decode(guessed)
        yield number, text


def _decoded(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    errors = "surrogateescape" if encoding == "utf-8" else "strict"
    with path.open(encoding=encoding, errors=errors) as file:
        for number in range(1, 1 << 62):
            try:
                line = file.readline(_LONGEST_LINE)
            except UnicodeDecodeError as exc:
                raise ConfigurationInvalid(
                    "list-line-of-another-encoding",
                    line=number,
                    path=path,
                    encoding=encoding.upper(),
                    cause=exc.reason,
                ) from exc
            if not line:
                return
            if len(line) == _LONGEST_LINE:
                raise ConfigurationInvalid(
                    "list-line-too-long", line=number, path=path, limit=_LONGEST_LINE
                )
            if "\0" in line:
                raise ConfigurationInvalid("list-line-with-nul", line=number, path=path)
            yield number, line


def _is_whole(text: str) -> bool:
    return not any("\udc80" <= char <= "\udcff" for char in text)


def meant(text: str, folder: Path) -> str:
    """The path or URL that a line means, without what Windows or a person put around it.

    Quotes, ``file:`` and backslashes go, unless there is a file of that very name.

    Args:
        text: the line.
        folder: of the list.
    """
    if is_there(text, folder):
        return text
    for before, after in _QUOTES:
        if len(text) > 2 and text.startswith(before) and text.endswith(after):
            text = text[1:-1].strip()
    if text.lower().startswith("file:"):
        parts = urlsplit(text)
        host = "" if parts.netloc.lower() in ("", "localhost") else f"//{parts.netloc}"
        text = host + unquote(parts.path, errors="surrogateescape")
        if text[2:3] == ":":  # /C:/pictures/a.jpg
            text = text[1:]
    if is_url(text) or is_there(text, folder):
        return text
    return text.replace("\\", "/")


def foreign_place(text: str) -> str | None:
    """Where on another machine a path leads; None of one that can be here."""
    if len(text) > 2 and text[0].isascii() and text[0].isalpha() and text[1:3] == ":/":
        return f"drive {text[:2]} of Windows"
    return "a share of Windows" if text.startswith("//") else None


def is_there(text: str, folder: Path) -> bool:
    """Whether a path leads to something; one that can be none, or is barred, does not."""
    try:
        return (folder / text).exists()
    except (OSError, ValueError):
        return False
