"""``/livez``, ``/readyz`` and ``/metrics``: for those who watch over the service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter, Request
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector, CollectorRegistry
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from safety_detector.detectors.qwen.servers.server_board import ServerStatus
from safety_detector.errors import ServiceUnavailable
from safety_detector.service.core import Service
from safety_detector.service.operation.metrics import (
    camera_metrics,
    clock_metrics,
    disk_metrics,
    folder_metrics,
    service_metrics,
    watch_metrics,
)
from safety_detector.web.access.authentication import Reader, may_read
from safety_detector.web.collaborators import collaborators
from safety_detector.web.health.documents import (
    CheckDocument,
    ModelServerDocument,
    ReadinessDocument,
)
from safety_detector.web.health.findings import Finding, State, examine
from safety_detector.web.health.model_servers import server_metrics
from safety_detector.web.health.readiness import CHECK_TIMEOUT_S, Readiness
from safety_detector.web.openapi.description import KEYED

router = APIRouter(tags=["operation"])


@router.get("/livez", summary="Is the process alive", response_description="Alive")
async def live() -> dict[str, Literal["ok"]]:
    """Answers as long as the process can; looks at nothing else."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    summary="What works and what does not",
    response_description="Pictures are accepted",
    responses={503: {"description": "Pictures cannot be accepted", "model": ReadinessDocument}},
)
async def ready(request: Request, response: Response) -> ReadinessDocument:
    """200 while pictures are accepted, 503 when database or storage fail or have no room.

    A missing broker, no workers, an unreachable model, one of several servers that is not used,
    cameras without a watcher or with a fault, or a clock that is off make it `degraded`: pictures
    are accepted and wait, or go more slowly, or do not come.
    Where keys are needed, details are told to keys with the scope `read` alone.
    """
    here = collaborators(request)
    findings, told = await asyncio.gather(
        examine(here.health.readiness), _may_know_details(request, here.health.readiness)
    )
    worst = max((one.state for one in findings.values()), key=list(State).index)
    if worst is State.FAILED:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return ReadinessDocument(
        status=worst, checks={name: _told(finding, told) for name, finding in findings.items()}
    )


@router.get(
    "/metrics",
    summary="Counters for Prometheus",
    response_class=Response,
    responses={
        200: {
            "description": "Prometheus' text format",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
        **KEYED,
    },
)
async def metrics(request: Request, _principal: Reader) -> Response:
    """Computed from the database, so that they reconcile; needs the scope `read`.

    The requests (`safety_http_…`, `safety_accept_seconds`) are those of this process alone.
    """
    registry = CollectorRegistry()
    here = collaborators(request)
    registry.register(_ServiceCollector(here.service, here.health.model_servers))
    text = await run_in_threadpool(generate_latest, registry)
    text += generate_latest(here.health.metrics.registry)
    return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})


class _ServiceCollector(Collector):
    def __init__(
        self, service: Service, model_servers: Callable[[], Sequence[ServerStatus]]
    ) -> None:
        self._service = service
        self._model_servers = model_servers

    def collect(self) -> Iterable[Metric]:
        yield from service_metrics(self._service.operation.figures)
        yield from camera_metrics(self._service.cameras.records.list())
        yield from watch_metrics(self._service.operation.figures, self._service.cameras.watchers)
        yield from disk_metrics(self._service.storage)
        yield from folder_metrics(self._service.folders.orders)
        yield from clock_metrics(
            self._service.retention.age_clock, self._service.operation.clock_skew
        )
        with suppress(ServiceUnavailable):  # no figures are better than wrong ones
            yield from server_metrics(self._model_servers())

    def describe(self) -> Iterable[Metric]:
        return ()  # or the registry would ask the database when this is registered


async def _may_know_details(request: Request, readiness: Readiness) -> bool:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            return await may_read(request, readiness.threads.run)
    except TimeoutError:
        return False


def _told(finding: Finding, with_detail: bool) -> CheckDocument:
    if not with_detail:
        return CheckDocument(status=finding.state)
    servers = [ModelServerDocument.of(one) for one in finding.servers]
    detail = finding.reason and finding.reason.text("en")
    return CheckDocument(status=finding.state, detail=detail, servers=servers or None)
