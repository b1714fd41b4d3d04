"""``multipart/form-data`` with pictures: files to the spool, fields to memory."""

from __future__ import annotations

from collections.abc import Collection

from fastapi import Request

from safety_detector.name_bytes import decode_name
from safety_detector.network.dispositions import Disposition
from safety_detector.web.bodies.multipart_parts import PartReader
from safety_detector.web.bodies.uploads import Form, ReceivedFile, Spool, UploadLimits
from safety_detector.web.problems.problem import RequestProblem, invalid_request

_FILE_FIELDS = ("files", "file")
_CHARSET_FIELD = "_charset_"  # RFC 7578, section 4.6
_MAX_FIELD_BYTES = 64 * 2**10


async def receive_form(
    request: Request, limits: UploadLimits, spool: Spool, known: Collection[str]
) -> Form:
    """Takes a multipart body: a file beyond the limit is cut alone, the others are unharmed.

    Args:
        request: whose body is read.
        limits: of files and bytes.
        spool: takes the files.
        known: names of the fields that may stand in it, each once.

    Raises:
        RequestProblem: no multipart, more files or bytes in all than the limit, a field that is
            unknown or repeated, too slow.
        StorageUnavailable: the temporary folder is full.
    """
    reader = _FormReader(limits, spool, known)
    await reader.read(request)
    if not reader.ended:
        raise RequestProblem("body-malformed", "The multipart body ends before its last boundary.")
    return reader.form


class _FormReader(PartReader):
    """Makes a form of the parts.

    Each part is files' or a field's that is known and new, so that there are never more parts than
    files and names; the parser takes time for each, however small it is.
    """

    def __init__(self, limits: UploadLimits, spool: Spool, known: Collection[str]) -> None:
        super().__init__(limits, spool)
        self.form = Form()
        self._known = {*known, _CHARSET_FIELD}
        self._begun: set[str] = set()
        # Of the part that is being read: a file, or a field with its text so far.
        self._file: ReceivedFile | None = None
        self._field_name = ""
        self._field_value = bytearray()

    def begin_part(self, disposition: Disposition) -> None:
        """A file or a field begins."""
        if disposition.name is None:
            raise RequestProblem("body-malformed", "A part has no name in Content-Disposition.")
        self._file = None
        self._field_name = disposition.name
        self._field_value = bytearray()
        if disposition.file_name is not None:
            self._begin_file(disposition.file_name)
        else:
            self._begin_field(disposition.name)

    def _begin_field(self, name: str) -> None:
        if name in _FILE_FIELDS:
            raise RequestProblem(
                "request-invalid", f"The part {name!r} has no file name, so it is no picture."
            )
        if name not in self._known:
            shown = name[:80] or "''"
            raise invalid_request([{"loc": (shown,), "type": "extra_forbidden", "msg": "unknown"}])
        if name in self._begun:
            repeated = "is there twice; a field stands once in a form"
            raise invalid_request([{"loc": (name,), "type": "repeated", "msg": repeated}])
        self._begun.add(name)

    def _begin_file(self, name: str) -> None:
        if self._field_name not in _FILE_FIELDS:
            raise RequestProblem(
                "request-invalid",
                f"Pictures go into the field 'files', not {self._field_name[:80]!r}.",
            )
        limit = self.limits.max_files
        if len(self.form.files) >= limit:
            raise RequestProblem("too-many-files", f"At most {limit} files a request.", limit=limit)
        self._file = ReceivedFile(name, start=self.place)
        self.form.files.append(self._file)

    def add_data(self, data: bytes) -> None:
        """Bytes of the file or field."""
        if self._file is None:
            self._field_value += data
            if len(self._field_value) > _MAX_FIELD_BYTES:
                raise RequestProblem(
                    "body-too-large",
                    f"The field {self._field_name[:80]!r} has over {_MAX_FIELD_BYTES:,} bytes.",
                    limit=_MAX_FIELD_BYTES,
                )
            return
        self._file.size_bytes += len(data)
        if self._file.size_bytes <= self.limits.picture.max_bytes:
            self.pending += data
            self._file.kept_bytes = self._file.size_bytes

    def end_part(self) -> None:
        """The field is whole; files are looked at later."""
        if self._file is not None:
            return
        text = decode_name(bytes(self._field_value), self.encoding)
        if self._field_name == _CHARSET_FIELD:
            self.encoding = text.strip()[:40] or None
        else:
            self.form.fields[self._field_name] = text
