"""``/v1/reports``: reports that a worker makes."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, JSONResponse, Response

from safety_detector.domain.inspection import Status
from safety_detector.service.report_records import OrderedReport
from safety_detector.web.access.authentication import Admin, Reader, actor_of
from safety_detector.web.bodies.json_values import json_body
from safety_detector.web.bodies.uploads import receive_json
from safety_detector.web.collaborators import collaborators
from safety_detector.web.inspections.fields import checked
from safety_detector.web.inspections.pictures import send_file
from safety_detector.web.openapi import description as openapi
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.lookup import (
    Cursor,
    ReportId,
    find_report,
    is_possible_id,
    not_found,
)
from safety_detector.web.reports.documents import ReportBody, report_document, report_path

router = APIRouter(tags=["reports"])

_ASK_AGAIN_S = 2


@router.post(
    "/v1/reports",
    status_code=HTTPStatus.ACCEPTED,
    summary="Order a report",
    responses=openapi.ORDER_REPORT_RESPONSES,
    openapi_extra={"requestBody": openapi.ORDER_REPORT_BODY},
)
async def order_report(request: Request, principal: Reader) -> JSONResponse:
    """Queues a report for a worker; `Location` leads to how it stands.

    Named inspections, or all pictures of a camera, a batch, a period.  A report on a period names
    the cameras that sent nothing.  More than 500 pictures come in volumes with an index.
    """
    here = collaborators(request)
    body = checked(ReportBody, json_body(await receive_json(request, here.limits)))
    report = await run_in_threadpool(here.service.reports.order, body.as_order(), principal.key_id)
    headers = {"Location": report_path(request, report.id)} | _ask_again(report)
    return JSONResponse(report_document(request, report), HTTPStatus.ACCEPTED, headers)


@router.get(
    "/v1/reports", summary="List reports, newest first", responses=openapi.LIST_REPORTS_RESPONSES
)
async def list_reports(
    request: Request,
    _principal: Reader,
    status: Status | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Cursor = None,
) -> JSONResponse:
    """A page of ordered reports; `next_cursor` leads to the next one and is null on the last."""
    reports = collaborators(request).service.reports
    page = await run_in_threadpool(reports.list, status, limit, cursor)
    return JSONResponse(
        {
            "reports": [report_document(request, one) for one in page.reports],
            "next_cursor": page.next_cursor,
        }
    )


@router.get(
    "/v1/reports/{report_id}",
    summary="Read how a report stands",
    responses=openapi.READ_REPORT_RESPONSES,
)
async def read_ordered_report(
    request: Request, _principal: Reader, report_id: ReportId
) -> JSONResponse:
    """Status, progress and, when it is completed, the addresses of its files."""
    report = await find_report(collaborators(request), report_id)
    return JSONResponse(report_document(request, report), headers=_ask_again(report))


@router.delete(
    "/v1/reports/{report_id}",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Remove a report",
    responses=openapi.REMOVE_REPORT_RESPONSES,
)
async def remove_report(request: Request, principal: Admin, report_id: ReportId) -> Response:
    """Removes the report and its files, also while it is made; the inspections stay."""
    reports = collaborators(request).service.reports
    if not is_possible_id(report_id) or not await run_in_threadpool(
        reports.remove, report_id, actor_of(principal)
    ):
        raise not_found("report", report_id)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get(
    "/v1/reports/{report_id}/report.pdf",
    summary="The report, or the index of its volumes",
    response_class=FileResponse,
    responses=openapi.REPORT_FILE_RESPONSES,
)
async def read_report_file(request: Request, _principal: Reader, report_id: ReportId) -> Response:
    """The PDF; 409 until it is completed.  Volumes are linked by the names of `files`."""
    return await _send(request, report_id, 0)


@router.get(
    "/v1/reports/{report_id}/volumes/{volume}.pdf",
    summary="A volume of a long report",
    response_class=FileResponse,
    responses=openapi.REPORT_FILE_RESPONSES,
)
async def read_report_volume(
    request: Request,
    _principal: Reader,
    report_id: ReportId,
    volume: Annotated[int, Path(ge=1, le=9999, description="Counted from 1.")],
) -> Response:
    """The PDF with the evidence sheets of up to 500 pictures."""
    return await _send(request, report_id, volume)


async def _send(request: Request, report_id: str, number: int) -> Response:
    here = collaborators(request)
    report = await find_report(here, report_id)
    if report.status is not Status.COMPLETED:
        raise _not_ready(report)
    if number >= len(report.files):
        raise not_found("volume", str(number))
    file = report.files[number]
    path = here.service.reports.path_of(report, file)
    gone = RequestProblem("report-gone", "The report's files are no longer stored.")
    return await send_file(request, path, file.sha256, "application/pdf", file.name, gone)


def _not_ready(report: OrderedReport) -> RequestProblem:
    if report.error is not None:
        detail = f"The report failed: {report.error.reason}"
    else:
        detail = f"The report is {report.status}; its files come when it is completed."
    return RequestProblem("not-ready", detail, report_status=report.status.value)


def _ask_again(report: OrderedReport) -> dict[str, str]:
    waiting = report.status in (Status.QUEUED, Status.RUNNING)
    return {"Retry-After": str(_ASK_AGAIN_S)} if waiting else {}
