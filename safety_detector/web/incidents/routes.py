"""``/v1/incidents``: what cameras' looks came to."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.concurrency import run_in_threadpool

from safety_detector.documents.incidents import (
    ActsDocument,
    ChangesDocument,
    IncidentDocument,
    IncidentsDocument,
    MaskProposalDocument,
)
from safety_detector.domain.incidents.handling import HandlingState
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.incident import Stage
from safety_detector.domain.incidents.looks import Severity
from safety_detector.service.access.audit import Actor
from safety_detector.service.incidents.records import IncidentFilter, NewAct, StoredIncident
from safety_detector.service.records import Page
from safety_detector.web.access.authentication import Admin, Reader, actor_of
from safety_detector.web.answers import base_path
from safety_detector.web.bodies.json_bodies import JsonBody
from safety_detector.web.collaborators import Collaborators, collaborators
from safety_detector.web.incidents.bodies import ActBody, IncidentBody, MaskAcceptance
from safety_detector.web.openapi.description import BODY, KEYED, ONE, problem
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.ids import is_possible_id, not_found
from safety_detector.web.queries.pages import Limit, UlidCursor
from safety_detector.web.queries.values import Moment, RecordId, SearchedText

router = APIRouter(tags=["incidents"])

IncidentId = Annotated[str, Path(description="An incident's `id`.", max_length=64)]


@router.get(
    "/v1/incidents", summary="List incidents", response_description="A page", responses=KEYED
)
async def list_incidents(
    request: Request,
    _principal: Reader,
    state: Annotated[HandlingState | None, Query(description="How far people are with it.")] = None,
    stage: Annotated[Stage | None, Query(description="What cameras see of it.")] = None,
    hazard: Annotated[
        IncidentHazard | None,
        Query(description="Only those that are about it, among others: `fire`, `camera_silent` …"),
    ] = None,
    severity: Annotated[Severity | None, Query(description="Only those.")] = None,
    camera_id: Annotated[RecordId | None, Query(description="Of this camera.")] = None,
    assignee: Annotated[SearchedText | None, Query(description="Who puts it right.")] = None,
    since: Annotated[Moment | None, Query(description="Opened at or after.")] = None,
    until: Annotated[Moment | None, Query(description="Opened before.")] = None,
    limit: Limit = 50,
    cursor: UlidCursor = None,
) -> IncidentsDocument:
    """One fire is one incident, however many pictures show it; the latest come first."""
    _check_period(since, until)
    wanted = IncidentFilter(state, stage, hazard, camera_id, severity, assignee, since, until)
    records = collaborators(request).service.incidents.records
    found = await run_in_threadpool(records.list, wanted, limit + 1, cursor)
    page = Page.cut(found, limit, lambda one: one.id)
    return IncidentsDocument.of(page, base_path=base_path(request))


@router.get(
    "/v1/incidents/{incident_id}",
    summary="Read an incident",
    response_description="The incident",
    responses=ONE,
)
async def read_incident(
    request: Request, _principal: Reader, incident_id: IncidentId
) -> IncidentDocument:
    """As it stands.  A picture that came late may have given it another `id`: both lead here."""
    incident = await _find(collaborators(request), incident_id)
    return IncidentDocument.of(incident, base_path=base_path(request))


@router.patch(
    "/v1/incidents/{incident_id}",
    summary="Say what an incident is",
    response_description="The incident",
    responses={**ONE, **BODY},
)
async def describe_incident(
    request: Request,
    principal: Admin,
    incident_id: IncidentId,
    body: Annotated[IncidentBody, Depends(JsonBody(IncidentBody))],
) -> IncidentDocument:
    """Where, what, against which rule, how grave: a person's words, and audited as any act."""
    return await _do(request, incident_id, body.wanted(), actor_of(principal))


@router.get(
    "/v1/incidents/{incident_id}/changes",
    summary="What happened to an incident",
    response_description="In order",
    responses=ONE,
)
async def list_changes(
    request: Request, _principal: Reader, incident_id: IncidentId
) -> ChangesDocument:
    """When it opened, grew, went quiet, and by which picture."""
    here = collaborators(request)
    incident = await _find(here, incident_id)
    changes = await run_in_threadpool(here.service.incidents.records.changes, incident.id)
    return ChangesDocument.of({"changes": changes})


@router.post(
    "/v1/incidents/{incident_id}/acts",
    status_code=HTTPStatus.CREATED,
    summary="Do something about an incident",
    response_description="The incident",
    responses={**ONE, **BODY, 409: problem("Its state does not allow that")},
)
async def do_act(
    request: Request,
    principal: Admin,
    incident_id: IncidentId,
    body: Annotated[ActBody, Depends(JsonBody(ActBody))],
) -> IncidentDocument:
    """Leads from `open` to `closed`; every act stands in the audit log, with who did it.

    What the state does not allow is refused with what it does allow: of two who do the same at
    once one is told that the other did.
    """
    return await _do(request, incident_id, body.wanted(), actor_of(principal))


@router.get(
    "/v1/incidents/{incident_id}/acts",
    summary="What was done about an incident",
    response_description="In order",
    responses=ONE,
)
async def list_acts(request: Request, _principal: Reader, incident_id: IncidentId) -> ActsDocument:
    """Every act, with who did it and when."""
    here = collaborators(request)
    incident = await _find(here, incident_id)
    acts = await run_in_threadpool(here.service.incidents.acts.list, incident.id)
    return ActsDocument.of({"acts": acts})


async def _do(request: Request, incident_id: str, wanted: NewAct, by: Actor) -> IncidentDocument:
    acts = collaborators(request).service.incidents.acts
    known = is_possible_id(incident_id)
    done = await run_in_threadpool(acts.do, incident_id, wanted, by) if known else None
    if done is None:
        raise not_found("incident", incident_id)
    return IncidentDocument.of(done, base_path=base_path(request))


@router.get(
    "/v1/incidents/{incident_id}/mask-proposal",
    summary="The mask that would keep a false alarm from coming again",
    response_description="The proposal",
    responses={**ONE, 409: problem("Nothing there was called a false alarm, or it is masked")},
)
async def propose_mask(
    request: Request, _principal: Reader, incident_id: IncidentId
) -> MaskProposalDocument:
    """For an incident at a place where somebody called this one, or another, a false alarm."""
    proposals, found = collaborators(request).service.incidents.mask_proposals, None
    if is_possible_id(incident_id):
        found = await run_in_threadpool(proposals.propose, incident_id)
    if found is None:
        raise not_found("incident", incident_id)
    return MaskProposalDocument.of(found)


@router.post(
    "/v1/incidents/{incident_id}/mask-proposal",
    status_code=HTTPStatus.CREATED,
    summary="Accept the proposed mask",
    response_description="What the camera got",
    responses={
        **ONE,
        **BODY,
        409: problem("Nothing there was called a false alarm, or it is masked"),
    },
)
async def accept_mask(
    request: Request,
    principal: Admin,
    incident_id: IncidentId,
    body: Annotated[MaskAcceptance, Depends(JsonBody(MaskAcceptance))],
) -> MaskProposalDocument:
    """Adds it to the camera, from now on; the audit log says who did."""
    proposals, by, done = (
        collaborators(request).service.incidents.mask_proposals,
        actor_of(principal),
        None,
    )
    if is_possible_id(incident_id):
        done = await run_in_threadpool(proposals.accept, incident_id, body.reason, by)
    if done is None:
        raise not_found("incident", incident_id)
    return MaskProposalDocument.of(done)


async def _find(here: Collaborators, incident_id: str) -> StoredIncident:
    found = None
    if is_possible_id(incident_id):
        found = await run_in_threadpool(here.service.incidents.records.get, incident_id)
    if found is None:
        raise not_found("incident", incident_id)
    return found


def _check_period(since: datetime | None, until: datetime | None) -> None:
    if since and until and since >= until:
        raise RequestProblem("request-invalid", "until: it must be later than since.")
