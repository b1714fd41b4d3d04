"""``Content-Disposition``: the names in it as they were meant, however a client wrote them.

``filename*`` (RFC 8187, also RFC 2231's numbered pieces) goes before ``filename``.  That comes in
UTF-8, in the bytes of an old system (``name_bytes``), as an encoded word of mail (RFC 2047), with
percent signs, with backslashes before quotes, or as a whole path of Windows.
"""

from __future__ import annotations

import email.errors
import email.header
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from safety_detector.name_bytes import decode_name

# In a quoted value a backslash may stand before a quote; one that does not end is taken plainly.
_PARAMETER = re.compile(
    rb';[ \t]*([^\s=;"]{1,80})[ \t]*=[ \t]*("(?:[^"\\]|\\.)*"(?=[ \t]*(?:;|$))|[^;]*)'
)
_PIECE = re.compile(r"filename\*([0-9]{1,3})(\*?)")
_ENCODED_WORD = re.compile(r"=\?[\w-]{1,40}(?:\*[\w-]*)?\?[BbQq]\?[^?\s]*\?=")
_PERCENT = re.compile(rb"%[0-9A-Fa-f]{2}")
_WINDOWS_PATH = re.compile(r"(?:[A-Za-z]:)?\\")
# What HTML's forms write with percent signs (multipart/form-data encoding algorithm).
_IN_FORMS = {"%22": '"', "%0D": "\r", "%0A": "\n"}


@dataclass(frozen=True, slots=True)
class Disposition:
    """What a part or a body is called.

    Attributes:
        name: of the form's field; None without one.
        file_name: None where it is no file; may be empty.
    """

    name: str | None = None
    file_name: str | None = None


def read_disposition(header: bytes, encoding: str | None = None) -> Disposition:
    """Reads the header's value.

    Args:
        header: its bytes, as they came.
        encoding: in which the client says to write names.
    """
    written: dict[str, bytes] = {}
    for found in _PARAMETER.finditer(header):
        written.setdefault(found[1].decode("latin-1").lower(), found[2].strip())
    name = written.get("name")
    return Disposition(
        None if name is None else _unquoted(name, encoding),
        _extended(written) or _plain(written.get("filename"), encoding),
    )


def _extended(written: dict[str, bytes]) -> str | None:
    """The name in ``filename*``, or in its numbered pieces; None if there is none that is read."""
    value = written.get("filename*")
    if value is None:
        pieces = {
            int(found[1]): _without_quotes(piece) if found[2] else _escaped(piece)
            for name, piece in written.items()
            if (found := _PIECE.fullmatch(name))
        }
        if sorted(pieces) != list(range(len(pieces))):
            return None
        value = b"".join(pieces[number] for number in sorted(pieces))
        if pieces and "filename*0*" not in written:
            value = b"UTF-8''" + value
    charset, _, rest = _without_quotes(value).partition(b"'")
    _, quote, encoded = rest.partition(b"'")
    if not quote or not encoded:
        return None
    return _base_name(decode_name(unquote_to_bytes(encoded), charset.decode("latin-1")))


def _escaped(piece: bytes) -> bytes:
    """A piece without percent signs of its own, written with them."""
    return b"".join(b"%%%02X" % byte for byte in _without_quotes(piece))


def _plain(value: bytes | None, encoding: str | None) -> str | None:
    if value is None:
        return None
    text = _unquoted(value, encoding)
    if _ENCODED_WORD.search(text):
        text = _without_encoded_words(text)
    return _base_name(_without_percent_signs(text))


def _unquoted(value: bytes, encoding: str | None) -> str:
    text = decode_name(_without_quotes(value), encoding)
    # After decoding: in Shift-JIS and GBK a backslash is also the second byte of characters.
    return text.replace('\\"', '"').replace("\\\\", "\\") if value.startswith(b'"') else text


def _without_quotes(value: bytes) -> bytes:
    return value[1:].removesuffix(b'"') if value.startswith(b'"') else value


def _without_encoded_words(text: str) -> str:
    try:
        pieces = email.header.decode_header(text)
    except (email.errors.HeaderParseError, ValueError):
        return text
    decoded = "".join(
        piece if isinstance(piece, str) else decode_name(piece, encoding)
        for piece, encoding in pieces
    )
    return decoded or text


def _without_percent_signs(text: str) -> str:
    """Decoded where the percent signs stand for UTF-8 beyond ASCII; ``100%25.jpg`` is a name."""
    raw = text.encode("utf-8", "surrogatepass")
    if any(int(found[1:], 16) >= 0x80 for found in _PERCENT.findall(raw)):
        try:
            return unquote_to_bytes(raw).decode("utf-8")
        except UnicodeDecodeError:
            return text
    for written, meant in _IN_FORMS.items():
        text = text.replace(written, meant)
    return text


def _base_name(text: str) -> str:
    """The last part of a path of Windows; other paths are names inside of a folder, and stay."""
    return text.rpartition("\\")[2] if _WINDOWS_PATH.match(text) else text
