"""What ``/readyz`` asks, and how long it waits for answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from safety_detector.detectors.qwen.servers.server_board import ServerStatus
from safety_detector.errors import StorageFull
from safety_detector.host.disk_room import Room
from safety_detector.host.file_size_limit import files_limited
from safety_detector.service.core import Service
from safety_detector.service.operation.clock_skew import api_process
from safety_detector.web.health.probes import Probe, ReservedThreads

CHECK_TIMEOUT_S = 4.0
"""Probes usually give up after 5 to 10 s; they shall hear what hangs."""

_KEEP_S = 1.0
_GROWTH_KEEP_S = 60.0  # it changes slowly, and asking looks at many rows
_READERS_AT_ONCE = 8

Result = TypeVar("Result")


class Readiness:
    """What ``/readyz`` asks, in threads that nothing else uses.

    Args:
        service: whose database and storage are looked at.
        broker_problem: what is wrong with the broker, a sentence; None if nothing is.
        model_servers: how the model servers stand.
    """

    def __init__(
        self,
        service: Service,
        broker_problem: Callable[[], str | None],
        model_servers: Callable[[], Sequence[ServerStatus]],
    ) -> None:
        self.threads = ReservedThreads(_READERS_AT_ONCE)
        self.health = _probe(service.operation.figures.health)
        self.watchers = _probe(service.cameras.watchers.standing)
        self.cameras = _probe(service.cameras.health.open_faults)
        self.clocks = _probe(lambda: examine_clocks(service), keep_s=_KEEP_S)
        # Anybody may ask, and these two take the write lock and wait for the disk.
        self.database = _probe(service.database.check_writable, keep_s=_KEEP_S)
        self.disk = _probe(partial(_disk, service))
        self.files = _probe(files_limited)
        self.storage = _probe(service.storage.check_writable, keep_s=_KEEP_S)
        self.storage_growth = Probe(
            service.operation.storage_growth.standing,
            timeout_s=CHECK_TIMEOUT_S,
            keep_s=_GROWTH_KEEP_S,
            earlier_will_do=True,
        )
        self.broker = _probe(broker_problem)
        self.model_servers = _probe(model_servers)


def _disk(service: Service) -> tuple[Room, StorageFull | None]:
    """Room on the disk, and why nothing is accepted."""
    room = service.storage.room
    return room.look(), room.shortage()


def examine_clocks(service: Service) -> tuple[str, ...]:
    """What is wrong with clocks, and by which nothing grows older; a sentence each."""
    process = api_process()
    own = service.operation.clock_skew.measure(process)
    others = [one for one in service.operation.clock_skew.measured() if one.process != process]
    skews = [str(one) for one in (own, *others) if one is not None and one.is_off]
    return (*skews, *(str(gap) for gap in service.retention.age_clock.gaps() if gap.is_new))


def _probe(ask: Callable[[], Result], keep_s: float = 0.0) -> Probe[Result]:
    return Probe(ask, timeout_s=CHECK_TIMEOUT_S, keep_s=keep_s)
