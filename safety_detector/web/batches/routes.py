"""``/v1/batches``: many pictures together, and what came of them."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse
from ulid import ULID

from safety_detector.domain.hazards import Language
from safety_detector.errors import ServiceUnavailable
from safety_detector.web.access.authentication import Reader
from safety_detector.web.answers import base_path
from safety_detector.web.batches.documents import (
    BatchDocument,
    BatchPageDocument,
    SubmittedBatchDocument,
)
from safety_detector.web.batches.finding import BatchId, find_batch
from safety_detector.web.batches.folders import JSON_TYPE, order_folder
from safety_detector.web.batches.results import final_ones, send_results
from safety_detector.web.batches.zip_uploads import ZIP_TYPES, accept_zip
from safety_detector.web.collaborators import Collaborators, collaborators
from safety_detector.web.inspections.accepting import (
    FormOutcome,
    Submitting,
    accept_form,
    answer_all_rejected,
    submitting,
)
from safety_detector.web.inspections.fields import (
    SUBMISSION_FORM,
    BatchQuery,
    FolderSubmission,
    SubmissionHeaders,
    form_of,
)
from safety_detector.web.inspections.report import render_report
from safety_detector.web.openapi.description import (
    BODY,
    KEYED,
    NOT_READY,
    ONE,
    binary,
    located,
    parameters_of,
    problem,
    schema_of,
)
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.ids import not_found
from safety_detector.web.queries.pages import UlidCursor

_log = logging.getLogger(__name__)

router = APIRouter(tags=["batches"])

MOST_PICTURES = 10_000
"""Of one upload; more come in several with the same ``batch_id``."""
MOST_REPORTED = 100
"""Pictures of a report that is made while its reader waits."""

_BODY: Mapping[str, Any] = {
    "required": True,
    "content": {
        "application/zip": {"schema": {"type": "string", "contentMediaType": "application/zip"}},
        "multipart/form-data": form_of("the pictures", SUBMISSION_FORM),
        "application/json": {
            "schema": schema_of(FolderSubmission),
            "example": {"source": "/mnt/pictures/2026-11"},
        },
    },
}
_Lang = Annotated[Language | None, Query(description="Adds names in this language.")]


@router.post(
    "/v1/batches",
    status_code=HTTPStatus.ACCEPTED,
    summary="Submit many pictures together",
    responses={
        **ONE,
        **BODY,
        202: located("Accepted and durable, but for `rejected`"),
        409: problem("Another folder is read into the batch"),
    },
    response_model=SubmittedBatchDocument,
    openapi_extra={
        "parameters": [
            *parameters_of("query", BatchQuery),
            *parameters_of("header", SubmissionHeaders),
        ],
        "requestBody": _BODY,
    },
)
async def submit_batch(request: Request, response: Response) -> SubmittedBatchDocument | Response:
    """Accepts a zip as raw body, or files as multipart; each picture for itself.

    When the answer is 202, every picture that is not among `rejected` is durable and will end in
    exactly one final state.  They wait for frames and single uploads.  When the service fails on
    the way, the pictures that are left are among `rejected` with that; send them again.  Further
    uploads with the same `batch_id` add to the batch; without one, a new batch begins, or goes on
    where the same `Idempotency-Key` began it.

    JSON names a folder on the server in place of the pictures, one in `SAFETY_BATCH_FOLDERS`.  It
    is read in the background, with all folders below it: `reading` tells how far, files that are
    refused are lines of `errors.jsonl`, and whatever process is killed meanwhile, each picture is
    accepted once.  What is put into the folder after the order may be left out.
    """
    context = await submitting(request, BatchQuery)
    batch_id = context.query.get("batch_id") or _new_batch_id(context)
    context = replace(context, query={**context.query, "batch_id": batch_id})
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in ZIP_TYPES:
        context = replace(context, query={**context.query, **context.options})
        outcome = await accept_zip(request, context, MOST_PICTURES)
    elif media_type == "multipart/form-data":
        outcome = await accept_form(request, context)
    elif media_type == JSON_TYPE:
        ordered = await order_folder(request, context)
        return await _answer(request, response, context.here, ordered, FormOutcome([], []))
    else:
        raise RequestProblem(
            "media-type-unsupported",
            f"{media_type[:80]!r} is not read here; send application/zip, multipart/form-data or "
            "application/json that names a folder on the server "
            "(with curl: -H 'Content-Type: application/zip' --data-binary @pictures.zip).",
            headers={"Accept-Post": f"application/zip, multipart/form-data, {JSON_TYPE}"},
        )
    if not outcome.accepted:
        rejected = [one.as_json() for one in outcome.rejected_documents()]
        members = {"rejected": rejected, "skipped": dict(outcome.skipped)}
        return answer_all_rejected(outcome, members)
    accepted_in = outcome.accepted[0].batch_id or ""
    return await _answer(request, response, context.here, accepted_in, outcome)


@router.get(
    "/v1/batches",
    summary="List batches",
    response_description="A page",
    responses=KEYED,
)
async def list_batches(
    request: Request,
    _principal: Reader,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: UlidCursor = None,
) -> BatchPageDocument:
    """Those first whose newest picture came last; of each up to 1,000 pictures are counted."""
    batches = collaborators(request).service.inspections.batches
    page = await run_in_threadpool(batches.list, limit, cursor)
    return BatchPageDocument.of(page, base_path=base_path(request))


@router.get(
    "/v1/batches/{batch_id}",
    summary="Read how a batch stands",
    response_description="The batch",
    responses=ONE,
)
async def read_batch(request: Request, _principal: Reader, batch_id: BatchId) -> BatchDocument:
    """Pictures by status and verdict; the events tell of each picture as it changes."""
    batch = await find_batch(collaborators(request), batch_id)
    return BatchDocument.of(batch, base_path=base_path(request))


@router.get(
    "/v1/batches/{batch_id}/results.jsonl",
    summary="The results of a batch, one a line",
    response_class=StreamingResponse,
    responses={200: binary("An InspectionDocument a line", "application/x-ndjson"), **ONE},
)
async def read_results(
    request: Request, _principal: Reader, batch_id: BatchId, lang: _Lang = None
) -> StreamingResponse:
    """Completed and failed inspections, newest first; those that are not done yet are left out."""
    return await _send(request, batch_id, "results.jsonl", lang)


@router.get(
    "/v1/batches/{batch_id}/results.csv",
    summary="The results of a batch as a table",
    response_class=StreamingResponse,
    responses={200: binary("A row for each detection", "text/csv"), **ONE},
)
async def read_csv(request: Request, _principal: Reader, batch_id: BatchId) -> StreamingResponse:
    """A row for each detection, and one for a picture of none; spreadsheets read its UTF-8."""
    return await _send(request, batch_id, "results.csv")


@router.get(
    "/v1/batches/{batch_id}/annotated.zip",
    summary="The annotated pictures of a batch",
    response_class=StreamingResponse,
    responses={200: binary("A zip", "application/zip"), **ONE},
)
async def read_annotated(
    request: Request, _principal: Reader, batch_id: BatchId
) -> StreamingResponse:
    """JPEGs under their names with their ids; made while it is sent."""
    return await _send(request, batch_id, "annotated.zip")


@router.get(
    "/v1/batches/{batch_id}/coco.json",
    summary="The detections of a batch in COCO format",
    response_class=StreamingResponse,
    responses={200: binary("COCO", "application/json"), **ONE},
)
async def read_coco(request: Request, _principal: Reader, batch_id: BatchId) -> StreamingResponse:
    """Completed pictures and their boxes; failed ones are left out, as nothing is known of them."""
    return await _send(request, batch_id, "coco.json")


@router.get(
    "/v1/batches/{batch_id}/report.pdf",
    summary="A report on a small batch",
    response_class=Response,
    responses={200: binary("The report", "application/pdf"), **ONE, **NOT_READY},
)
async def read_batch_report(
    request: Request,
    _principal: Reader,
    batch_id: BatchId,
    lang: Annotated[Language | None, Query(description="Unset: the service's language.")] = None,
) -> Response:
    """A PDF of up to 100 pictures when all are done; `/v1/reports` makes longer ones."""
    here = collaborators(request)
    batch = await find_batch(here, batch_id)
    if batch.pictures["accepted"] > MOST_REPORTED:
        raise RequestProblem(
            "not-ready",
            f"Reports on more than {MOST_REPORTED} pictures are made by a worker: POST /v1/reports "
            f'with {{"batch_id": "{batch_id}"}}.',
            limit=MOST_REPORTED,
        )
    if not batch.done:
        raise RequestProblem("not-ready", "Not every picture of the batch is done yet.")
    if not batch.pictures["accepted"]:  # of a folder that is read to its end
        raise not_found("picture of the batch", batch_id)
    inspections = await run_in_threadpool(
        list, final_ones(here.service.inspections.results, batch_id)
    )
    return await render_report(
        here, inspections[::-1], lang or here.reports.language, f"{batch_id}.pdf"
    )


async def _answer(
    request: Request, response: Response, here: Collaborators, batch_id: str, outcome: FormOutcome
) -> SubmittedBatchDocument:
    base = base_path(request)
    batch = None
    try:
        batch = BatchDocument.of(await find_batch(here, batch_id), base_path=base)
    except ServiceUnavailable as exc:
        _log.warning("batch %s was accepted and cannot be read: %s", batch_id, exc.message)
    response.headers["Location"] = f"{base}/v1/batches/{batch_id}"
    return SubmittedBatchDocument(
        rejected=outcome.rejected_documents(), skipped=dict(outcome.skipped), batch=batch
    )


def _new_batch_id(context: Submitting) -> str:
    """The same id for the same key of the same client, so that a repetition is one batch."""
    if context.key is None:
        return str(ULID())
    text = f"{context.principal.key_id}\n{context.key}".encode()
    return str(ULID(hashlib.sha256(text).digest()[:16]))


async def _send(
    request: Request, batch_id: str, name: str, language: Language | None = None
) -> StreamingResponse:
    here = collaborators(request)
    await find_batch(here, batch_id)
    return await send_results(here, batch_id, name, language, base_path(request))
