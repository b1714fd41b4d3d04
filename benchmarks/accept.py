"""How long an upload waits for its 202, beside the bare floor of the same disk in the same run.

    python -m benchmarks.accept [--rate 50] [--seconds 60] [--backlog 3000] [--database-url URL]

The service runs with a backlog of batch pictures on which two workers are busy; beside it single
pictures are uploaded at an even rate, whether or not earlier ones are answered.  The floor is what
no service can do without, measured beside it in the same seconds, one after the other with the same
bytes: write a file, fsync it, rename it, fsync its folder, insert a row into a SQLite database of
the same kind (WAL, synchronous=FULL) and commit.

Goal: the uploads' p99 is at most four times the floor's p99, and no upload fails.  Exit status 1
where it is missed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import httpx2

from benchmarks.deployment import running_service
from benchmarks.pictures import make_pictures
from safety_detector.database.engine import Database
from safety_detector.database.sqlite import sqlite_url
from safety_detector.ingest.admission import Limits
from safety_detector.service.core import Service, build_service
from safety_detector.service.records import Source, Submission
from safety_detector.storage.storage import Storage

GOAL = 4.0
FLOOR_PAUSE_S = 0.1  # ten floors a second are enough for a p99, and leave the disk to the service
CLIENTS = 64


class Floor:
    """The same bytes made durable without a service, again and again, by a process of its own.

    Attributes:
        seconds: how long each took; there when the floor has ended.
    """

    def __init__(self, folder: Path, pictures: Sequence[bytes]) -> None:
        self.seconds: list[float] = []
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_floor, args=(theirs, folder, pictures))

    def __enter__(self) -> Floor:
        self._process.start()
        self._ours.recv()
        return self

    def __exit__(self, *_: object) -> None:
        self._ours.send("stop")
        self.seconds = self._ours.recv()
        self._process.join()


def _floor(parent: Connection, folder: Path, pictures: Sequence[bytes]) -> None:
    folder.mkdir(parents=True)
    database = sqlite3.connect(folder / "floor.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE pictures (name TEXT PRIMARY KEY, size INTEGER)")
    parent.send("begun")
    seconds = []
    while not parent.poll(FLOOR_PAUSE_S):
        name, data = f"{len(seconds)}", pictures[len(seconds) % len(pictures)]
        started = time.perf_counter()
        _store(folder, name, data)
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO pictures VALUES (?, ?)", (name, len(data)))
        database.execute("COMMIT")
        seconds.append(time.perf_counter() - started)
    parent.send(seconds)
    database.close()


def _store(folder: Path, name: str, data: bytes) -> None:
    temporary = folder / f".{name}"
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / name)
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


@dataclass
class Uploads:
    """Uploads at an even rate, from as many connections as it takes."""

    url: str
    pictures: Sequence[bytes]
    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def run(self, rate: float, duration_s: float) -> None:
        """Uploads for so long, and waits for the last answers."""
        client = httpx2.Client(
            base_url=self.url,
            timeout=60,
            trust_env=False,
            limits=httpx2.Limits(max_connections=CLIENTS, max_keepalive_connections=CLIENTS),
        )
        begun = time.perf_counter()
        pending: list[Future[None]] = []
        with ThreadPoolExecutor(CLIENTS) as threads:
            for number in range(int(rate * duration_s)):
                due = begun + number / rate
                time.sleep(max(due - time.perf_counter(), 0))
                pending.append(threads.submit(self._upload, client, number, due))
            for one in pending:
                one.result()
        client.close()

    def _upload(self, client: httpx2.Client, number: int, due: float) -> None:
        """Counts from when the upload was due, so that a stalled service cannot hide its stall."""
        try:
            answer = client.post(
                "/v1/inspections",
                params={"name": f"{number}.jpg"},
                content=self.pictures[number % len(self.pictures)],
                headers={"Content-Type": "image/jpeg"},
            )
        except httpx2.HTTPError as exc:
            self.errors.append(type(exc).__name__)
            return
        if answer.status_code != httpx2.codes.ACCEPTED:
            self.errors.append(str(answer.status_code))
        self.seconds.append(time.perf_counter() - due)


def percentile_ms(seconds: Sequence[float], percent: int) -> float:
    """A percentile in milliseconds."""
    return statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1] * 1000


def fill(service: Service, pictures: Sequence[bytes], count: int) -> None:
    """Accepts so many batch pictures."""
    with ThreadPoolExecutor(8) as threads:
        list(
            threads.map(
                lambda number: service.inspections.intake.accept(
                    pictures[number % len(pictures)],
                    Submission(f"{number}.jpg", source=Source.BATCH),
                ),
                range(count),
            )
        )


def measure(url: str, service: Service, folder: Path, options: argparse.Namespace) -> bool:
    """Prints the figures; whether the goal is reached."""
    pictures = make_pictures(256)
    fill(service, pictures, options.backlog)
    uploads = Uploads(url, pictures)
    with Floor(folder / "floor", pictures) as floor:
        uploads.run(options.rate, options.seconds)
    counters = service.operation.figures.counters()
    database = "PostgreSQL" if options.database_url else "SQLite"
    print(f"{len(uploads.seconds)} uploads at {options.rate:g}/s, two busy workers, {database}")
    print(f"backlog {options.backlog} at the beginning, {counters.queued} wait at the end")
    for name, seconds in (("202", uploads.seconds), ("floor", floor.seconds)):
        figures = ", ".join(f"p{one} {percentile_ms(seconds, one):.1f} ms" for one in (50, 90, 99))
        print(f"{name:>6}: {figures} ({len(seconds)} samples)")
    ratios = [
        percentile_ms(uploads.seconds, one) / percentile_ms(floor.seconds, one) for one in (50, 99)
    ]
    print(f" ratio: p50 {ratios[0]:.2f} ×, p99 {ratios[1]:.2f} × (goal: {GOAL:g} or less)")
    print(f"errors: {len(uploads.errors)} {sorted(set(uploads.errors))}; lost {counters.lost}")
    return ratios[1] <= GOAL and not uploads.errors


def main() -> int:
    """Builds the service and measures; the exit status says whether the goal is reached."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rate", type=float, default=50.0, help="uploads a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--backlog", type=int, default=3000, help="batch pictures")
    parser.add_argument("--delay", type=float, default=0.05, help="seconds that a picture takes")
    parser.add_argument("--database-url", help="an empty PostgreSQL database in place of SQLite")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="accept-"))
    servers = {"SAFETY_DATABASE_URL": options.database_url} if options.database_url else {}
    try:
        with running_service(folder, 2, BENCHMARK_DELAY_S=str(options.delay), **servers) as running:
            database = Database(
                options.database_url or sqlite_url(folder / "data" / "safety-detector.db")
            )
            service = build_service(
                database,
                Storage(folder / "data"),
                limits=Limits(),
                default_backend="embedded",
                wake_up=lambda _backend: None,
            )
            reached = measure(running.url, service, folder, options)
            service.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
