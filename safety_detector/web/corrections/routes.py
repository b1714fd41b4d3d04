"""``/v1/inspections/{inspection_id}/correction``: what people say is in a picture."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response
from starlette.concurrency import run_in_threadpool

from safety_detector.service.inspections.corrections import Correction
from safety_detector.web.access.authentication import Handler, Reader, actor_of
from safety_detector.web.bodies.json_bodies import JsonBody
from safety_detector.web.collaborators import collaborators
from safety_detector.web.corrections.documents import (
    CorrectionBody,
    CorrectionDocument,
    CorrectionsDocument,
)
from safety_detector.web.inspections.finding import InspectionId, find_inspection
from safety_detector.web.openapi.description import BODY, INSPECTION, problem
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.ids import not_found

router = APIRouter(tags=["inspections"])

_MOST_LISTED = 500
_NONE_YET = 0
_TAG = re.compile(r'"([0-7][0-9A-HJKMNP-TV-Z]{25})-correction-([0-9]{1,9})"')
_ANY_TAG = re.compile(r'(W/)?"[^"]*"')

_IfMatch = Annotated[
    str | None,
    Header(
        max_length=2000,
        description="`ETag` of the correction as you have read it: yours is saved only if nobody "
        "corrected the picture since (412 says who).",
    ),
]
_IfNoneMatch = Annotated[
    str | None,
    Header(max_length=2000, description="`*`: yours is saved only if nobody has corrected it yet."),
]


@router.get(
    "/v1/inspections/{inspection_id}/correction",
    summary="Read a correction",
    response_description="The latest",
    responses=INSPECTION,
)
async def read_correction(
    request: Request, response: Response, _principal: Reader, inspection_id: InspectionId
) -> CorrectionDocument:
    """What a person says is in the picture; 404 where nobody has said anything."""
    here = collaborators(request)
    inspection = await find_inspection(here, inspection_id)
    found = await run_in_threadpool(here.service.inspections.corrections.get, inspection.id)
    if found is None:
        raise not_found("correction of the inspection", inspection_id)
    return _shown(response, found)


@router.get(
    "/v1/inspections/{inspection_id}/corrections",
    summary="List a picture's corrections",
    response_description="The corrections",
    responses=INSPECTION,
)
async def list_corrections(
    request: Request, _principal: Reader, inspection_id: InspectionId
) -> CorrectionsDocument:
    """All that people said of it, the latest first; the 500 latest at most."""
    here = collaborators(request)
    inspection = await find_inspection(here, inspection_id)
    corrections = here.service.inspections.corrections
    found = await run_in_threadpool(corrections.history, inspection.id, _MOST_LISTED)
    return CorrectionsDocument.of({"corrections": found})


@router.put(
    "/v1/inspections/{inspection_id}/correction",
    summary="Correct a picture",
    response_description="The correction",
    responses={
        **INSPECTION,
        **BODY,
        409: problem("The inspection is not completed"),
        412: problem("Somebody else corrected it meanwhile"),
    },
)
async def save_correction(
    request: Request,
    response: Response,
    principal: Handler,
    inspection_id: InspectionId,
    body: Annotated[CorrectionBody, Depends(JsonBody(CorrectionBody))],
    if_match: _IfMatch = None,
    if_none_match: _IfNoneMatch = None,
) -> CorrectionDocument:
    """Says everything that is in the picture: a further version, the earlier ones stay.

    The inspection's detections, verdict and incidents stay what the detector said. It goes with the
    inspection when retention removes that; a hold keeps both.
    """
    here = collaborators(request)
    inspection = await find_inspection(here, inspection_id)
    saved = await run_in_threadpool(
        here.service.inspections.corrections.save,
        inspection.id,
        body.wanted(),
        actor_of(principal),
        _seen(if_match, if_none_match, inspection.id),
    )
    return _shown(response, saved)


def _shown(response: Response, correction: Correction) -> CorrectionDocument:
    response.headers["ETag"] = f'"{correction.inspection_id}-correction-{correction.version}"'
    return CorrectionDocument.of(correction)


def _seen(if_match: str | None, if_none_match: str | None, inspection_id: str) -> int | None:
    """The version that was read; None where any will do, one that there never is for none of ours.

    Raises:
        RequestProblem: a header that says nothing.
    """
    if if_none_match is not None:
        if if_none_match.strip() != "*":
            raise RequestProblem("request-invalid", "If-None-Match: * alone can be said here.")
        return _NONE_YET
    if if_match is None or if_match.strip() == "*":
        return None
    if _ANY_TAG.fullmatch(if_match.strip()) is None:
        raise RequestProblem(
            "request-invalid", "If-Match: the ETag of the correction is needed, with its quotes."
        )
    tag = _TAG.fullmatch(if_match.strip())
    return int(tag[2]) if tag is not None and tag[1] == inspection_id else -1
