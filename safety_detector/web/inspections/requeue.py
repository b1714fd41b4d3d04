"""``/v1/requeue``: failed inspections again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.concurrency import run_in_threadpool

from safety_detector.documents.document import Document
from safety_detector.web.access.authentication import Admin, actor_of
from safety_detector.web.bodies.json_bodies import JsonBody
from safety_detector.web.collaborators import collaborators
from safety_detector.web.openapi.description import BODY, KEYED
from safety_detector.web.queries.values import Moment, RecordId

_MAX_IDS = 1000

router = APIRouter(tags=["operation"])


class RequeueBody(BaseModel):
    """Which failed inspections are run again: either these, or all since a moment."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"failed_since": "2026-11-21T16:00:00Z"}]}
    )

    inspection_ids: list[RecordId] | None = Field(
        None, min_length=1, max_length=_MAX_IDS, description="These."
    )
    failed_since: Moment | None = Field(None, description="Failed at that moment or later.")

    @model_validator(mode="after")
    def _one_of_both(self) -> RequeueBody:
        if (self.inspection_ids is None) == (self.failed_since is None):
            raise ValueError("either inspection_ids or failed_since is needed")
        return self


class RequeuedDocument(Document):
    """What is run again."""

    requeued: int = Field(description="How many are queued again.", examples=[17])
    left: list[str] = Field(
        description="Of the named ones, those that were not failed.", examples=[[]]
    )


@router.post(
    "/v1/requeue",
    summary="Run failed inspections again",
    response_description="How many run again",
    responses={**KEYED, **BODY},
)
async def requeue(
    request: Request,
    principal: Admin,
    body: Annotated[RequeueBody, Depends(JsonBody(RequeueBody))],
) -> RequeuedDocument:
    """Queues the named ones, or all that failed since a moment; their faults are forgotten."""
    recovery, by = collaborators(request).service.inspections.recovery, actor_of(principal)
    named, since = body.inspection_ids or [], body.failed_since
    if since is not None:
        requeued = await run_in_threadpool(recovery.requeue_failed, since, None, by)
    else:
        requeued = await run_in_threadpool(recovery.requeue, named, by)
    left = sorted(set(named) - set(requeued))
    return RequeuedDocument(requeued=len(requeued), left=left)
