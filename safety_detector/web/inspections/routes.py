"""``/v1/inspections``: submitting pictures and reading what came of them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from safety_detector.domain.hazards import Label, Language, SubLabel
from safety_detector.domain.inspection import Status, Verdict
from safety_detector.service.records import InspectionFilter, ListOrder
from safety_detector.web.access.authentication import Reader
from safety_detector.web.bodies.kinds import BodyKind, body_kind
from safety_detector.web.collaborators import collaborators
from safety_detector.web.inspections.accepting import (
    FormOutcome,
    Submitting,
    accept_form,
    accept_picture,
    accept_url,
    answer_all_rejected,
    submitting,
)
from safety_detector.web.inspections.documents import inspection_document, inspection_path
from safety_detector.web.inspections.fields import Moment, RecordId, SearchedText
from safety_detector.web.inspections.waiting import (
    granted_wait_s,
    is_final,
    wait_preference_s,
    wait_until_final,
)
from safety_detector.web.openapi import description as openapi
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.lookup import InspectionCursor, InspectionId, find_inspection

router = APIRouter(tags=["inspections"])

_Prefer = Annotated[
    str | None,
    Header(description="`wait=10` asks for the result itself if it is there within 10 s."),
]
_Lang = Annotated[
    Language | None, Query(description="Adds `label_text` and `sub_label_text` in this language.")
]


@router.post(
    "/v1/inspections",
    status_code=HTTPStatus.ACCEPTED,
    summary="Submit pictures",
    responses=openapi.SUBMIT_RESPONSES,
    openapi_extra={"requestBody": openapi.SUBMIT_BODY},
)
async def submit(
    request: Request,
    context: Annotated[Submitting, Depends(submitting)],
    prefer: _Prefer = None,
    lang: _Lang = None,
) -> JSONResponse:
    """Accepts a picture as raw `image/*` body, as JSON `{"url": …}`, or files as multipart.

    When the answer is 2xx, the picture is durable and will end in exactly one final state.  A raw
    body or URL is answered with the inspection; multipart with `inspections` and `rejected`: a bad
    file is rejected alone.
    """
    wait_s = wait_preference_s(prefer, context.here.max_wait_s)
    kind = body_kind(request)
    if kind is BodyKind.FORM:
        outcome = await accept_form(request, context)
        return await _answer_form(request, context, outcome, wait_s, lang)
    accept = accept_url if kind is BodyKind.JSON else accept_picture
    inspection = await accept(request, context)
    here = context.here
    wait_s = granted_wait_s(here, wait_s)
    (settled,) = await wait_until_final([inspection], here.service.results, here.feed, wait_s)
    return JSONResponse(
        inspection_document(request, settled, lang),
        HTTPStatus.OK if is_final(settled) else HTTPStatus.ACCEPTED,
        {"Location": inspection_path(request, settled.id)} | _applied(wait_s),
    )


@router.get(
    "/v1/inspections",
    summary="List inspections",
    responses=openapi.LIST_RESPONSES,
)
async def list_inspections(
    request: Request,
    _principal: Reader,
    status: Status | None = None,
    verdict: Verdict | None = None,
    label: Annotated[Label | None, Query(description="With a detection of this label.")] = None,
    sub_label: Annotated[
        SubLabel | None,
        Query(
            description="With a detection of this state; beside `label`, the same detection where "
            "one can have both."
        ),
    ] = None,
    name: Annotated[
        SearchedText | None,
        Query(description="With this in the picture's name, in capitals or not; no wildcards."),
    ] = None,
    camera_id: RecordId | None = None,
    batch_id: RecordId | None = None,
    since: Annotated[
        Moment | None, Query(description="Taken at or after (`taken_at`), wherever that is from.")
    ] = None,
    until: Annotated[Moment | None, Query(description="Taken before.")] = None,
    order: Annotated[
        ListOrder,
        Query(
            description="`taken` and `arrival`: the newest first. `urgency`: the most urgent first "
            "(fire, smoke, bare heads, each the graver first; what has no conclusion; clear; not "
            "done), of equals the newest; what is inspected while you page moves."
        ),
    ] = ListOrder.TAKEN,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: InspectionCursor = None,
    lang: _Lang = None,
) -> JSONResponse:
    """A page of inspections; `next_cursor` leads to the next one and is null on the last."""
    if since and until and since >= until:
        raise RequestProblem("request-invalid", "until: it must be later than since.")
    wanted = InspectionFilter(
        status=status,
        verdict=verdict,
        label=label,
        sub_label=sub_label,
        name=name,
        camera_id=camera_id,
        batch_id=batch_id,
        since=since,
        until=until,
    )
    results = collaborators(request).service.results
    page = await run_in_threadpool(results.list, wanted, limit, cursor, order)
    return JSONResponse(
        {
            "inspections": [inspection_document(request, one, lang) for one in page.inspections],
            "next_cursor": page.next_cursor,
        }
    )


@router.get(
    "/v1/inspections/{inspection_id}",
    summary="Read an inspection",
    responses=openapi.READ_RESPONSES,
)
async def read_inspection(
    request: Request,
    _principal: Reader,
    inspection_id: InspectionId,
    prefer: _Prefer = None,
    lang: _Lang = None,
) -> JSONResponse:
    """The inspection as it stands; `Prefer: wait=10` waits for its result."""
    here = collaborators(request)
    inspection = await find_inspection(here, inspection_id)
    wait_s = granted_wait_s(here, wait_preference_s(prefer, here.max_wait_s))
    (settled,) = await wait_until_final([inspection], here.service.results, here.feed, wait_s)
    return JSONResponse(inspection_document(request, settled, lang), headers=_applied(wait_s))


async def _answer_form(
    request: Request,
    context: Submitting,
    outcome: FormOutcome,
    wait_s: float,
    lang: Language | None,
) -> JSONResponse:
    here = context.here
    wait_s = granted_wait_s(here, wait_s)
    settled = await wait_until_final(outcome.accepted, here.service.results, here.feed, wait_s)
    envelope: dict[str, Any] = {
        "inspections": [inspection_document(request, one, lang) for one in settled],
        "rejected": [one.as_document() for one in outcome.rejected],
    }
    if not settled:
        return answer_all_rejected(outcome, envelope)
    headers = _applied(wait_s)
    if len(settled) == 1:
        headers["Location"] = inspection_path(request, settled[0].id)
    done = all(is_final(one) for one in settled)
    return JSONResponse(envelope, HTTPStatus.OK if done else HTTPStatus.ACCEPTED, headers)


def _applied(wait_s: float) -> dict[str, str]:
    return {"Preference-Applied": f"wait={wait_s:g}"} if wait_s > 0 else {}
