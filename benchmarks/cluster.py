"""The service as processes that can be killed at any moment, and uploads that insist.

Counted afterwards: is every accepted picture final, once, with whole files?
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import redis
import simplejpeg
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import func, select

from safety_detector.database.clock import database_now
from safety_detector.database.engine import Database
from safety_detector.database.tables import events, inspections
from safety_detector.domain.inspection import Status
from safety_detector.service.operation.figures import Figures
from safety_detector.single_machine.broker import broker_child
from safety_detector.single_machine.children import Child, ChildSpec
from safety_detector.storage.keys import annotated_key, picture_key
from safety_detector.storage.storage import Storage
from tests.ports import free_port
from tests.program_environment import program_environment

BACK_S = 300.0  # so long may a process take to come back on a busy machine
FINAL_S = 300.0  # and so long the last picture, counted from the last change
UPLOADERS = 4


@dataclass
class Cluster:
    """Broker, API and worker on one data folder and database.

    Attributes:
        folder: holds the data folder, which is made.
        database_url: a database with the service's tables.
        broker: the broker's program and arguments but for its port.
        detect_s: how long a picture takes.
        worker: the worker's command line; None for one whose detector answers at once.
        settings: environment of API and worker.
        silence_s: how long a process may give no sign of life before it is started anew; None
            where nobody watches.
    """

    folder: Path
    database_url: str
    broker: Sequence[str]
    detect_s: float = 0.05
    worker: Sequence[str] | None = None
    silence_s: float | None = None
    children: dict[str, Child] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.broker_port, self.api_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.api_port}"
        self.broker_url = f"redis://127.0.0.1:{self.broker_port}/0"
        self.redis = redis.Redis(
            port=self.broker_port, socket_timeout=1, retry=Retry(NoBackoff(), 0)
        )
        self._ended = threading.Event()
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)
        self.settings = {
            **program_environment(),
            "SAFETY_DATA_DIR": str(self.folder / "data"),
            "SAFETY_DATABASE_URL": self.database_url,
            "SAFETY_REDIS_URL": self.broker_url,
            "SAFETY_BACKEND": "embedded",
            "SAFETY_EMBEDDED_SLOTS": "2",
            "SAFETY_LEASE": "4",
            "SAFETY_HEARTBEAT": "1",
            "SAFETY_LOG_LEVEL": "ERROR",
            "BENCHMARK_DELAY_S": str(self.detect_s),
        }

    def start(self) -> None:
        """Starts all three and waits for them."""
        instant = [sys.executable, str(Path(__file__).with_name("instant_worker.py"))]
        commands = {
            "broker": [*self.broker, "--port", str(self.broker_port)],
            "api": [sys.executable, "-m", "safety_detector", "api", "--port", str(self.api_port)],
            "worker": self.worker or instant,
        }
        for name, command in commands.items():
            signs = None if name == "broker" else self.folder / f"{name}.sock"
            spec = ChildSpec(name, command, self.settings, silence_s=self.silence_s, signs=signs)
            self.children[name] = Child(spec)
            self.revive(name)
        if self.silence_s is not None:
            self._supervisor.start()

    def _supervise(self) -> None:
        """As ``serve`` does."""
        while not self._ended.wait(0.2):
            if self._broker_is_up():
                self.children["broker"].heard()
            for child in self.children.values():
                child.watch()

    def kill(self, name: str) -> None:
        """Kill -9 of a process and all that it started."""
        process = self.children[name].process
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.kills[name] += 1

    def wait_until_ended(self, name: str) -> None:
        """Returns when a process has ended by itself.

        Raises:
            SystemExit: it has not.
        """
        process = self.children[name].process
        try:
            if process is not None:
                process.wait(timeout=BACK_S)
        except subprocess.TimeoutExpired as exc:
            raise SystemExit(f"{name} did not end within {BACK_S:.0f} s") from exc

    def revive(self, name: str) -> None:
        """Starts a process, as its supervisor does, and waits until it works."""
        self.children[name].start()
        is_up: dict[str, Callable[[], bool]] = {
            "broker": self._broker_is_up,
            "api": self._api_is_up,
            "worker": lambda: True,  # it may come while pictures are on their way
        }
        deadline = time.monotonic() + BACK_S
        while not is_up[name]():
            if time.monotonic() > deadline:
                raise SystemExit(f"{name} did not come back within {BACK_S:.0f} s")
            time.sleep(0.02)

    def stop(self) -> None:
        """Ends everything that still runs."""
        self._ended.set()
        if self.silence_s is not None:
            self._supervisor.join()
        for child in reversed(self.children.values()):
            child.ask_to_stop()
            child.wait_until_stopped()
        self.redis.close()

    def _broker_is_up(self) -> bool:
        with suppress(redis.RedisError):
            return bool(self.redis.ping())
        return False

    def _api_is_up(self) -> bool:
        with suppress(httpx2.TransportError):
            return httpx2.get(f"{self.url}/livez", trust_env=False).status_code == 200
        return False


class Uploads:
    """Threads that upload pictures and ask again until each is accepted.

    Args:
        url: of the API.
        pictures: what is uploaded, each under an idempotency key of its own.
        may_go_on: asked before each picture with its number; uploading waits until it is true.
    """

    def __init__(
        self, url: str, pictures: Sequence[bytes], may_go_on: Callable[[int], bool]
    ) -> None:
        self.accepted: dict[int, str] = {}
        self.answers: Counter[str] = Counter()
        self._url = url
        self._pictures = pictures
        self._may_go_on = may_go_on
        self._numbers = iter(range(len(pictures)))
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._upload) for _ in range(UPLOADERS)]

    def start(self) -> None:
        """Begins uploading."""
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Waits until every picture is accepted."""
        for thread in self._threads:
            thread.join()

    def _upload(self) -> None:
        with httpx2.Client(base_url=self._url, timeout=30, trust_env=False) as client:
            while (number := self._next()) is not None:
                while not self._may_go_on(number):
                    time.sleep(0.02)
                while not self._try(client, number):
                    time.sleep(0.05)

    def _next(self) -> int | None:
        with self._lock:
            return next(self._numbers, None)

    def _try(self, client: httpx2.Client, number: int) -> bool:
        try:
            answer = client.post(
                "/v1/inspections",
                params={"name": f"{number}.jpg"},
                content=self._pictures[number],
                headers={"Idempotency-Key": f"picture-{number}"},
            )
        except httpx2.TransportError as exc:
            self._note(type(exc).__name__)
            return False
        self._note(str(answer.status_code))
        if answer.status_code not in (200, 202):
            return False
        with self._lock:
            self.accepted[number] = answer.json()["id"]
        return True

    def _note(self, answer: str) -> None:
        with self._lock:
            self.answers[answer] += 1


@dataclass(frozen=True, slots=True)
class Counts:
    """What is found afterwards.

    Attributes:
        accepted: pictures that were answered with 2xx.
        untrue: of these, how many the database does not know.
        final: of these, how many are completed.
        failed: how many ended without a result.
        doubled: inspections too many, or completed more than once.
        broken: missing or broken files, submitted and annotated.
        lost: by the service's own counters.
    """

    accepted: int
    untrue: int
    final: int
    failed: int
    doubled: int
    broken: int
    lost: int

    def __str__(self) -> str:
        return (
            f"accepted {self.accepted}, final {self.final}, failed {self.failed}, "
            f"doubled {self.doubled}, broken files {self.broken}, lost {self.lost}, "
            f"202s that were not true {self.untrue}"
        )

    @property
    def are_right(self) -> bool:
        """Whether nothing was lost, doubled, failed or broken."""
        wrong = (self.untrue, self.failed, self.doubled, self.broken, self.lost)
        return self.final == self.accepted and not any(wrong)


def broker_command(kind: str, folder: Path) -> list[str]:
    """The broker's program and arguments but for its port.

    Raises:
        SystemExit: there is no such program here.
    """
    if kind == "redis":
        program = shutil.which("redis-server")
        if program is None:
            raise SystemExit("redis-server is not installed")
        return [program, "--save", "", "--dir", str(folder), "--logfile", os.devnull]
    valkey = broker_child(folder / "unused.sock", {}).command
    return [valkey[0], "--save", "", "--dir", str(folder), "--logfile", os.devnull]


def wait_until_final(database: Database) -> None:
    """Returns when nothing is in flight any more.

    Raises:
        SystemExit: nothing changed for five minutes.
    """
    figures, before, changed = Figures(database, database_now), None, time.monotonic()
    while True:
        counters = figures.counters()
        if counters.in_flight == 0:
            return
        if counters != before:
            before, changed = counters, time.monotonic()
        if time.monotonic() - changed > FINAL_S:
            raise SystemExit(f"nothing happened for {FINAL_S:.0f} s: {counters}")
        time.sleep(0.2)


def count(database: Database, storage: Storage, accepted: Sequence[str]) -> Counts:
    """Looks at every row and every file."""
    completions = (
        select(events.c.inspection_id, func.count().label("times"))
        .where(events.c.kind == "completed")
        .group_by(events.c.inspection_id)
    )
    with database.read() as connection:
        rows = {row.id: row for row in connection.execute(select(inspections))}
        times = {row.inspection_id: row.times for row in connection.execute(completions)}
    completed = [row for row in rows.values() if row.status == Status.COMPLETED]
    broken = 0
    for row in completed:
        stored = storage.root / picture_key(row.sha256)
        broken += not (stored.exists() and _sha256(stored) == row.sha256)
        broken += not _is_whole(storage.root / annotated_key(row.id, row.annotated_fence))
    return Counts(
        accepted=len(accepted),
        untrue=sum(one not in rows for one in accepted),
        final=sum(one in rows and rows[one].status == Status.COMPLETED for one in accepted),
        failed=sum(row.status == Status.FAILED for row in rows.values()),
        doubled=len(rows)
        - len(set(accepted))
        + sum(times.get(one.id, 0) != 1 for one in completed),
        broken=broken,
        lost=Figures(database, database_now).counters().lost,
    )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _is_whole(path: Path) -> bool:
    try:
        simplejpeg.decode_jpeg(path.read_bytes(), strict=True)
    except (OSError, ValueError):
        return False
    return True
