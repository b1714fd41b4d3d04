"""A batch through the service: what two and four working processes are worth beside one.

    python -m benchmarks.workers_speedup [--processes 1 2 4] [--rounds 40]

For each number of processes a service of its own (API, broker, database and worker as real
processes) gets one zip at ``POST /v1/batches``.  The detector waits 200 ms for each picture, as for
a model server, and computes nothing; everything else is done: decode, draw, encode, store, record.
So each process gets ``--rounds`` pictures of 640 × 480.

The rate is that of the moments at which results were recorded, without the first two rounds, in
which the processes are still woken, and the last one, in which they run out of work.  It is printed
beside the most that the waiting alone allows, and beside that of one process.

Goals: 1.9 times for two processes, 3.7 times for four.  Exit status 1 where one is missed.  The
processes compute about 10 ms a picture: on a machine that is busy with other things, or has fewer
than two cores, the figures tell of that.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import httpx2
from sqlalchemy import func, select

from benchmarks.deployment import RunningService, running_service
from benchmarks.pictures import make_pictures
from benchmarks.rates import steady_rate
from safety_detector.database.engine import Database
from safety_detector.database.sqlite import sqlite_url
from safety_detector.database.tables import inspections, workers

DELAY_S = 0.2
LEAST_SPEED_UP = {2: 1.9, 4: 3.7}
POLL_S = 0.5
START_TIMEOUT_S = 60.0
TIMEOUT_S = 300.0


def make_zip(pictures: Sequence[bytes]) -> bytes:
    """The pictures in an archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, data in enumerate(pictures):
            archive.writestr(f"{number:05}.jpg", data)
    return buffer.getvalue()


def inspect_batch(service: RunningService, pictures: Sequence[bytes]) -> None:
    """Sends the pictures and waits until all are done.

    Raises:
        SystemExit: a picture failed, or time is up.
    """
    with httpx2.Client(base_url=service.url, trust_env=False, timeout=TIMEOUT_S) as client:
        answer = client.post(
            "/v1/batches",
            content=make_zip(pictures),
            headers={"Content-Type": "application/zip"},
        )
        if answer.status_code != 202:
            raise SystemExit(f"the batch was refused: {answer.status_code} {answer.text[:300]}")
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            counts = client.get(answer.headers["Location"]).raise_for_status().json()["pictures"]
            if counts["failed"]:
                raise SystemExit(f"pictures failed: {counts}")
            if counts["completed"] == len(pictures):
                return
            time.sleep(POLL_S)
    raise SystemExit(f"not all done after {TIMEOUT_S:.0f} s: {counts}")


def read_ends(database: Database) -> list[float]:
    """When each result was recorded, in seconds and in order."""
    query = select(inspections.c.finished_at).order_by(inspections.c.finished_at)
    with database.read() as connection:
        return [one.timestamp() for one in connection.execute(query).scalars()]


def wait_for_workers(database: Database, processes: int) -> None:
    """Returns when so many processes have reported for work."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        with database.read() as connection:
            if connection.execute(select(func.count()).select_from(workers)).scalar() == processes:
                return
        time.sleep(0.1)
    raise SystemExit(f"no {processes} processes after {START_TIMEOUT_S:.0f} s")


def measure(processes: int, rounds: int) -> float:
    """Pictures per second of so many processes; one line is printed."""
    pictures = make_pictures(processes * rounds)
    with tempfile.TemporaryDirectory(prefix="workers-speedup-") as name:
        folder = Path(name)
        with (
            running_service(folder, processes, BENCHMARK_DELAY_S=str(DELAY_S)) as service,
            closing(Database(sqlite_url(folder / "data" / "safety-detector.db"))) as database,
        ):
            wait_for_workers(database, processes)
            inspect_batch(service, pictures)
            ends = read_ends(database)
    rate = steady_rate(ends[0], ends, processes + 1)
    most = processes / DELAY_S
    print(f"{processes:>9}{len(ends):>10}{rate:>13.2f}{most:>16.1f}{rate / most:>10.3f}", end="")
    return rate


def main() -> int:
    """Measures each number of processes; the exit status says whether the goals are reached."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--rounds", type=int, default=40, help="pictures for each process")
    options = parser.parse_args()
    print("processes  pictures   pictures/s   waiting alone     share  speed-up")
    rates: dict[int, float] = {}
    for processes in options.processes:
        rates[processes] = measure(processes, options.rounds)
        one = rates.get(1)
        print(f"{rates[processes] / one:>10.2f}" if one else "", flush=True)
    reached = [
        rates[processes] / rates[1] >= least
        for processes, least in LEAST_SPEED_UP.items()
        if processes in rates and 1 in rates
    ]
    goals = ", ".join(f"{least} for {processes}" for processes, least in LEAST_SPEED_UP.items())
    print(f"goals: {goals}")
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
