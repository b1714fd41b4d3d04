"""Pictures per second through the service, beside the same pipeline in plain processes.

    python benchmarks/throughput.py [--pictures 2000] [--processes 2]

Both sides inspect the same 640×480 pictures with a detector that takes no time, so that what is
left is our own work.  *In process*: N processes decode, inspect, draw and encode, and write the
annotated picture to disk.  *Service*: uploads by REST, stored durably, queued, claimed by N Celery
processes, recorded; from the first upload to the last result.  The uploading program runs on the
same cores.
``--redis-url`` and ``--database-url`` use servers that are there already.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import multiprocessing
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import psutil
from prometheus_client.parser import text_string_to_metric_families

sys.path.insert(0, str(Path(__file__).parent))

from deployment import RunningService, running_service
from instant_detector import InstantDetector
from pictures import VGA, make_pictures

from safety_detector.appearance.fonts import find_fonts
from safety_detector.ingest.admission import Limits
from safety_detector.pipeline import inspect_picture

UPLOADERS = 16  # connections; uploads that come together share a commit
RESULT_TIMEOUT_S = 600.0


def run_in_process(pictures: Sequence[bytes], processes: int, folder: Path) -> float:
    """Pictures per second of N plain processes."""
    # Spawned, not forked: OpenCV's threads of this process would not be there after a fork.
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(processes + 1)
    workers = []
    for number in range(processes):
        part = folder / str(number)
        part.mkdir()
        for index, data in enumerate(pictures[number::processes]):
            (part / f"{index}.picture").write_bytes(data)
        workers.append(context.Process(target=_inspect_all, args=(part, start)))
    for worker in workers:
        worker.start()
    start.wait()
    started = time.perf_counter()
    for worker in workers:
        worker.join()
    return len(pictures) / (time.perf_counter() - started)


def _inspect_all(folder: Path, start: threading.Barrier) -> None:
    cv2.setNumThreads(1)
    detector, fonts, limits = InstantDetector(), find_fonts(), Limits()
    paths = sorted(folder.glob("*.picture"))
    inspect_picture(paths[0].read_bytes(), "warm.jpg", detector, limits).annotated_jpeg(fonts, "en")
    start.wait()
    for path in paths:
        inspected = inspect_picture(path.read_bytes(), "picture.jpg", detector, limits)
        path.with_suffix(".jpg").write_bytes(inspected.annotated_jpeg(fonts, "en"))


def run_service(service: RunningService, pictures: Sequence[bytes]) -> tuple[float, float]:
    """Pictures per second to the last result, and to the last 202."""
    upload_one(service.url, pictures[0])
    wait_for_results(service.url, 1)
    numbers = itertools.count(1)
    uploaders = [
        threading.Thread(target=_upload_all, args=(service.url, pictures, numbers))
        for _ in range(UPLOADERS)
    ]
    started = time.perf_counter()
    for uploader in uploaders:
        uploader.start()
    for uploader in uploaders:
        uploader.join()
    accepted = time.perf_counter()
    wait_for_results(service.url, len(pictures))
    finished = time.perf_counter()
    count = len(pictures) - 1
    return count / (finished - started), count / (accepted - started)


def upload_one(url: str, data: bytes) -> None:
    """Sends one picture over a connection of its own."""
    _upload_all(url, [data], iter([0]))


def _upload_all(url: str, pictures: Sequence[bytes], numbers: itertools.count[int]) -> None:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    for number in numbers:
        if number >= len(pictures):
            break
        connection.request(
            "POST",
            f"/v1/inspections?name={number}.jpg",
            body=pictures[number],
            headers={"Content-Type": "image/jpeg"},
        )
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 202:
            raise SystemExit(f"upload {number}: {answer.status} {body[:300]!r}")
    connection.close()


def wait_for_results(url: str, count: int) -> None:
    """Returns when so many inspections are completed; fails if one failed or time is up."""
    address = urlsplit(url)
    deadline = time.monotonic() + RESULT_TIMEOUT_S
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection(address.hostname or "", address.port)
        connection.request("GET", "/metrics")
        figures = read_outcomes(connection.getresponse().read().decode())
        connection.close()
        if figures.get("failed"):
            raise SystemExit(f"inspections failed: {figures}")
        if figures.get("completed", 0) >= count:
            return
        time.sleep(0.1)
    raise SystemExit(f"no {count} results after {RESULT_TIMEOUT_S:.0f} s: {figures}")


def read_outcomes(metrics: str) -> dict[str, float]:
    """How many inspections ended how, from the text of ``/metrics``."""
    return {
        sample.labels["outcome"]: sample.value
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
        if sample.name == "safety_inspections_ended_total"
    }


def cpu_seconds(service: RunningService) -> dict[str, float]:
    """CPU seconds of each process group of the service, the pool's processes included."""
    used = {}
    for name, child in service.children.items():
        if child.process is not None:
            leader = psutil.Process(child.process.pid)
            times = [one.cpu_times() for one in (leader, *leader.children(recursive=True))]
            used[name] = sum(each.user + each.system for each in times)
    return used


def main() -> None:
    """Measures both and prints them side by side."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--redis-url", help="a Redis server in place of the bundled Valkey")
    parser.add_argument("--database-url", help="a PostgreSQL database in place of SQLite")
    options = parser.parse_args()
    servers = {
        "SAFETY_REDIS_URL": options.redis_url,
        "SAFETY_DATABASE_URL": options.database_url,
    }
    environment = {name: value for name, value in servers.items() if value}
    folder = Path(tempfile.mkdtemp(prefix="throughput-"))
    try:
        pictures = make_pictures(options.pictures)
        plain = run_in_process(pictures, options.processes, folder)
        with running_service(folder, options.processes, **environment) as service:
            before, own = cpu_seconds(service), time.process_time()
            through, accepted = run_service(service, pictures)
            after, own = cpu_seconds(service), time.process_time() - own
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(pictures)} pictures of {VGA}, {options.processes} processes")
    print(f"in process            {plain:7.1f} pictures/s")
    print(f"service, to result    {through:7.1f} pictures/s   {through / plain:.2f} × (goal 0.50)")
    print(f"service, to the 202   {accepted:7.1f} pictures/s")
    print("CPU ms per picture:")
    for name, seconds in after.items():
        print(f"  {name:<20}{(seconds - before.get(name, 0)) * 1000 / len(pictures):7.2f}")
    print(f"  {'uploading program':<20}{own * 1000 / len(pictures):7.2f}")


if __name__ == "__main__":
    main()
