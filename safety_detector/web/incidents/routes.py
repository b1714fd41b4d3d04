"""``/v1/incidents``: what cameras' looks came to."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool

from safety_detector.documents.incidents import (
    ChangesDocument,
    IncidentDocument,
    IncidentsDocument,
)
from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.incidents.incident import Stage
from safety_detector.domain.incidents.looks import Severity
from safety_detector.service.incidents.records import IncidentFilter, StoredIncident
from safety_detector.service.records import Page
from safety_detector.web.access.authentication import Reader
from safety_detector.web.answers import base_path
from safety_detector.web.collaborators import Collaborators, collaborators
from safety_detector.web.openapi.description import KEYED, ONE
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.ids import is_possible_id, not_found
from safety_detector.web.queries.pages import Limit, UlidCursor
from safety_detector.web.queries.values import Moment, RecordId

router = APIRouter(tags=["incidents"])

IncidentId = Annotated[str, Path(description="An incident's `id`.", max_length=64)]


@router.get(
    "/v1/incidents", summary="List incidents", response_description="A page", responses=KEYED
)
async def list_incidents(
    request: Request,
    _principal: Reader,
    state: Annotated[Stage | None, Query(description="Only those.")] = None,
    hazard: Annotated[
        WatchedHazard | None, Query(description="Only those that show it, among others.")
    ] = None,
    severity: Annotated[Severity | None, Query(description="Only those.")] = None,
    camera_id: Annotated[RecordId | None, Query(description="Of this camera.")] = None,
    since: Annotated[Moment | None, Query(description="Opened at or after.")] = None,
    until: Annotated[Moment | None, Query(description="Opened before.")] = None,
    limit: Limit = 50,
    cursor: UlidCursor = None,
) -> IncidentsDocument:
    """One fire is one incident, however many pictures show it; the latest come first."""
    _check_period(since, until)
    wanted = IncidentFilter(state, hazard, camera_id, severity, since, until)
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
