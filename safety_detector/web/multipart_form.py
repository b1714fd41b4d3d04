"""``multipart/form-data`` as it streams: files to the spool, fields to memory, all of it bounded.

The parser is python-multipart's, which keeps nothing itself; Starlette's form reading would make a
temporary file for each part and has no limit for all of them together.
"""

from __future__ import annotations

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from safety_detector.web.problems import RequestProblem
from safety_detector.web.uploads import (
    Form,
    ReceivedFile,
    Spool,
    UploadLimits,
    body_too_large,
    counted,
    in_time,
)

_FILE_FIELDS = ("files", "file")
_MAX_FIELDS = 32
_MAX_FIELD_BYTES = 64 * 2**10
# A part has three headers in practice, and a file name of 255 Chinese characters fits.
_MAX_PART_HEADERS = 8
_MAX_HEADER_BYTES = 4096


async def receive_form(request: Request, limits: UploadLimits, spool: Spool) -> Form:
    """Takes a multipart body: a file beyond the limit is cut alone, the others are unharmed.

    Raises:
        RequestProblem: no multipart, more files or bytes in all than the limit, too slow.
        StorageUnavailable: the temporary folder is full.
    """
    reader = _FormReader(_boundary(request), limits, spool)
    limit = limits.max_request_bytes
    async with in_time(limits):
        async for chunk in counted(request, limit, lambda actual: body_too_large(limit, actual)):
            await reader.feed(chunk)
    return reader.finish()


def _boundary(request: Request) -> bytes:
    _, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if not boundary:
        raise RequestProblem("body-malformed", "The multipart Content-Type has no boundary.")
    return boundary


class _FormReader:
    """Turns the parser's callbacks into a form."""

    def __init__(self, boundary: bytes, limits: UploadLimits, spool: Spool) -> None:
        self._limits = limits
        self._spool = spool
        self._form = Form()
        self._ended = False
        self._header_name = b""
        self._header_value = b""
        self._disposition = b""
        # Of the part that is being read: a file, or a field with its text so far.
        self._file: ReceivedFile | None = None
        self._field_name = ""
        self._field_value = bytearray()
        # File bytes of the chunk that is being parsed; the parser cannot wait for a disk.
        self._pending = bytearray()
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin_part,
                    "on_header_field": self._add_header_name,
                    "on_header_value": self._add_header_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._end_headers,
                    "on_part_data": self._add_data,
                    "on_part_end": self._end_part,
                    "on_end": self._end,
                },
                max_header_count=_MAX_PART_HEADERS,
                max_header_size=_MAX_HEADER_BYTES,
            )
        except FormParserError as exc:
            raise RequestProblem("body-malformed", f"Not multipart: {exc}.") from exc

    async def feed(self, chunk: bytes) -> None:
        """Parses a piece of the body."""
        try:
            self._parser.write(chunk)
        except FormParserError as exc:
            raise RequestProblem("body-malformed", f"The multipart body is broken: {exc}.") from exc
        if self._pending:
            await self._spool.append(self._pending)
            self._pending = bytearray()

    def finish(self) -> Form:
        """The form, when the body has ended."""
        if not self._ended:
            raise RequestProblem(
                "body-malformed", "The multipart body ends before its last boundary."
            )
        return self._form

    def _begin_part(self) -> None:
        self._disposition = b""
        self._file = None
        self._field_value = bytearray()

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header_name = self._header_value = b""

    def _end_headers(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name")
        if name is None:
            raise RequestProblem("body-malformed", "A part has no name in Content-Disposition.")
        self._field_name = _text(name)
        if b"filename" in options:
            self._begin_file(_text(options[b"filename"]))
        elif len(self._form.fields) >= _MAX_FIELDS:
            raise RequestProblem(
                "body-malformed", f"More than {_MAX_FIELDS} fields.", limit=_MAX_FIELDS
            )

    def _begin_file(self, name: str) -> None:
        if self._field_name not in _FILE_FIELDS:
            raise RequestProblem(
                "request-invalid",
                f"Pictures go into the field 'files', not {self._field_name[:80]!r}.",
            )
        limit = self._limits.max_files
        if len(self._form.files) >= limit:
            raise RequestProblem("too-many-files", f"At most {limit} files a request.", limit=limit)
        self._file = ReceivedFile(name, start=self._spool.size_bytes + len(self._pending))
        self._form.files.append(self._file)

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self._file is None:
            self._field_value += data[start:end]
            if len(self._field_value) > _MAX_FIELD_BYTES:
                raise RequestProblem(
                    "body-too-large",
                    f"The field {self._field_name[:80]!r} has over {_MAX_FIELD_BYTES:,} bytes.",
                    limit=_MAX_FIELD_BYTES,
                )
            return
        self._file.size_bytes += end - start
        if self._file.size_bytes <= self._limits.picture.max_bytes:
            self._pending += data[start:end]
            self._file.kept_bytes = self._file.size_bytes

    def _end_part(self) -> None:
        if self._file is None:
            self._form.fields[self._field_name] = _text(self._field_value)

    def _end(self) -> None:
        self._ended = True


def _text(raw: bytes | bytearray) -> str:
    """Browsers and programs send UTF-8 (RFC 7578, section 5.1); other bytes are shown as such."""
    return raw.decode("utf-8", "replace")
