"""``/v1/inspections/{id}/report.pdf``: made when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from safety_detector import __version__
from safety_detector.domain.hazards import Language
from safety_detector.domain.inspection import Inspection
from safety_detector.report.contents import ReportScope
from safety_detector.stored_reports.inspections import StoredReportWriter
from safety_detector.stored_reports.scopes import camera_labels
from safety_detector.web.access.authentication import Reader
from safety_detector.web.collaborators import Collaborators, collaborators
from safety_detector.web.inspections.finding import InspectionId, find_inspection
from safety_detector.web.inspections.pictures import not_ready, safe_file_name
from safety_detector.web.inspections.waiting import is_final
from safety_detector.web.openapi.description import INSPECTION, NOT_READY, binary
from safety_detector.web.stored_files import content_disposition

router = APIRouter(tags=["inspections"])


@router.get(
    "/v1/inspections/{inspection_id}/report.pdf",
    summary="The evidence sheet as PDF",
    response_class=Response,
    responses={200: binary("The report", "application/pdf"), **INSPECTION, **NOT_READY},
)
async def read_report(
    request: Request,
    _principal: Reader,
    inspection_id: InspectionId,
    lang: Annotated[Language | None, Query(description="Unset: the service's language.")] = None,
) -> Response:
    """A PDF of one inspection, failed ones included; 409 while it is queued or running."""
    here = collaborators(request)
    inspection = await find_inspection(here, inspection_id)
    if not is_final(inspection):
        raise not_ready(inspection, "report")
    name = safe_file_name(inspection.picture.name, ".pdf", "-report")
    return await render_report(here, [inspection], lang or here.reports.language, name)


async def render_report(
    here: Collaborators, inspections: Sequence[Inspection], language: Language, name: str
) -> Response:
    """A report as the answer, made here and now; ``name`` is that of the download."""
    # Not in the pool of all requests: a page takes memory and some hundred milliseconds, and
    # uploads must not wait for it.
    pdf = await anyio.to_thread.run_sync(
        _render, here, inspections, language, limiter=here.reports.slots
    )
    return Response(
        pdf,
        media_type="application/pdf",
        headers={"Content-Disposition": content_disposition(name)},
    )


def _render(here: Collaborators, inspections: Sequence[Inspection], language: Language) -> bytes:
    writer = StoredReportWriter(here.service.inspections.results, here.reports.find_fonts())
    scope = ReportScope(
        made_at=datetime.now(UTC),
        made_by=f"safety-detector {__version__}",
        time_zone=here.reports.time_zone,
        camera_names=camera_labels(here.service.cameras.records.lifetimes()),
    )
    with here.service.storage.scratch_folder() as folder:
        path = folder / "report.pdf"
        writer.write(path, inspections, scope, language)
        return path.read_bytes()
