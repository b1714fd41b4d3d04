"""A running service for benchmarks: broker, API and a worker as real processes."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from safety_detector.single_machine.broker import broker_child, broker_url, wait_for_broker
from safety_detector.single_machine.children import Child, ChildSpec
from tests.ports import free_port
from tests.program_environment import program_environment

INSTANT_WORKER = (sys.executable, str(Path(__file__).with_name("instant_worker.py")))
READY_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class RunningService:
    """Where the service is, and its processes by name."""

    url: str
    redis_url: str
    children: Mapping[str, Child]


@contextmanager
def running_service(
    folder: Path,
    processes: int,
    *,
    worker: Sequence[str] = INSTANT_WORKER,
    workers: int = 1,
    **environment: str,
) -> Iterator[RunningService]:
    """Starts the service with its data in ``folder`` and stops it afterwards.

    Args:
        folder: an empty folder.
        processes: working processes of the embedded detector.
        worker: the worker's command line.
        workers: so many of them.
        **environment: further variables; ``SAFETY_REDIS_URL`` and ``SAFETY_DATABASE_URL`` name
            servers that are there already.
    """
    settings = {
        **program_environment(),
        "SAFETY_DATA_DIR": str(folder / "data"),
        "SAFETY_BACKEND": "embedded",
        "SAFETY_EMBEDDED_SLOTS": str(processes),
        "SAFETY_LOG_LEVEL": "WARNING",
        **environment,
    }
    with ExitStack() as running:
        children: dict[str, Child] = {}

        def start(spec: ChildSpec) -> None:
            child = Child(spec)
            child.start()
            children[spec.name] = child
            running.callback(_stop, child)

        if "SAFETY_REDIS_URL" not in environment:
            path = folder / "valkey.sock"
            start(broker_child(path, settings))
            wait_for_broker(path)
            settings["SAFETY_REDIS_URL"] = broker_url(path)
        port = free_port()
        api = [sys.executable, "-m", "safety_detector", "api", "--port", str(port)]
        start(ChildSpec("api", api, settings))
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(url)
        for number in range(workers):
            name = f"worker {number + 1}" if number else "worker"
            start(ChildSpec(name, worker, settings, grace_s=30))
        yield RunningService(url, settings["SAFETY_REDIS_URL"], children)


def _stop(child: Child) -> None:
    child.ask_to_stop()
    child.wait_until_stopped()


def _wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            httpx2.get(f"{url}/livez", trust_env=False).raise_for_status()
        except httpx2.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"the API was not ready after {READY_TIMEOUT_S:.0f} s")
