"""A large backlog: is the broker's queue bounded, and does an urgent upload overtake it?

    python benchmarks/backlog.py [--pictures 5000] [--processes 2] [--delay 0.02]

Puts a backlog of batch pictures into the service's database, then watches, while N workers with a
detector that waits ``--delay`` seconds work it off: the longest broker queue seen, and how long
single uploads wait from their 202 to their result, beside the same uploads on the idle service.
Then ``--flood`` urgent pictures of one sender, and how long one of a second sender waits.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx2
import redis

sys.path.insert(0, str(Path(__file__).parent))

from deployment import RunningService, running_service
from pictures import make_pictures

from safety_detector.database.engine import Database
from safety_detector.database.sqlite import sqlite_url
from safety_detector.ingest.admission import Limits
from safety_detector.service.core import Service, build_service
from safety_detector.service.records import Source, Submission
from safety_detector.storage.storage import Storage

QUEUE = "embedded"
WAKE_UPS_PER_SLOT = 4
URGENT_UPLOADS = 10
FLOODING = "01KB5V4Q2W9GZT3XJ8N7R6M5HA"  # an API key's id


class QueueWatch:
    """Samples the length of the broker's queue until it is stopped."""

    def __init__(self, redis_url: str) -> None:
        path = redis_url.removeprefix("redis+socket://")
        self._client = (
            redis.Redis(unix_socket_path=path)
            if path != redis_url
            else redis.Redis.from_url(redis_url)
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.longest = 0
        self.samples = 0

    def __enter__(self) -> QueueWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._client.close()

    def _watch(self) -> None:
        while not self._stop.wait(0.01):
            self.longest = max(self.longest, int(self._client.llen(QUEUE)))
            self.samples += 1


def fill(
    service: Service, pictures: list[bytes], count: int, source: Source, sender: str | None = None
) -> None:
    """Accepts ``count`` pictures of a sender."""
    for number in range(count):
        submission = Submission(f"{number}.jpg", source=source, submitted_by=sender)
        service.inspections.intake.accept(pictures[number % len(pictures)], submission)


def waiting_ms(url: str, data: bytes) -> float:
    """Milliseconds from a single upload's start to its result."""
    started = time.perf_counter()
    answer = httpx2.post(
        f"{url}/v1/inspections",
        params={"name": "urgent.jpg"},
        content=data,
        headers={"Content-Type": "image/jpeg", "Prefer": "wait=60"},
        timeout=90,
        trust_env=False,
    )
    if answer.status_code != 200 or answer.json()["status"] != "completed":
        raise SystemExit(f"the urgent upload was not done in time: {answer.text[:300]}")
    return (time.perf_counter() - started) * 1000


def measure(running: RunningService, service: Service, pictures: list[bytes], count: int) -> None:
    """Prints the figures."""
    idle = [waiting_ms(running.url, pictures[-1]) for _ in range(URGENT_UPLOADS)]
    started = time.perf_counter()
    with QueueWatch(running.redis_url) as watch:
        fill(service, pictures, count, Source.BATCH)
        left = service.operation.figures.counters().in_flight
        busy = [waiting_ms(running.url, pictures[-1]) for _ in range(URGENT_UPLOADS)]
        left_after = service.operation.figures.counters().in_flight
        while service.operation.figures.counters().in_flight:
            time.sleep(0.2)
    seconds = time.perf_counter() - started
    slots = sum(service.operation.figures.slots().values())
    limit = WAKE_UPS_PER_SLOT * slots + 1
    counters = service.operation.figures.counters()
    print(
        f"backlog {count}, {left} left when the urgent uploads began, {left_after} when they ended"
    )
    print(f"longest broker queue {watch.longest} in {watch.samples} samples (limit {limit})")
    print(
        f"urgent upload to result, median: {statistics.median(busy):.0f} ms with the backlog, "
        f"{statistics.median(idle):.0f} ms on the idle service"
    )
    print(f"worst: {max(busy):.0f} ms with the backlog, {max(idle):.0f} ms idle")
    print(f"all done after {seconds:.1f} s; accepted {counters.accepted}, lost {counters.lost}")


def measure_second_sender(
    running: RunningService, service: Service, pictures: list[bytes], flood: int
) -> None:
    """Prints how long the picture of one sender waits beside many of another."""
    fill(service, pictures, flood, Source.UPLOAD, FLOODING)
    before = service.operation.figures.counters().in_flight
    started = time.perf_counter()
    theirs = waiting_ms(running.url, pictures[-1])
    while service.operation.figures.counters().in_flight:
        time.sleep(0.05)
    flood_ms = (time.perf_counter() - started) * 1000
    print(
        f"second sender's upload to result: {theirs:.0f} ms beside {before} urgent pictures of one "
        f"sender, which took {flood_ms:.0f} ms"
    )


def main() -> None:
    """Builds the service and measures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pictures", type=int, default=5000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--flood", type=int, default=300)
    parser.add_argument("--delay", type=float, default=0.02, help="seconds that a picture takes")
    parser.add_argument("--redis-url", help="a Redis server in place of the bundled Valkey")
    parser.add_argument("--database-url", help="a PostgreSQL database in place of SQLite")
    options = parser.parse_args()
    servers = {"SAFETY_REDIS_URL": options.redis_url, "SAFETY_DATABASE_URL": options.database_url}
    environment = {name: value for name, value in servers.items() if value}
    folder = Path(tempfile.mkdtemp(prefix="backlog-"))
    try:
        with running_service(
            folder, options.processes, BENCHMARK_DELAY_S=str(options.delay), **environment
        ) as running:
            service = build_service(
                Database(
                    options.database_url or sqlite_url(folder / "data" / "safety-detector.db")
                ),
                Storage(folder / "data"),
                limits=Limits(),
                default_backend="embedded",
                wake_up=lambda _backend: None,
            )
            pictures = make_pictures(64)
            measure(running, service, pictures, options.pictures)
            measure_second_sender(running, service, pictures, options.flood)
            service.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
