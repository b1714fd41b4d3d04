"""A batch of 1,000 to 100,000 small pictures with a detector that takes no time.

    python -m benchmarks.batch [--counts 1000 10000 100000]

Each count runs in a process of its own on pictures made on the spot (64 × 48, all different), with
every usual output: annotated pictures, table, COCO, report.  Printed are pictures a second while
they are inspected, CPU time of a picture, the time of the final outputs, and the process's largest
resident set; beside them a plain loop in one thread that decodes, draws, encodes and writes the
annotated picture and a line of JSON, and keeps no record to go on from.

Then the last hundredth of each journal is cut off and the run begun again: the time from the start
of the process to the first picture that is asked about.  All three counts take about ten minutes
on two cores, nearly all of it for the last one.

Goals: the peak at the largest count at most 1.2 times that at the smallest, CPU time of a picture
at most 1.1 times, and at most 10 seconds to the first picture.  Exit status 1 where one is missed.
``--folder`` names a place for the pictures (a disk with room for 2 KB each, and as much again).
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.instant_detector import InstantDetector
from safety_detector.appearance.fonts import find_fonts
from safety_detector.batch.outputs import DEFAULT_FORMATS
from safety_detector.batch.picture_runner import local_equipment
from safety_detector.batch.run import News, Plan, Stage, run_batch
from safety_detector.domain.detections import DetectorOutcome
from safety_detector.ingest.admission import Limits
from safety_detector.ingest.fetching import FetchPolicy
from safety_detector.pictures.images import RgbImage
from safety_detector.pipeline import inspect_picture
from safety_detector.sources.source import SourceOptions, open_source

ROOT = Path(__file__).parents[1]
WORKERS = 3
FILES_A_FOLDER = 1000
FLOOR_PICTURES = 1000


class FirstCall(InstantDetector):
    """Notes when it was first asked."""

    def __init__(self) -> None:
        super().__init__()
        self.at: float | None = None

    def detect(self, rgb: RgbImage, attempt: int = 1, *, urgent: bool = True) -> DetectorOutcome:
        """The same two boxes."""
        self.at = self.at or time.time()
        return super().detect(rgb, attempt, urgent=urgent)


def make_pictures(folder: Path, count: int) -> None:
    """Small pictures of 6 × 8 coloured fields, no two alike, a thousand a folder."""
    random = np.random.default_rng(7)
    for number in range(count):
        fields = random.integers(0, 256, (6, 8, 3), dtype=np.uint8)
        path = folder / f"{number // FILES_A_FOLDER:03}" / f"{number:06}.png"
        path.parent.mkdir(exist_ok=True)
        picture = cv2.resize(fields, (64, 48), interpolation=cv2.INTER_NEAREST)
        path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())


def run_child(source: str, out: str) -> dict[str, Any]:
    """A batch in this process, and what it took."""
    cv2.setNumThreads(1)
    detector = FirstCall()
    reached: dict[Stage, tuple[float, float]] = {}
    inspecting_ended = 0.0, 0.0

    def tell(news: News) -> None:
        nonlocal inspecting_ended
        now = time.perf_counter(), time.process_time()
        reached.setdefault(news.stage, now)
        if news.stage is Stage.INSPECTING:
            inspecting_ended = now

    equipment = local_equipment(detector, Limits(), find_fonts(), "en")
    plan = Plan(
        folder=Path(out), workers=WORKERS, formats=frozenset(DEFAULT_FORMATS), restart=False,
        patience=timedelta(seconds=1), report_pictures=200, time_zone=UTC,
    )  # fmt: skip
    with closing(open_source(source, SourceOptions(FetchPolicy(), Path(out)))) as opened:
        ended = run_batch(opened, equipment, plan, threading.Event(), tell)
    outputs_s = time.perf_counter() - inspecting_ended[0]
    inspected = ended.summary["this_run"]["inspected"]
    return {
        "first_at": detector.at,
        "inspected": inspected,
        "seconds": ended.summary["this_run"]["seconds"],
        "cpu_ms": (inspecting_ended[1] - reached[Stage.INSPECTING][1]) * 1000 / max(inspected, 1),
        "outputs_s": outputs_s,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def run_floor(source: str, _out: str) -> dict[str, Any]:
    """The plain loop, over some of the pictures."""
    cv2.setNumThreads(1)
    detector, fonts, limits = InstantDetector(), find_fonts(), Limits()
    paths = sorted(Path(source).rglob("*.png"))[:FLOOR_PICTURES]
    with tempfile.TemporaryDirectory() as name, (Path(name) / "out.jsonl").open("wb") as lines:
        started, cpu_s = time.perf_counter(), time.process_time()
        for number, path in enumerate(paths):
            inspected = inspect_picture(path.read_bytes(), path.name, detector, limits)
            (Path(name) / f"{number}.jpg").write_bytes(inspected.annotated_jpeg(fonts, "en"))
            found = [(one.hazard.text("en"), one.box.xyxy) for one in inspected.detections]
            lines.write(json.dumps([asdict(inspected.facts), found]).encode() + b"\n")
        seconds, cpu_s = time.perf_counter() - started, time.process_time() - cpu_s
    return {"seconds": seconds, "inspected": len(paths), "cpu_ms": cpu_s * 1000 / len(paths)}


CHILDREN = {"batch": run_child, "floor": run_floor}


def run_apart(child: str, source: Path, out: Path) -> dict[str, Any]:
    """One of them in a process of its own; ``to_first_s`` counts from the start of that."""
    started = time.time()
    command = [sys.executable, "-m", "benchmarks.batch", "--child", child, str(source), str(out)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    took: dict[str, Any] = json.loads(done.stdout)
    if took.get("first_at"):
        took["to_first_s"] = took["first_at"] - started
    return took


def cut_last_hundredth(journal: Path) -> None:
    """As after a kill when nearly everything was done."""
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[: len(lines) - max(len(lines) // 100, 1)]))


def measure(folder: Path, count: int) -> dict[str, Any]:
    """Prints the figures of one count and returns them."""
    source, out = folder / "in", folder / "out"
    source.mkdir()
    make_pictures(source, count)
    plain = run_apart("floor", source, out)
    took = run_apart("batch", source, out)
    cut_last_hundredth(out / "results.jsonl")
    resumed = run_apart("batch", source, out)
    rate, floor_rate = (one["inspected"] / one["seconds"] for one in (took, plain))
    print(
        f"{count:>9,}{rate:>11.0f}{took['cpu_ms']:>9.2f}{took['peak_mb']:>9.0f}"
        f"{took['outputs_s']:>11.1f}{resumed['to_first_s']:>14.1f}{floor_rate:>16.0f}"
        f"{plain['cpu_ms']:>9.2f}",
        flush=True,
    )
    shutil.rmtree(source)
    shutil.rmtree(out)
    return {**took, "to_first_s": resumed["to_first_s"]}


def judge(name: str, value: float, goal: float) -> bool:
    """Prints a figure beside its goal; whether it is reached."""
    print(f"{name}: {value:.2f} (goal: {goal:g} or less)")
    return value <= goal


def main() -> int:
    """Measures each count; the exit status says whether all goals are reached."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--counts", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--folder", type=Path, help="where the pictures are made")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        kind, source, out = options.child
        print(json.dumps(CHILDREN[kind](source, out)))
        return 0
    started = time.monotonic()
    print(" pictures pictures/s   CPU ms  peak MB  outputs s  to first s   plain loop/s   CPU ms")
    took = {}
    for count in options.counts:
        with tempfile.TemporaryDirectory(dir=options.folder, prefix="batch-") as folder:
            took[count] = measure(Path(folder), count)
    print(f"all of it took {(time.monotonic() - started) / 60:.1f} minutes")
    first, last = took[min(took)], took[max(took)]
    reached = [
        judge("peak memory, largest / smallest", last["peak_mb"] / first["peak_mb"], 1.2),
        judge("CPU time of a picture, largest / smallest", last["cpu_ms"] / first["cpu_ms"], 1.1),
        judge("seconds to the first new picture", last["to_first_s"], 10.0),
    ]
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
