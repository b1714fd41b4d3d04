"""``/original`` and ``/annotated`` of an inspection."""

from __future__ import annotations

import mimetypes
import os
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from safety_detector.domain.inspection import Inspection, Status
from safety_detector.errors import StorageUnavailable
from safety_detector.message_texts.reason import system_cause
from safety_detector.service.records import StoredPicture
from safety_detector.web.access.authentication import Reader
from safety_detector.web.collaborators import collaborators
from safety_detector.web.inspections.finding import InspectionId, find_inspection
from safety_detector.web.openapi.description import INSPECTION, NOT_READY, UNCHANGED, binary
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.ids import not_found

router = APIRouter(tags=["inspections"])

# What Windows, Unix and HTTP headers take ill in a file name.
_UNSAFE = str.maketrans(dict.fromkeys('\\/:*?"<>|;%', "_"))
_MAX_STEM = 100


class WholeFile(FileResponse):
    """A file that is always sent whole: pictures are small, and ranges have errors of their own."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the file."""
        self.headers["accept-ranges"] = "none"
        headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
        await super().__call__({**scope, "headers": headers}, receive, send)


@router.get(
    "/v1/inspections/{inspection_id}/original",
    summary="The picture as it was submitted",
    response_class=FileResponse,
    responses={200: binary("The submitted bytes", "image/*"), **UNCHANGED, **INSPECTION},
)
async def read_original(
    request: Request, _principal: Reader, inspection_id: InspectionId
) -> Response:
    """The submitted bytes, unchanged; `ETag` is their SHA-256."""
    here = collaborators(request)
    inspection = await find_inspection(here, inspection_id)
    picture = await run_in_threadpool(here.service.results.original, inspection.id)
    if picture is None:
        raise not_found("inspection", inspection_id)
    return await _send(request, picture, str(inspection.picture.sha256))


@router.get(
    "/v1/inspections/{inspection_id}/annotated",
    summary="The picture with its detections drawn",
    response_class=FileResponse,
    responses={
        200: binary("The picture", "image/jpeg"),
        **UNCHANGED,
        **INSPECTION,
        **NOT_READY,
    },
)
async def read_annotated(
    request: Request, _principal: Reader, inspection_id: InspectionId
) -> Response:
    """A JPEG of the same size in pixels; 409 before the inspection is completed."""
    here = collaborators(request)
    inspection = await find_inspection(here, inspection_id)
    picture = await run_in_threadpool(here.service.results.annotated, inspection.id)
    if picture is None:
        raise not_ready(inspection, "annotated picture")
    return await _send(request, picture, picture.path.stem, suffix="-annotated")


def not_ready(inspection: Inspection, what: str) -> RequestProblem:
    """The refusal of something that an inspection does not have, or not yet."""
    if inspection.status is Status.FAILED:
        detail = f"The inspection failed; it has no {what}."
    else:
        detail = f"The inspection is {inspection.status}; its {what} comes when it is completed."
        if inspection.waiting_reason:
            detail += f" It waits: {inspection.waiting_reason.text('en')}"
    return RequestProblem("not-ready", detail, inspection_status=inspection.status.value)


def safe_file_name(name: str, extension: str, suffix: str = "") -> str:
    """A name under which a download can be saved anywhere, made from what a client once sent.

    Args:
        name: any text.
        extension: with its dot; the one in ``name`` may be a lie.
        suffix: put behind the stem.
    """
    stem = PurePosixPath(name.replace("\\", "/")).stem
    printable = "".join(c if c.isprintable() else "_" for c in stem).translate(_UNSAFE)
    return (printable.strip(" .")[:_MAX_STEM] or "picture") + suffix + extension


def content_disposition(file_name: str) -> str:
    """The header that shows a file in the browser and gives it that name when it is saved."""
    ascii_name = file_name.encode("ascii", "replace").decode().replace("?", "_")
    return f"inline; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(file_name, safe='')}"


async def send_file(
    request: Request, path: Path, tag: str, media_type: str, file_name: str, gone: RequestProblem
) -> Response:
    """The answer with a stored file, or that the client has it already.

    Args:
        request: may name the tag that the client has.
        path: the file.
        tag: changes with the file's content.
        media_type: what it is.
        file_name: for saving it.
        gone: raised where the file is not there any more.

    Raises:
        RequestProblem: ``gone``.
        StorageUnavailable: it cannot be read.
    """
    etag = f'"{tag}"'
    headers = {
        "ETag": etag,
        "Cache-Control": "private, no-cache",
        "Content-Disposition": content_disposition(file_name),
    }
    if _matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    stat = await run_in_threadpool(_stat, path)
    if stat is None:
        raise gone
    return WholeFile(path, headers=headers, media_type=media_type, stat_result=stat)


async def _send(request: Request, picture: StoredPicture, tag: str, suffix: str = "") -> Response:
    extension = mimetypes.guess_extension(picture.media_type) or ".bin"
    name = safe_file_name(picture.name, extension, suffix)
    gone = RequestProblem("picture-gone", "The picture is no longer stored.")
    return await send_file(request, picture.path, tag, picture.media_type, name, gone)


def _matches(if_none_match: str | None, etag: str) -> bool:
    known = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return etag in known or "*" in known


def _stat(path: Path) -> os.stat_result | None:
    """The file's facts; None if it is not there."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise StorageUnavailable("file-unreadable", cause=system_cause(exc)) from exc
