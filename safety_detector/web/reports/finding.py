"""Finding the report that a path names."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from starlette.concurrency import run_in_threadpool

from safety_detector.service.reports.records import OrderedReport
from safety_detector.web.collaborators import Collaborators
from safety_detector.web.queries.ids import is_possible_id, not_found

ReportId = Annotated[str, Path(description="A report's `id`.", max_length=64)]


async def find_report(here: Collaborators, report_id: str) -> OrderedReport:
    """The ordered report with that id.

    Raises:
        RequestProblem: there is none.
        DatabaseUnavailable: it cannot be read.
    """
    if is_possible_id(report_id):
        report = await run_in_threadpool(here.service.reports.orders.get, report_id)
        if report is not None:
            return report
    raise not_found("report", report_id)
