"""``/incidents/{id}``: its pictures, its history, and what people do about it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from safety_detector.console.alerts.messages import told_of_incident
from safety_detector.console.forms import Form, is_in_place, local_path, read_form
from safety_detector.console.incidents.acting import (
    IncidentId,
    do_what_form_says,
    find_incident,
    seen_version,
)
from safety_detector.console.incidents.after_shown import AfterShown
from safety_detector.console.incidents.judging import judging
from safety_detector.console.incidents.listing import Cursor
from safety_detector.console.rendering import page
from safety_detector.console.route import PageRoute, detail_of, status_of
from safety_detector.console.visitor import Manager, Reviewer, Viewer, Visitor
from safety_detector.documents.incident_acts import ActsDocument
from safety_detector.documents.incident_pictures import SeenPicturesDocument
from safety_detector.documents.incidents import ChangesDocument, IncidentDocument
from safety_detector.domain.incidents.handling import ActKind, Level, allowed_acts
from safety_detector.domain.incidents.judging import judged_by
from safety_detector.domain.people import role_for
from safety_detector.errors import SafetyDetectorError
from safety_detector.service.incidents.records import StoredIncident
from safety_detector.service.incidents.seen_pictures import SeenPicture
from safety_detector.service.records import Page
from safety_detector.web.answers import base_path
from safety_detector.web.collaborators import collaborators
from safety_detector.web.incidents.bodies import IncidentBody
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.values import checked

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_STRIP = 60  # pictures that stand below it at once
_PLACES = 300  # whose places stand in the map
_SCRUBBED = 500  # pictures that a script gets at once


@router.get("/incidents/{incident_id}")
async def show_incident(request: Request, visitor: Viewer, incident_id: IncidentId) -> Response:
    """One incident: its picture, its history, what can be done about it."""
    incident = await find_incident(collaborators(request), incident_id)
    return await incident_page(request, visitor, incident, Form({}), None)


@router.get("/incidents/{incident_id}/sightings")
async def list_sightings(request: Request, visitor: Viewer, incident_id: IncidentId) -> Response:
    """The pictures of it as REST lists them, for going through hundreds; a browser has no key."""
    here = collaborators(request)
    incident = await find_incident(here, incident_id)
    cursor = checked(_Strip, dict(request.query_params)).pictures
    pictures = here.service.incidents.pictures
    seen = await run_in_threadpool(pictures.list, incident.id, _SCRUBBED + 1, cursor)
    cut = Page.cut(seen, _SCRUBBED, lambda one: one.inspection_id)
    document = SeenPicturesDocument.of(cut, visitor.language, base_path(request))
    return JSONResponse(document.as_json(), headers={"Cache-Control": "no-store"})


@router.post("/incidents/{incident_id}/acts")
async def do_act(request: Request, visitor: Reviewer, incident_id: IncidentId) -> Response:
    """Does it and goes back to where it was done; what is refused keeps what was typed."""
    form = await read_form(request, visitor)
    incident = await find_incident(collaborators(request), incident_id)
    try:
        after = await do_what_form_says(request, visitor, incident, form)
    except (SafetyDetectorError, RequestProblem) as exc:
        if is_in_place(request):
            status = status_of(exc, HTTPStatus.CONFLICT)
            return PlainTextResponse(detail_of(exc, visitor.language), status)
        return await incident_page(request, visitor, incident, form, exc)
    if is_in_place(request):
        version = {} if after is None else {"X-Version": str(after.version)}
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=version)
    return RedirectResponse(
        base_path(request) + local_path(form.get("back"), f"/incidents/{incident.id}"),
        HTTPStatus.SEE_OTHER,
    )


@router.post("/incidents/{incident_id}/description")
async def describe(request: Request, visitor: Manager, incident_id: IncidentId) -> Response:
    """Where it is, what is dangerous, against which rule, how grave: a person's words."""
    form = await read_form(request, visitor)
    here = collaborators(request)
    incident = await find_incident(here, incident_id)
    said = {name: form.get(name) or None for name in IncidentBody.model_fields}
    try:
        body = checked(IncidentBody, said)
        await run_in_threadpool(
            here.service.incidents.acts.do,
            incident.id,
            body.wanted(),
            visitor.actor,
            seen_version(form.get("version"), incident.id),
        )
    except (SafetyDetectorError, RequestProblem) as exc:
        described = Form({**form.fields, "act": ActKind.DESCRIBE})
        return await incident_page(request, visitor, incident, described, exc)
    path = f"{base_path(request)}/incidents/{incident.id}"
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


async def incident_page(
    request: Request,
    visitor: Visitor,
    incident: StoredIncident,
    form: Form,
    refused: SafetyDetectorError | RequestProblem | None,
    new_after: AfterShown | None = None,
) -> Response:
    """The page as it stands, with what somebody filled in and why it was refused.

    Args:
        request: what asks for it.
        visitor: for whom it is.
        incident: the incident.
        form: what was filled in.
        refused: why nothing was done.
        new_after: a picture that was sent to show it put right, and counts nowhere yet.
    """
    service = collaborators(request).service.incidents
    fresh = await run_in_threadpool(service.records.get, incident.id) or incident
    changes = await run_in_threadpool(service.records.changes, fresh.id)
    acts = await run_in_threadpool(service.acts.list, fresh.id)
    cursor = checked(_Strip, dict(request.query_params)).pictures
    seen = await run_in_threadpool(service.pictures.list, fresh.id, _PLACES + 1, cursor)
    strip = Page.cut(seen, _STRIP, lambda one: one.inspection_id)
    base = base_path(request)
    allowed = [one for one in allowed_acts(fresh.state) if visitor.may(role_for(one, fresh.state))]
    look = None
    if fresh.after is not None:
        look = await run_in_threadpool(service.acts.look_at_after, fresh.id, None)
    things: dict[str, Any] = {
        "incident": IncidentDocument.of(fresh, visitor.language, base),
        "judged": judged_by(is_verified=fresh.verified, score=fresh.peak_score).text(
            visitor.language
        ),
        "is_of_camera": fresh.is_of_camera,
        "changes": ChangesDocument.of({"changes": changes}).changes,
        "strip": SeenPicturesDocument.of(strip, visitor.language, base),
        "places": _places(seen[:_PLACES], fresh),
        "acts": ActsDocument.of({"acts": acts}).acts,
        "allowed": allowed,
        "judging": judging(visitor),
        "form": form,
        "levels": list(Level),
        "told": await told_of_incident(request, fresh.id),
        "after": AfterShown.of(look) if look else None,
        "new_after": new_after,
        "refused": None if refused is None else detail_of(refused, visitor.language),
    }
    status = HTTPStatus.OK if refused is None else status_of(refused, HTTPStatus.CONFLICT)
    return page(request, visitor, "incident.html", things, status)


def _places(seen: tuple[SeenPicture, ...], incident: StoredIncident) -> list[dict[str, Any]]:
    """Where it was in the picture each time, of the camera whose picture shows it best."""
    best = incident.best_inspection_id
    of_best = [one.camera_id for one in seen if one.inspection_id == best]
    camera_id = of_best[0] if of_best else incident.camera_id
    return [
        {
            "inspection_id": one.inspection_id,
            "x": round(box.x1, 3),
            "y": round(box.y1, 3),
            "width": round(box.width, 3),
            "height": round(box.height, 3),
        }
        for one in seen
        if one.camera_id == camera_id
        for box in one.boxes
    ]


class _Strip(BaseModel):
    """Where in the pictures of an incident the strip begins."""

    pictures: Cursor = None
