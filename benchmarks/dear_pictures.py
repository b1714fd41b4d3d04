"""What pictures cost that were made to be dear: memory and processor time of one inspection each.

    python -m benchmarks.dear_pictures [--only PNG] [--seconds 60]
    python -m benchmarks.dear_pictures --together 4 [--only "PNG RGBA of 64 MP"]

Each of ``tests/dear_pictures.py`` goes through everything but the detector (admission, EXIF time,
decoding, the look at its quality, drawing, encoding) in a process of its own, which is killed after
so many seconds of processor time or at 12 GB.  The peak is that of the process, of which some 100
MB are the program; what is promised is 600 MB and 10 s.

With ``--together`` each is inspected in so many threads of one process at once, which are bounded
as those of a worker are: by the memory that the headers tell.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.instant_detector import InstantDetector
from safety_detector.appearance.fonts import find_fonts
from safety_detector.errors import SafetyDetectorError
from safety_detector.ingest.admission import Limits, admit, read_file
from safety_detector.ingest.exif_time import taken_of
from safety_detector.pictures.memory_budget import MemoryBudget
from safety_detector.pipeline import inspect_picture
from tests.dear_pictures import DEAR_TO_DECODE, DEAR_TO_OPEN

_MOST_BYTES = 12 * 10**9
PROMISED_MB, PROMISED_S = 600, 10


@dataclass(frozen=True, slots=True)
class Cost:
    """What one picture cost.

    Attributes:
        outcome: the size that was inspected, or why it was not.
        peak_mb: largest resident memory of the process, with that of the one that decodes for it.
        cpu_s: processor time of all their threads.
    """

    outcome: str
    peak_mb: float
    cpu_s: float


class Inspector:
    """A process that inspects files, one after the other; it ends with the block.

    Args:
        most_s: processor time that one file may take; then the process is killed.
    """

    def __init__(self, most_s: int) -> None:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "OMP_NUM_THREADS": "1",
        }
        self._child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.dear_pictures", "--inspect", str(most_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )

    def __enter__(self) -> Inspector:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()
        self._child.communicate()

    def cost_of(self, path: Path) -> Cost:
        """Inspects one file."""
        if self._child.stdin is None or self._child.stdout is None:
            raise RuntimeError("the process has no pipes")
        self._child.stdin.write(f"{path}\n")
        self._child.stdin.flush()
        said = self._child.stdout.readline()
        if not said:
            return Cost(f"killed (exit {self._child.wait()})", float("nan"), float("nan"))
        return Cost(**json.loads(said))


def _inspect_all(most_s: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
    for line in sys.stdin:
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(_cpu_s()) + most_s + 1, hard))
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        before, helped, held_mb = _cpu_s(), _children_s(), _memory_mb("VmRSS:")
        outcome = _inspect(Path(line.rstrip("\n")))
        peak_mb = _memory_mb("VmHWM:")
        if _children_s() > helped:  # a process decoded it, and was held at the same time
            children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6
            peak_mb = max(peak_mb, held_mb + children)
        cost = Cost(outcome, peak_mb, _cpu_s() + _children_s() - before - helped)
        print(json.dumps(asdict(cost)), flush=True)


def _inspect(path: Path) -> str:
    try:
        limits = Limits()
        data = read_file(path, limits)
        inspected = inspect_picture(data, "a picture", InstantDetector(), limits)
        taken_of(data, datetime.now(UTC), UTC)
        inspected.annotated_jpeg(find_fonts(), "en")
    except SafetyDetectorError as exc:
        return f"{exc.code}: {exc.message}"
    except MemoryError:
        return "no memory left"
    return f"{inspected.facts.width} × {inspected.facts.height}"


def _inspect_together(path: Path, number: int) -> str:
    budget = MemoryBudget()
    size_bytes = path.stat().st_size + admit(path.read_bytes(), Limits()).working_bytes

    def inspect(_: int) -> str:
        with budget.room_for(size_bytes):
            return _inspect(path)

    with ThreadPoolExecutor(number) as pool:
        return " and ".join(sorted(set(pool.map(inspect, range(number)))))


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _memory_mb(name: str) -> float:
    """Not ``ru_maxrss``, which begins with the memory of the process that started this one."""
    facts = Path("/proc/self/status").read_text()
    return int(facts.partition(name)[2].split()[0]) * 1024 / 1e6


def _print_together(only: str, number: int) -> None:
    """The sound pictures alone; each begins with the peak anew."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "picture")
        for name, make in DEAR_TO_DECODE.items():
            if only not in name:
                continue
            path.write_bytes(make())
            Path("/proc/self/clear_refs").write_text("5")
            try:
                outcome = _inspect_together(path, number)
            except SafetyDetectorError as exc:
                outcome = exc.code
            print(f"| {name} | {number} | {_memory_mb('VmHWM:'):,.0f} MB | {outcome} |", flush=True)


def main() -> None:
    """Prints a line for each picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="pictures with this in their name")
    parser.add_argument("--seconds", type=int, default=60, help="processor time for each")
    parser.add_argument("--together", type=int, default=0, help="each in so many threads at once")
    parser.add_argument("--inspect", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inspect is not None:
        _inspect_all(chosen.inspect)
        return
    if chosen.together:
        _print_together(chosen.only, chosen.together)
        return
    kept = 0
    pictures = {
        name: make for name, make in (DEAR_TO_OPEN | DEAR_TO_DECODE).items() if chosen.only in name
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "picture")
        print("| picture | bytes | MB | CPU s | outcome |\n|---|---:|---:|---:|---|")
        for name, make in pictures.items():
            path.write_bytes(make())
            with Inspector(chosen.seconds) as inspector:
                cost = inspector.cost_of(path)
            kept += cost.peak_mb <= PROMISED_MB and cost.cpu_s <= PROMISED_S
            size = path.stat().st_size
            print(
                f"| {name} | {size:,} | {cost.peak_mb:.0f} | {cost.cpu_s:.1f} | {cost.outcome} |",
                flush=True,
            )
    print(f"{kept} of {len(pictures)} within {PROMISED_MB} MB and {PROMISED_S} s")


if __name__ == "__main__":
    main()
