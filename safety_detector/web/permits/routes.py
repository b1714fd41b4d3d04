"""``/v1/permits``: where and when somebody may make fire and smoke."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from safety_detector.service.incidents.permits import Permits
from safety_detector.service.records import Page
from safety_detector.web.access.authentication import Admin, Reader, actor_of
from safety_detector.web.answers import base_path
from safety_detector.web.bodies.json_bodies import JsonBody
from safety_detector.web.collaborators import collaborators
from safety_detector.web.openapi.description import BODY, KEYED, ONE, located
from safety_detector.web.permits.documents import PermitBody, PermitDocument, PermitsDocument
from safety_detector.web.queries.ids import is_possible_id, not_found
from safety_detector.web.queries.pages import Limit, UlidCursor
from safety_detector.web.queries.values import RecordId

router = APIRouter(tags=["incidents"])

PermitId = Annotated[str, Path(description="A permit's `id`.", max_length=64)]


@router.post(
    "/v1/permits",
    status_code=HTTPStatus.CREATED,
    summary="Enter a hot-work permit",
    responses={**ONE, **BODY, 201: located("The permit")},
)
async def create_permit(
    request: Request,
    response: Response,
    principal: Admin,
    body: Annotated[PermitBody, Depends(JsonBody(PermitBody))],
) -> PermitDocument:
    """Incidents that lie wholly in its place meanwhile name it, and rules may tell others of them.

    Nothing is hidden: one that grows beyond the place, or goes on when the permit is over,
    escalates.
    """
    created = await run_in_threadpool(_permits(request).create, body.permit(), actor_of(principal))
    response.headers["Location"] = f"{base_path(request)}/v1/permits/{created.permit.id}"
    return PermitDocument.of(created)


@router.get(
    "/v1/permits", summary="List hot-work permits", response_description="A page", responses=KEYED
)
async def list_permits(
    request: Request,
    _principal: Reader,
    camera_id: Annotated[RecordId | None, Query(description="Of this camera.")] = None,
    limit: Limit = 50,
    cursor: UlidCursor = None,
) -> PermitsDocument:
    """Also those that are over or revoked; the latest entered come first."""
    found = await run_in_threadpool(_permits(request).list, camera_id, limit + 1, cursor)
    return PermitsDocument.of(Page.cut(found, limit, lambda one: one.permit.id))


@router.get(
    "/v1/permits/{permit_id}",
    summary="Read a hot-work permit",
    response_description="The permit",
    responses=ONE,
)
async def read_permit(request: Request, _principal: Reader, permit_id: PermitId) -> PermitDocument:
    """One permit."""
    found = None
    if is_possible_id(permit_id):
        found = await run_in_threadpool(_permits(request).get, permit_id)
    if found is None:
        raise not_found("permit", permit_id)
    return PermitDocument.of(found)


@router.delete(
    "/v1/permits/{permit_id}",
    summary="Revoke a hot-work permit",
    response_description="The permit as it stands",
    responses=ONE,
)
async def revoke_permit(request: Request, principal: Admin, permit_id: PermitId) -> PermitDocument:
    """From now on it covers nothing; it stays on record for what it covered."""
    done = None
    if is_possible_id(permit_id):
        by = actor_of(principal)
        done = await run_in_threadpool(_permits(request).revoke, permit_id, by)
    if done is None:
        raise not_found("permit", permit_id)
    return PermitDocument.of(done)


def _permits(request: Request) -> Permits:
    return collaborators(request).service.incidents.permits
