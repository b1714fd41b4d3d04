"""A set as a zip that is sent while it is made, whatever its size.

A thread writes the zip into a pipe, and waits where its reader does: no more of it is in memory
than a picture.  Whoever goes away closes the pipe, and that ends the thread.  A set that cannot be
finished ends without the zip's directory, and without the end of the answer, so that no client
takes it for a whole one.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
import zipfile
from collections.abc import AsyncIterator, Callable, Mapping
from typing import IO, Any, cast

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

_log = logging.getLogger(__name__)

_BLOCK = 1 << 16
_LOG_NAME = "export.log"
_LOG_EVERY = 20


class ZipFiles:
    """Writes the files of a set into a zip; pictures are packed already.

    A log of what is done before the first picture goes first, so that nobody on the way takes the
    connection for dead.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._log: IO[bytes] | None = None

    def begin_log(self) -> None:
        """Says that pictures are going to be compared."""
        self._log = self._archive.open(_LOG_NAME, "w")
        self._log.write(b"comparing pictures\n")

    def looked(self, number: int) -> None:
        """Says how many pictures were compared."""
        if self._log is not None and number % _LOG_EVERY == 0:
            self._log.write(f"compared {number}\n".encode())

    def write(self, name: str, data: bytes) -> None:
        """Writes a file."""
        self.end_log()
        self._archive.writestr(name, data)

    def copy(self, name: str, file: IO[bytes]) -> None:
        """Writes what is left to read of an open file."""
        self.end_log()
        with self._archive.open(name, "w", force_zip64=True) as entry:
            shutil.copyfileobj(file, entry)

    def end_log(self) -> None:
        """Nothing more is compared."""
        if self._log is not None:
            self._log.close()
            self._log = None


class _Pipe:
    """What a zip is written to that is sent at once.

    Args:
        descriptor: of the pipe's end for writing.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.is_cut = False

    def write(self, data: Any, /) -> int:
        """Sends it, unless nothing more is to be sent."""
        rest = memoryview(data).cast("B")
        size = len(rest)
        while rest and not self.is_cut:
            rest = rest[os.write(self._descriptor, rest) :]
        return size

    def flush(self) -> None:
        """Nothing is held back."""


class ZipAnswer(StreamingResponse):
    """The answer with the zip that ``make`` writes, as it is written.

    Args:
        make: writes the set, in a thread of its own; what it raises breaks the answer off.
        ended: called once, when that has ended, however.
        headers: besides the type.
    """

    def __init__(
        self,
        make: Callable[[ZipFiles], object],
        ended: Callable[[], None],
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(self._pieces(), headers=headers, media_type="application/zip")
        self._make = make
        self._ended = ended
        self._is_begun = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the zip, piece by piece."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            if not self._is_begun:  # its client had gone before the first piece
                self._ended()

    async def _pieces(self) -> AsyncIterator[bytes]:
        self._is_begun = True
        reading, writing = os.pipe()
        failures: list[BaseException] = []
        threading.Thread(
            target=self._run, args=(writing, failures), name="dataset", daemon=True
        ).start()
        try:
            while piece := await run_in_threadpool(os.read, reading, _BLOCK):
                yield piece
        finally:
            os.close(reading)
        if failures:
            raise failures[0]

    def _run(self, writing: int, failures: list[BaseException]) -> None:
        try:
            _write_zip(self._make, _Pipe(writing))
        except BrokenPipeError:
            _log.info("whoever fetched a labelled set has gone")
        except BaseException as exc:  # noqa: BLE001 (the edge of the thread; the reader raises it)
            failures.append(exc)
        finally:
            self._ended()
            os.close(writing)


def _write_zip(make: Callable[[ZipFiles], object], pipe: _Pipe) -> None:
    """Writes the set; of one that fails nothing more is sent, and so no directory."""
    archive = zipfile.ZipFile(cast(IO[bytes], pipe), "w", zipfile.ZIP_STORED)
    files = ZipFiles(archive)
    try:
        files.begin_log()
        make(files)
    except BaseException:
        pipe.is_cut = True
        files.end_log()
        raise
    finally:
        archive.close()
