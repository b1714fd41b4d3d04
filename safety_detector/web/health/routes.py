"""``/livez``, ``/readyz`` and ``/metrics``: for those who watch over the service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Literal

from fastapi import APIRouter, Request
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector, CollectorRegistry
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from safety_detector.detectors.qwen.servers.server_board import ServerStatus
from safety_detector.errors import ServiceUnavailable, StorageFull
from safety_detector.host.disk_room import Room
from safety_detector.message_texts.reason import Reason
from safety_detector.service.cameras.watchers import WatchStanding
from safety_detector.service.core import Service
from safety_detector.service.operation.metrics import (
    camera_metrics,
    clock_metrics,
    disk_metrics,
    folder_metrics,
    service_metrics,
    watch_metrics,
)
from safety_detector.service.records import CameraFault, Health
from safety_detector.service.reports.records import RENDER_QUEUE
from safety_detector.web.access.authentication import Reader, may_read
from safety_detector.web.collaborators import collaborators
from safety_detector.web.health.documents import (
    CheckDocument,
    ModelServerDocument,
    ReadinessDocument,
)
from safety_detector.web.health.model_servers import (
    describe_ejected,
    server_metrics,
)
from safety_detector.web.health.probes import Probe
from safety_detector.web.health.readiness import CHECK_TIMEOUT_S, Readiness
from safety_detector.web.openapi.description import KEYED

router = APIRouter(tags=["operation"])

_MOST_FAULTS = 20  # that are named


class State(StrEnum):
    """How well the service does, or one thing that it stands on."""

    OK = "ok"
    DEGRADED = "degraded"  # pictures are accepted, and wait
    FAILED = "failed"  # pictures cannot be accepted


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; the detail is for the operator."""

    state: State
    detail: str | None = None
    servers: Sequence[ServerStatus] = ()


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
        _examine(here.health.readiness), _may_know_details(request, here.health.readiness)
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


async def _examine(readiness: Readiness) -> dict[str, Finding]:
    (
        health,
        watch,
        faults,
        clocks,
        database,
        disk,
        storage,
        files,
        broker,
        servers,
    ) = await asyncio.gather(
        _within_time(readiness.health),
        _within_time(readiness.watchers),
        _within_time(readiness.cameras),
        _within_time(readiness.clocks),
        _within_time(readiness.database),
        _within_time(readiness.disk),
        _within_time(readiness.storage),
        _within_time(readiness.files),
        _within_time(readiness.broker),
        _within_time(readiness.model_servers),
    )
    findings = {
        "database": _first_failure(health, database),
        "storage": _first_failure(_judge_disk(disk), storage, _judge_files(files)),
        "broker": _judge_broker(broker),
    }
    if isinstance(health, Health):
        findings |= {"workers": _judge_workers(health), "models": _judge_models(health)}
    if isinstance(watch, WatchStanding) and watch.cameras:
        findings["watchers"] = _judge_watchers(watch)
    if not isinstance(faults, Finding):  # else `database` tells what is wrong
        findings["cameras"] = _judge_cameras(faults)
    if not isinstance(clocks, Finding):  # else `database` tells what is wrong
        findings["clocks"] = _judge_clocks(clocks)
    if servers and not isinstance(servers, Finding):  # else `broker` tells what is wrong
        findings["model_servers"] = _judge_servers(servers)
    return findings


async def _within_time(probe: Probe[Any]) -> Any:
    """What a check gives, or the finding that it failed or hangs."""
    try:
        return await probe.answer()
    except ServiceUnavailable as exc:
        return Finding(State.FAILED, exc.message)
    except TimeoutError:
        return Finding(State.FAILED, f"No answer within {CHECK_TIMEOUT_S:g} s.")
    except OSError as exc:
        return Finding(State.FAILED, f"{exc.strerror or exc}.")


def _judge_disk(found: Finding | tuple[Room, StorageFull | None]) -> Finding | None:
    if isinstance(found, Finding):
        return found
    shortage = found[1]
    return Finding(State.FAILED, shortage.message) if shortage else None


def _judge_files(found: Finding | Reason | None) -> Finding | None:
    """A limit that larger pictures and a grown database will meet."""
    return Finding(State.DEGRADED, found.text("en")) if isinstance(found, Reason) else found


def _first_failure(*answers: Any) -> Finding:
    failures = [one for one in answers if isinstance(one, Finding)]
    return failures[0] if failures else Finding(State.OK)


def _judge_broker(found: Finding | str | None) -> Finding:
    problem = found.detail if isinstance(found, Finding) else found
    return Finding(State.DEGRADED, problem) if problem else Finding(State.OK)


def _judge_workers(health: Health) -> Finding:
    inspecting = [worker for worker in health.workers if worker.queue != RENDER_QUEUE]
    if not inspecting:
        return Finding(State.DEGRADED, "No worker has been seen lately; pictures wait.")
    served = {worker.queue for worker in health.workers}
    unserved = [queue for queue in health.due_queues if queue not in served]
    if unserved:
        waiting = "reports wait" if unserved == [RENDER_QUEUE] else "pictures wait"
        return Finding(
            State.DEGRADED, f"No worker for {', '.join(unserved)} has been seen; {waiting}."
        )
    slots = sum(worker.slots for worker in inspecting)
    return Finding(State.OK, f"{len(inspecting)} seen, for {slots} pictures at a time.")


def _judge_watchers(standing: WatchStanding) -> Finding:
    if not standing.watchers:
        return Finding(
            State.DEGRADED,
            "No watcher has been seen lately: start safety-detector watch. Cameras that nobody "
            f"watches: {standing.cameras}.",
        )
    slots = sum(one.slots for one in standing.watchers)
    seen = f"{len(standing.watchers)} seen, for {slots} cameras"
    if standing.overdue:
        waiting = f"Cameras that wait for a watcher: {standing.overdue} ({seen})"
        if slots <= standing.held:
            waiting += "; start another one, or raise SAFETY_WATCH_STREAMS"
        return Finding(State.DEGRADED, f"{waiting}.")
    return Finding(State.OK, f"{seen}; {standing.held} are held.")


def _judge_cameras(faults: Sequence[CameraFault]) -> Finding:
    if not faults:
        return Finding(State.OK)
    told = [
        f"{one.camera_id} {one.fault} since {one.since.isoformat(timespec='seconds')}"
        for one in faults[:_MOST_FAULTS]
    ]
    if len(faults) > _MOST_FAULTS:
        told.append(f"and {len(faults) - _MOST_FAULTS} more; see GET /v1/cameras")
    return Finding(State.DEGRADED, f"{'; '.join(told)}.")


def _judge_clocks(wrong: Sequence[str]) -> Finding:
    return Finding(State.DEGRADED, " ".join(wrong)) if wrong else Finding(State.OK)


def _judge_models(health: Health) -> Finding:
    if not health.outages:
        return Finding(State.OK)
    reasons = "; ".join(
        f"{one.backend} since {one.since.isoformat(timespec='seconds')}: {one.reason.text('en')}"
        for one in health.outages
    )
    return Finding(State.DEGRADED, reasons)


def _judge_servers(servers: Sequence[ServerStatus]) -> Finding:
    ejected = describe_ejected(servers)
    return Finding(State.DEGRADED if ejected else State.OK, ejected, servers)


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
    return CheckDocument(status=finding.state, detail=finding.detail, servers=servers or None)
