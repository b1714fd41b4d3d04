"""Clocks that step while pictures go through: is each accepted one final, and still there?

    python -m benchmarks.clock_faults [hour] [year] [past] [machines]
        [--pictures 60] [--wrong 15] [--database sqlite|postgresql]
        [--broker valkey|redis]

Needs a C compiler (``shifted_clock.c``).  API and workers keep pictures for 90 days, and
sweep whenever a worker starts.  Each scenario starts the service anew:

* *hour*: a third of the pictures comes while the clock is an hour ahead, the last when it is right;
* *year*: half are inspected, then the clock is 400 days ahead for ``--wrong`` seconds; a worker is
  killed and started meanwhile, and again when the clock is right;
* *past*: the same with a clock ten years behind;
* *machines*: two workers on PostgreSQL, one of them 45 s ahead, both killed once.

Exit status 1 unless accepted = final and nothing is failed, doubled, broken, lost or deleted.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import select

from benchmarks.cluster import Cluster, Uploads, broker_command, count, wait_until_final
from benchmarks.pictures import make_pictures
from safety_detector.database.engine import Database
from safety_detector.database.migrate import migrate
from safety_detector.database.sqlite import sqlite_url
from safety_detector.database.tables import inspections
from safety_detector.single_machine.children import Child, ChildSpec
from safety_detector.storage.storage import Storage
from tests.postgresql_server import running_postgresql

NAMES = ("hour", "year", "past", "machines")
STEPS = {"hour": "+3600", "year": "+34560000", "past": "-315360000"}  # seconds


class Clock:
    """The clock of processes that are started with ``environment``; time goes on as it does."""

    def __init__(self, file: Path, library: Path) -> None:
        self._file = file
        self._library = library
        self.set("+0")

    def set(self, ahead: str) -> None:
        """Sets it so many seconds beside the right time."""
        written = self._file.with_suffix(".new")
        written.write_text(ahead)
        written.replace(self._file)

    def beside(self, name: str) -> Clock:
        """Another machine's clock."""
        return Clock(self._file.with_name(name), self._library)

    @property
    def environment(self) -> dict[str, str]:
        """What has the processes go by it."""
        return {"LD_PRELOAD": str(self._library), "SHIFTED_CLOCK": str(self._file)}


def build_library(folder: Path) -> Path:
    """The library that shifts the clock of a process.

    Raises:
        SystemExit: there is no compiler.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        raise SystemExit("a C compiler is needed (apt-get install gcc libc6-dev)")
    library = folder / "shifted_clock.so"
    source = Path(__file__).with_name("shifted_clock.c")
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(source), "-ldl"]
    subprocess.run(command, check=True)
    return library


class Stage:
    """A service whose clock can be set, and its uploads, some at a time."""

    def __init__(self, cluster: Cluster, clock: Clock, pictures: int, database: Database) -> None:
        self.cluster = cluster
        self.clock = clock
        self.database = database
        self._released = 0
        self._total = pictures
        self.uploads = Uploads(cluster.url, make_pictures(pictures), self._may_go_on)

    def _may_go_on(self, number: int) -> bool:
        return number < self._released

    def upload(self, share: float) -> None:
        """Lets a share of the pictures in and waits until they are accepted."""
        self._released = min(self._released + round(self._total * share), self._total)
        while len(self.uploads.accepted) < self._released:
            time.sleep(0.05)

    def restart_worker(self) -> None:
        """A new process, which begins with a round of everything that a sweeper does."""
        self.cluster.kill("worker")
        self.cluster.revive("worker")


def play_hour(stage: Stage, _wrong_s: float) -> None:
    """An hour ahead, and back."""
    stage.upload(1 / 3)
    stage.clock.set(STEPS["hour"])
    stage.upload(1 / 3)
    stage.clock.set("+0")
    stage.upload(1)


def play_far(step: str) -> Callable[[Stage, float], None]:
    """Years beside the right time for some seconds, with a new worker in them and after them."""

    def play(stage: Stage, wrong_s: float) -> None:
        stage.upload(1 / 2)
        wait_until_final(stage.database)
        stage.clock.set(step)
        stage.restart_worker()
        stage.upload(1 / 4)
        wait_until_final(stage.database)  # the new worker is there
        time.sleep(wrong_s)
        stage.clock.set("+0")
        stage.restart_worker()
        stage.upload(1)
        time.sleep(wrong_s)

    return play


def play_machines(stage: Stage, _wrong_s: float) -> None:
    """A second worker, on a machine that is 45 s ahead."""
    cluster = stage.cluster
    other = stage.clock.beside("other-clock")
    other.set("+45")
    spec = ChildSpec(
        "worker-2", cluster.children["worker"].spec.command, cluster.settings | other.environment
    )
    cluster.children["worker-2"] = Child(spec)
    cluster.children["worker-2"].start()
    stage.upload(1 / 2)
    stage.restart_worker()
    stage.upload(1 / 4)
    cluster.kill("worker-2")
    cluster.children["worker-2"].start()
    stage.upload(1)


PLAYS: dict[str, Callable[[Stage, float], None]] = {
    "hour": play_hour,
    "year": play_far(STEPS["year"]),
    "past": play_far(STEPS["past"]),
    "machines": play_machines,
}


def run(name: str, options: argparse.Namespace, url: str | None, folder: Path) -> bool:
    """Plays a scenario and prints its counts; whether they are right."""
    storage = Storage(folder / "data")
    storage.prepare()
    url = url or sqlite_url(folder / "service.db")
    database = Database(url)
    migrate(database)
    cluster = Cluster(folder, url, broker_command(options.broker, folder))
    clock = Clock(folder / "clock", build_library(folder))
    cluster.settings.update(clock.environment, SAFETY_KEEP_DAYS="90")
    started = time.monotonic()
    try:
        cluster.start()
        stage = Stage(cluster, clock, options.pictures, database)
        stage.uploads.start()
        watched = threading.Thread(target=stage.uploads.join)
        watched.start()
        PLAYS[name](stage, options.wrong)
        watched.join()
        wait_until_final(database)
    finally:
        cluster.stop()
    accepted = list(stage.uploads.accepted.values())
    counts = count(database, storage, accepted)
    with database.read() as connection:
        deleted = len(set(accepted) - set(connection.scalars(select(inspections.c.id))))
    database.close()
    print(
        f"{name} on {options.database} and {options.broker}, {time.monotonic() - started:.0f} s\n"
        f"  {counts}, deleted {deleted}",
        flush=True,
    )
    return counts.are_right and not deleted and counts.accepted == options.pictures


def main() -> int:
    """Runs the scenarios; the exit status says whether all counts are right."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("scenarios", nargs="*", help=f"of {', '.join(NAMES)}; all by default")
    parser.add_argument("--pictures", type=int, default=60)
    parser.add_argument("--wrong", type=float, default=15.0, help="seconds")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--broker", choices=("valkey", "redis"), default="valkey")
    options = parser.parse_args()
    unknown = set(options.scenarios) - set(NAMES)
    if unknown:
        parser.error(f"no such scenario: {', '.join(unknown)}; there are {', '.join(NAMES)}")
    are_right = []
    for name in options.scenarios or NAMES:
        if name == "machines" and options.database == "sqlite":
            continue  # its file is used on one machine alone
        with ExitStack() as opened:
            folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix=f"{name}-")))
            url = None
            if options.database == "postgresql":
                url = opened.enter_context(running_postgresql({"fsync": "on"})).url
            are_right.append(run(name, options, url, folder))
    return 0 if all(are_right) else 1


if __name__ == "__main__":
    sys.exit(main())
