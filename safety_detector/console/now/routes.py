"""``/``: what nobody has seen yet, what is broken, and today's counts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from safety_detector.console.incidents.judging import judging
from safety_detector.console.rendering import page
from safety_detector.console.route import PageRoute
from safety_detector.console.visitor import Viewer, Visitor
from safety_detector.documents.incidents import IncidentDocument
from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.errors import ServiceUnavailable
from safety_detector.service.incidents.overview import MOST_FAULTS
from safety_detector.service.operation.storage_growth import StorageStanding
from safety_detector.web.answers import base_path
from safety_detector.web.collaborators import collaborators
from safety_detector.web.health.findings import Finding, State, examine
from safety_detector.web.health.readiness import Readiness

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_MOST_CARDS = 48
_WEEK = timedelta(days=7)
_FULL_SOON = timedelta(days=14)  # what is further away is told under System alone


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
    readiness = collaborators(request).health.readiness
    findings, disk = await asyncio.gather(examine(readiness), _standing_of_disk(readiness))
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
            "full_at": _full_soon(disk, now),
            "most_faults": MOST_FAULTS,
            "by_state": waiting.by_state,
            "overdue": waiting.overdue,
            "counts": _counts(opened),
            "since": midnight.date().isoformat(),
            "judging": judging(visitor),
        },
    )


async def _standing_of_disk(readiness: Readiness) -> StorageStanding | None:
    try:
        return await readiness.storage_growth.answer()
    except (OSError, TimeoutError, ServiceUnavailable):  # what is wrong then stands in the findings
        return None


def _full_soon(disk: StorageStanding | None, now: datetime) -> datetime | None:
    """When the disk is full, where that is near."""
    full_at = None if disk is None else disk.full_at
    return full_at if full_at is not None and full_at - now < _FULL_SOON else None


def _counts(opened: Mapping[str, Mapping[IncidentHazard, int]]) -> list[dict[str, Any]]:
    """A row a hazard that pictures show, and one of what is wrong with cameras."""
    rows: list[tuple[str, tuple[IncidentHazard, ...]]] = [
        (hazard.value, (IncidentHazard(hazard),)) for hazard in WatchedHazard
    ]
    watched = {one for _, hazards in rows for one in hazards}
    rows.append(("cameras", tuple(one for one in IncidentHazard if one not in watched)))
    return [
        {
            "name": name,
            **{
                period: sum(found.get(one, 0) for one in hazards)
                for period, found in opened.items()
            },
        }
        for name, hazards in rows
    ]


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
