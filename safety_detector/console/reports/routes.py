"""``/reports``: ordering reports, registers and notices, how they stand, and their files."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, BeforeValidator
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from safety_detector.console.forms import read_form
from safety_detector.console.incidents.chosen import FILTER_NAMES, chosen_incidents
from safety_detector.console.rendering import page
from safety_detector.console.reports.ordering import (
    CHOICES,
    Draft,
    Kind,
    body_of,
    fault_in,
    periods_of,
)
from safety_detector.console.route import PageRoute, detail_of
from safety_detector.console.visitor import Administrator, Viewer, Visitor
from safety_detector.documents.incidents import IncidentsDocument
from safety_detector.domain.incidents.handling import HandlingState, Review
from safety_detector.errors import SafetyDetectorError
from safety_detector.message_texts.reason import Reason
from safety_detector.service.records import Page
from safety_detector.web.answers import base_path
from safety_detector.web.collaborators import collaborators
from safety_detector.web.problems.problem import RequestProblem, problem_document
from safety_detector.web.queries.ids import is_possible_id, not_found
from safety_detector.web.queries.values import BatchId, checked, empty_is_none
from safety_detector.web.reports.documents import (
    MOST_NAMED,
    ReportBody,
    ReportDocument,
    ReportPageDocument,
)
from safety_detector.web.reports.finding import find_report
from safety_detector.web.reports.routes import send_report_file

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_PAGE = 30
_MOST_TO_CHOOSE = 50  # incidents that are shown to be ticked; a larger selection is counted

_DONE = (HandlingState.VERIFIED, HandlingState.CLOSED)
"""Nobody is told any more to put these right, unless they are looked for."""

ReportId = Annotated[str, Path(max_length=64)]


class _Place(BaseModel):
    """Where in the list a page begins."""

    cursor: Annotated[BatchId | None, BeforeValidator(empty_is_none)] = None


@router.get("/reports")
async def list_reports(request: Request, visitor: Viewer) -> Response:
    """The latest first, with how far each is."""
    cursor = checked(_Place, dict(request.query_params)).cursor
    orders = collaborators(request).service.reports.orders
    found = await run_in_threadpool(orders.list, None, _PAGE, cursor)
    shown = ReportPageDocument.of(found, visitor.language, base_path(request))
    return page(request, visitor, "reports.html", {"page": shown})


@router.get("/reports/new")
async def show_order(request: Request, visitor: Viewer) -> Response:
    """The form of an order; the address fills it in: a list's filter, a selection."""
    return await _order_page(request, visitor, dict(request.query_params), None)


@router.post("/reports/new")
async def take_selection(request: Request, visitor: Viewer) -> Response:
    """The form of an order, filled in with more than an address can hold."""
    form = await read_form(request, visitor)
    return await _order_page(request, visitor, form.fields, None)


@router.post("/reports")
async def order_report(request: Request, visitor: Viewer) -> Response:
    """Orders it and leads to how it stands; what is refused comes back as it was filled in."""
    form = await read_form(request, visitor)
    orders = collaborators(request).service.reports.orders
    try:
        fault = fault_in(form.fields, visitor)
        if fault is not None:
            return await _order_page(request, visitor, form.fields, fault)
        body = checked(ReportBody, body_of(form.fields, visitor))
        order = body.as_order()
        ordered = await run_in_threadpool(orders.order, order, visitor.actor)
    except (SafetyDetectorError, RequestProblem) as exc:
        return await _order_page(request, visitor, form.fields, exc)
    path = f"{base_path(request)}/reports/{ordered.id}"
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


@router.get("/reports/{report_id}")
async def show_report(request: Request, visitor: Viewer, report_id: ReportId) -> Response:
    """How one stands, what was ordered, its files."""
    report = await find_report(collaborators(request), report_id)
    shown = ReportDocument.of(report, visitor.language, base_path(request))
    return page(request, visitor, "report.html", {"report": shown})


@router.get("/reports/{report_id}/report.pdf")
async def read_file(request: Request, _visitor: Viewer, report_id: ReportId) -> Response:
    """The report, or the index of its volumes."""
    return await send_report_file(request, report_id, 0)


@router.get("/reports/{report_id}/volumes/{volume}.pdf")
async def read_volume(
    request: Request,
    _visitor: Viewer,
    report_id: ReportId,
    volume: Annotated[int, Path(ge=1, le=9999)],
) -> Response:
    """A volume of a long report."""
    return await send_report_file(request, report_id, volume)


@router.post("/reports/{report_id}/remove")
async def remove_report(request: Request, visitor: Administrator, report_id: ReportId) -> Response:
    """Removes the report and its files; what it is about stays."""
    await read_form(request, visitor)
    orders = collaborators(request).service.reports.orders
    known = is_possible_id(report_id)
    if not known or not await run_in_threadpool(orders.remove, report_id, visitor.actor):
        raise not_found("report", report_id)
    return RedirectResponse(f"{base_path(request)}/reports", HTTPStatus.SEE_OTHER)


async def _order_page(
    request: Request,
    visitor: Visitor,
    said: dict[str, str],
    refused: SafetyDetectorError | RequestProblem | Reason | None,
) -> Response:
    draft = Draft.of(said)
    things: dict[str, Any] = {"to_choose": None, "too_many": False}
    here = collaborators(request)
    if draft.kind is Kind.NOTICES and len(draft.named) <= _MOST_TO_CHOOSE:
        things |= await _to_choose(request, visitor, draft)
    elif draft.is_beyond_reports:
        # What a report cannot be told is looked up here, and its incidents are named.
        wanted = chosen_incidents(draft.fields, visitor)
        records = here.service.incidents.records
        found = await run_in_threadpool(records.list, wanted, MOST_NAMED + 1, None)
        things["too_many"] = len(found) > MOST_NAMED
        draft = draft.naming([one.id for one in found if not one.is_of_camera][:MOST_NAMED])
    cameras = await run_in_threadpool(here.service.cameras.records.names)
    status, told, field = HTTPStatus.OK, None, None
    if isinstance(refused, Reason):
        status, told = HTTPStatus.UNPROCESSABLE_ENTITY, refused.text(visitor.language)
    elif refused is not None:
        document = problem_document(refused)
        status, told = HTTPStatus(document["status"]), detail_of(refused, visitor.language)
        field = next((one["field"] for one in document.get("errors", ())), None)
    return page(
        request,
        visitor,
        "report_order.html",
        {
            **things,
            "draft": draft,
            "kinds": list(Kind),
            "choices": CHOICES,
            "periods": periods_of(draft, visitor),
            "cameras": cameras,
            "refused": told,
            "field": field,
            "filter_names": FILTER_NAMES,
        },
        status,
    )


async def _to_choose(request: Request, visitor: Visitor, draft: Draft) -> dict[str, Any]:
    """Hazards for which notices can be made: those that are named, else those of the filter."""
    here = collaborators(request)
    if draft.named and not draft.fields.get("browse"):
        periods = here.service.incidents.periods
        found = await run_in_threadpool(periods.named, draft.named)
        cut = Page(tuple(found.values()), None)
    else:
        wanted = chosen_incidents({"of_camera": "false", **draft.fields}, visitor)
        cursor = checked(_Place, {"cursor": draft.fields.get("cursor")}).cursor
        records = here.service.incidents.records
        listed = await run_in_threadpool(records.list, wanted, _MOST_TO_CHOOSE + 1, cursor)
        cut = Page.cut(listed, _MOST_TO_CHOOSE, lambda one: one.id)
    done = () if draft.named or draft.get("state") else _DONE
    hazards = tuple(
        one
        for one in cut.items
        if not one.is_of_camera and one.review is not Review.FALSE_ALARM and one.state not in done
    )
    shown = Page(hazards, cut.next_cursor)
    return {"to_choose": IncidentsDocument.of(shown, visitor.language, base_path(request))}
