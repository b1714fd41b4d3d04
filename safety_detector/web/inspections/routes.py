"""``/v1/inspections``: submitting pictures and reading what came of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from safety_detector.domain.hazards import Label, Language, SubLabel
from safety_detector.domain.inspection import Inspection, Status, Verdict
from safety_detector.service.inspections.listing import CURSOR_PATTERN
from safety_detector.service.records import InspectionFilter, ListOrder
from safety_detector.web.access.authentication import Admin, Reader, actor_of
from safety_detector.web.answers import answer, base_path
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
from safety_detector.web.inspections.documents import (
    InspectionDocument,
    PageDocument,
    SubmittedDocument,
)
from safety_detector.web.inspections.fields import (
    PICTURE_BODY,
    SUBMISSION_FORM,
    PictureHeaders,
    PictureQuery,
    UrlSubmission,
    form_of,
)
from safety_detector.web.inspections.finding import InspectionId, find_inspection
from safety_detector.web.inspections.waiting import (
    granted_wait_s,
    is_final,
    wait_preference_s,
    wait_until_final,
)
from safety_detector.web.openapi.description import (
    BODY,
    INSPECTION,
    KEYED,
    ONE,
    located,
    parameters_of,
    problem,
    schema_of,
)
from safety_detector.web.plain_route import PlainRoute
from safety_detector.web.queries.ids import not_found
from safety_detector.web.queries.pages import Limit
from safety_detector.web.queries.values import Moment, RecordId, SearchedText, check_period

router = APIRouter(tags=["inspections"])

_Prefer = Annotated[
    str | None,
    Header(description="`wait=10` asks for the result itself if it is there within 10 s."),
]
_Lang = Annotated[
    Language | None, Query(description="Adds `label_text` and `sub_label_text` in this language.")
]


_Cursor = Annotated[
    str | None,
    Query(
        max_length=64,
        description="`next_cursor` of the page before, with the same `order`.",
        json_schema_extra={"pattern": CURSOR_PATTERN},
    ),
]

_BODY: Mapping[str, Any] = {
    "required": True,
    "content": {
        "image/*": PICTURE_BODY,
        "application/json": {"schema": schema_of(UrlSubmission)},
        "multipart/form-data": form_of("one or many pictures", SUBMISSION_FORM),
    },
}


async def submit(request: Request) -> Response:
    """Accepts a picture as raw `image/*` body, as JSON `{"url": …}`, or files as multipart.

    When the answer is 2xx, the picture is durable and will end in exactly one final state.  A raw
    body or URL is answered with the inspection; multipart with `inspections` and `rejected`: a bad
    file is rejected alone.
    """
    context = await submitting(request, PictureQuery)
    lang: Language | None = context.options.get("lang")
    wait_s = wait_preference_s(request.headers.get("prefer"), context.here.streams.max_wait_s)
    kind = body_kind(request)
    if kind is BodyKind.FORM:
        outcome = await accept_form(request, context)
        return await _answer_form(request, context, outcome, wait_s, lang)
    accept = accept_url if kind is BodyKind.JSON else accept_picture
    inspection = await accept(request, context)
    here = context.here
    wait_s = granted_wait_s(here, wait_s)
    (settled,) = await wait_until_final(
        [inspection], here.service.inspections.results, here.streams.feed, wait_s
    )
    document = InspectionDocument.of(settled, lang, base_path(request))
    headers = {"Location": document.links.self} | _applied(wait_s)
    return answer(document, _status([settled]), headers)


router.add_api_route(
    "/v1/inspections",
    submit,
    methods=["POST"],
    route_class_override=PlainRoute,
    status_code=HTTPStatus.ACCEPTED,
    summary="Submit pictures",
    response_model=InspectionDocument | SubmittedDocument,
    responses={
        **ONE,
        **BODY,
        202: located("Accepted and durable; a form gets `inspections` and `rejected`"),
        200: {
            "description": "With `Prefer: wait`, the result",
            "model": InspectionDocument | SubmittedDocument,
        },
    },
    openapi_extra={
        "parameters": [
            *parameters_of("query", PictureQuery),
            *parameters_of("header", PictureHeaders),
        ],
        "requestBody": _BODY,
    },
)


@router.get(
    "/v1/inspections",
    summary="List inspections",
    response_description="A page",
    responses=KEYED,
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
    corrected: Annotated[
        bool | None, Query(description="Whether a person has said what is in it.")
    ] = None,
    order: Annotated[
        ListOrder,
        Query(
            description="`taken` and `arrival`: the newest first. `urgency`: the most urgent first "
            "(fire, smoke, bare heads, each the graver first; what has no conclusion; clear; not "
            "done), of equals the newest; what is inspected while you page moves."
        ),
    ] = ListOrder.TAKEN,
    limit: Limit = 50,
    cursor: _Cursor = None,
    lang: _Lang = None,
) -> PageDocument:
    """A page of inspections; `next_cursor` leads to the next one and is null on the last."""
    check_period(since, until)
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
        corrected=corrected,
    )
    results = collaborators(request).service.inspections.results
    page = await run_in_threadpool(results.list, wanted, limit, cursor, order)
    return PageDocument.of(page, lang, base_path(request))


@router.get(
    "/v1/inspections/{inspection_id}",
    summary="Read an inspection",
    response_description="The inspection",
    responses=INSPECTION,
)
async def read_inspection(
    request: Request,
    response: Response,
    _principal: Reader,
    inspection_id: InspectionId,
    prefer: _Prefer = None,
    lang: _Lang = None,
) -> InspectionDocument:
    """The inspection as it stands; `Prefer: wait=10` waits for its result."""
    here = collaborators(request)
    inspection = await find_inspection(here, inspection_id)
    wait_s = granted_wait_s(here, wait_preference_s(prefer, here.streams.max_wait_s))
    (settled,) = await wait_until_final(
        [inspection], here.service.inspections.results, here.streams.feed, wait_s
    )
    response.headers.update(_applied(wait_s))
    return InspectionDocument.of(settled, lang, base_path(request))


@router.delete(
    "/v1/inspections/{inspection_id}",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    summary="Delete an inspection",
    response_description="Deleted",
    responses={**INSPECTION, 409: problem("It is not done yet, or kept as evidence")},
)
async def delete_inspection(
    request: Request, principal: Admin, inspection_id: InspectionId
) -> None:
    """Removes it for good, with its pictures and corrections, as retention would.

    One under hold, or that is evidence of an incident that is not settled, stays. The audit log
    says who did.
    """
    here = collaborators(request)
    inspection = await find_inspection(here, inspection_id)
    remove = here.service.retention.inspections.remove
    if not await run_in_threadpool(remove, inspection.id, actor_of(principal)):
        raise not_found("inspection", inspection_id)


async def _answer_form(
    request: Request,
    context: Submitting,
    outcome: FormOutcome,
    wait_s: float,
    lang: Language | None,
) -> Response:
    here = context.here
    wait_s = granted_wait_s(here, wait_s)
    settled = await wait_until_final(
        outcome.accepted, here.service.inspections.results, here.streams.feed, wait_s
    )
    base = base_path(request)
    document = SubmittedDocument(
        inspections=[InspectionDocument.of(one, lang, base) for one in settled],
        rejected=outcome.rejected_documents(),
    )
    if not settled:
        return answer_all_rejected(outcome, document.as_json())
    headers = _applied(wait_s)
    if len(settled) == 1:
        headers["Location"] = document.inspections[0].links.self
    return answer(document, _status(settled), headers)


def _status(settled: Sequence[Inspection]) -> HTTPStatus:
    done = all(is_final(one) for one in settled)
    return HTTPStatus.OK if done else HTTPStatus.ACCEPTED


def _applied(wait_s: float) -> dict[str, str]:
    return {"Preference-Applied": f"wait={wait_s:g}"} if wait_s > 0 else {}
