"""``/incidents/{id}/mask``: the mask that would keep a false alarm from coming again."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from safety_detector.console.forms import Form, read_form
from safety_detector.console.incidents.acting import IncidentId, find_incident
from safety_detector.console.rendering import page
from safety_detector.console.route import PageRoute, detail_of, status_of
from safety_detector.console.visitor import Administrator, Manager, Visitor
from safety_detector.documents.incidents import IncidentDocument, MaskProposalDocument
from safety_detector.errors import SafetyDetectorError
from safety_detector.service.incidents.mask_proposals import MaskProposal
from safety_detector.service.incidents.records import StoredIncident
from safety_detector.web.answers import base_path
from safety_detector.web.collaborators import collaborators
from safety_detector.web.incidents.bodies import MaskAcceptance
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.values import checked

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/incidents/{incident_id}/mask")
async def show_mask(request: Request, visitor: Manager, incident_id: IncidentId) -> Response:
    """Where the mask would be, and what it would have hidden."""
    incident = await find_incident(collaborators(request), incident_id)
    return await _mask_page(request, visitor, incident, Form({}), None)


@router.post("/incidents/{incident_id}/mask")
async def accept_mask(
    request: Request, visitor: Administrator, incident_id: IncidentId
) -> Response:
    """Gives it to the camera, from now on."""
    form = await read_form(request, visitor)
    here = collaborators(request)
    incident = await find_incident(here, incident_id)
    try:
        body = checked(MaskAcceptance, {"reason": form.get("reason") or None})
        await run_in_threadpool(
            here.service.incidents.mask_proposals.accept, incident.id, body.reason, visitor.actor
        )
    except (SafetyDetectorError, RequestProblem) as exc:
        return await _mask_page(request, visitor, incident, form, exc)
    path = f"{base_path(request)}/incidents/{incident.id}/mask"
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


async def _mask_page(
    request: Request,
    visitor: Visitor,
    incident: StoredIncident,
    form: Form,
    refused: SafetyDetectorError | RequestProblem | None,
) -> Response:
    proposals = collaborators(request).service.incidents.mask_proposals
    proposal: MaskProposal | None = None
    none_because: SafetyDetectorError | None = None
    try:
        proposal = await run_in_threadpool(proposals.propose, incident.id)
    except SafetyDetectorError as exc:
        none_because = exc
    language = visitor.language
    things: dict[str, Any] = {
        "incident": IncidentDocument.of(incident, language, base_path(request)),
        "proposal": None if proposal is None else MaskProposalDocument.of(proposal),
        "none_because": None if none_because is None else detail_of(none_because, language),
        "form": form,
        "refused": None if refused is None else detail_of(refused, language),
    }
    status = HTTPStatus.OK if refused is None else status_of(refused, HTTPStatus.CONFLICT)
    return page(request, visitor, "incident_mask.html", things, status)
