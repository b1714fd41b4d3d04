"""Finding the inspection that a path names."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from starlette.concurrency import run_in_threadpool

from safety_detector.domain.inspection import Inspection
from safety_detector.web.collaborators import Collaborators
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.ids import is_possible_id, not_found

InspectionId = Annotated[str, Path(description="An inspection's `id`.", max_length=64)]


async def find_inspection(here: Collaborators, inspection_id: str) -> Inspection:
    """The inspection with that id.

    Raises:
        RequestProblem: there is none, or it was a frame that a newer one replaced.
        DatabaseUnavailable: it cannot be read.
    """
    if not is_possible_id(inspection_id):
        raise not_found("inspection", inspection_id)
    results = here.service.inspections.results
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
