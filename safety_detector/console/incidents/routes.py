"""``/incidents``: the list, one of them, and what people do about it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, BeforeValidator
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from safety_detector.console.forms import Form, is_in_place, local_path, read_form
from safety_detector.console.incidents.judging import judging
from safety_detector.console.local_moments import with_zone
from safety_detector.console.rendering import page
from safety_detector.console.route import PageRoute, detail_of
from safety_detector.console.visitor import Manager, Reviewer, RoleNeeded, Viewer, Visitor
from safety_detector.documents.incident_acts import ActsDocument
from safety_detector.documents.incident_pictures import SeenPicturesDocument
from safety_detector.documents.incidents import (
    ChangesDocument,
    IncidentDocument,
    IncidentsDocument,
)
from safety_detector.domain.incidents.handling import ActKind, HandlingState, Level, allowed_acts
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.incident import Stage
from safety_detector.domain.incidents.looks import Severity
from safety_detector.domain.people import role_for
from safety_detector.errors import SubmissionRefused
from safety_detector.service.incidents.records import IncidentFilter, SeenVersion, StoredIncident
from safety_detector.service.records import Page
from safety_detector.web.answers import base_path
from safety_detector.web.collaborators import Collaborators, collaborators
from safety_detector.web.incidents.bodies import ActBody, IncidentBody
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.ids import is_possible_id, not_found
from safety_detector.web.queries.values import (
    BatchId,
    Moment,
    RecordId,
    SearchedText,
    checked,
    empty_is_none,
)

router = APIRouter(include_in_schema=False, route_class=PageRoute)

Cursor = Annotated[BatchId | None, BeforeValidator(empty_is_none)]
IncidentId = Annotated[str, Path(max_length=64)]
_PAGE = 50
_STRIP = 60  # pictures of an incident that stand below it at once
_DAYS = ("since", "until")
_ACT_FIELDS = tuple(ActBody.model_fields)


@router.get("/incidents")
async def list_incidents(request: Request, visitor: Viewer) -> Response:
    """The latest first; the address holds the filter, so that it can be handed on."""
    query = {name: value for name, value in request.query_params.items() if value}
    wanted, cursor = _wanted(query, visitor)
    query.pop("cursor", None)
    here = collaborators(request)
    found = await run_in_threadpool(here.service.incidents.records.list, wanted, _PAGE + 1, cursor)
    cut = Page.cut(found, _PAGE, lambda one: one.id)
    return page(
        request,
        visitor,
        "incidents.html",
        {
            "page": IncidentsDocument.of(cut, visitor.language, base_path(request)),
            "query": query,
            "states": list(HandlingState),
            "stages": [one for one in Stage if one is not Stage.MERGED],
            "hazards": list(IncidentHazard),
            "severities": list(Severity),
        },
    )


@router.get("/incidents/{incident_id}")
async def show_incident(request: Request, visitor: Viewer, incident_id: IncidentId) -> Response:
    """One incident: its picture, its history, what can be done about it."""
    incident = await _find(collaborators(request), incident_id)
    return await _incident_page(request, visitor, incident, Form({}), None)


@router.post("/incidents/{incident_id}/acts")
async def do_act(request: Request, visitor: Reviewer, incident_id: IncidentId) -> Response:
    """Does it and goes back to where it was done; what is refused keeps what was typed."""
    form = await read_form(request, visitor)
    here = collaborators(request)
    incident = await _find(here, incident_id)
    try:
        body = checked(ActBody, _act_of(form, visitor))
        _check_role(visitor, body.act, incident.state)
        await run_in_threadpool(
            here.service.incidents.acts.do,
            incident.id,
            body.wanted(),
            visitor.actor,
            _seen(form, incident),
        )
    except (SubmissionRefused, RequestProblem) as exc:
        if is_in_place(request):
            return PlainTextResponse(detail_of(exc, visitor.language), HTTPStatus.CONFLICT)
        return await _incident_page(request, visitor, incident, form, exc)
    if is_in_place(request):
        return Response(status_code=HTTPStatus.NO_CONTENT)
    return RedirectResponse(
        base_path(request) + local_path(form.get("back"), f"/incidents/{incident.id}"),
        HTTPStatus.SEE_OTHER,
    )


@router.post("/incidents/{incident_id}/description")
async def describe(request: Request, visitor: Manager, incident_id: IncidentId) -> Response:
    """Where it is, what is dangerous, against which rule, how grave: a person's words."""
    form = await read_form(request, visitor)
    here = collaborators(request)
    incident = await _find(here, incident_id)
    said = {name: form.get(name) or None for name in IncidentBody.model_fields}
    try:
        body = checked(IncidentBody, said)
        await run_in_threadpool(
            here.service.incidents.acts.do,
            incident.id,
            body.wanted(),
            visitor.actor,
            _seen(form, incident),
        )
    except (SubmissionRefused, RequestProblem) as exc:
        return await _incident_page(request, visitor, incident, form, exc)
    path = f"{base_path(request)}/incidents/{incident.id}"
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


async def _incident_page(
    request: Request,
    visitor: Visitor,
    incident: StoredIncident,
    form: Form,
    refused: SubmissionRefused | RequestProblem | None,
) -> Response:
    here = collaborators(request)
    service = here.service.incidents
    fresh = await run_in_threadpool(service.records.get, incident.id) or incident
    changes = await run_in_threadpool(service.records.changes, fresh.id)
    acts = await run_in_threadpool(service.acts.list, fresh.id)
    cursor = checked(_Strip, dict(request.query_params)).pictures
    seen = await run_in_threadpool(service.pictures.list, fresh.id, _STRIP + 1, cursor)
    strip = Page.cut(seen, _STRIP, lambda one: one.inspection_id)
    base = base_path(request)
    status = HTTPStatus.OK
    if refused is not None:
        status = HTTPStatus.CONFLICT
    things: dict[str, Any] = {
        "incident": IncidentDocument.of(fresh, visitor.language, base),
        "changes": ChangesDocument.of({"changes": changes}).changes,
        "strip": SeenPicturesDocument.of(strip, visitor.language, base),
        "acts": ActsDocument.of({"acts": acts}).acts,
        "allowed": [
            one for one in allowed_acts(fresh.state) if visitor.may(role_for(one, fresh.state))
        ],
        "judging": judging(visitor),
        "form": form,
        "levels": list(Level),
        "refused": None if refused is None else detail_of(refused, visitor.language),
    }
    return page(request, visitor, "incident.html", things, status)


def _seen(form: Form, incident: StoredIncident) -> list[SeenVersion] | None:
    """What somebody had before their eyes; nothing is done where others did something since."""
    version = form.get("version")
    is_number = version.isascii() and version.isdigit() and len(version) < 10
    return [SeenVersion(incident.id, int(version))] if is_number else None


def _act_of(form: Form, visitor: Visitor) -> dict[str, str]:
    judgement = form.get("judgement")
    for one in judging(visitor):
        if one.key == judgement:
            return {"act": one.act, "text": one.text} if one.text else {"act": one.act}
    fields = {name: form.get(name) for name in _ACT_FIELDS if form.get(name)}
    if "due_at" in fields:
        fields["due_at"] = with_zone(fields["due_at"], visitor.zone)
    return fields


def _check_role(visitor: Visitor, act: ActKind, state: HandlingState) -> None:
    needed = role_for(act, state)
    if not visitor.may(needed):
        raise RoleNeeded(needed)


class _Strip(BaseModel):
    """Where in the pictures of an incident the strip begins."""

    pictures: Cursor = None


class _Query(BaseModel):
    """What an address may say of the list; of the same types as REST's."""

    state: HandlingState | None = None
    stage: Stage | None = None
    hazard: IncidentHazard | None = None
    severity: Severity | None = None
    camera_id: RecordId | None = None
    assignee: SearchedText | None = None
    since: Moment | None = None
    until: Moment | None = None
    cursor: Cursor = None


def _wanted(query: dict[str, str], visitor: Visitor) -> tuple[IncidentFilter, str | None]:
    """The filter that the address says, and its place in the list.

    Raises:
        RequestProblem: a value is none of those that there are.
    """
    days = {name: with_zone(query[name], visitor.zone) for name in _DAYS if name in query}
    said = checked(_Query, query | days)
    return IncidentFilter(**said.model_dump(exclude={"cursor"})), said.cursor


async def _find(here: Collaborators, incident_id: str) -> StoredIncident:
    found = None
    if is_possible_id(incident_id):
        found = await run_in_threadpool(here.service.incidents.records.get, incident_id)
    if found is None:
        raise not_found("incident", incident_id)
    return found
