"""Bodies on their way in: counted while they stream, bounded in bytes, memory and time.

Nothing here looks into the bytes.  What is small stays in memory; the rest goes to a nameless
temporary file, so that a thousand slow senders cost little memory and leave nothing behind.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import IO, Self

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from safety_detector.ingest.admission import Limits, too_many_bytes
from safety_detector.storage.storage_errors import storage_error
from safety_detector.storage.upload import Upload
from safety_detector.web.problems.problem import RequestProblem

# A camera's 640×480 JPEG is 30 to 150 kB; such uploads never touch the temporary folder.
_IN_MEMORY_BYTES = 512 * 2**10
_MAX_JSON_BYTES = 256 * 2**10


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """What one request may bring.

    Attributes:
        picture: bytes and pixels of each picture.
        max_files: pictures in one multipart body.
        max_request_bytes: all bytes of one multipart body.
        deadline: time for the whole body to arrive.
        spool_dir: folder of the temporary files; None for the system's.
        zip_encoding: of names in a zip that do not say theirs; None to guess.
    """

    picture: Limits = field(default_factory=Limits)
    max_files: int = 100
    max_request_bytes: int = 256 * 2**20
    deadline: timedelta = timedelta(minutes=5)
    spool_dir: Path | None = None
    zip_encoding: str | None = None


@dataclass(slots=True)
class ReceivedFile:
    """A submitted file.

    Attributes:
        name: as the client named it, unchecked.
        start: place of its first byte in the spool.
        size_bytes: how many bytes came, those beyond the limit included.
        kept_bytes: how many of them are in the spool.
    """

    name: str
    start: int
    size_bytes: int = 0
    kept_bytes: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether all of it is in the spool; a file beyond the limit is not."""
        return self.kept_bytes == self.size_bytes


@dataclass(frozen=True, slots=True)
class Form:
    """A form: the value of each field, and the files in their order."""

    fields: dict[str, str] = field(default_factory=dict)
    files: list[ReceivedFile] = field(default_factory=list)


class Spool:
    """The bytes of one request, appended as they arrive and read back by place.

    Use it as a context manager: at its end the bytes are gone.

    Attributes:
        file: the nameless file that they are in.
        size_bytes: number of bytes so far.
    """

    def __init__(self, folder: Path | None) -> None:
        self.size_bytes = 0
        # SpooledTemporaryFile makes no file before it must.
        self.file: IO[bytes] = tempfile.SpooledTemporaryFile(  # noqa: SIM115 (`__exit__` closes)
            max_size=_IN_MEMORY_BYTES, dir=str(folder) if folder else None
        )

    async def append(self, data: bytes | bytearray) -> None:
        """Adds bytes at the end.

        Raises:
            StorageUnavailable: the disk of the temporary folder is full or gone.
        """
        self.size_bytes += len(data)
        try:
            if self.size_bytes <= _IN_MEMORY_BYTES:
                self.file.write(data)
            else:
                await run_in_threadpool(self.file.write, data)
        except OSError as exc:
            raise storage_error("cannot-take-upload", exc) from exc

    def read(self, file: ReceivedFile, limits: Limits) -> bytes:
        """The bytes of a received file; call it in a thread.

        Raises:
            PictureTooLarge: it has more bytes than a picture may have.
        """
        if not file.is_whole:
            raise too_many_bytes(limits, file.size_bytes)
        self.file.seek(file.start)
        return self.file.read(file.size_bytes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()


async def receive_upload(request: Request, limits: UploadLimits, upload: Upload) -> None:
    """Takes a body that is one picture to where it will be stored; it is hashed as it comes.

    Raises:
        PictureTooLarge: more bytes than a picture may have; nothing beyond them was read.
        RequestProblem: it took too long.
        StorageUnavailable: the disk is full or gone.
    """
    async with in_time(limits):
        async for chunk in _picture_chunks(request, limits):
            if upload.holds(chunk):
                upload.write(chunk)
            else:
                await run_in_threadpool(upload.write, chunk)


async def receive_picture(
    request: Request, name: str, limits: UploadLimits, spool: Spool
) -> ReceivedFile:
    """Takes a body that is one picture, and may be none.

    Raises:
        PictureTooLarge: more bytes than a picture may have; nothing beyond them was read.
        RequestProblem: it took too long.
        StorageUnavailable: the temporary folder is full.
    """
    async with in_time(limits):
        async for chunk in _picture_chunks(request, limits):
            await spool.append(chunk)
    return ReceivedFile(name, 0, spool.size_bytes, spool.size_bytes)


async def receive_body(request: Request, limits: UploadLimits, spool: Spool) -> None:
    """Takes a body of whatever form, as it is.

    Raises:
        RequestProblem: more bytes than a request may have, or it took too long.
        StorageUnavailable: the temporary folder is full.
    """
    most = limits.max_request_bytes
    async with in_time(limits):
        async for chunk in counted(request, most, lambda actual: body_too_large(most, actual)):
            await spool.append(chunk)


def _picture_chunks(request: Request, limits: UploadLimits) -> AsyncIterator[bytes]:
    return counted(
        request,
        limits.picture.max_bytes,
        lambda actual: too_many_bytes(limits.picture, actual),
    )


async def receive_json(request: Request, limits: UploadLimits) -> bytes:
    """Takes a small body whole.

    Raises:
        RequestProblem: more than 256 KiB, or it took too long.
    """
    received = bytearray()
    async with in_time(limits):
        async for chunk in counted(
            request, _MAX_JSON_BYTES, lambda actual: body_too_large(_MAX_JSON_BYTES, actual)
        ):
            received += chunk
    return bytes(received)


async def counted(
    request: Request, max_bytes: int, refusal: Callable[[int | None], Exception]
) -> AsyncIterator[bytes]:
    """The body's chunks, until there are more bytes than the limit.

    The announced length is looked at first but not believed: a lying or missing one changes
    nothing about the counting.

    Raises:
        Exception: what ``refusal`` makes of the announced number of bytes, or of None.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > max_bytes:
        raise refusal(int(announced))
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > max_bytes:
            raise refusal(None)
        yield chunk


def body_too_large(limit: int, actual: int | None) -> RequestProblem:
    """The refusal of a body with more bytes than the limit."""
    counted_bytes = "" if actual is None else f" ({actual:,})"
    return RequestProblem(
        "body-too-large",
        f"The body has more bytes{counted_bytes} than the limit of {limit:,}.",
        limit=limit,
        actual=actual,
    )


@asynccontextmanager
async def in_time(limits: UploadLimits) -> AsyncIterator[None]:
    """Ends the reading of a body that takes longer than the deadline.

    Raises:
        RequestProblem: the deadline has passed.
    """
    seconds = limits.deadline.total_seconds()
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as exc:
        raise RequestProblem(
            "upload-too-slow",
            f"The body did not arrive within {seconds:g} s.",
            headers={"Connection": "close"},
            limit=seconds,
        ) from exc
