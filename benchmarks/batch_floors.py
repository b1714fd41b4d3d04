"""A batch of real pictures beside the least that it could take, with each backend.

    python -m benchmarks.batch_floors embedded [--pictures 1000] [--workers N]
    python -m benchmarks.batch_floors t4 [--pictures 160] [--speed 4]

*embedded*: the batch, all usual outputs on, beside the CPU time of the detector alone and of
decoding, drawing and encoding alone, each in one thread, divided by the cores.  Goal: at most 1.15
times that.  What the floor leaves out comes on top: reading, hashing, the journal, the ledger,
table and COCO, and the report with a sheet for each of the 200 most urgent pictures.  The fewer
pictures, the more the report weighs: 200 sheets are a fifth of 1,000 pictures, and all of 200.
Printed as well is what plain loops of those steps take that run beside each other, one process a
core: more than the floor where the cores share memory and caches.  The pictures are cut from
``../shared/data/dev`` where that is present, else from the samples, each from another place,
1280 × 960.

*t4*: a batch on the stand-in for Qwen2.5-VL on 4 × T4 beside that server's own maximum, as
``vs_script`` measures it; pictures per second of the machine's time, without the first two rounds
and the last one.  Goal: at least 0.95 of it.

Exit status 1 where the goal is missed.  The clock also measures whoever else uses the machine; on
an idle one the CPU time of the inspection, divided by the cores, says the same as the clock.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path

import cv2

from benchmarks.pictures import SAMPLES, make_pictures
from benchmarks.rates import run_all, steady_rate
from benchmarks.t4_clients import bare_client
from benchmarks.t4_processes import running_t4
from safety_detector.annotation.draw import annotate, encode_annotated
from safety_detector.appearance.fonts import find_fonts
from safety_detector.batch.outputs import DEFAULT_FORMATS
from safety_detector.batch.picture_runner import local_equipment
from safety_detector.batch.run import News, Plan, run_batch
from safety_detector.detectors.embedded.detector import load_onnx_detector
from safety_detector.domain.geometry import ImageSize
from safety_detector.ingest.admission import Limits
from safety_detector.ingest.fetching import FetchPolicy
from safety_detector.pictures.images import decode, encode_jpeg, read_header, resize
from safety_detector.ports import Detector
from safety_detector.settings import Settings
from safety_detector.sources.source import SourceOptions, open_source
from safety_detector.wiring import build_batch_detector

DEV = SAMPLES.parents[1] / "shared" / "data" / "dev" / "images"
SIZE = ImageSize(1280, 960)
FLOOR_PICTURES = 100
MOST_TIMES_FLOOR = 1.15
LEAST_SHARE_OF_MAXIMUM = 0.95


def write_real_pictures(folder: Path, count: int) -> None:
    """JPEGs of 1280 × 960, no two alike."""
    paths = sorted(DEV.glob("*.jpg")) or sorted(SAMPLES.glob("*.jpg"))
    for number in range(count):
        data = paths[number % len(paths)].read_bytes()
        whole = decode(data, read_header(data))
        shift = 1 + number // len(paths)
        rgb = resize(whole[shift:, shift:], SIZE)
        (folder / f"{number:06}.jpg").write_bytes(encode_jpeg(rgb, 85))


@dataclass(frozen=True, slots=True)
class Reading:
    """How many pictures were done when, by the clock and by the process's CPU time."""

    at_s: float
    cpu_s: float
    done: int


def run(source: Path, out: Path, detector: Detector, workers: int) -> tuple[float, list[Reading]]:
    """A batch in this process: seconds in all, and when how many pictures were done."""
    readings: list[Reading] = []

    def tell(news: News) -> None:
        if news.progress:
            done = news.progress.inspected
            readings.append(Reading(time.perf_counter(), time.process_time(), done))

    equipment = local_equipment(detector, Limits(), find_fonts(), "zh")
    plan = Plan(
        folder=out, workers=workers, formats=frozenset(DEFAULT_FORMATS), restart=False,
        patience=timedelta(minutes=1), report_pictures=200, time_zone=UTC,
    )  # fmt: skip
    started = time.perf_counter()
    with closing(open_source(str(source), SourceOptions(FetchPolicy(), out))) as opened:
        run_batch(opened, equipment, plan, threading.Event(), tell)
    return time.perf_counter() - started, readings


def floor_ms(paths: Sequence[Path], start: threading.Barrier | None = None) -> tuple[float, float]:
    """CPU milliseconds of a picture: of the detector, and of decoding, drawing and encoding.

    Waits at ``start`` when everything is loaded, and again at the end.
    """
    detector, fonts = load_onnx_detector(threads=1), find_fonts()
    detector_s = rest_s = 0.0
    for number, path in enumerate([paths[0], *paths]):
        if number == 1:  # what the first one loads does not count
            detector_s = rest_s = 0.0
            if start is not None:
                start.wait()
        data = path.read_bytes()
        began = time.process_time()
        rgb = decode(data, read_header(data))
        decoded = time.process_time()
        outcome = detector.detect(rgb)
        detected = time.process_time()
        encode_annotated(annotate(rgb, outcome.detections, fonts, "zh"), len(data))
        detector_s += detected - decoded
        rest_s += time.process_time() - detected + decoded - began
    if start is not None:
        start.wait()
    return detector_s * 1000 / len(paths), rest_s * 1000 / len(paths)


def plain_loops_ms(paths: Sequence[Path], cores: int) -> float:
    """Wall milliseconds of a picture where each core runs the floor's steps on a share of them."""
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(cores + 1)
    loops = [
        context.Process(target=_run_plain_loop, args=(paths[number::cores], start))
        for number in range(cores)
    ]
    for loop in loops:
        loop.start()
    start.wait()
    started = time.perf_counter()
    start.wait()
    seconds = time.perf_counter() - started
    for loop in loops:
        loop.join()
    return seconds * 1000 / len(paths)


def _run_plain_loop(paths: Sequence[Path], start: threading.Barrier) -> None:
    cv2.setNumThreads(1)
    floor_ms(paths, start)


def embedded(count: int, wanted_workers: int | None, folder: Path) -> bool:
    """Prints the figures of the embedded detector; whether the goal is reached."""
    source, cores = folder / "in", len(os.sched_getaffinity(0))
    source.mkdir()
    write_real_pictures(source, count)
    paths = sorted(source.iterdir())[:FLOOR_PICTURES]
    detector_ms, rest_ms = floor_ms(paths)
    plain_s = plain_loops_ms(paths, cores) * count / 1000
    least_s = (detector_ms + rest_ms) * count / 1000 / cores
    detector, workers = build_batch_detector(Settings(), "embedded", wanted_workers)
    started_cpu_s = time.process_time()
    took_s, readings = run(source, folder / "out", detector, workers)
    took_cpu_s = time.process_time() - started_cpu_s
    began, ended = readings[0], next(one for one in readings if one.done >= count)
    inspecting_s, cpu_s = ended.at_s - began.at_s, ended.cpu_s - began.cpu_s
    print(f"{count} pictures of {SIZE}, {cores} cores, {workers} in hand")
    print(f"floor: detector {detector_ms:.1f} ms, decode, draw, encode {rest_ms:.1f} ms of CPU")
    for name, seconds in (
        ("least wall time", least_s),
        ("plain loops", plain_s),
        ("inspecting", inspecting_s),
        ("its CPU / cores", cpu_s / cores),
        ("with outputs", took_s),
        ("its CPU / cores", took_cpu_s / cores),
    ):
        print(f"{name:<16}{seconds:8.1f} s   {seconds / least_s:.2f} ×")
    print(f"goal: with outputs {MOST_TIMES_FLOOR} × or less")
    return took_s / least_s <= MOST_TIMES_FLOOR


def t4(count: int, speed: float, folder: Path) -> bool:
    """Prints the figures with the stand-in of the model server; whether the goal is reached."""
    source, pictures = folder / "in", make_pictures(count)
    source.mkdir()
    for number, data in enumerate(pictures):
        (source / f"{number:06}.jpg").write_bytes(data)
    with running_t4("--speed", str(speed)) as machine:
        settings = Settings(qwen_urls=(machine.url,))
        detector, workers = build_batch_detector(settings, "qwen", None)
        with closing(detector):
            _, readings = run(source, folder / "out", detector, workers)
    steady = [one for one in readings if 2 * workers <= one.done <= count - workers]
    first, last = steady[0], steady[-1]
    ours = (last.done - first.done) / (last.at_s - first.at_s) / speed
    with bare_client(pictures)("--speed", str(speed)) as (_, ask):
        started = time.perf_counter()
        most = steady_rate(started, run_all(ask, pictures, workers), workers) / speed
    print(f"batch, {workers} in hand   {ours:6.3f} pictures/s of the machine's time")
    print(f"the server's maximum  {most:6.3f}   {ours / most:.2f} × (goal: 0.95 or more)")
    return ours / most >= LEAST_SHARE_OF_MAXIMUM


def main() -> int:
    """Measures one of the two; the exit status says whether its goal is reached."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("backend", choices=["embedded", "t4"])
    parser.add_argument("--pictures", type=int)
    parser.add_argument("--workers", type=int, help="pictures in hand, embedded only")
    parser.add_argument("--speed", type=float, default=4.0, help="divides the machine's times")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory(prefix="batch-floors-") as name:
        folder = Path(name)
        if options.backend == "embedded":
            return 0 if embedded(options.pictures or 1000, options.workers, folder) else 1
        return 0 if t4(options.pictures or 160, options.speed, folder) else 1


if __name__ == "__main__":
    sys.exit(main())
