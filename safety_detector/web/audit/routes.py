"""``/v1/audit``: who did what."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from safety_detector.service.access.audit import AuditAction, AuditFilter
from safety_detector.service.records import Page
from safety_detector.web.access.authentication import Admin
from safety_detector.web.audit.documents import AuditDocument
from safety_detector.web.collaborators import collaborators
from safety_detector.web.openapi.description import KEYED
from safety_detector.web.queries.pages import Limit
from safety_detector.web.queries.values import Moment

router = APIRouter(tags=["operation"])


@router.get(
    "/v1/audit", summary="Read the audit log", response_description="A page", responses=KEYED
)
async def read_audit(
    request: Request,
    _principal: Admin,
    action: AuditAction | None = None,
    since: Annotated[Moment | None, Query(description="At or after.")] = None,
    until: Annotated[Moment | None, Query(description="Before.")] = None,
    limit: Limit = 50,
    cursor: Annotated[
        str | None,
        Query(pattern="^[0-9]{1,18}$", description="`next_cursor` of the page before."),
    ] = None,
) -> AuditDocument:
    """Who made and revoked keys, changed cameras, held, requeued and purged; newest first."""
    audit = collaborators(request).service.access.audit
    wanted = AuditFilter(action, since, until)
    before = None if cursor is None else int(cursor)
    found = await run_in_threadpool(audit.entries, wanted, limit + 1, before)
    return AuditDocument.of(Page.cut(found, limit, lambda entry: str(entry.id)))
