"""``/v1/holds`` and ``…/hold``: what is kept, whatever retention says."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from safety_detector.service.records import Page
from safety_detector.web.access.authentication import Admin, actor_of
from safety_detector.web.bodies.json_bodies import JsonBody
from safety_detector.web.collaborators import collaborators
from safety_detector.web.holds.documents import HoldBody, HoldDocument, HoldsDocument
from safety_detector.web.inspections.finding import InspectionId, find_inspection
from safety_detector.web.openapi.description import BODY, INSPECTION, KEYED, ONE
from safety_detector.web.queries.ids import is_possible_id, not_found
from safety_detector.web.queries.pages import Limit

router = APIRouter(tags=["operation"])


@router.put(
    "/v1/inspections/{inspection_id}/hold",
    summary="Keep an inspection",
    response_description="The hold",
    responses={**INSPECTION, **BODY},
)
async def set_hold(
    request: Request,
    principal: Admin,
    inspection_id: InspectionId,
    body: Annotated[HoldBody, Depends(JsonBody(HoldBody))],
) -> HoldDocument:
    """Keeps it with its pictures, whatever retention says; one that is held keeps its reason."""
    here = collaborators(request)
    await find_inspection(here, inspection_id)
    (hold,) = await run_in_threadpool(
        here.service.retention.holds.set, [inspection_id], body.reason, actor_of(principal)
    )
    return HoldDocument.of(hold)


@router.delete(
    "/v1/inspections/{inspection_id}/hold",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    summary="Release a hold",
    response_description="Released",
    responses=ONE,
)
async def release_hold(request: Request, principal: Admin, inspection_id: InspectionId) -> None:
    """Retention counts for the inspection again; 404 if it was not held."""
    holds = collaborators(request).service.retention.holds
    known = [inspection_id] if is_possible_id(inspection_id) else []
    if not await run_in_threadpool(holds.release, known, actor_of(principal)):
        raise not_found("hold on an inspection", inspection_id)


@router.get("/v1/holds", summary="List holds", response_description="A page", responses=KEYED)
async def list_holds(
    request: Request,
    _principal: Admin,
    limit: Limit = 50,
    cursor: Annotated[
        str | None,
        Query(
            pattern="^[0-9A-HJKMNP-TV-Z]{26}$",
            description="`next_cursor` of the page before.",
        ),
    ] = None,
) -> HoldsDocument:
    """What is kept, why, and who said so; the oldest picture first."""
    holds = collaborators(request).service.retention.holds
    found = await run_in_threadpool(holds.list, limit + 1, cursor or "")
    return HoldsDocument.of(Page.cut(found, limit, lambda hold: hold.inspection_id))
