"""``/incidents``: the list, and judging several of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from itertools import groupby
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request
from pydantic import BaseModel, BeforeValidator
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from safety_detector.console.forms import Form, is_in_place, local_path, read_form
from safety_detector.console.incidents.acting import (
    check_role,
    judgement_of,
    seen_version,
    with_shown,
)
from safety_detector.console.incidents.chosen import chosen_incidents, filter_of, with_camera_id
from safety_detector.console.incidents.judging import judging
from safety_detector.console.rendering import page, words_for
from safety_detector.console.reports.ordering import order_query
from safety_detector.console.route import PageRoute, detail_of, role_needed
from safety_detector.console.visitor import Reviewer, RoleNeeded, Viewer, Visitor
from safety_detector.documents.incidents import IncidentDocument, IncidentsDocument
from safety_detector.domain.incidents.handling import ActKind, HandlingState, Level, Review
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.incident import Stage
from safety_detector.domain.incidents.looks import Severity
from safety_detector.errors import SafetyDetectorError
from safety_detector.service.incidents.records import StoredIncident
from safety_detector.service.records import Page
from safety_detector.web.answers import base_path
from safety_detector.web.collaborators import collaborators
from safety_detector.web.incidents.bodies import ActBody
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.ids import is_possible_id
from safety_detector.web.queries.values import (
    BatchId,
    checked,
    empty_is_none,
)

router = APIRouter(include_in_schema=False, route_class=PageRoute)

Cursor = Annotated[BatchId | None, BeforeValidator(empty_is_none)]
_PAGE = 50
_NOT_LISTED = (Stage.CANDIDATE, Stage.MERGED)  # not announced; part of another


class Grouping(StrEnum):
    """Under which headings the incidents of a page stand."""

    DAY = "day"
    CAMERA = "camera"


class View(StrEnum):
    """Whether a page is a table, or shows large pictures."""

    TABLE = "table"
    PICTURES = "pictures"


class _Looks(BaseModel):
    """What an address says beside the filter: how the list looks, and where in it one is."""

    cursor: Cursor = None
    group: Annotated[Grouping | None, BeforeValidator(empty_is_none)] = None
    view: View = View.TABLE


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a judgement of several incidents.

    Attributes:
        act: what was done.
        incidents: about which it was done, as they stand now.
        refused: the others, each with why.
    """

    act: ActKind
    incidents: Sequence[StoredIncident]
    refused: Sequence[tuple[IncidentDocument, str]]


@router.get("/incidents")
async def list_incidents(request: Request, visitor: Viewer) -> Response:
    """The latest first; the address holds the filter, so that it can be handed on."""
    query = {name: value for name, value in request.query_params.items() if value}
    return await _list_page(request, visitor, query, None)


@router.post("/incidents/acts")
async def judge_several(request: Request, visitor: Reviewer) -> Response:
    """Judges all that were chosen, each by itself; what is refused of one does not hold others."""
    form = await read_form(request, visitor)
    wanted = judgement_of(form, visitor) or {"act": form.get("act")}
    body = checked(ActBody, wanted)
    chosen = [(*one.split(":"), "", "")[:3] for one in form.all("chosen")]
    records = collaborators(request).service.incidents.records
    ids = [incident_id for incident_id, _, _ in chosen if is_possible_id(incident_id)]
    found = await run_in_threadpool(records.get_many, ids)
    done: list[StoredIncident] = []
    refused: list[tuple[IncidentDocument, str]] = []
    for incident_id, version, looked_at in chosen:
        incident = found.get(incident_id)
        if incident is None:
            continue
        why = await _judge(request, visitor, incident, body, (version, looked_at), done)
        if why is not None:
            shown = IncidentDocument.of(incident, visitor.language, base_path(request))
            refused.append((shown, why))
    result = Done(body.act, done, refused)
    if is_in_place(request):
        back = form.get("back")
        return page(request, visitor, "incidents_done.html", {"done": result, "back": back})
    return await _list_page(request, visitor, _query_of(form), result)


async def _judge(
    request: Request,
    visitor: Visitor,
    incident: StoredIncident,
    body: ActBody,
    before: tuple[str, str],
    done: list[StoredIncident],
) -> str | None:
    """Judges one of several, and adds it to those that are done; else says why it could not.

    ``before`` is the version that the page showed, and the picture.
    """
    acts = collaborators(request).service.incidents.acts
    version, shown = before
    seen = seen_version(version, incident.id)
    try:
        check_role(visitor, body.act, incident.state)
        do = partial(acts.do, incident.id, with_shown(body.wanted(), shown), visitor.actor, seen)
        after = await run_in_threadpool(do)
    except RoleNeeded as exc:
        return await role_needed(request, visitor, exc.role)
    except (SafetyDetectorError, RequestProblem) as exc:
        return detail_of(exc, visitor.language)
    if after is not None:
        done.append(after)
    return None


def _query_of(form: Form) -> dict[str, str]:
    """The list that somebody judged from, with its filter."""
    address = local_path(form.get("back"), "/incidents")
    return {name: value for name, value in parse_qsl(address.partition("?")[2]) if value}


async def _list_page(
    request: Request, visitor: Visitor, query: dict[str, str], done: Done | None
) -> Response:
    cameras = await run_in_threadpool(collaborators(request).service.cameras.records.names)
    query = with_camera_id(query, cameras)
    records = collaborators(request).service.incidents.records
    said, refused = _Looks(), None
    found: Sequence[StoredIncident] = ()
    try:
        wanted, said = chosen_incidents(query, visitor), checked(_Looks, query)
    except RequestProblem as exc:
        refused = detail_of(exc, visitor.language)
    else:
        found = await run_in_threadpool(records.list, wanted, _PAGE + 1, said.cursor)
    cut = Page.cut(found, _PAGE, lambda one: one.id)
    back = "/incidents" + (f"?{urlencode(query)}" if query else "")
    query.pop("cursor", None)
    document = IncidentsDocument.of(cut, visitor.language, base_path(request))
    return page(
        request,
        visitor,
        "incidents.html",
        {
            "page": document,
            "groups": _grouped(document.incidents, said.group, visitor),
            "query": query,
            "filter": filter_of(query),
            "order": order_query(query),
            "view": said.view,
            "group": said.group,
            "states": list(HandlingState),
            "stages": [one for one in Stage if one not in _NOT_LISTED],
            "hazards": list(IncidentHazard),
            "severities": list(Severity),
            "levels": list(Level),
            "reviews": list(Review),
            "cameras": cameras,
            "judging": judging(visitor),
            "done": done,
            "back": back,
            "refused": refused,
        },
        HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK,
    )


def _grouped(
    incidents: Sequence[IncidentDocument], group: Grouping | None, visitor: Visitor
) -> list[tuple[str, str, list[IncidentDocument]]]:
    """The incidents under their headings: a name, its camera's id or day, and those below it."""
    if group is None:
        return [("", "", list(incidents))]
    if group is Grouping.DAY:
        days = groupby(incidents, lambda one: one.opened_at.astimezone(visitor.zone).date())
        words = words_for(visitor)
        return [(words.named_day(day), day.isoformat(), list(those)) for day, those in days]
    cameras: dict[str, list[IncidentDocument]] = {}
    for one in incidents:
        cameras.setdefault(one.camera_id, []).append(one)
    return [(those[0].camera_name or key, key, those) for key, those in cameras.items()]
