"""Small XML messages of devices, read without entities, external parts or more than they may have.

expat alone, with what it would expand refused; ``defusedxml`` guards parsers that build trees of
whatever comes, and has had no release since 2021.  Encodings are settled before expat: it knows no
GBK, in which Chinese devices write names under a declaration of UTF-8.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

MOST_BYTES = 2**20
"""Of a message; devices write some thousand."""

_MOST_DEPTH = 32
_MOST_ELEMENTS = 20_000
_MOST_ATTRIBUTES = 64  # of one element
_MOST_TAG_BYTES = 16 * 1024  # of one element with its attributes
_LONGEST_TEXT = 64 * 1024  # of one element; the rest is left out

_DECLARATION = re.compile(r"\A\s*<\?xml\b[^>]{0,200}\?>\s*")
_DECLARED = re.compile(rb"\A\s*<\?xml\b[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_LONE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_BARE_CONTROLS = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_LONG_TAG = re.compile(rf"<[^<>]{{{_MOST_TAG_BYTES}}}")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Encodings that messages come in besides UTF-8; any other one may be a decoder of something else.
_ENCODINGS = frozenset(
    {"gbk", "gb2312", "gb18030", "utf-16", "iso8859-1", "cp1252", "ascii", "big5", "cp932"}
)


@dataclass(slots=True)
class Element:
    """An element.

    Attributes:
        name: without prefix or namespace.
        text: directly in it, without white space around.
        attributes: by name without prefix.
        children: the elements in it.
    """

    name: str
    text: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        """It and all below, in the order in which they stand."""
        yield self
        for child in self.children:
            yield from child.walk()

    def find(self, name: str) -> Element | None:
        """The first below that has this name."""
        return next((one for one in self.walk() if one.name == name), None)

    def find_all(self, name: str) -> list[Element]:
        """All below that have this name."""
        return [one for one in self.walk() if one.name == name]


@dataclass(frozen=True, slots=True)
class XmlMessage:
    """What was read.

    Attributes:
        root: the outermost element; None if none has begun.
        fault: why the rest was not read, in English; None for a whole message.
    """

    root: Element | None
    fault: str | None = None


def read_xml(data: bytes) -> XmlMessage:
    """As much of a message as can be read; what precedes a fault counts.

    Declarations of types and entities are a fault: no device writes them, and every attack does.
    """
    if len(data) > MOST_BYTES:
        return XmlMessage(None, f"more than {MOST_BYTES:,} bytes")
    text = _DECLARATION.sub("", decode_message(data), count=1).strip("\0 \t\r\n")
    # NUL and its kin are in no XML; some devices leave them behind the text, or in names.
    text = _BARE_CONTROLS.sub("", _LONE_AMPERSAND.sub("&amp;", text))
    if _LONG_TAG.search(text):
        return XmlMessage(None, "an element with more attributes than any device writes")
    reader = _Reader()
    return XmlMessage(*reader.read(text))


def decode_message(data: bytes) -> str:
    """The text of a message: by its byte order mark, as UTF-8, as declared, as GB 18030."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    found = _DECLARED.match(data)
    declared = _known_encoding(found[1].decode("ascii")) if found else None
    for candidate in ("utf-8", declared, "gb18030"):
        if candidate:
            try:
                return data.decode(candidate)
            except UnicodeError:
                continue
    return data.decode("utf-8", "replace")


def _known_encoding(name: str) -> str | None:
    try:
        known = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    return known if known in _ENCODINGS else None


class _TooMuchError(Exception):
    """More than a message may have."""


class _Reader:
    def __init__(self) -> None:
        self._root: Element | None = None
        self._open: list[Element] = []
        self._elements = 0

    def read(self, text: str) -> tuple[Element | None, str | None]:
        """The root, as far as it was read, and the fault."""
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._add_text
        parser.StartDoctypeDeclHandler = _refuse
        parser.EntityDeclHandler = _refuse
        try:
            parser.Parse(text.encode("utf-8", "replace"), True)
        except _TooMuchError as exc:
            return self._finished(), str(exc)
        except expat.ExpatError as exc:
            if self._root is not None and not self._open:
                return self._finished(), None  # whole, and something behind it
            return self._finished(), f"{exc}"[:200]
        return self._finished(), None

    def _finished(self) -> Element | None:
        if self._root is not None:
            for element in self._root.walk():
                element.text = element.text.strip()
        return self._root

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > _MOST_ELEMENTS or len(self._open) >= _MOST_DEPTH:
            raise _TooMuchError("more elements than any device writes")
        if len(attributes) > _MOST_ATTRIBUTES:
            raise _TooMuchError("an element with more attributes than any device writes")
        element = Element(_local(name), attributes={_local(k): v for k, v in attributes.items()})
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _add_text(self, text: str) -> None:
        if self._open and len(self._open[-1].text) < _LONGEST_TEXT:
            self._open[-1].text += text[:_LONGEST_TEXT]


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _refuse(*_: object) -> None:
    raise _TooMuchError("a declaration of types or entities")
