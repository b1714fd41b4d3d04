"""``/v1/batches``: many pictures together, and what came of them."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from http import HTTPStatus
from typing import IO, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response, StreamingResponse
from ulid import ULID

from safety_detector.domain.hazards import Language
from safety_detector.domain.inspection import Inspection
from safety_detector.errors import ServiceUnavailable
from safety_detector.exports import CocoExport, json_line
from safety_detector.service.records import InspectionFilter, ListOrder
from safety_detector.service.results import Results
from safety_detector.web.access.authentication import Reader
from safety_detector.web.batches.documents import batch_document, batch_path
from safety_detector.web.batches.folders import JSON_TYPE, order_folder
from safety_detector.web.batches.zip_uploads import ZIP_TYPES, accept_zip
from safety_detector.web.collaborators import Collaborators, collaborators
from safety_detector.web.inspections.accepting import (
    Submitting,
    accept_form,
    answer_all_rejected,
    submitting,
)
from safety_detector.web.inspections.documents import inspection_document
from safety_detector.web.inspections.report import render_report
from safety_detector.web.inspections.waiting import is_final
from safety_detector.web.openapi import description as openapi
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.lookup import BatchId, find_batch, not_found

_log = logging.getLogger(__name__)

router = APIRouter(tags=["batches"])

MOST_PICTURES = 10_000
"""Of one upload; more come in several with the same ``batch_id``."""
MOST_REPORTED = 100
"""Pictures of a report that is made while its reader waits."""

_PAGE = 500
_BLOCK = 1 << 16
_Lang = Annotated[Language | None, Query(description="Adds names in this language.")]


@router.post(
    "/v1/batches",
    status_code=HTTPStatus.ACCEPTED,
    summary="Submit many pictures together",
    responses=openapi.SUBMIT_BATCH_RESPONSES,
    openapi_extra={"requestBody": openapi.SUBMIT_BATCH_BODY},
)
async def submit_batch(
    request: Request,
    context: Annotated[Submitting, Depends(submitting)],
    zip_encoding: Annotated[
        str | None,
        Query(
            description="Encoding of names in a zip that do not say theirs, as `gbk` or `cp437`. "
            "Unset: that of `SAFETY_ZIP_ENCODING`, else guessed from all its names together."
        ),
    ] = None,
) -> JSONResponse:
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
    batch_id = context.query.get("batch_id") or _new_batch_id(context)
    context = replace(context, query={**context.query, "batch_id": batch_id})
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in ZIP_TYPES:
        context = replace(context, query={**context.query, "zip_encoding": zip_encoding})
        outcome = await accept_zip(request, context, MOST_PICTURES)
    elif media_type == "multipart/form-data":
        outcome = await accept_form(request, context)
    elif media_type == JSON_TYPE:
        ordered = await order_folder(request, context)
        return await _answer_accepted(request, context, ordered, {"rejected": [], "skipped": {}})
    else:
        raise RequestProblem(
            "media-type-unsupported",
            f"{media_type[:80]!r} is not read here; send application/zip, multipart/form-data or "
            "application/json that names a folder on the server "
            "(with curl: -H 'Content-Type: application/zip' --data-binary @pictures.zip).",
            headers={"Accept-Post": f"application/zip, multipart/form-data, {JSON_TYPE}"},
        )
    envelope: dict[str, Any] = {
        "rejected": [one.as_document() for one in outcome.rejected],
        "skipped": dict(outcome.skipped),
    }
    if not outcome.accepted:
        return answer_all_rejected(outcome, envelope)
    return await _answer_accepted(request, context, outcome.accepted[0].batch_id or "", envelope)


@router.get(
    "/v1/batches/{batch_id}",
    summary="Read how a batch stands",
    responses=openapi.READ_BATCH_RESPONSES,
)
async def read_batch(request: Request, _principal: Reader, batch_id: BatchId) -> JSONResponse:
    """Pictures by status and verdict; the events tell of each picture as it changes."""
    batch = await find_batch(collaborators(request), batch_id)
    return JSONResponse(batch_document(request, batch))


@router.get(
    "/v1/batches/{batch_id}/results.jsonl",
    summary="The results of a batch, one a line",
    response_class=StreamingResponse,
    responses=openapi.BATCH_RESULTS_RESPONSES,
)
async def read_results(
    request: Request, _principal: Reader, batch_id: BatchId, lang: _Lang = None
) -> StreamingResponse:
    """Completed and failed inspections, newest first; those that are not done yet are left out."""
    here = collaborators(request)
    await find_batch(here, batch_id)
    lines = (
        json_line(inspection_document(request, one, lang))
        for one in _final_ones(here.service.results, batch_id)
    )
    return StreamingResponse(lines, media_type="application/x-ndjson")


@router.get(
    "/v1/batches/{batch_id}/coco.json",
    summary="The detections of a batch in COCO format",
    response_class=StreamingResponse,
    responses=openapi.BATCH_COCO_RESPONSES,
)
async def read_coco(request: Request, _principal: Reader, batch_id: BatchId) -> StreamingResponse:
    """Completed pictures and their boxes; failed ones are left out, as nothing is known of them."""
    here = collaborators(request)
    await find_batch(here, batch_id)
    file = await run_in_threadpool(_build_coco, here, batch_id)
    return StreamingResponse(_blocks(file), media_type="application/json")


@router.get(
    "/v1/batches/{batch_id}/report.pdf",
    summary="A report on a small batch",
    response_class=Response,
    responses=openapi.BATCH_REPORT_RESPONSES,
)
async def read_batch_report(
    request: Request,
    _principal: Reader,
    batch_id: BatchId,
    lang: Annotated[Language | None, Query(description="Unset: the service's language.")] = None,
) -> Response:
    """A PDF of up to 100 pictures when all are done; `/v1/reports` makes longer ones."""
    here = collaborators(request)
    document = batch_document(request, await find_batch(here, batch_id))
    if document["pictures"]["accepted"] > MOST_REPORTED:
        raise RequestProblem(
            "not-ready",
            f"Reports on more than {MOST_REPORTED} pictures are made by a worker: POST /v1/reports "
            f'with {{"batch_id": "{batch_id}"}}.',
            limit=MOST_REPORTED,
        )
    if not document["done"]:
        raise RequestProblem("not-ready", "Not every picture of the batch is done yet.")
    if not document["pictures"]["accepted"]:  # of a folder that is read to its end
        raise not_found("picture of the batch", batch_id)
    inspections = await run_in_threadpool(list, _final_ones(here.service.results, batch_id))
    return await render_report(here, inspections[::-1], lang or here.language, f"{batch_id}.pdf")


async def _answer_accepted(
    request: Request, context: Submitting, batch_id: str, envelope: dict[str, Any]
) -> JSONResponse:
    try:
        envelope["batch"] = batch_document(request, await find_batch(context.here, batch_id))
    except ServiceUnavailable as exc:
        _log.warning("batch %s was accepted and cannot be read: %s", batch_id, exc.message)
        envelope["batch"] = None
    location = {"Location": batch_path(request, batch_id)}
    return JSONResponse(envelope, HTTPStatus.ACCEPTED, location)


def _new_batch_id(context: Submitting) -> str:
    """The same id for the same key of the same client, so that a repetition is one batch."""
    if context.key is None:
        return str(ULID())
    text = f"{context.principal.key_id}\n{context.key}".encode()
    return str(ULID(hashlib.sha256(text).digest()[:16]))


def _final_ones(results: Results, batch_id: str) -> Iterator[Inspection]:
    wanted, cursor = InspectionFilter(batch_id=batch_id), None
    while True:
        page = results.list(wanted, _PAGE, cursor, ListOrder.ARRIVAL)
        yield from (one for one in page.inspections if is_final(one))
        cursor = page.next_cursor
        if cursor is None:
            return


def _build_coco(here: Collaborators, batch_id: str) -> IO[bytes]:
    # Closed when it was sent.
    file: IO[bytes] = tempfile.TemporaryFile(dir=here.limits.spool_dir)  # noqa: SIM115
    with closing(CocoExport(file)) as export:
        for inspection in _final_ones(here.service.results, batch_id):
            export.add(inspection)
        export.finish()
    file.seek(0)
    return file


def _blocks(file: IO[bytes]) -> Iterator[Any]:
    with file:
        while block := file.read(_BLOCK):
            yield block
