"""What pictures cost that were made to be dear: memory and processor time of one inspection each.

    python -m benchmarks.dear_pictures [--only PNG] [--seconds 60]

Each of ``tests/dear_pictures.py`` goes through everything but the detector (admission, EXIF time,
decoding, the look at its quality, drawing, encoding) in a process of its own, which is killed after
so many seconds of processor time or at 12 GB.  The peak is that of the process, of which some 100
MB are the program; what is promised is 600 MB and 10 s.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.dear_pictures import DEAR_TO_DECODE, DEAR_TO_OPEN

_MOST_BYTES = 12 * 10**9
PROMISED_MB, PROMISED_S = 600, 10


@dataclass(frozen=True, slots=True)
class Cost:
    """What one picture cost.

    Attributes:
        outcome: the size that was inspected, or why it was not.
        peak_mb: largest resident memory of the process.
        cpu_s: processor time of all its threads, its start included.
    """

    outcome: str
    peak_mb: float
    cpu_s: float


def cost_of(path: Path, most_s: int) -> Cost:
    """Inspects one file in a process of its own, which may take so much processor time."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    child = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.dear_pictures", "--inspect", str(path)],
        stdout=subprocess.PIPE,
        env=environment,
        preexec_fn=lambda: _limit(most_s),
    )
    said, _ = child.communicate()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if child.returncode != 0:
        return Cost(f"killed (exit {child.returncode})", float("nan"), cpu_s)
    report = json.loads(said)
    return Cost(report["outcome"], report["peak_mb"], cpu_s)


def _limit(most_s: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (most_s, most_s + 1))
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))


def _inspect(path: Path) -> None:
    from datetime import UTC, datetime

    from benchmarks.instant_detector import InstantDetector
    from safety_detector.errors import SafetyDetectorError
    from safety_detector.fonts import find_fonts
    from safety_detector.ingest.admission import Limits, read_file
    from safety_detector.ingest.exif_time import taken_of
    from safety_detector.pipeline import inspect_picture

    try:
        limits = Limits()
        data = read_file(path, limits)
        inspected = inspect_picture(data, "a picture", InstantDetector(), limits)
        taken_of(data, datetime.now(UTC), UTC)
        inspected.annotated_jpeg(find_fonts(), "en")
        outcome = f"{inspected.facts.width} × {inspected.facts.height}"
    except SafetyDetectorError as exc:
        outcome = f"{exc.code}: {exc.message}"
    except MemoryError:
        outcome = "no memory left"
    print(json.dumps({"outcome": outcome, "peak_mb": _peak_mb()}))


def _peak_mb() -> float:
    """Not ``ru_maxrss``, which begins with the memory of the process that started this one."""
    facts = Path("/proc/self/status").read_text()
    return int(facts.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6


def main() -> None:
    """Prints a line for each picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="pictures with this in their name")
    parser.add_argument("--seconds", type=int, default=60, help="processor time for each")
    parser.add_argument("--inspect", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inspect is not None:
        _inspect(chosen.inspect)
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
            cost = cost_of(path, chosen.seconds)
            kept += cost.peak_mb <= PROMISED_MB and cost.cpu_s <= PROMISED_S
            size = path.stat().st_size
            print(
                f"| {name} | {size:,} | {cost.peak_mb:.0f} | {cost.cpu_s:.1f} | {cost.outcome} |",
                flush=True,
            )
    print(f"{kept} of {len(pictures)} within {PROMISED_MB} MB and {PROMISED_S} s")


if __name__ == "__main__":
    main()
