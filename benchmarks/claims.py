"""How many claims a second several processes get from one database.

``python -m benchmarks.claims [--processes 4] [--pictures 2000] [--database URL]``

Each process claims until nothing is due; nothing is inspected.  Without a URL the database is
SQLite in the current folder's file system, as in the single machine.
"""

from __future__ import annotations

import argparse
import multiprocessing
import multiprocessing.synchronize
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert

from safety_detector.database.engine import Database
from safety_detector.database.migrate import migrate
from safety_detector.database.sqlite import sqlite_url
from safety_detector.database.tables import inspections, jobs
from safety_detector.ingest.admission import Limits
from safety_detector.service.core import Service, build_service
from safety_detector.service.records import INSPECTION
from safety_detector.storage.storage import Storage


def main() -> None:
    """Prints claims a second, and how long single claims take."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--processes", type=int, default=4)
    arguments.add_argument("--pictures", type=int, default=2000)
    arguments.add_argument("--database")
    wanted = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="claims-", dir=Path.cwd()) as folder:
        url = wanted.database or sqlite_url(Path(folder) / "claims.db")
        fill(url, wanted.pictures)
        context = multiprocessing.get_context("spawn")
        start = context.Barrier(wanted.processes + 1)
        results: multiprocessing.Queue[list[float]] = context.Queue()
        processes = [
            context.Process(target=claim_all, args=(url, folder, number, start, results))
            for number in range(wanted.processes)
        ]
        for process in processes:
            process.start()
        start.wait()
        started = time.perf_counter()
        times_ms = [one for _ in processes for one in results.get()]
        seconds = time.perf_counter() - started
        for process in processes:
            process.join()
    report(wanted.processes, times_ms, seconds)


def fill(url: str, count: int) -> None:
    """Queues pictures that need no bytes."""
    database = Database(url)
    migrate(database)
    now = datetime.now(UTC)
    row = {
        "status": "queued",
        "name": "x.jpg",
        "sha256": "0" * 64,
        "width": 640,
        "height": 480,
        "received_at": now,
        "metadata": {},
        "source": "upload",
        "backend": "embedded",
        "fence": 0,
        "detections": [],
        "runs": [],
        "taken_at": now,
    }
    with database.write() as connection:
        connection.execute(inspections.delete())
        connection.execute(jobs.delete())
        ids = [f"{n:026d}" for n in range(count)]
        connection.execute(insert(inspections), [{**row, "id": one} for one in ids])
        queued = {
            "kind": INSPECTION,
            "queue": "embedded",
            "priority": 0,
            "sender": "-",
            "due_at": now,
            "state": "queued",
            "fence": 0,
            "failures": 0,
            "losses": 0,
            "outages": 0,
        }
        rows = [{**queued, "subject_id": one, "turn": n + 1} for n, one in enumerate(ids)]
        connection.execute(insert(jobs), rows)
    database.close()


def claim_all(
    url: str,
    folder: str,
    number: int,
    start: multiprocessing.synchronize.Barrier,
    results: multiprocessing.Queue[list[float]],
) -> None:
    """Claims until nothing is due; sends the milliseconds of each claim."""
    service = open_service(url, folder)
    start.wait()
    times_ms = []
    while True:
        began = time.perf_counter()
        if not service.inspections.jobs.claim("embedded", f"worker-{number}"):
            break
        times_ms.append((time.perf_counter() - began) * 1000)
    results.put(times_ms)
    service.close()


def open_service(url: str, folder: str) -> Service:
    """A service that wakes nobody."""
    return build_service(
        Database(url),
        Storage(Path(folder)),
        limits=Limits(),
        default_backend="embedded",
        wake_up=lambda _backend: None,
    )


def report(processes: int, times_ms: list[float], seconds: float) -> None:
    """Prints what was measured."""
    percentiles = statistics.quantiles(times_ms, n=100)
    print(
        f"{processes} processes: {len(times_ms)} claims in {seconds:.2f} s = "
        f"{len(times_ms) / seconds:.0f} claims/s; one claim p50 {percentiles[49]:.1f} ms, "
        f"p99 {percentiles[98]:.1f} ms, longest {max(times_ms):.0f} ms"
    )


if __name__ == "__main__":
    main()
