"""``/pictures``: every inspection, newest first, and pictures that somebody sends."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from safety_detector.console.forms import is_in_place
from safety_detector.console.pictures.filters import MOST_NAMED, Wanted, wanted_of, written_in
from safety_detector.console.pictures.tiles import tiles_of
from safety_detector.console.pictures.uploads import take_file, take_form, take_zip
from safety_detector.console.rendering import page
from safety_detector.console.route import PageRoute, detail_of
from safety_detector.console.visitor import Reviewer, Viewer, Visitor
from safety_detector.domain.hazards import Label, SubLabel
from safety_detector.domain.inspection import Inspection, Status, Verdict
from safety_detector.errors import SafetyDetectorError
from safety_detector.service.records import InspectionFilter, ListOrder, Page
from safety_detector.sources.names import PICTURE_ENDINGS
from safety_detector.web.answers import base_path
from safety_detector.web.batches.zip_uploads import ZIP_TYPES
from safety_detector.web.collaborators import collaborators
from safety_detector.web.inspections.accepting import FormOutcome
from safety_detector.web.problems.problem import RequestProblem, problem_response
from safety_detector.web.queries.values import printable_name

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_PAGE = 48  # fills two, three, four and six columns
_FURTHER = frozenset({"sub_label", "status", "name", "batch_id", "corrected", "order"})
_KEPT = ("Retry-After", "Connection")


@router.get("/pictures")
async def list_pictures(request: Request, visitor: Viewer) -> Response:
    """The newest first; the address holds the filter, or names some one by one."""
    try:
        wanted = wanted_of(request, visitor)
    except RequestProblem as exc:
        written = written_in(request)
        written.pop("cursor", None)
        nothing = Wanted(InspectionFilter(), ListOrder.TAKEN, None, (), written)
        told = detail_of(exc, visitor.language)
        return await _list_page(request, visitor, nothing, Page((), None), refused=told)
    results = collaborators(request).service.inspections.results
    if wanted.named:
        found = await run_in_threadpool(results.get_many, wanted.named)
        cut = Page(tuple(found[one] for one in wanted.named if one in found), None)
    else:
        cut = await run_in_threadpool(
            results.list, wanted.filter, _PAGE, wanted.cursor, wanted.order
        )
    return await _list_page(request, visitor, wanted, cut)


@router.post("/pictures")
async def send_pictures(request: Request, visitor: Reviewer) -> Response:
    """Accepts a file of a script as it is, a zip, or the files of the page's form."""
    if not is_in_place(request):
        outcome = await take_form(request, visitor)
        return await _answer_form(request, visitor, outcome)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if media_type in ZIP_TYPES:
            outcome = await take_zip(request, visitor)
        else:
            outcome = FormOutcome([await take_file(request, visitor)], [])
    except (SafetyDetectorError, RequestProblem) as exc:
        # As REST answers it, but for the words, which are the reader's.
        problem = problem_response(exc)
        headers = {name: problem.headers[name] for name in _KEPT if name in problem.headers}
        return PlainTextResponse(detail_of(exc, visitor.language), problem.status_code, headers)
    things = _sent(request, visitor, outcome)
    return page(request, visitor, "pictures_sent.html", things, HTTPStatus.ACCEPTED)


async def _list_page(
    request: Request,
    visitor: Visitor,
    wanted: Wanted,
    cut: Page[Inspection],
    sent: Mapping[str, Any] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    refused: str | None = None,
) -> Response:
    here = collaborators(request)
    cameras = await run_in_threadpool(here.service.cameras.records.names)
    return page(
        request,
        visitor,
        "pictures.html",
        {
            "tiles": tiles_of(cut.items, base_path(request)),
            "next_cursor": cut.next_cursor,
            "wanted": wanted,
            "query": wanted.said,
            "report_query": wanted.report_query,
            "is_filtered": bool(wanted.said.keys() - {"order"}),
            "is_further": bool(wanted.said.keys() & _FURTHER),
            "is_first": not (wanted.cursor or wanted.named),
            "cameras": cameras,
            "verdicts": list(Verdict),
            "statuses": list(Status),
            "labels": list(Label),
            "sub_labels": list(SubLabel),
            "orders": list(ListOrder),
            "most_bytes": here.uploads.limits.picture.max_bytes,
            "most_zip_bytes": here.uploads.limits.max_request_bytes,
            "most_files": here.uploads.limits.max_files,
            "endings": sorted(PICTURE_ENDINGS),
            "sent": sent,
            "refused": refused,
        },
        HTTPStatus.UNPROCESSABLE_ENTITY if refused else status,
    )


async def _answer_form(request: Request, visitor: Visitor, outcome: FormOutcome) -> Response:
    """Leads to what was accepted; what was not is said above it."""
    named = tuple(one.id for one in outcome.accepted)
    if not outcome.rejected and len(named) <= MOST_NAMED:
        path = "&".join(f"id={one}" for one in named)
        return RedirectResponse(f"{base_path(request)}/pictures?{path}", HTTPStatus.SEE_OTHER)
    wanted = Wanted(InspectionFilter(), ListOrder.TAKEN, None, named, {})
    status = HTTPStatus.OK if named else HTTPStatus.UNPROCESSABLE_ENTITY
    sent = _sent(request, visitor, outcome)
    return await _list_page(
        request, visitor, wanted, Page(tuple(outcome.accepted), None), sent, status
    )


def _sent(request: Request, visitor: Visitor, outcome: FormOutcome) -> dict[str, Any]:
    """What became of files, for a template."""
    return {
        "accepted": tiles_of(outcome.accepted[:MOST_NAMED], base_path(request)),
        "number": len(outcome.accepted),
        "batch_id": outcome.accepted[0].batch_id if outcome.accepted else None,
        "rejected": [
            (printable_name(one.name), one.error.reason.text(visitor.language))
            for one in outcome.rejected[:MOST_NAMED]
        ],
        "rejected_number": len(outcome.rejected),
        "skipped": sum(outcome.skipped.values()),
    }
