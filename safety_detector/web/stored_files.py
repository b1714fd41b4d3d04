"""Answers with what is stored: pictures, and files of reports."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from email.utils import formatdate
from urllib.parse import quote

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from safety_detector.storage.blobs import OpenBlob
from safety_detector.web.problems.problem import RequestProblem

_CHUNK_BYTES = 256 * 2**10


class StoredFile(StreamingResponse):
    """A stored file, always sent whole: pictures are small, and ranges have errors of their own.

    Args:
        blob: the file; closed when it is sent, or cannot be sent.
        headers: besides those that say how long it is, and since when it is there if they do not.
        media_type: what it is.
    """

    def __init__(self, blob: OpenBlob, headers: Mapping[str, str], media_type: str) -> None:
        facts = {
            "Last-Modified": formatdate(blob.facts.written_s, usegmt=True),
            **headers,
            "Content-Length": str(blob.size_bytes),
            "Accept-Ranges": "none",
        }
        super().__init__(self._pieces(), headers=facts, media_type=media_type)
        self._blob = blob

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the file, piece by piece."""
        with self._blob:
            await super().__call__(scope, receive, send)

    async def _pieces(self) -> AsyncIterator[bytes]:
        while piece := await run_in_threadpool(self._blob.read, _CHUNK_BYTES):
            yield piece


def content_disposition(file_name: str) -> str:
    """The header that shows a file in the browser and gives it that name when it is saved."""
    ascii_name = file_name.encode("ascii", "replace").decode().replace("?", "_")
    return f"inline; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(file_name, safe='')}"


async def send_file(
    request: Request,
    find: Callable[[], OpenBlob | None],
    tag: str,
    media_type: str,
    file_name: str,
    gone: RequestProblem,
    further: Mapping[str, str] | None = None,
) -> Response:
    """The answer with a stored file, or that the client has it already.

    Args:
        request: may name the tag that the client has.
        find: opens the file; None where it is not there any more.
        tag: changes with the file's content.
        media_type: what it is.
        file_name: for saving it.
        gone: raised where the file is not there any more.
        further: headers, before those that the file makes.

    Raises:
        RequestProblem: ``gone``.
        StorageUnavailable: it cannot be read.
    """
    etag = f'"{tag}"'
    headers = {
        "ETag": etag,
        "Cache-Control": "private, no-cache",
        "Content-Disposition": content_disposition(file_name),
        **(further or {}),
    }
    if has_already(request, etag):
        return Response(status_code=304, headers=headers)
    blob = await run_in_threadpool(find)
    if blob is None:
        raise gone
    return StoredFile(blob, headers, media_type)


def has_already(request: Request, etag: str) -> bool:
    """Whether a client says that it has what this tag stands for."""
    if_none_match = request.headers.get("if-none-match", "")
    known = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in known or "*" in known
