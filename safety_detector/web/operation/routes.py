"""``/v1/requeue``, ``/v1/holds``, ``/v1/audit``, ``…/hold``: what operators do to inspections."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from safety_detector.service.audit import AuditAction, AuditFilter
from safety_detector.web.access.authentication import Admin, actor_of
from safety_detector.web.bodies.json_values import json_body
from safety_detector.web.bodies.uploads import receive_json
from safety_detector.web.collaborators import collaborators
from safety_detector.web.inspections.fields import Moment, checked
from safety_detector.web.openapi import description as openapi
from safety_detector.web.operation.documents import (
    HoldBody,
    RequeueBody,
    audit_document,
    hold_document,
)
from safety_detector.web.queries.lookup import (
    InspectionId,
    find_inspection,
    is_possible_id,
    not_found,
)

router = APIRouter(tags=["operation"])

_Limit = Annotated[int, Query(ge=1, le=500)]


@router.post(
    "/v1/requeue",
    summary="Run failed inspections again",
    responses=openapi.REQUEUE_RESPONSES,
    openapi_extra={"requestBody": openapi.REQUEUE_BODY},
)
async def requeue(request: Request, principal: Admin) -> JSONResponse:
    """Queues the named ones, or all that failed since a moment; their faults are forgotten."""
    here = collaborators(request)
    body = checked(RequeueBody, json_body(await receive_json(request, here.limits)))
    recovery, by = here.service.recovery, actor_of(principal)
    named, since = body.inspection_ids or [], body.failed_since
    if since is not None:
        requeued = await run_in_threadpool(recovery.requeue_failed, since, None, by)
    else:
        requeued = await run_in_threadpool(recovery.requeue, named, by)
    left = sorted(set(named) - set(requeued))
    return JSONResponse({"requeued": len(requeued), "left": left})


@router.put(
    "/v1/inspections/{inspection_id}/hold",
    summary="Keep an inspection",
    responses=openapi.HOLD_RESPONSES,
    openapi_extra={"requestBody": openapi.HOLD_BODY},
)
async def set_hold(request: Request, principal: Admin, inspection_id: InspectionId) -> JSONResponse:
    """Keeps it with its pictures, whatever retention says; one that is held keeps its reason."""
    here = collaborators(request)
    body = checked(HoldBody, json_body(await receive_json(request, here.limits)))
    await find_inspection(here, inspection_id)
    (hold,) = await run_in_threadpool(
        here.service.holds.set, [inspection_id], body.reason, actor_of(principal)
    )
    return JSONResponse(hold_document(hold))


@router.delete(
    "/v1/inspections/{inspection_id}/hold",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Release a hold",
    responses=openapi.RELEASE_RESPONSES,
)
async def release_hold(request: Request, principal: Admin, inspection_id: InspectionId) -> Response:
    """Retention counts for the inspection again; 404 if it was not held."""
    holds = collaborators(request).service.holds
    known = [inspection_id] if is_possible_id(inspection_id) else []
    if not await run_in_threadpool(holds.release, known, actor_of(principal)):
        raise not_found("hold on an inspection", inspection_id)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get("/v1/holds", summary="List holds", responses=openapi.LIST_HOLDS_RESPONSES)
async def list_holds(
    request: Request,
    _principal: Admin,
    limit: _Limit = 50,
    cursor: Annotated[
        str | None,
        Query(
            pattern="^[0-9A-HJKMNP-TV-Z]{26}$",
            description="`next_cursor` of the page before.",
        ),
    ] = None,
) -> JSONResponse:
    """What is kept, why, and who said so; the oldest picture first."""
    holds = collaborators(request).service.holds
    found = await run_in_threadpool(holds.list, limit + 1, cursor or "")
    page = found[:limit]
    return JSONResponse(
        {
            "holds": [hold_document(one) for one in page],
            "next_cursor": page[-1].inspection_id if len(found) > limit else None,
        }
    )


@router.get("/v1/audit", summary="Read the audit log", responses=openapi.AUDIT_RESPONSES)
async def read_audit(
    request: Request,
    _principal: Admin,
    action: AuditAction | None = None,
    since: Annotated[Moment | None, Query(description="At or after.")] = None,
    until: Annotated[Moment | None, Query(description="Before.")] = None,
    limit: _Limit = 50,
    cursor: Annotated[
        str | None,
        Query(pattern="^[0-9]{1,18}$", description="`next_cursor` of the page before."),
    ] = None,
) -> JSONResponse:
    """Who made and revoked keys, changed cameras, held, requeued and purged; newest first."""
    audit = collaborators(request).service.audit
    wanted = AuditFilter(action, since, until)
    before = None if cursor is None else int(cursor)
    found = await run_in_threadpool(audit.entries, wanted, limit + 1, before)
    page = found[:limit]
    return JSONResponse(
        {
            "entries": [audit_document(one) for one in page],
            "next_cursor": str(page[-1].id) if len(found) > limit else None,
        }
    )
