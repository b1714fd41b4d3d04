"""``safety-detector serve``: everything on this machine, watched, stopped cleanly."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import httpx2

from safety_detector.errors import ConfigurationInvalid
from safety_detector.host.signs_of_life import Signs
from safety_detector.message_texts.reason import system_cause
from safety_detector.network.http_bodies import PLAIN, bounds
from safety_detector.single_machine.broker import (
    ask_in_turn,
    broker_child,
    broker_socket,
    broker_url,
    wait_for_broker,
)
from safety_detector.single_machine.children import Child, ChildSpec

_log = logging.getLogger(__name__)

_WATCH_INTERVAL_S = 0.2
_READY_TIMEOUT_S = 30.0  # then it is said what is missing
_MOST_BYTES = 1 << 20  # of what the API says of its readiness, some thousand
_ANSWER_TIMEOUT_S = 120.0  # it takes 2 s, but the machine may be old or busy
# A worker may be waiting for the model when it is asked to stop; what it does not finish is
# claimed again when its lease ends.
_WORKER_GRACE_S = 30.0
_API_GRACE_S = 10.0
# It ends its streams and frees its cameras within seconds.
_WATCHER_GRACE_S = 10.0
# One that is stopped or hangs; a busy machine may delay a sign, and four are given meanwhile.
_LONGEST_SILENCE_S = 20.0


@dataclass(frozen=True, slots=True)
class Deployment:
    """What runs on this machine.

    Attributes:
        host: address that the API binds to.
        port: its port.
        queues: the worker pools, one process group each.
        data_dir: the data folder.
        own_broker: start a Valkey here; else the settings name a server.
        tls: whether the API speaks https.
    """

    host: str
    port: int
    queues: Sequence[str]
    data_dir: Path
    own_broker: bool
    tls: bool = False

    @property
    def url(self) -> str:
        """Where people on this machine reach the API."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 (compared)
        shown = f"[{host}]" if ":" in host else host
        return f"{'https' if self.tls else 'http'}://{shown}:{self.port}"


def serve(deployment: Deployment, on_ready: Callable[[str], None]) -> None:
    """Runs broker, workers, watcher and API until SIGINT or SIGTERM, then stops them in order.

    Args:
        deployment: what to run; its port is checked, its data folder locked, its database migrated.
        on_ready: called once with the API's address when the service is ready.

    Raises:
        ConfigurationInvalid: the service does not become ready.
    """
    environment = dict(os.environ)
    supervisor = Signs()
    socket_path = broker_socket(deployment.data_dir)
    folder = socket_path.parent
    with _stop_requests() as stop, ExitStack() as running:
        children: list[Child] = []
        if deployment.own_broker:
            broker = _start(running, broker_child(socket_path, environment))
            children.append(broker)
            wait_for_broker(socket_path)
            running.enter_context(_asked_in_turn(socket_path, broker))
            environment["SAFETY_REDIS_URL"] = broker_url(socket_path)
            _log.info("broker at %s", broker_url(socket_path))
        specs = [*_worker_specs(deployment, environment, folder), _watch_spec(environment, folder)]
        children += _start_workers(running, specs)
        children.append(_start(running, _api_spec(deployment, environment, folder)))
        _wait_until_ready(deployment, children, stop)
        if not stop.is_set():
            on_ready(deployment.url)
        supervisor.say_ready()
        while not stop.wait(_WATCH_INTERVAL_S):
            for child in children:
                child.watch()
            supervisor.give_in_time()
        _log.info("stopping")


@contextmanager
def _asked_in_turn(socket_path: Path, broker: Child) -> Iterator[None]:
    """The broker says nothing by itself; a thread asks it."""
    stop = threading.Event()
    asking = threading.Thread(
        target=ask_in_turn, args=(socket_path, broker.heard, stop), name="broker", daemon=True
    )
    asking.start()
    try:
        yield
    finally:
        stop.set()


def _start(running: ExitStack, spec: ChildSpec) -> Child:
    child = Child(spec)
    child.start()
    running.callback(_stop, [child])
    return child


def _start_workers(running: ExitStack, specs: Sequence[ChildSpec]) -> list[Child]:
    workers = [Child(spec) for spec in specs]
    # Registered first and stopped together, so that their graces run at the same time.
    running.callback(_stop, workers)
    for worker in workers:
        worker.start()
    return workers


def _stop(children: Sequence[Child]) -> None:
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.wait_until_stopped()


def _program(*arguments: str) -> list[str]:
    # -P: what lies in the current folder is nobody's program.
    return [sys.executable, "-P", "-m", "safety_detector", *arguments]


def _worker_specs(
    deployment: Deployment, environment: Mapping[str, str], folder: Path
) -> list[ChildSpec]:
    return [
        ChildSpec(
            name=f"worker {queue}",
            command=_program("worker", "--queue", queue),
            environment=environment,
            grace_s=_WORKER_GRACE_S,
            silence_s=_LONGEST_SILENCE_S,
            signs=folder / f"{number}.sock",
        )
        for number, queue in enumerate(deployment.queues, start=1)
    ]


def _watch_spec(environment: Mapping[str, str], folder: Path) -> ChildSpec:
    """Also where there is no camera to watch: one that is added is watched within seconds."""
    return ChildSpec(
        name="watch",
        command=_program("watch"),
        environment=environment,
        grace_s=_WATCHER_GRACE_S,
        silence_s=_LONGEST_SILENCE_S,
        signs=folder / "watch.sock",
    )


def _api_spec(deployment: Deployment, environment: Mapping[str, str], folder: Path) -> ChildSpec:
    return ChildSpec(
        name="api",
        command=_program("api", "--host", deployment.host, "--port", str(deployment.port)),
        environment=environment,
        grace_s=_API_GRACE_S,
        silence_s=_LONGEST_SILENCE_S,
        signs=folder / "0.sock",
    )


def check_port(host: str, port: int) -> None:
    """Finds out at once what the API would otherwise report late, as a child again and again.

    Raises:
        ConfigurationInvalid: the port is taken, or the host is no address of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except socket.gaierror as exc:
            raise ConfigurationInvalid(
                "host-not-of-this-machine", host=host, cause=system_cause(exc)
            ) from exc
        except OSError as exc:
            raise ConfigurationInvalid(
                "port-unusable", port=port, host=host, cause=system_cause(exc)
            ) from exc


def _wait_until_ready(
    deployment: Deployment, children: Sequence[Child], stop: threading.Event
) -> None:
    began = time.monotonic()
    said = ""
    while not stop.wait(_WATCH_INTERVAL_S):
        for child in children:
            child.watch()
        try:
            # Of this machine's own API nothing is believed but whether it is ready, whatever name
            # its certificate is for.
            with httpx2.Client(
                headers=PLAIN,
                event_hooks={"response": [bounds(_MOST_BYTES, 5)]},
                timeout=5,
                trust_env=False,
                verify=False,
            ) as client:
                answer = client.get(f"{deployment.url}/readyz")
            said = answer.text
            # Until workers have reported it is "degraded": pictures would be accepted and wait.
            if answer.status_code == 200 and answer.json()["status"] == "ok":
                return
        except httpx2.HTTPError:
            _log.debug("the API does not answer yet")
        if time.monotonic() - began >= (_READY_TIMEOUT_S if said else _ANSWER_TIMEOUT_S):
            break
    if said:
        # It accepts pictures and keeps them until whatever is missing is back.
        _log.warning("serving, but not everything is ready: %s", what_is_missing(said)[:2000])
    elif not stop.is_set():
        raise ConfigurationInvalid("api-silent", seconds=_ANSWER_TIMEOUT_S)


def what_is_missing(answer: str) -> str:
    """The checks of a ``/readyz`` document that are not ok, and why, as a line for people.

    Why is told to those with a key alone, once there is any; then the line says so.
    """
    checks: dict[str, dict[str, str]] = json.loads(answer).get("checks", {})
    missing = {name: check for name, check in checks.items() if check["status"] != "ok"}
    told = "; ".join(
        f"{name}: {check.get('detail', check['status'])}" for name, check in missing.items()
    )
    secret = not all("detail" in check for check in missing.values())
    return f"{told} (GET /readyz with an API key says why)" if secret else told or answer


@contextmanager
def _stop_requests() -> Iterator[threading.Event]:
    """An event that signals to stop set; the former handlers come back afterwards.

    A terminal that is closed is such a signal, unless ``nohup`` has said that it is none.
    """
    stop = threading.Event()

    def request_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    asked = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        asked.append(signal.SIGHUP)
    former = {one: signal.signal(one, request_stop) for one in asked}
    try:
        yield stop
    finally:
        for one, handler in former.items():
            signal.signal(one, handler)
