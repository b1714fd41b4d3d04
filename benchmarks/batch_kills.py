"""A batch that is killed again and again beside one that nobody disturbs.

    python -m benchmarks.batch_kills [--kills 20] [--pictures 400]

Each run is a process of its own that is ended with ``kill -9`` after a random time, somewhere
between its start and its end; then the same command goes on.  At last the results are compared:
the same lines, apart from their order and timings, the same derived files, the same annotated
pictures.  Exit status 1 where anything differs.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.pictures import make_pictures
from tests import batch_stand

ROOT = Path(__file__).parents[1]
DELAY_S = 0.02  # of the detector; a picture is in hand for about so long


def start(source: Path, out: Path) -> subprocess.Popen[bytes]:
    """A run in a process of its own."""
    command = [sys.executable, "-m", "tests.batch_stand", str(source), str(out), str(DELAY_S)]
    return subprocess.Popen(command, cwd=ROOT)


def lines_of(out: Path) -> int:
    """Lines of the journal."""
    path = out / "results.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def kill_at_random(source: Path, out: Path, longest_s: float, chance: random.Random) -> bool:
    """One run that is killed; False where it had ended before."""
    process = start(source, out)
    before = lines_of(out)
    while lines_of(out) == before and process.poll() is None:
        time.sleep(0.01)  # the start of the program is the same each time
    time.sleep(chance.random() * longest_s)
    process.kill()
    return process.wait() != 0


def differences(out: Path, whole: Path) -> list[str]:
    """What is not the same in the two folders."""
    found = []
    if batch_stand.results(out) != batch_stand.results(whole):
        found.append("results.jsonl")
    ours, theirs = batch_stand.derived(out), batch_stand.derived(whole)
    found += [name for name in ours if ours[name] != theirs[name]]
    names = batch_stand.files(whole / "annotated")
    if batch_stand.files(out / "annotated") != names:
        return [*found, "annotated/"]
    pairs = ((out / "annotated" / one, whole / "annotated" / one) for one in names)
    return found + [str(one) for one, other in pairs if one.read_bytes() != other.read_bytes()]


def main() -> int:
    """Kills, goes on, compares; the exit status says whether all is the same."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--pictures", type=int, default=400)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="batch-kills-") as name:
        source, out, whole = (Path(name) / part for part in ("in", "out", "whole"))
        source.mkdir()
        for number, data in enumerate(make_pictures(options.pictures)):
            (source / f"{number:05}.jpg").write_bytes(data)
        (source / "broken.jpg").write_bytes(b"nonsense")
        started = time.monotonic()
        start(source, whole).wait()
        longest_s = (time.monotonic() - started) / options.kills
        killed = sum(kill_at_random(source, out, longest_s, chance) for _ in range(options.kills))
        left = options.pictures + 1 - lines_of(out)
        start(source, out).wait()
        found = differences(out, whole)
    print(f"killed {killed} times, {left} pictures were left for the last run")
    print(f"different: {', '.join(found) or 'nothing'}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
