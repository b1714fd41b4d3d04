"""``/``: what nobody has seen yet, what is broken, and today's counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from safety_detector.console.incidents.judging import judging
from safety_detector.console.rendering import page
from safety_detector.console.route import PageRoute
from safety_detector.console.visitor import Viewer, Visitor
from safety_detector.documents.incidents import IncidentDocument
from safety_detector.web.answers import base_path
from safety_detector.web.collaborators import collaborators
from safety_detector.web.health.findings import Finding, State, examine

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_MOST_CARDS = 48
_WEEK = timedelta(days=7)


@router.get("/")
async def show_now(request: Request, visitor: Viewer) -> Response:
    """The gravest that nobody has seen first."""
    overview = collaborators(request).service.incidents.overview
    now = datetime.now(visitor.zone)
    waiting = await run_in_threadpool(overview.waiting, now, _MOST_CARDS)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    opened = await run_in_threadpool(
        overview.opened, {"today": (midnight, now), "before": (midnight - _WEEK, now - _WEEK)}
    )
    findings = await examine(collaborators(request).health.readiness)
    base = base_path(request)
    return page(
        request,
        visitor,
        "now.html",
        {
            "incidents": [
                IncidentDocument.of(one, visitor.language, base) for one in waiting.incidents
            ],
            "unseen": waiting.unseen,
            "camera_faults": [
                IncidentDocument.of(one, visitor.language, base) for one in waiting.camera_faults
            ],
            "broken": _broken(findings, visitor),
            "by_state": waiting.by_state,
            "overdue": waiting.overdue,
            "opened": opened,
            "judging": judging(visitor),
        },
    )


def _broken(findings: Mapping[str, Finding], visitor: Visitor) -> list[dict[str, str]]:
    """What the service stands on and is not well; cameras stand in incidents of their own."""
    return [
        {
            "name": name,
            "state": finding.state.value,
            "reason": finding.reason.text(visitor.language) if finding.reason else "",
        }
        for name, finding in findings.items()
        if finding.state is not State.OK and name != "cameras"
    ]
