"""``/batches``: many pictures together: starting one, how far each is, results as files."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, BeforeValidator
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response, StreamingResponse
from ulid import ULID

from safety_detector.console.forms import Form, read_form
from safety_detector.console.rendering import page
from safety_detector.console.route import PageRoute, detail_of
from safety_detector.console.visitor import Manager, Viewer, Visitor
from safety_detector.errors import SafetyDetectorError
from safety_detector.web.answers import base_path
from safety_detector.web.batches.documents import (
    BatchDocument,
    BatchPageDocument,
    FolderErrorDocument,
)
from safety_detector.web.batches.finding import find_batch
from safety_detector.web.batches.folders import begin_folder, error_lines
from safety_detector.web.batches.results import RESULT_FILES, send_results
from safety_detector.web.collaborators import collaborators
from safety_detector.web.inspections.fields import FolderSubmission
from safety_detector.web.problems.problem import RequestProblem, problem_document
from safety_detector.web.queries.ids import not_found
from safety_detector.web.queries.values import BatchId as BatchCursor
from safety_detector.web.queries.values import checked, empty_is_none

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_PAGE = 30
_MOST_ERRORS = 50  # refused files that a page shows; the file has all of them
_MOST_SUGGESTED = 200  # cameras below the field of one

BatchId = Annotated[str, Path(max_length=64)]

FILES = {
    "csv": "results.csv",
    "zip": "annotated.zip",
    "coco": "coco.json",
    "jsonl": "results.jsonl",
}
"""What a batch can be fetched as, in the order in which people look for it."""


class _Place(BaseModel):
    """Where in the list a page begins."""

    cursor: Annotated[BatchCursor | None, BeforeValidator(empty_is_none)] = None


@router.get("/batches")
async def list_batches(request: Request, visitor: Viewer) -> Response:
    """Those first whose newest picture came last; and the form that starts one of a folder."""
    return await _list_page(request, visitor, Form({}), None)


@router.post("/batches")
async def begin_batch(request: Request, visitor: Manager) -> Response:
    """Has a folder on the server read, and leads to how far that is."""
    form = await read_form(request, visitor)
    written = {name: form.get(name) for name in ("source", "camera_id")}
    batch_id = str(ULID())
    try:
        fields = checked(FolderSubmission, written)
        await begin_folder(collaborators(request), fields, batch_id, visitor.actor)
    except (SafetyDetectorError, RequestProblem) as exc:
        return await _list_page(request, visitor, form, exc)
    path = f"{base_path(request)}/batches/{batch_id}"
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


@router.get("/batches/{batch_id}")
async def show_batch(request: Request, visitor: Viewer, batch_id: BatchId) -> Response:
    """How far it is, what was found, which files of a folder were refused."""
    here = collaborators(request)
    batch = await find_batch(here, batch_id)
    errors = await run_in_threadpool(here.service.folders.orders.errors, batch_id, 0, _MOST_ERRORS)
    return page(
        request,
        visitor,
        "batch.html",
        {
            "batch": BatchDocument.of(batch, visitor.language, base_path(request)),
            "errors": [FolderErrorDocument.of(one) for one in errors],
            "files": FILES,
        },
    )


@router.get("/batches/{batch_id}/files/{name}")
async def read_results(
    request: Request, visitor: Viewer, batch_id: BatchId, name: Annotated[str, Path(max_length=64)]
) -> Response:
    """The results as one of the files that REST has too."""
    here = collaborators(request)
    await find_batch(here, batch_id)
    if name not in RESULT_FILES:
        raise not_found("file of the batch", name)
    return await send_results(here, batch_id, name, visitor.language, base_path(request))


@router.get("/batches/{batch_id}/errors.jsonl")
async def read_errors(request: Request, _visitor: Viewer, batch_id: BatchId) -> Response:
    """All files of a folder that were refused."""
    here = collaborators(request)
    await find_batch(here, batch_id)
    lines = error_lines(here.service.folders.orders, batch_id)
    return StreamingResponse(lines, media_type="application/x-ndjson")


@router.post("/batches/{batch_id}/stop")
async def stop_reading(request: Request, visitor: Manager, batch_id: BatchId) -> Response:
    """Reads the folder no further; what is accepted is inspected."""
    await read_form(request, visitor)
    here = collaborators(request)
    batch = await find_batch(here, batch_id)
    if batch.reading is None:
        raise not_found("folder that is read into the batch", batch_id)
    await run_in_threadpool(here.service.folders.orders.stop, batch_id, visitor.actor)
    path = f"{base_path(request)}/batches/{batch_id}"
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


async def _list_page(
    request: Request,
    visitor: Visitor,
    form: Form,
    refused: SafetyDetectorError | RequestProblem | None,
) -> Response:
    here = collaborators(request)
    cursor = checked(_Place, dict(request.query_params)).cursor
    found = await run_in_threadpool(here.service.inspections.batches.list, _PAGE, cursor)
    cameras = await run_in_threadpool(here.service.cameras.records.names)
    status, told, field = HTTPStatus.OK, None, None
    if refused is not None:
        document = problem_document(refused)
        status, told = HTTPStatus(document["status"]), detail_of(refused, visitor.language)
        field = next((one["field"] for one in document.get("errors", ())), "source")
    return page(
        request,
        visitor,
        "batches.html",
        {
            "page": BatchPageDocument.of(found, visitor.language, base_path(request)),
            "roots": [str(one) for one in here.folders.allowed.roots],
            "cameras": list(cameras.items())[:_MOST_SUGGESTED],
            "form": form,
            "refused": told,
            "field": field,
        },
        status,
    )
