"""Multipart bodies as they stream, part by part; all of it bounded.

The parser is python-multipart's, which keeps nothing itself; Starlette's form reading would make a
temporary file for each part and has no limit for all of them together.
"""

from __future__ import annotations

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from safety_detector.network.dispositions import Disposition, read_disposition
from safety_detector.web.bodies.uploads import Spool, UploadLimits, body_too_large, counted, in_time
from safety_detector.web.problems.problem import RequestProblem

# A part has three headers in practice, and a file name of 255 Chinese characters fits.
_MAX_PART_HEADERS = 16
_MAX_HEADER_BYTES = 4096
_MAX_PREAMBLE_BYTES = 4096


class PartReader:
    """Turns a parser's callbacks into parts; what becomes of them is the subclass's affair.

    Attributes:
        limits: what the request may bring.
        spool: takes the bytes that are kept.
        pending: bytes for the spool from the chunk that is being parsed; the parser cannot wait
            for a disk.
        headers: of the part that is being read, by lower-case name.
        encoding: in which the client says to write names; None if it does not.
    """

    def __init__(self, limits: UploadLimits, spool: Spool) -> None:
        self.limits = limits
        self.spool = spool
        self.pending = bytearray()
        self.headers: dict[bytes, bytes] = {}
        self.encoding: str | None = None
        self.ended = False
        self._parser: MultipartParser | None = None
        self._boundary = b""
        self._head = b""
        self._header_name = b""
        self._header_value = b""

    def begin_part(self, disposition: Disposition) -> None:
        """The headers of a part are there."""
        raise NotImplementedError

    def add_data(self, data: bytes) -> None:
        """A piece of the part's content."""
        raise NotImplementedError

    def end_part(self) -> None:
        """The part has ended."""
        raise NotImplementedError

    async def read(self, request: Request) -> None:
        """Takes the whole body.

        Raises:
            RequestProblem: no multipart, more bytes in all than the limit, too slow.
            StorageUnavailable: the temporary folder is full.
        """
        _, options = parse_options_header(request.headers.get("content-type", ""))
        self._boundary = options.get(b"boundary", b"")
        self.encoding = options.get(b"charset", b"").decode("latin-1") or None
        limit = self.limits.max_request_bytes
        async with in_time(self.limits):
            async for chunk in counted(
                request, limit, lambda actual: body_too_large(limit, actual)
            ):
                await self._feed(chunk)

    @property
    def place(self) -> int:
        """Where the next byte that is kept will stand in the spool."""
        return self.spool.size_bytes + len(self.pending)

    async def _feed(self, chunk: bytes) -> None:
        try:
            if self._parser is None:
                chunk = self._begin(chunk)
            if self._parser is not None:
                self._parser.write(chunk)
        except FormParserError as exc:
            raise RequestProblem("body-malformed", f"The multipart body is broken: {exc}.") from exc
        if self.pending:
            await self.spool.append(self.pending)
            self.pending = bytearray()

    def _begin(self, chunk: bytes) -> bytes:
        """Makes the parser as soon as the first boundary is there; what precedes it is left out.

        Some cameras do not name the boundary, or name it with the dashes that stand before it.
        """
        self._head += chunk
        if not self._boundary and self._head.startswith(b"--") and b"\n" in self._head:
            self._boundary = self._head[2:].partition(b"\n")[0].rstrip(b"\r ")[:200]
        if not self._boundary:
            if len(self._head) > 200 or not b"--".startswith(self._head[:2]):
                raise RequestProblem(
                    "body-malformed", "The multipart Content-Type has no boundary."
                )
            return b""
        for boundary in (self._boundary, self._boundary.removeprefix(b"--")):
            line = b"--" + boundary
            start = 0 if self._head.startswith(line) else self._head.find(b"\n" + line) + 1
            if start or self._head.startswith(line):
                self._parser = self._make_parser(boundary)
                return self._head[start:]
        if len(self._head) > _MAX_PREAMBLE_BYTES:
            raise RequestProblem("body-malformed", "The multipart body has no first boundary.")
        return b""

    def _make_parser(self, boundary: bytes) -> MultipartParser:
        return MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin_headers,
                "on_header_field": self._add_header_name,
                "on_header_value": self._add_header_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._end_headers,
                "on_part_data": self._add_data,
                "on_part_end": self.end_part,
                "on_end": self._end,
            },
            max_header_count=_MAX_PART_HEADERS,
            max_header_size=_MAX_HEADER_BYTES,
        )

    def _begin_headers(self) -> None:
        self.headers = {}

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        self.headers[self._header_name.lower()] = self._header_value
        self._header_name = self._header_value = b""

    def _end_headers(self) -> None:
        disposition = self.headers.get(b"content-disposition", b"")
        self.begin_part(read_disposition(disposition, self.encoding))

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        self.add_data(data[start:end])

    def _end(self) -> None:
        self.ended = True
