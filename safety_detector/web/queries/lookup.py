"""Finding what a path names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Query
from starlette.concurrency import run_in_threadpool

from safety_detector.domain.inspection import Inspection
from safety_detector.service.folder_records import FolderReading
from safety_detector.service.listing import CURSOR_PATTERN
from safety_detector.service.records import BatchStanding
from safety_detector.service.report_records import OrderedReport
from safety_detector.web.collaborators import Collaborators
from safety_detector.web.inspections.fields import ID_PATTERN
from safety_detector.web.problems.problem import RequestProblem

InspectionId = Annotated[str, Path(description="An inspection's `id`.", max_length=64)]
BatchId = Annotated[str, Path(description="A batch's `id`.", max_length=64)]
CameraId = Annotated[str, Path(description="A camera's `id`.", max_length=64)]
ReportId = Annotated[str, Path(description="A report's `id`.", max_length=64)]
Cursor = Annotated[
    str | None,
    Query(
        max_length=64,
        description="`next_cursor` of the page before.",
        json_schema_extra={"pattern": "^[0-7][0-9A-HJKMNP-TV-Z]{25}$"},
    ),
]

InspectionCursor = Annotated[
    str | None,
    Query(
        max_length=64,
        description="`next_cursor` of the page before, with the same `order`.",
        json_schema_extra={"pattern": CURSOR_PATTERN},
    ),
]

_ID = re.compile(ID_PATTERN)


@dataclass(frozen=True, slots=True)
class FoundBatch:
    """A batch; it has pictures, or a folder on the server is read into it, or both."""

    id: str
    standing: BatchStanding | None
    reading: FolderReading | None


def not_found(what: str, record_id: str) -> RequestProblem:
    """The refusal of an id that nothing has."""
    return RequestProblem("not-found", f"There is no {what} {record_id[:64]!r}.")


def is_possible_id(record_id: str) -> bool:
    """Whether a record can have that id; others are not asked for in the database."""
    return _ID.fullmatch(record_id) is not None


async def find_inspection(here: Collaborators, inspection_id: str) -> Inspection:
    """The inspection with that id.

    Raises:
        RequestProblem: there is none, or it was a frame that a newer one replaced.
        DatabaseUnavailable: it cannot be read.
    """
    if not is_possible_id(inspection_id):
        raise not_found("inspection", inspection_id)
    results = here.service.results
    inspection = await run_in_threadpool(results.get, inspection_id)
    if inspection is not None:
        return inspection
    replaced = await run_in_threadpool(results.replaced_frame, inspection_id)
    if replaced is None:
        raise not_found("inspection", inspection_id)
    raise RequestProblem(
        "frame-replaced",
        f"A newer frame of the camera {replaced.camera_id} took this one's place before it was "
        "inspected.",
        disposition="replaced",
        replaced_by=replaced.replaced_by,
        camera_id=replaced.camera_id,
    )


async def find_batch(here: Collaborators, batch_id: str) -> FoundBatch:
    """The batch with that id.

    Raises:
        RequestProblem: there is none.
        DatabaseUnavailable: it cannot be read.
    """
    if is_possible_id(batch_id):
        # In this order: when a folder is read to its end, all its pictures are counted.
        reading = await run_in_threadpool(here.service.folders.get, batch_id)
        standing = await run_in_threadpool(here.service.results.batch_standing, batch_id)
        if standing is not None or reading is not None:
            return FoundBatch(batch_id, standing, reading)
    raise not_found("batch", batch_id)


async def find_report(here: Collaborators, report_id: str) -> OrderedReport:
    """The ordered report with that id.

    Raises:
        RequestProblem: there is none.
        DatabaseUnavailable: it cannot be read.
    """
    if is_possible_id(report_id):
        report = await run_in_threadpool(here.service.reports.get, report_id)
        if report is not None:
            return report
    raise not_found("report", report_id)
