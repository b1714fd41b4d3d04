"""``/v1/reports``: reports that a worker makes."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from safety_detector.domain.inspection import Status
from safety_detector.service.reports.records import OrderedReport
from safety_detector.web.access.authentication import Admin, Reader, actor_of
from safety_detector.web.answers import base_path
from safety_detector.web.bodies.json_bodies import JsonBody
from safety_detector.web.collaborators import collaborators
from safety_detector.web.openapi.description import (
    BODY,
    KEYED,
    NOT_READY,
    ONE,
    UNCHANGED,
    Responses,
    binary,
    located,
    problem,
)
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.ids import is_possible_id, not_found
from safety_detector.web.queries.pages import UlidCursor
from safety_detector.web.reports.documents import ReportBody, ReportDocument, ReportPageDocument
from safety_detector.web.reports.finding import ReportId, find_report
from safety_detector.web.stored_files import send_file

router = APIRouter(tags=["reports"])

_ASK_AGAIN_S = 2

_FILE_RESPONSES: Responses = {
    200: binary("The file", "application/pdf"),
    **UNCHANGED,
    **ONE,
    **NOT_READY,
    410: problem("Removed by retention"),
}


@router.post(
    "/v1/reports",
    status_code=HTTPStatus.ACCEPTED,
    summary="Order a report",
    responses={
        **ONE,
        **BODY,
        202: located("Ordered"),
        409: problem("A named inspection is not final"),
        429: problem("As many reports of this key as may be are queued or running"),
    },
)
async def order_report(
    request: Request,
    response: Response,
    principal: Reader,
    body: Annotated[ReportBody, Depends(JsonBody(ReportBody))],
) -> ReportDocument:
    """Queues a report for a worker; `Location` leads to how it stands.

    Named inspections, or all pictures of a camera, a batch, a period.  A report on a period names
    the cameras that sent nothing.  More than 500 pictures come in volumes with an index.
    """
    reports = collaborators(request).service.reports.orders
    report = await run_in_threadpool(reports.order, body.as_order(), actor_of(principal))
    document = ReportDocument.of(report, base_path=base_path(request))
    response.headers["Location"] = document.links.self
    response.headers.update(_ask_again(report))
    return document


@router.get(
    "/v1/reports",
    summary="List reports, newest first",
    response_description="A page",
    responses=KEYED,
)
async def list_reports(
    request: Request,
    _principal: Reader,
    status: Status | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: UlidCursor = None,
) -> ReportPageDocument:
    """A page of ordered reports; `next_cursor` leads to the next one and is null on the last."""
    reports = collaborators(request).service.reports.orders
    page = await run_in_threadpool(reports.list, status, limit, cursor)
    return ReportPageDocument.of(page, base_path=base_path(request))


@router.get(
    "/v1/reports/{report_id}",
    summary="Read how a report stands",
    response_description="The report",
    responses=ONE,
)
async def read_ordered_report(
    request: Request, response: Response, _principal: Reader, report_id: ReportId
) -> ReportDocument:
    """Status, progress and, when it is completed, the addresses of its files."""
    report = await find_report(collaborators(request), report_id)
    response.headers.update(_ask_again(report))
    return ReportDocument.of(report, base_path=base_path(request))


@router.delete(
    "/v1/reports/{report_id}",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    summary="Remove a report",
    response_description="Removed",
    responses=ONE,
)
async def remove_report(request: Request, principal: Admin, report_id: ReportId) -> None:
    """Removes the report and its files, also while it is made; the inspections stay."""
    reports = collaborators(request).service.reports.orders
    if not is_possible_id(report_id) or not await run_in_threadpool(
        reports.remove, report_id, actor_of(principal)
    ):
        raise not_found("report", report_id)


@router.get(
    "/v1/reports/{report_id}/report.pdf",
    summary="The report, or the index of its volumes",
    response_class=Response,
    responses=_FILE_RESPONSES,
)
async def read_report_file(request: Request, _principal: Reader, report_id: ReportId) -> Response:
    """The PDF; 409 until it is completed.  Volumes are linked by the names of `files`."""
    return await send_report_file(request, report_id, 0)


@router.get(
    "/v1/reports/{report_id}/volumes/{volume}.pdf",
    summary="A volume of a long report",
    response_class=Response,
    responses=_FILE_RESPONSES,
)
async def read_report_volume(
    request: Request,
    _principal: Reader,
    report_id: ReportId,
    volume: Annotated[int, Path(ge=1, le=9999, description="Counted from 1.")],
) -> Response:
    """The PDF with the evidence sheets of up to 500 pictures."""
    return await send_report_file(request, report_id, volume)


async def send_report_file(request: Request, report_id: str, number: int) -> Response:
    """The answer with a file of a report; number 0 is the report, or the index of its volumes.

    Raises:
        RequestProblem: there is none, it is not completed yet, or its files are gone.
    """
    here = collaborators(request)
    report = await find_report(here, report_id)
    if report.status is not Status.COMPLETED:
        raise _not_ready(report)
    if number >= len(report.files):
        raise not_found("volume", str(number))
    file = report.files[number]
    find = partial(here.service.reports.orders.open_file, report, file)
    gone = RequestProblem("report-gone", "The report's files are no longer stored.")
    return await send_file(request, find, file.sha256, "application/pdf", file.name, gone)


def _not_ready(report: OrderedReport) -> RequestProblem:
    if report.error is not None:
        detail = f"The report failed: {report.error.reason.text('en')}"
    else:
        detail = f"The report is {report.status}; its files come when it is completed."
    return RequestProblem("not-ready", detail, report_status=report.status.value)


def _ask_again(report: OrderedReport) -> dict[str, str]:
    waiting = report.status in (Status.QUEUED, Status.RUNNING)
    return {"Retry-After": str(_ASK_AGAIN_S)} if waiting else {}
