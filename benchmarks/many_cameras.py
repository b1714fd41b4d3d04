"""A hundred watched cameras before a model that looks at two pictures a second.

    python -m benchmarks.many_cameras [--cameras 100] [--every 1] [--seconds 300] [--speed 1]
        [--database sqlite|postgresql] [--unchanged 0]

``serve`` runs as it is, with the stand-in for 4 × T4 (``benchmarks/t4_server.py``) as its model;
the cameras play clips.  Meanwhile somebody looks at the service: its list of cameras, one camera,
its events, its newest inspections, one request after the other.

Printed are:

- *memory*: that of all processes of the service, counted by what each has alone or in part (PSS),
  in the first minute and in the last one; promised is at most 1.05 times as much;
- *looks*: the time between two of one camera, from the inspections themselves; promised is that
  the longest is at most twice the mean;
- *counters*: whether those of each camera reconcile;
- *API*: the 50th, 95th and 99th percentile of the answers; promised are 100 ms for the last.

Exit status 1 where a promise is not kept.  The first half minute is not counted: that is how long
it takes to open all streams.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import psutil
from sqlalchemy import select

from benchmarks.t4_processes import running_t4
from benchmarks.watch_kills import database
from safety_detector.database.clock import database_now
from safety_detector.database.engine import Database
from safety_detector.database.tables import inspections
from safety_detector.service.operation.figures import Figures
from tests.ports import free_port
from tests.program_environment import program_environment
from tests.watch_stand import make_clip

ROOT = Path(__file__).parents[1]
WARM_UP_S = 30.0
MOST_GROWTH, MOST_GAP, MOST_P99_MS = 1.05, 2.0, 100.0
CLIPS = 10  # so that cameras do not all show the same


class Looker(threading.Thread):
    """Asks the API one thing after the other, and notes how long each answer took."""

    def __init__(self, url: str, cameras: Sequence[str]) -> None:
        super().__init__(daemon=True)
        self._paths = [
            "/v1/cameras",
            f"/v1/cameras/{cameras[0]}",
            "/v1/inspections?limit=20",
            f"/v1/inspections?camera_id={cameras[-1]}&limit=5",
            "/readyz",
        ]
        self._url = url
        self.stopping = threading.Event()
        self.took_ms: list[tuple[str, float]] = []
        self.failed = 0

    def run(self) -> None:
        """Asks five times a second."""
        with httpx2.Client(base_url=self._url, timeout=30, trust_env=False) as client:
            number = 0
            while not self.stopping.wait(0.2):
                path = self._paths[number % len(self._paths)]
                number += 1
                began_s = time.monotonic()
                try:
                    answer = client.get(path)
                except httpx2.HTTPError:
                    self.failed += 1
                    continue
                self.failed += answer.status_code >= 400
                self.took_ms.append((path.partition("?")[0], (time.monotonic() - began_s) * 1000))


@contextmanager
def serving(folder: Path, settings: dict[str, str]) -> Iterator[tuple[str, psutil.Process]]:
    """``serve`` on a port of its own; its address and process."""
    port = free_port()
    command = [sys.executable, "-m", "safety_detector", "serve", "--port", str(port)]
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=program_environment() | settings, stdout=log, stderr=log
        )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 180
        while not is_ready(url):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit((folder / "serve.log").read_text(errors="replace")[-4000:])
            time.sleep(0.5)
        yield url, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(60)


def is_ready(url: str) -> bool:
    """Whether the service and all its parts are there."""
    try:
        answer = httpx2.get(f"{url}/readyz", timeout=5, trust_env=False)
    except httpx2.HTTPError:
        return False
    return answer.status_code == 200 and bool(answer.json()["status"] == "ok")


def memory_mb(serve: psutil.Process) -> dict[str, float]:
    """What the service's processes have in memory, by role."""
    found: dict[str, float] = defaultdict(float)
    for process in [serve, *serve.children(recursive=True)]:
        with suppress(psutil.Error):
            words = process.cmdline()
            named = [one for one in ("api", "watch", "qwen", "embedded", "render") if one in words]
            role = named[0] if named else "serve"
            if any("stream_host" in one for one in words):
                role = "streams"
            elif any("valkey" in one for one in words):
                role = "broker"
            found[role] += process.memory_full_info().pss / 2**20
    return found


def looks_of(opened: Database, since: datetime) -> dict[str, list[datetime]]:
    """When each camera's frames were inspected."""
    query = select(inspections.c.camera_id, inspections.c.finished_at).where(
        inspections.c.finished_at > since
    )
    found: dict[str, list[datetime]] = defaultdict(list)
    with opened.read() as connection:
        for camera_id, finished_at in connection.execute(query):
            found[camera_id].append(finished_at)
    return {camera_id: sorted(moments) for camera_id, moments in found.items()}


def gaps_s(moments: Sequence[datetime], since: datetime, until: datetime) -> list[float]:
    """The times between two looks, and to the ends where those are longer than all others."""
    edges = [*moments]
    inner = [(b - a).total_seconds() for a, b in itertools.pairwise(edges)]
    outer = (
        [(edges[0] - since).total_seconds(), (until - edges[-1]).total_seconds()] if edges else []
    )
    return inner + [one for one in outer if one > max(inner, default=0)]


def percentile(values: Sequence[float], part: float) -> float:
    """That part of the values is not above this."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)] if ordered else 0.0


def watch(
    url: str, serve: psutil.Process, ids: Sequence[str], seconds: float
) -> tuple[Looker, list[tuple[float, dict[str, float]]], datetime, datetime]:
    """Looks on for so long; what was seen."""
    time.sleep(WARM_UP_S)
    since = datetime.now(UTC)
    looker = Looker(url, ids)
    looker.start()
    began_s = time.monotonic()
    memory = []
    while time.monotonic() - began_s < seconds:
        memory.append((time.monotonic() - began_s, memory_mb(serve)))
        time.sleep(min(10.0, seconds / 6))
    looker.stopping.set()
    looker.join(35)
    return looker, memory, since, datetime.now(UTC)


def judge_memory(memory: Sequence[tuple[float, dict[str, float]]], seconds: float) -> bool:
    """Prints it; whether it is flat."""
    part = min(60.0, seconds / 3)
    first = [sum(one.values()) for at_s, one in memory if at_s <= part]
    last = [sum(one.values()) for at_s, one in memory if at_s >= seconds - part]
    before, after = statistics.median(first), statistics.median(last)
    print(f"memory {before:.0f} MB in the first minute, {after:.0f} MB in the last: "
          f"{after / before:.3f} times (at most {MOST_GROWTH})")  # fmt: skip
    roles = sorted(memory[-1][1].items())
    print("  by role: " + ", ".join(f"{role} {size:.0f} MB" for role, size in roles))
    return after / before <= MOST_GROWTH


def judge_looks(opened: Database, ids: Sequence[str], since: datetime, until: datetime) -> bool:
    """Prints the times between looks; whether nobody starves."""
    looks = looks_of(opened, since)
    every = [gap for one in ids for gap in gaps_s(looks.get(one, []), since, until)]
    never = [one for one in ids if not looks.get(one)]
    total = sum(map(len, looks.values()))
    if not every:
        print("looks: none")
        return False
    # Of all cameras together: what each would have if all had the same.
    mean = (until - since).total_seconds() * len(ids) / total
    rate = total / (until - since).total_seconds()
    print(f"looks {total}, {rate:.2f} a second; cameras that were never looked at {len(never)}")
    print(
        f"between two looks at a camera {mean:.1f} s in the mean, {max(every):.1f} s at most: "
        f"{max(every) / mean:.2f} times (at most {MOST_GAP})"
    )
    return max(every) <= MOST_GAP * mean and not never


def judge_counters(url: str, opened: Database, ids: Sequence[str]) -> bool:
    """Prints them; whether they reconcile."""
    shown = httpx2.get(f"{url}/v1/cameras", timeout=60, trust_env=False).json()["cameras"]
    kinds = ("inspected", "in_flight", "skipped", "unchanged", "replaced", "refused")
    off = [
        one["id"]
        for one in shown
        if one["frames"]["received"] != sum(one["frames"][kind] for kind in kinds)
    ]
    sums = {kind: sum(one["frames"][kind] for one in shown) for kind in ("received", *kinds)}
    print("frames " + ", ".join(f"{kind} {number}" for kind, number in sums.items()))
    lost = Figures(opened, database_now).counters().lost
    counts = Figures(opened, database_now).watch_counts()
    print("watchers counted " + ", ".join(f"{one.value} {count}" for one, count in counts.items()))
    print(f"cameras whose counters do not reconcile {len(off)} of {len(shown)}, lost {lost} (0)")
    return not off and lost == 0 and len(shown) == len(ids)


def judge_api(looker: Looker) -> bool:
    """Prints how long answers took; whether that is short."""
    all_ms = [one for _, one in looker.took_ms]
    parts = ", ".join(f"p{part:.0%} {percentile(all_ms, part):.0f} ms".replace("%", "")
                      for part in (0.5, 0.95, 0.99))  # fmt: skip
    print(f"API {len(all_ms)} answers, {parts} (p99 at most {MOST_P99_MS:.0f}), "
          f"failed {looker.failed}")  # fmt: skip
    for path in sorted({path for path, _ in looker.took_ms}):
        of_path = [one for name, one in looker.took_ms if name == path]
        print(f"  {path}: p99 {percentile(of_path, 0.99):.0f} ms of {len(of_path)}")
    return percentile(all_ms, 0.99) <= MOST_P99_MS and looker.failed == 0


def main() -> int:
    """Runs it; the exit status says whether what is promised was kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cameras", type=int, default=100)
    parser.add_argument("--every", type=float, default=1, help="seconds between two frames")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--speed", type=float, default=1, help="of the stand-in")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--unchanged", type=float, default=0, help="SAFETY_UNCHANGED_MAX")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="many-cameras-")))
        (folder / "data").mkdir(mode=0o700)
        clips = folder / "clips"
        clips.mkdir()
        for number in range(CLIPS):
            make_clip(clips / f"{number}.avi", frames=30 + 7 * number, size=(640, 480))
        t4 = stack.enter_context(running_t4("--speed", str(options.speed)))
        url = stack.enter_context(database(options.database, folder / "data"))
        settings = {
            "SAFETY_DATA_DIR": str(folder / "data"),
            "SAFETY_DATABASE_URL": url,
            "SAFETY_QWEN_URLS": t4.url,
            "SAFETY_CAMERA_FOLDERS": str(clips),
            "SAFETY_UNCHANGED_MAX": str(options.unchanged),
            "SAFETY_WATCH_STREAMS": str(options.cameras),
        }
        address, process = stack.enter_context(serving(folder, settings))
        ids = [f"camera-{number:03}" for number in range(options.cameras)]
        with httpx2.Client(base_url=address, timeout=60, trust_env=False) as client:
            for number, camera_id in enumerate(ids):
                source = {"kind": "file", "url": str(clips / f"{number % CLIPS}.avi")}
                body = {"id": camera_id, "name": camera_id, "source": source}
                made = client.post("/v1/cameras", json=body | {"every_s": options.every})
                made.raise_for_status()
        looker, memory, since, until = watch(address, process, ids, options.seconds)
        opened = Database(url)
        stack.callback(opened.close)
        kept = [
            judge_memory(memory, options.seconds),
            judge_looks(opened, ids, since, until),
            judge_counters(address, opened, ids),
            judge_api(looker),
        ]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
