"""``/v1/incidents``: what cameras' looks came to."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from safety_detector.documents.incident_acts import ActsDocument
from safety_detector.documents.incident_pictures import SeenPicturesDocument
from safety_detector.documents.incident_statistics import StatisticsDocument
from safety_detector.documents.incidents import (
    ChangesDocument,
    IncidentDocument,
    IncidentsDocument,
    MaskProposalDocument,
)
from safety_detector.domain.incidents.handling import HandlingState, Level, Review
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.incident import Stage
from safety_detector.domain.incidents.looks import Severity
from safety_detector.service.access.audit import Actor
from safety_detector.service.incidents.records import IncidentFilter, NewAct, StoredIncident
from safety_detector.service.records import Page
from safety_detector.web.access.authentication import Admin, Handler, Reader, actor_of
from safety_detector.web.answers import base_path
from safety_detector.web.bodies.json_bodies import JsonBody
from safety_detector.web.collaborators import Collaborators, collaborators
from safety_detector.web.incidents.bodies import ActBody, IncidentBody, MaskAcceptance
from safety_detector.web.incidents.versions import IfMatch, seen_versions, tag_of
from safety_detector.web.openapi.description import BODY, KEYED, ONE, Responses, problem
from safety_detector.web.queries.ids import is_possible_id, not_found
from safety_detector.web.queries.pages import Limit, UlidCursor
from safety_detector.web.queries.values import Moment, RecordId, SearchedText, check_period

router = APIRouter(tags=["incidents"])

_CHANGED: Responses = {412: problem("Somebody did something about it since; `detail` says who")}

IncidentId = Annotated[str, Path(description="An incident's `id`.", max_length=64)]


def wanted_incidents(
    state: Annotated[HandlingState | None, Query(description="How far people are with it.")] = None,
    review: Annotated[Review | None, Query(description="What a person said that it is.")] = None,
    stage: Annotated[
        Stage | None,
        Query(
            description="What cameras see of it. What went into another incident is listed with "
            "`merged` alone."
        ),
    ] = None,
    hazard: Annotated[
        IncidentHazard | None, Query(description="Only those that show it, among others.")
    ] = None,
    severity: Annotated[Severity | None, Query(description="Only those.")] = None,
    level: Annotated[Level | None, Query(description="How grave a person says.")] = None,
    camera_id: Annotated[RecordId | None, Query(description="Of this camera.")] = None,
    zone_id: Annotated[RecordId | None, Query(description="In this zone.")] = None,
    assignee: Annotated[SearchedText | None, Query(description="Who puts it right.")] = None,
    responsible_unit: Annotated[SearchedText | None, Query(description="Whose place.")] = None,
    overdue: Annotated[
        bool | None, Query(description="Whether it is assigned, and should be put right by now.")
    ] = None,
    of_camera: Annotated[
        bool | None,
        Query(description="Whether it is a fault of the camera itself, and no hazard."),
    ] = None,
    q: Annotated[
        SearchedText | None,
        Query(description="Stands in what people wrote of it, or in its camera's name or id."),
    ] = None,
    since: Annotated[Moment | None, Query(description="Opened at or after.")] = None,
    until: Annotated[Moment | None, Query(description="Opened before.")] = None,
) -> IncidentFilter:
    """Which incidents a query means.

    Raises:
        RequestProblem: the period ends before it begins.
    """
    check_period(since, until)
    return IncidentFilter(
        state=state,
        stage=stage,
        hazard=hazard,
        camera_id=camera_id,
        severity=severity,
        assignee=assignee,
        since=since,
        until=until,
        zone_id=zone_id,
        review=review,
        level=level,
        responsible_unit=responsible_unit,
        overdue=overdue,
        text=q,
        of_camera=of_camera,
    )


Wanted = Annotated[IncidentFilter, Depends(wanted_incidents)]


@router.get(
    "/v1/incidents", summary="List incidents", response_description="A page", responses=KEYED
)
async def list_incidents(
    request: Request,
    _principal: Reader,
    wanted: Wanted,
    limit: Limit = 50,
    cursor: UlidCursor = None,
) -> IncidentsDocument:
    """One fire is one incident, however many pictures show it; the latest come first."""
    records = collaborators(request).service.incidents.records
    found = await run_in_threadpool(records.list, wanted, limit + 1, cursor)
    page = Page.cut(found, limit, lambda one: one.id)
    return IncidentsDocument.of(page, base_path=base_path(request))


@router.get(
    "/v1/incidents/statistics",
    summary="Count incidents",
    response_description="The statistics",
    responses=KEYED,
)
async def count_incidents(
    request: Request, _principal: Reader, wanted: Wanted
) -> StatisticsDocument:
    """How many there are, what became of them, and how fast, by hazard, camera, level and time."""
    statistics = collaborators(request).service.incidents.statistics
    return StatisticsDocument.of(await run_in_threadpool(statistics.of, wanted))


@router.get(
    "/v1/incidents/{incident_id}",
    summary="Read an incident",
    response_description="The incident",
    responses=ONE,
)
async def read_incident(
    request: Request,
    response: Response,
    _principal: Reader,
    incident_id: IncidentId,
    follow: Annotated[
        bool, Query(description="Lead on from an incident that went into another one.")
    ] = True,
) -> IncidentDocument:
    """As it stands; `Content-Location` says where.

    An `id` that it had before a picture came late leads here, and so does that of an incident that
    went into this one.
    """
    incident = await _find(collaborators(request), incident_id, follow=follow)
    return _shown(request, response, incident)


@router.patch(
    "/v1/incidents/{incident_id}",
    summary="Say what an incident is",
    response_description="The incident",
    responses={**ONE, **BODY, **_CHANGED},
)
async def describe_incident(
    request: Request,
    response: Response,
    principal: Handler,
    incident_id: IncidentId,
    body: Annotated[IncidentBody, Depends(JsonBody(IncidentBody))],
    if_match: IfMatch = None,
) -> IncidentDocument:
    """Where, what, against which rule, how grave: a person's words, and audited as any act."""
    done = await _do(request, incident_id, body.wanted(), actor_of(principal), if_match)
    return _shown(request, response, done)


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
    incident = await _find(here, incident_id, follow=False)
    changes = await run_in_threadpool(here.service.incidents.records.changes, incident.id)
    return ChangesDocument.of({"changes": changes})


@router.get(
    "/v1/incidents/{incident_id}/pictures",
    summary="The pictures that show an incident",
    response_description="A page, the earliest first",
    responses=ONE,
)
async def list_pictures(
    request: Request,
    _principal: Reader,
    incident_id: IncidentId,
    limit: Limit = 50,
    cursor: UlidCursor = None,
) -> SeenPicturesDocument:
    """All of them, with where in them it is; also those of incidents that went into this one.

    A sighting that was too unsure to open it, long before others did, is not among them.
    """
    here = collaborators(request)
    incident = await _find(here, incident_id, follow=False)
    pictures = here.service.incidents.pictures
    found = await run_in_threadpool(pictures.list, incident.id, limit + 1, cursor)
    page = Page.cut(found, limit, lambda one: one.inspection_id)
    return SeenPicturesDocument.of(page, base_path=base_path(request))


@router.post(
    "/v1/incidents/{incident_id}/acts",
    status_code=HTTPStatus.CREATED,
    summary="Do something about an incident",
    response_description="The incident",
    responses={**ONE, **BODY, **_CHANGED, 409: problem("Its state does not allow that")},
)
async def do_act(
    request: Request,
    response: Response,
    principal: Handler,
    incident_id: IncidentId,
    body: Annotated[ActBody, Depends(JsonBody(ActBody))],
    if_match: IfMatch = None,
) -> IncidentDocument:
    """Leads from `open` to `closed`; every act stands in the audit log, with who did it.

    What the state does not allow is refused with what it does allow: of two who do the same at
    once one is told that the other did.
    """
    done = await _do(request, incident_id, body.wanted(), actor_of(principal), if_match)
    return _shown(request, response, done)


@router.get(
    "/v1/incidents/{incident_id}/acts",
    summary="What was done about an incident",
    response_description="In order",
    responses=ONE,
)
async def list_acts(request: Request, _principal: Reader, incident_id: IncidentId) -> ActsDocument:
    """Every act, with who did it and when."""
    here = collaborators(request)
    incident = await _find(here, incident_id, follow=False)
    acts = await run_in_threadpool(here.service.incidents.acts.list, incident.id)
    return ActsDocument.of({"acts": acts})


async def _do(
    request: Request, incident_id: str, wanted: NewAct, by: Actor, if_match: str | None
) -> StoredIncident:
    acts, seen = collaborators(request).service.incidents.acts, seen_versions(if_match)
    known = is_possible_id(incident_id)
    done = await run_in_threadpool(acts.do, incident_id, wanted, by, seen) if known else None
    if done is None:
        raise not_found("incident", incident_id)
    return done


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


async def _find(here: Collaborators, incident_id: str, *, follow: bool) -> StoredIncident:
    found = None
    if is_possible_id(incident_id):
        records = here.service.incidents.records
        found = await run_in_threadpool(records.get if follow else records.get_own, incident_id)
    if found is None:
        raise not_found("incident", incident_id)
    return found


def _shown(request: Request, response: Response, incident: StoredIncident) -> IncidentDocument:
    document = IncidentDocument.of(incident, base_path=base_path(request))
    response.headers["ETag"] = tag_of(incident)
    response.headers["Content-Location"] = document.links.self
    return document
