"""One of four model servers dies in the middle of work, and later all four for a while.

    python -m benchmarks.outage [--pictures 1400] [--speed 1] [--away 60]

The real service (API, broker, a worker of the ``qwen`` queue with its default settings) on four
stand-ins for vLLM on 4 × T4 (``t4_server``).  All pictures are uploaded beforehand, then:

1. *four servers*: pictures a second while all is well;
2. *three servers*: one process is killed with what it has in hand; pictures a second from that very
   moment on, beside those before (three quarters would be all that is left of the machines);
3. *no server*: the others are killed as well and stay away for ``--away`` seconds; what is counted
   is how many inspections ``failed``;
4. *back*: all are started again; how long until the first picture is completed, and whether in the
   end each accepted one is.

Goals: with one of four killed 0.70 times the pictures a second; nothing failed, nothing lost.  Exit
status 1 where one is missed.  ``--speed`` divides the machines' times; the service on two cores
keeps up with four of them at 1.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.deployment import running_service
from benchmarks.pictures import make_pictures
from benchmarks.t4_processes import T4Process, running_t4

SERVERS = 4
ROUND = 16 * SERVERS  # pictures that the machines can have in hand
GOAL = 0.70
STUCK_S = 300.0
WORKER = (sys.executable, "-m", "safety_detector.worker", "--queue", "qwen")


@dataclass(frozen=True, slots=True)
class Counts:
    """What has become of the accepted inspections."""

    accepted: int
    completed: int
    failed: int
    lost: int


class Client:
    """Uploads to the service and asks how far it is."""

    def __init__(self, url: str) -> None:
        self._http = httpx2.Client(base_url=url, timeout=60, trust_env=False)

    def upload(self, pictures: Sequence[bytes]) -> None:
        """Has all pictures accepted."""
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(self._upload_one, pictures))

    def counts(self) -> Counts:
        """As of now."""
        families = text_string_to_metric_families(self._http.get("/metrics").text)
        values = {
            (sample.name, sample.labels.get("outcome")): int(sample.value)
            for family in families
            for sample in family.samples
            if sample.name.startswith("safety_inspections_")
        }
        return Counts(
            accepted=values["safety_inspections_accepted_total", None],
            completed=values["safety_inspections_ended_total", "completed"],
            failed=values["safety_inspections_ended_total", "failed"],
            lost=values["safety_inspections_lost", None],
        )

    def wait_for(self, completed: int) -> Counts:
        """The counts as soon as so many are completed or failed.

        Raises:
            SystemExit: nothing was completed for five minutes.
        """
        counts, progress = self.counts(), time.monotonic()
        while counts.completed + counts.failed < completed:
            time.sleep(0.1)
            before, counts = counts, self.counts()
            if counts != before:
                progress = time.monotonic()
            elif time.monotonic() - progress > STUCK_S:
                raise SystemExit(f"nothing happened for {STUCK_S:.0f} s: {counts}")
        return counts

    def rate(self, seconds: float) -> float:
        """Completed pictures a second during that time from now on."""
        started, before = time.perf_counter(), self.counts().completed
        time.sleep(seconds)
        after = self.counts().completed
        return (after - before) / (time.perf_counter() - started)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def _upload_one(self, data: bytes) -> None:
        answer = self._http.post(
            "/v1/inspections", content=data, headers={"Content-Type": "image/jpeg"}
        )
        if answer.status_code != httpx2.codes.ACCEPTED:
            raise SystemExit(f"an upload was refused: {answer.status_code} {answer.text[:300]}")


def measure(client: Client, servers: Sequence[T4Process], window_s: float, away_s: float) -> bool:
    """Goes through the four parts; whether the goals are reached."""
    client.wait_for(3 * ROUND)
    four = client.rate(window_s)
    print(f"four servers:  {four:6.2f} pictures/s", flush=True)
    servers[-1].kill()
    three = client.rate(window_s)
    print(f"three servers: {three:6.2f} pictures/s from the kill on, ", end="")
    print(f"{three / four:.2f} × (goal: {GOAL:.2f} or more)", flush=True)
    for server in servers[:-1]:
        server.kill()
    before = client.counts()
    time.sleep(away_s)
    counts = client.counts()
    waiting = counts.accepted - counts.completed - counts.failed
    print(f"no server:     {waiting} pictures wait after {away_s:.0f} s, {counts.failed} failed")
    if not waiting:
        raise SystemExit("too few pictures: none was left when the servers were killed")
    began = time.perf_counter()
    for server in servers:
        server.start()
    client.wait_for(before.completed + ROUND if waiting > ROUND else counts.accepted)
    print(f"back:          {time.perf_counter() - began:.1f} s to the first round of answers")
    counts = client.wait_for(counts.accepted)
    print(
        f"in the end:    {counts.accepted} accepted, {counts.completed} completed, "
        f"{counts.failed} failed, {counts.lost} lost (goal: none failed or lost)"
    )
    return three >= GOAL * four and counts.completed == counts.accepted and not counts.lost


def main() -> int:
    """Builds everything and measures; the exit status says whether the goals are reached."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pictures", type=int, default=1400)
    parser.add_argument("--speed", type=float, default=1.0, help="divides the machines' times")
    parser.add_argument("--window", type=float, default=40.0, help="seconds of each rate")
    parser.add_argument("--away", type=float, default=60.0, help="seconds without any server")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="outage-"))
    with ExitStack() as running:
        running.callback(shutil.rmtree, folder, ignore_errors=True)
        servers = [
            running.enter_context(running_t4("--speed", str(options.speed))) for _ in range(SERVERS)
        ]
        service = running.enter_context(
            running_service(
                folder,
                1,
                worker=WORKER,
                SAFETY_BACKEND="qwen",
                SAFETY_QWEN_URLS=",".join(server.url for server in servers),
                SAFETY_LOG_LEVEL="ERROR",  # that servers are away is what this is about
            )
        )
        client = Client(service.url)
        running.callback(client.close)
        client.upload(make_pictures(options.pictures))
        reached = measure(client, servers, options.window, options.away)
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
