"""``results.jsonl``: one line a picture, only ever appended to while pictures are inspected.

A line goes to the operating system in one write as soon as its result is there, so that no way of
ending the process loses it; ``sync`` brings the lines to disk, so that a power cut costs those of
the last seconds.  A later line on the same picture supersedes the earlier one.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from safety_detector.exports import json_line
from safety_detector.host.output_files import replacing, storage_errors, sync_folder

_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Span:
    """Where a line lies in the file, its line feed included; both in bytes."""

    offset: int
    length: int


class Journal:
    """The open journal; safe to use from several threads.

    Args:
        path: the file, made if missing.

    Raises:
        StorageUnavailable: it cannot be opened or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing = threading.Lock()
        with storage_errors(path):
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            sync_folder(path.parent)
            self._end = _cut_torn_line(self._file)
        self._synced_end = self._end

    def spans(self) -> Iterator[tuple[Span, bytes]]:
        """Every line with its place, in the order of the file."""
        offset = 0
        with self._path.open("rb") as file:
            while offset < self._end and (line := file.readline()):
                yield Span(offset, len(line)), line
                offset += len(line)

    def append(self, document: dict[str, Any]) -> Span:
        """Writes a line.

        Raises:
            StorageUnavailable: there is no room; nothing of the line is left.
        """
        line = json_line(document)
        with self._writing, storage_errors(self._path):
            try:
                _write_at(self._file, line, self._end)
            except OSError:
                os.ftruncate(self._file, self._end)
                raise
            span = Span(self._end, len(line))
            self._end += len(line)
        return span

    def read(self, span: Span) -> dict[str, Any]:
        """The document of a line."""
        return read_document(os.pread(self._file, span.length, span.offset))

    def sync(self) -> None:
        """Brings the lines so far to disk; others may append meanwhile.

        Raises:
            StorageUnavailable: the disk does not take them.
        """
        end = self._end
        if end != self._synced_end:
            with storage_errors(self._path):
                os.fsync(self._file)
            self._synced_end = end

    def keep_only(self, spans: Iterable[Span]) -> Iterator[tuple[Span, Span]]:
        """Replaces the file by one of those lines alone, when the last of them was taken.

        Yields:
            Where each line was and will be.

        Raises:
            StorageUnavailable: there is no room; the file stays as it was.
        """
        offset = 0
        with replacing(self._path) as kept:
            for span in spans:
                kept.write(os.pread(self._file, span.length, span.offset))
                yield span, Span(offset, span.length)
                offset += span.length
        os.close(self._file)
        with storage_errors(self._path):
            self._file = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        self._end = self._synced_end = offset

    def close(self) -> None:
        """Closes the file; ``sync`` comes before."""
        os.close(self._file)


def read_document(line: bytes) -> dict[str, Any]:
    """The document of a line, by a parser that takes a third of the standard one's time.

    Raises:
        ValueError: it is no JSON.
    """
    document: dict[str, Any]
    try:
        document = from_json(line)
    except ValueError:  # or it has half of a surrogate pair, which the standard one takes
        document = json.loads(line)
    return document


def _write_at(file: int, data: bytes, offset: int) -> None:
    rest = memoryview(data)
    while rest:
        written = os.pwrite(file, rest, offset)
        offset += written
        rest = rest[written:]


def _cut_torn_line(file: int) -> int:
    """Cuts off what stands behind the last line feed; returns the size that is left."""
    size = end = os.fstat(file).st_size
    while end > 0:
        start = max(end - _BLOCK, 0)
        line_feed = os.pread(file, end - start, start).rfind(b"\n")
        if line_feed >= 0:
            end = start + line_feed + 1
            break
        end = start
    if end != size:
        os.ftruncate(file, end)
    return end
