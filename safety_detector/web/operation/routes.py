"""``/v1/operation``: queues, workers, room."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from safety_detector import __version__
from safety_detector.web.access.authentication import Reader
from safety_detector.web.collaborators import Collaborators, collaborators
from safety_detector.web.openapi.description import KEYED
from safety_detector.web.operation.documents import OperationDocument

router = APIRouter(tags=["operation"])


@router.get(
    "/v1/operation",
    summary="Queues, workers, and room on the disk",
    response_description="How it stands now",
    responses=KEYED,
)
async def read_operation(request: Request, _principal: Reader) -> OperationDocument:
    """What waits and who works on it; how much is stored, and when the disk will be full.

    What is broken is told by `/readyz`.
    """
    return await operation_of(collaborators(request))


async def operation_of(here: Collaborators) -> OperationDocument:
    """How it stands now."""
    work = await run_in_threadpool(here.service.operation.figures.work)
    try:
        storage = await here.health.readiness.storage_growth.answer()
    except (OSError, TimeoutError):
        storage = None
    return OperationDocument.of(
        {
            "version": __version__,
            "database": "sqlite" if here.service.database.is_sqlite else "postgresql",
            "queues": work.queues,
            "workers": work.workers,
            "storage": storage,
        }
    )
