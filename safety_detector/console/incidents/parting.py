"""``/incidents/{id}/parts``: two that are one, and one that is two, chosen from pictures."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from safety_detector.console.forms import Form, read_form
from safety_detector.console.incidents.acting import IncidentId, do_what_form_says, find_incident
from safety_detector.console.incidents.listing import Cursor
from safety_detector.console.rendering import page
from safety_detector.console.route import PageRoute, detail_of, status_of
from safety_detector.console.visitor import Manager, Visitor
from safety_detector.documents.incident_pictures import SeenPicturesDocument
from safety_detector.documents.incidents import IncidentDocument
from safety_detector.domain.incidents.handling import ActKind, HandlingState, allowed_acts
from safety_detector.domain.incidents.looks import family_of
from safety_detector.errors import SafetyDetectorError
from safety_detector.service.incidents.records import IncidentFilter, StoredIncident
from safety_detector.service.records import Page
from safety_detector.web.answers import base_path
from safety_detector.web.collaborators import Collaborators, collaborators
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.values import checked

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_PICTURES = 120  # to choose from at once
_OF_CAMERA, _OF_OTHERS = 12, 12
_AROUND_CAMERA, _AROUND_OTHERS = timedelta(days=2), timedelta(hours=1)


@router.get("/incidents/{incident_id}/parts")
async def show_parts(request: Request, visitor: Manager, incident_id: IncidentId) -> Response:
    """What was merged into it, what could be, and its pictures."""
    incident = await find_incident(collaborators(request), incident_id)
    return await _parts_page(request, visitor, incident, Form({}), None)


@router.post("/incidents/{incident_id}/parts")
async def merge_or_split(request: Request, visitor: Manager, incident_id: IncidentId) -> Response:
    """Merges one into it, parts one from it, or makes one of chosen pictures."""
    form = await read_form(request, visitor)
    incident = await find_incident(collaborators(request), incident_id)
    try:
        await do_what_form_says(request, visitor, incident, form)
    except (SafetyDetectorError, RequestProblem) as exc:
        return await _parts_page(request, visitor, incident, form, exc)
    path = f"{base_path(request)}/incidents/{incident.id}/parts"
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


async def _parts_page(
    request: Request,
    visitor: Visitor,
    incident: StoredIncident,
    form: Form,
    refused: SafetyDetectorError | RequestProblem | None,
) -> Response:
    here, base = collaborators(request), base_path(request)
    service = here.service.incidents
    fresh = await run_in_threadpool(service.records.get, incident.id) or incident
    parts = await run_in_threadpool(service.records.get_many, fresh.parts)
    cursor = checked(_Place, dict(request.query_params)).pictures
    seen = await run_in_threadpool(service.pictures.list, fresh.id, _PICTURES + 1, cursor)
    cut = Page.cut(seen, _PICTURES, lambda one: one.inspection_id)

    def shown(one: StoredIncident) -> IncidentDocument:
        return IncidentDocument.of(one, visitor.language, base)

    things: dict[str, Any] = {
        "incident": shown(fresh),
        "parts": [shown(one) for one in parts.values()],
        "others": [shown(one) for one in await _others(here, fresh)],
        "pictures": SeenPicturesDocument.of(cut, visitor.language, base),
        "may_merge": ActKind.MERGE in allowed_acts(fresh.state),
        "form": form,
        "chosen": set(form.all("inspection_ids")),
        "refused": None if refused is None else detail_of(refused, visitor.language),
    }
    status = HTTPStatus.OK if refused is None else status_of(refused, HTTPStatus.CONFLICT)
    return page(request, visitor, "incident_parts.html", things, status)


async def _others(here: Collaborators, incident: StoredIncident) -> list[StoredIncident]:
    """Incidents that may be the same: of its camera around its time, then of other cameras."""
    if incident.is_of_camera:
        return []
    found: dict[str, StoredIncident] = {}
    for camera_id, around, at_most in (
        (incident.camera_id, _AROUND_CAMERA, _OF_CAMERA),
        (None, _AROUND_OTHERS, _OF_OTHERS),
    ):
        wanted = IncidentFilter(
            camera_id=camera_id,
            since=incident.opened_at - around,
            until=incident.opened_at + around,
        )
        listed = await run_in_threadpool(here.service.incidents.records.list, wanted, at_most)
        found |= {one.id: one for one in listed}
    family = family_of(incident.hazards[0])
    return [
        one
        for one in found.values()
        if one.id != incident.id
        and not one.is_of_camera
        and family_of(one.hazards[0]) == family
        and one.state is not HandlingState.CLOSED
    ]


class _Place(BaseModel):
    """Where in the pictures of the incident one is."""

    pictures: Cursor = None
