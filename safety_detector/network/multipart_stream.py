"""Multipart bodies as devices write them, taken apart while they arrive or from a file.

Forms of programs keep to RFC 2046 and are read strictly (``web/bodies``).  Cameras announce a
boundary with its dashes or none at all, repeat it, leave the last one out, count a part's bytes
wrongly, and send parts without end; what they mean is plain all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import IO, TypeAlias

_LONGEST_BOUNDARY = 200  # RFC 2046 allows 70
_LONGEST_DELIMITER = 600  # with dashes before it and spaces behind
_MOST_PREAMBLE_BYTES = 4096
_MOST_HEAD_BYTES = 8192
_MOST_HEADERS = 32
_MOST_CANDIDATES = 10_000  # what looks like a boundary, between one part's beginning and the next
_CHUNK_BYTES = 256 * 1024

_BOUNDARY = re.compile(r'boundary\s*=\s*"?([^";]+)', re.IGNORECASE)
_FIRST_LINE = re.compile(rb"(?:\A|\n)-{2,}+([^\r\n]{0,200}?)(?:--)?[ \t]*\r?\n")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,80})[ \t]*:(.*)", re.DOTALL)
_LENGTH = re.compile(rb"[0-9]{1,12}")
# What stands at once where headers should: some devices leave them and the blank line out.
_CONTENT = (b"<", b"{", b"[", b"\xff", b"\x89", b"\xef\xbb\xbf")


class MultipartBroken(ValueError):
    """A body that cannot be taken apart; the text says why, in English."""


@dataclass(frozen=True, slots=True)
class PartBegins:
    """The headers of a part.

    Attributes:
        headers: by lower-case name.
        start: the place of its first byte of content in the body.
    """

    headers: Mapping[bytes, bytes]
    start: int


@dataclass(frozen=True, slots=True)
class PartEnds:
    """The end of a part.

    Attributes:
        end: the place behind its last byte in the body.
    """

    end: int


PartEvent: TypeAlias = PartBegins | bytes | PartEnds
"""Parts come as their headers, pieces of their content, and their end."""


class _State(Enum):
    BETWEEN = auto()
    HEAD = auto()
    CONTENT = auto()


class MultipartStream:
    """Takes one body apart.

    Args:
        content_type: of the body, as it was announced.
        by_length: whether a part ends as soon as it has the bytes that its Content-Length tells;
            in a stream whose next part may be a long time coming.  Otherwise only a boundary ends
            one.

    Attributes:
        ended: whether the last boundary was there.
        parts: how many parts have begun.
    """

    def __init__(self, content_type: str, *, by_length: bool = False) -> None:
        self.ended = False
        self.parts = 0
        self._by_length = by_length
        self._delimiter: re.Pattern[bytes] | None = None
        found = _BOUNDARY.search(content_type)
        announced = found[1].strip() if found else ""
        if announced:
            self._set_boundary(announced.encode("latin-1", "replace"))
        self._buffer = bytearray()
        self._place = 0  # of the buffer's first byte in the body
        self._state = _State.BETWEEN
        self._headers: dict[bytes, bytes] = {}
        self._head_bytes = 0
        self._left: int | None = None  # bytes of the part that are announced and have not come
        self._is_begun = False  # whether the part has any content yet
        self._candidates = 0

    def feed(self, data: bytes) -> Iterator[PartEvent]:
        """What these further bytes complete.

        Raises:
            MultipartBroken: no boundary, or a part with more headers than any has.
        """
        self._buffer += data
        yield from self._advance(is_last=False)

    def close(self) -> Iterator[PartEvent]:
        """What is left when the body has ended; some devices leave the last boundary out."""
        yield from self._advance(is_last=True)
        if self._state is _State.HEAD and self._headers:
            yield from self._begin()
        if self._state is _State.CONTENT:
            yield from self._take(len(self._buffer))
            yield self._end()

    def _advance(self, *, is_last: bool) -> Iterator[PartEvent]:
        while True:
            before = self._state, len(self._buffer)
            match self._state:
                case _State.BETWEEN:
                    self._find_delimiter(is_last=is_last)
                case _State.HEAD:
                    yield from self._read_head(is_last=is_last)
                case _State.CONTENT:
                    yield from self._read_content(is_last=is_last)
            if before == (self._state, len(self._buffer)):
                return

    def _find_delimiter(self, *, is_last: bool) -> None:
        if self._delimiter is None:
            self._guess_boundary()
            if self._delimiter is None:
                return
        start = 0
        while (found := self._delimiter.search(self._buffer, start)) is not None:
            self._count_candidate()
            after = self._tail(found.end(), is_last=is_last)
            if after is None:
                self._drop(found.start())
                return
            if after:
                self._cross(after)
                return
            start = found.end()
        if self._place == 0 and not self.parts and len(self._buffer) > _MOST_PREAMBLE_BYTES:
            raise MultipartBroken("The multipart body has no first boundary")
        if self._place or self.parts:
            self._drop(max(len(self._buffer) - _LONGEST_DELIMITER, 0))

    def _guess_boundary(self) -> None:
        found = _FIRST_LINE.search(self._buffer)
        if found is not None:
            self._set_boundary(found[1].strip() or b"-")
        elif len(self._buffer) > _MOST_PREAMBLE_BYTES:
            raise MultipartBroken("The multipart Content-Type has no boundary")

    def _set_boundary(self, announced: bytes) -> None:
        if len(announced) > _LONGEST_BOUNDARY:
            raise MultipartBroken(f"A boundary of {len(announced)} bytes")
        # Dashes of the name and those before it are one run: devices write some of them twice.  A
        # run is tried once (?<!-, }+), or a body of dashes would keep the processor busy.
        name = announced.lstrip(b"-")
        self._delimiter = re.compile(rb"(?<!-)-{2,}+" + re.escape(name))

    def _tail(self, place: int, *, is_last: bool) -> int | None:
        """The place behind a delimiter's line; 0 where it is none, None where that is not known.

        The last delimiter, with two dashes behind it, ends without a line.
        """
        rest = bytes(self._buffer[place : place + _LONGEST_DELIMITER])
        if rest.startswith(b"--"):
            return place + 2
        line = rest.lstrip(b" \t")
        if line.startswith(b"\r\n"):
            return place + len(rest) - len(line) + 2
        if line.startswith(b"\n"):
            return place + len(rest) - len(line) + 1
        if rest.strip(b" \t") not in (b"", b"\r", b"-") or len(rest) >= _LONGEST_DELIMITER:
            return 0
        return place + len(rest) if is_last else None

    def _count_candidate(self) -> None:
        self._candidates += 1
        if self._candidates > _MOST_CANDIDATES:
            raise MultipartBroken("The multipart body consists of boundaries")

    def _cross(self, after: int) -> None:
        """Leaves a delimiter behind."""
        is_final = self._buffer[after - 2 : after] == b"--"
        self._drop(after)
        # Some devices write a last boundary behind each part, and go on.
        self.ended = is_final
        self._state = _State.BETWEEN if is_final else _State.HEAD
        self._headers, self._head_bytes = {}, 0

    def _read_head(self, *, is_last: bool) -> Iterator[PartEvent]:
        assert self._delimiter is not None  # noqa: S101 (a boundary led here)
        if not self._buffer and not is_last:
            return
        if self._buffer.startswith(_CONTENT):
            yield from self._begin()
            return
        place = self._buffer.find(b"\n")
        if place < 0:
            if len(self._buffer) > _MOST_HEAD_BYTES:
                yield from self._begin()
            return
        line = bytes(self._buffer[:place]).removesuffix(b"\r")
        if not line:
            self._drop(place + 1)
            yield from self._begin()
            return
        again = self._delimiter.match(line)
        if again is not None:
            self._count_candidate()
        if again is not None and line[again.end() :].strip() in (b"", b"--"):
            self._cross(len(line) if line.endswith(b"--") else place + 1)
            return
        if not self._add_header(line):
            yield from self._begin()  # content without a blank line before it
            return
        self._head_bytes += place + 1
        if len(self._headers) > _MOST_HEADERS or self._head_bytes > _MOST_HEAD_BYTES:
            raise MultipartBroken("A part has more headers than any device writes")
        self._drop(place + 1)

    def _add_header(self, line: bytes) -> bool:
        """Whether the line is a header, or goes on with one."""
        if line[:1] in (b" ", b"\t") and self._headers:
            name = next(reversed(self._headers))
            self._headers[name] += b" " + line.strip()
            return True
        header = _HEADER.fullmatch(line)
        if header is not None:
            self._headers.setdefault(header[1].lower(), header[2].strip())
        return header is not None

    def _begin(self) -> Iterator[PartEvent]:
        self.parts += 1
        self._candidates = 0
        self._state = _State.CONTENT
        self._is_begun = False
        length = self._headers.get(b"content-length", b"")
        # None has a length of 0: that is a device's way of not telling.
        self._left = int(length) or None if _LENGTH.fullmatch(length) else None
        yield PartBegins(self._headers, self._place)
        self._headers = {}

    def _read_content(self, *, is_last: bool) -> Iterator[PartEvent]:
        left = self._left if self._by_length else None
        begin, after = self._next_delimiter(is_last=is_last)
        if left is not None and (begin is None or begin > left) and len(self._buffer) >= left:
            yield from self._take(left)
            yield self._end()
            return
        if begin is not None and after:
            yield from self._take(begin)
            crossed = after - begin
            yield self._end()
            self._cross(crossed)
            return
        sure = len(self._buffer) - _LONGEST_DELIMITER if begin is None else begin
        yield from self._take(max(min(sure, left or sure), 0))

    def _next_delimiter(self, *, is_last: bool) -> tuple[int | None, int]:
        """Where the next delimiter begins, with its line break, and the place behind it.

        The place is 0 where more bytes have to come before it is known to be one.
        """
        assert self._delimiter is not None  # noqa: S101 (a boundary led here)
        place = -1 if not self._is_begun and self._buffer.startswith(b"--") else None
        while True:
            if place is None or place >= 0:
                place = self._buffer.find(b"\n--", 0 if place is None else place + 1)
                if place < 0:
                    return None, 0
                self._count_candidate()
            found = self._delimiter.match(self._buffer, place + 1)
            after: int | None = 0
            if found is not None:
                after = self._tail(found.end(), is_last=is_last)
            elif not is_last and len(self._buffer) - place < _LONGEST_DELIMITER:
                after = None
            if after is None or after > 0:
                begin = max(place, 0)
                if begin > 0 and self._buffer[begin - 1 : begin] == b"\r":
                    begin -= 1
                return begin, after or 0
            place = max(place, 0)

    def _take(self, count: int) -> Iterator[PartEvent]:
        if count:
            self._is_begun = True
            if self._left is not None:
                self._left = max(self._left - count, 0)
            data = bytes(self._buffer[:count])
            self._drop(count)
            yield data

    def _end(self) -> PartEnds:
        self._state = _State.BETWEEN
        return PartEnds(self._place)

    def _drop(self, count: int) -> None:
        if count:
            del self._buffer[:count]
            self._place += count


@dataclass(frozen=True, slots=True)
class FoundPart:
    """A part in a file.

    Attributes:
        headers: by lower-case name.
        start: the place of its first byte.
        size: its bytes.
    """

    headers: Mapping[bytes, bytes]
    start: int
    size: int


def find_parts(
    body: IO[bytes], content_type: str, start: int, size: int, most: int
) -> list[FoundPart]:
    """The parts of a body that lies in a file.

    Args:
        body: the file.
        content_type: what announced the body.
        start: the place of its first byte.
        size: its bytes.
        most: parts that there may be.

    Raises:
        MultipartBroken: it cannot be taken apart, or has more parts.
    """
    stream = MultipartStream(content_type)
    found: list[FoundPart] = []
    begun: PartBegins | None = None
    for event in _events(stream, body, start, size):
        if isinstance(event, PartBegins):
            if len(found) >= most:
                raise MultipartBroken(f"More than {most} parts")
            begun = event
        elif isinstance(event, PartEnds) and begun is not None:
            found.append(FoundPart(begun.headers, start + begun.start, event.end - begun.start))
    return found


def _events(stream: MultipartStream, body: IO[bytes], start: int, size: int) -> Iterator[PartEvent]:
    done = 0
    while done < size:
        body.seek(start + done)
        chunk = body.read(min(_CHUNK_BYTES, size - done))
        if not chunk:
            break
        done += len(chunk)
        yield from stream.feed(chunk)
    yield from stream.close()
