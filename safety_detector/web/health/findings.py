"""What ``/readyz`` finds out, and what it means: each thing that the service stands on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from safety_detector.detectors.qwen.servers.server_board import ServerStatus
from safety_detector.errors import ServiceUnavailable, StorageFull
from safety_detector.host.disk_room import Room
from safety_detector.message_texts.reason import Reason, system_cause
from safety_detector.service.cameras.watchers import WatchStanding
from safety_detector.service.records import CameraFault, Health
from safety_detector.service.reports.records import RENDER_QUEUE
from safety_detector.web.health.model_servers import ejected_servers
from safety_detector.web.health.probes import Probe
from safety_detector.web.health.readiness import CHECK_TIMEOUT_S, Readiness

_MOST_FAULTS = 20  # that are named


class State(StrEnum):
    """How well the service does, or one thing that it stands on."""

    OK = "ok"
    DEGRADED = "degraded"  # pictures are accepted, and wait
    FAILED = "failed"  # pictures cannot be accepted


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; the reason is for the operator."""

    state: State
    reason: Reason | None = None
    servers: Sequence[ServerStatus] = ()


async def examine(readiness: Readiness) -> dict[str, Finding]:
    """Everything that the service stands on, looked at now, by name."""
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
        return Finding(State.FAILED, exc.reason)
    except TimeoutError:
        return Finding(State.FAILED, Reason.of("health-no-answer", seconds=CHECK_TIMEOUT_S))
    except OSError as exc:
        return Finding(State.FAILED, Reason.of("health-system", cause=system_cause(exc)))


def _judge_disk(found: Finding | tuple[Room, StorageFull | None]) -> Finding | None:
    if isinstance(found, Finding):
        return found
    shortage = found[1]
    return Finding(State.FAILED, shortage.reason) if shortage else None


def _judge_files(found: Finding | Reason | None) -> Finding | None:
    """A limit that larger pictures and a grown database will meet."""
    return Finding(State.DEGRADED, found) if isinstance(found, Reason) else found


def _first_failure(*answers: Any) -> Finding:
    failures = [one for one in answers if isinstance(one, Finding)]
    return failures[0] if failures else Finding(State.OK)


def _judge_broker(found: Finding | str | None) -> Finding:
    if isinstance(found, str):
        return Finding(State.DEGRADED, Reason.of("quoted", text=found))
    return Finding(State.DEGRADED, found.reason) if found else Finding(State.OK)


def _judge_workers(health: Health) -> Finding:
    inspecting = [worker for worker in health.workers if worker.queue != RENDER_QUEUE]
    if not inspecting:
        return Finding(State.DEGRADED, Reason("workers-none"))
    served = {worker.queue for worker in health.workers}
    unserved = [queue for queue in health.due_queues if queue not in served]
    if unserved:
        queues = ", ".join(unserved)
        if unserved == [RENDER_QUEUE]:
            return Finding(State.DEGRADED, Reason.of("workers-none-for-reports", queues=queues))
        return Finding(State.DEGRADED, Reason.of("workers-none-for-pictures", queues=queues))
    slots = sum(worker.slots for worker in inspecting)
    return Finding(State.OK, Reason.of("workers-seen", number=len(inspecting), slots=slots))


def _judge_watchers(standing: WatchStanding) -> Finding:
    if not standing.watchers:
        return Finding(State.DEGRADED, Reason.of("watchers-none", cameras=standing.cameras))
    slots = sum(one.slots for one in standing.watchers)
    seen = {"watchers": len(standing.watchers), "slots": slots}
    if standing.overdue and slots <= standing.held:
        reason = Reason.of("watchers-full", cameras=standing.overdue, **seen)
        return Finding(State.DEGRADED, reason)
    if standing.overdue:
        reason = Reason.of("watchers-behind", cameras=standing.overdue, **seen)
        return Finding(State.DEGRADED, reason)
    return Finding(State.OK, Reason.of("watchers-seen", held=standing.held, **seen))


def _judge_cameras(faults: Sequence[CameraFault]) -> Finding:
    if not faults:
        return Finding(State.OK)
    told = [
        f"{one.camera_id} {one.fault} since {one.since.isoformat(timespec='seconds')}"
        for one in faults[:_MOST_FAULTS]
    ]
    if len(faults) > _MOST_FAULTS:
        told.append(f"and {len(faults) - _MOST_FAULTS} more; see GET /v1/cameras")
    return Finding(State.DEGRADED, Reason.of("quoted", text=f"{'; '.join(told)}."))


def _judge_clocks(wrong: Sequence[str]) -> Finding:
    if not wrong:
        return Finding(State.OK)
    return Finding(State.DEGRADED, Reason.of("quoted", text=" ".join(wrong)))


def _judge_models(health: Health) -> Finding:
    if not health.outages:
        return Finding(State.OK)
    reasons = tuple(
        Reason.of(
            "model-away",
            model=one.backend,
            since=one.since.isoformat(timespec="seconds"),
            reason=one.reason,
        )
        for one in health.outages
    )
    return Finding(State.DEGRADED, Reason.of("sentences", reasons=reasons))


def _judge_servers(servers: Sequence[ServerStatus]) -> Finding:
    ejected = ejected_servers(servers)
    return Finding(State.DEGRADED if ejected else State.OK, ejected, servers)
