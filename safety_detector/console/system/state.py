"""``/system``: model servers, workers, queues, room, and what is wrong with any of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from safety_detector.console.route import PageRoute
from safety_detector.console.system.tabs import system_page
from safety_detector.console.visitor import Viewer, Visitor
from safety_detector.service.operation.figures import MOST_COUNTED
from safety_detector.web.collaborators import collaborators
from safety_detector.web.health.documents import ModelServerDocument
from safety_detector.web.health.findings import Finding, State, examine
from safety_detector.web.operation.routes import operation_of

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/system")
async def show_state(request: Request, visitor: Viewer) -> Response:
    """What is broken first; then what it runs on."""
    here = collaborators(request)
    findings, operation = await asyncio.gather(examine(here.health.readiness), operation_of(here))
    order = (State.FAILED, State.DEGRADED, State.OK)
    storage = operation.storage
    servers = findings["model_servers"].servers if "model_servers" in findings else ()
    return system_page(
        request,
        visitor,
        "system_state.html",
        {
            "checks": sorted(
                (_told(name, one, visitor) for name, one in findings.items()),
                key=lambda one: order.index(one["state"]),
            ),
            "servers": [
                {"document": ModelServerDocument.of(one), "reason": one.reason} for one in servers
            ],
            "operation": operation,
            "growth_over": timedelta(days=storage.measured_days or 0) if storage else None,
            "most_counted": MOST_COUNTED,
        },
    )


def _told(name: str, finding: Finding, visitor: Visitor) -> dict[str, Any]:
    reason = finding.reason.text(visitor.language) if finding.reason else ""
    return {"name": name, "state": finding.state, "reason": reason}
