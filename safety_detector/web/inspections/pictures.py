"""``/original`` and ``/annotated`` of an inspection."""

from __future__ import annotations

import mimetypes
from functools import partial
from pathlib import PurePosixPath

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from safety_detector.domain.inspection import Inspection, Status
from safety_detector.service.inspections.results import Results
from safety_detector.service.records import StoredPicture
from safety_detector.web.access.authentication import Reader
from safety_detector.web.collaborators import collaborators
from safety_detector.web.inspections.finding import InspectionId, find_inspection
from safety_detector.web.openapi.description import INSPECTION, NOT_READY, UNCHANGED, binary
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.ids import not_found
from safety_detector.web.stored_files import send_file

router = APIRouter(tags=["inspections"])

# What Windows, Unix and HTTP headers take ill in a file name.
_UNSAFE = str.maketrans(dict.fromkeys('\\/:*?"<>|;%', "_"))
_MAX_STEM = 100


@router.get(
    "/v1/inspections/{inspection_id}/original",
    summary="The picture as it was submitted",
    response_class=Response,
    responses={200: binary("The submitted bytes", "image/*"), **UNCHANGED, **INSPECTION},
)
async def read_original(
    request: Request, _principal: Reader, inspection_id: InspectionId
) -> Response:
    """The submitted bytes, unchanged; `ETag` is their SHA-256."""
    here = collaborators(request)
    inspection = await find_inspection(here, inspection_id)
    results = here.service.inspections.results
    picture = await run_in_threadpool(results.original, inspection.id)
    if picture is None:
        raise not_found("inspection", inspection_id)
    return await _send(request, results, picture)


@router.get(
    "/v1/inspections/{inspection_id}/annotated",
    summary="The picture with its detections drawn",
    response_class=Response,
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
    results = here.service.inspections.results
    picture = await run_in_threadpool(results.annotated, inspection.id)
    if picture is None:
        raise not_ready(inspection, "annotated picture")
    return await _send(request, results, picture, suffix="-annotated")


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


async def _send(
    request: Request, results: Results, picture: StoredPicture, suffix: str = ""
) -> Response:
    extension = mimetypes.guess_extension(picture.media_type) or ".bin"
    name = safe_file_name(picture.name, extension, suffix)
    gone = RequestProblem("picture-gone", "The picture is no longer stored.")
    find = partial(results.open, picture)
    return await send_file(request, find, picture.tag, picture.media_type, name, gone)
