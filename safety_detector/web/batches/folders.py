"""Batches of folders on the server: ordering one, what was refused in it, reading no further."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from safety_detector.exports import json_line
from safety_detector.service.access.audit import Actor
from safety_detector.service.folders.folders import Folders
from safety_detector.service.folders.records import FolderOrder
from safety_detector.service.records import Scope
from safety_detector.web.access.authentication import Reader, Submitter, actor_of, not_allowed
from safety_detector.web.answers import base_path
from safety_detector.web.batches.documents import BatchDocument, FolderErrorDocument
from safety_detector.web.batches.finding import BatchId, find_batch
from safety_detector.web.bodies.json_values import json_body
from safety_detector.web.bodies.uploads import receive_json
from safety_detector.web.collaborators import Collaborators, collaborators
from safety_detector.web.inspections.accepting import Submitting
from safety_detector.web.inspections.fields import FolderSubmission
from safety_detector.web.openapi.description import ONE, binary
from safety_detector.web.queries.ids import not_found
from safety_detector.web.queries.values import checked

router = APIRouter(tags=["batches"])

JSON_TYPE = "application/json"

_PAGE = 500


async def order_folder(request: Request, context: Submitting) -> str:
    """Takes the order that is the body; returns the id of its batch.

    Raises:
        RequestProblem: the body is none that makes sense.
        FolderRefused, UnknownFolder, UnknownCamera, BatchExists: it is not read.
        DatabaseUnavailable: nothing was ordered.
    """
    here = context.here
    written = json_body(await receive_json(request, here.uploads.limits))
    if isinstance(written, dict):
        written = {**context.query, **written}
    fields = checked(FolderSubmission, written)
    batch_id = fields.batch_id or context.query["batch_id"]
    await begin_folder(here, fields, batch_id, actor_of(context.principal))
    return batch_id


async def begin_folder(
    here: Collaborators, fields: FolderSubmission, batch_id: str, by: Actor
) -> None:
    """Has a folder read into a batch.

    Raises:
        FolderRefused, UnknownFolder, UnknownCamera, BatchExists: it is not read.
        DatabaseUnavailable: nothing was ordered.
    """
    folder = await run_in_threadpool(here.folders.allowed.find, fields.source)
    order = FolderOrder(
        batch_id=batch_id,
        folder=str(folder),
        camera_id=fields.camera_id,
        captured_at=fields.captured_at,
        metadata=fields.metadata,
    )
    await run_in_threadpool(here.service.folders.orders.begin, order, by)
    here.folders.reading.wake()


@router.get(
    "/v1/batches/{batch_id}/errors.jsonl",
    summary="Files of a folder that were refused, one a line",
    response_class=StreamingResponse,
    responses={200: binary("A FolderErrorDocument a line", "application/x-ndjson"), **ONE},
)
async def read_errors(request: Request, _principal: Reader, batch_id: BatchId) -> StreamingResponse:
    """Path, code and reason of each, in the order of the reading; empty for other batches.

    They were never accepted.  Pictures that were, and failed, are in `results.jsonl`.
    """
    here = collaborators(request)
    await find_batch(here, batch_id)
    return StreamingResponse(
        error_lines(here.service.folders.orders, batch_id), media_type="application/x-ndjson"
    )


@router.delete(
    "/v1/batches/{batch_id}/reading",
    summary="Read a folder no further",
    response_description="The batch",
    responses=ONE,
)
async def stop_reading(request: Request, principal: Submitter, batch_id: BatchId) -> BatchDocument:
    """Accepts no more of the folder's pictures; those that are accepted are inspected.

    Whoever ordered the folder may do it, and an admin.  The folder itself is left as it is, and
    so is a reading that is over.
    """
    here = collaborators(request)
    batch = await find_batch(here, batch_id)
    if batch.reading is None:
        raise not_found("folder that is read into the batch", batch_id)
    if batch.reading.requested_by != principal.key_id and not principal.may(Scope.ADMIN):
        raise not_allowed("Another key ordered this folder; this needs it, or the scope 'admin'.")
    await run_in_threadpool(here.service.folders.orders.stop, batch_id, actor_of(principal))
    return BatchDocument.of(await find_batch(here, batch_id), base_path=base_path(request))


def error_lines(folders: Folders, batch_id: str) -> Iterator[bytes]:
    """Files of a folder that were refused, a document a line."""
    page = folders.errors(batch_id, 0, _PAGE)
    while page:
        yield from (json_line(FolderErrorDocument.of(one).as_json()) for one in page)
        page = folders.errors(batch_id, page[-1].number, _PAGE)
