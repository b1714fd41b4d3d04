"""Kill -9 and other mishaps while pictures go through: is each accepted one final, once, whole?

    python -m benchmarks.kill_matrix [kills] [signals] [broker] [deaf] [database] [disk]
        [full_disk] [model]
        [--pictures 500] [--kills 20] [--broker-away 90] [--model-away 60]
        [--database sqlite|postgresql] [--broker valkey|redis]

Each scenario starts the service anew (broker, API, a worker of two processes) and uploads the
pictures in the course of it, each with an idempotency key, asking again until it is accepted:

* *kills*: each process is killed with -9 that often, at random moments, and started again;
* *signals*: API, worker, each process of its pool, and the broker are stopped (SIGSTOP): for three
  seconds, and then until whoever watches them has started them anew;
* *broker*: FLUSHALL ten times, then the broker is away for ``--broker-away`` seconds;
* *deaf*: three times the worker stays connected to the broker and gets nothing, until it notices;
* *database*: PostgreSQL is stopped at once (``immediate``) and started again five times;
* *disk*: the data folder is a tmpfs of 200 MB that is filled up five times and freed again;
* *full_disk*: the same with the database on it; while it is full, API and worker are killed and
  started again, and purge, migrate and hold list have to work;
* *model*: a real ``qwen`` worker, whose model server misbehaves in twelve ways for three seconds
  each (``model_misdeeds``), and then is away for ``--model-away`` seconds.

Counted afterwards, in the database and the data folder: accepted, final, failed, doubled, broken
files, lost, and pictures that were answered with 2xx and are not there.  Exit status 1 unless
accepted = final and everything else is 0.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil

from benchmarks.cluster import (
    BACK_S,
    Cluster,
    Counts,
    Uploads,
    broker_command,
    count,
    wait_until_final,
)
from benchmarks.model_misdeeds import MISDEEDS, SOUND, SpoiltModel
from benchmarks.pictures import make_pictures
from safety_detector.database.engine import Database
from safety_detector.database.migrate import migrate
from safety_detector.database.sqlite import sqlite_url
from safety_detector.job_queue import create_celery
from safety_detector.storage.storage import Storage
from tests.model_server import Reply
from tests.postgresql_server import PostgresqlServer, running_postgresql

LONGEST_CALM_S = 1.0  # between two mishaps
HIT_WITHIN_S = 0.3  # of the next pictures' upload: while they are accepted, inspected, recorded
FLUSHES, RESTARTS, FULL_DISKS, DEAF_TIMES = 10, 5, 5, 3
SPOILT_S = 3.0
FULL_S = 3.0
STOPPED_S = 3.0
SILENCE_S = 5.0  # instead of the 20 s of serve
SMALL_DISK = "200m"  # the pictures and annotated pictures take half of it

Mishap = Callable[[Cluster], None]


def kill(name: str) -> Mishap:
    """A process is killed and started again at once."""

    def happen(cluster: Cluster) -> None:
        cluster.kill(name)
        cluster.revive(name)

    return happen


def flush(cluster: Cluster) -> None:
    """Every wake-up is gone."""
    cluster.redis.flushall()


def lose_broker(seconds: float) -> Mishap:
    """The broker is away for a while."""

    def happen(cluster: Cluster) -> None:
        cluster.kill("broker")
        time.sleep(seconds)
        cluster.revive("broker")

    return happen


def deafen(cluster: Cluster) -> None:
    """The worker gets nothing any more, notices, ends, and is started anew."""
    app = create_celery(cluster.broker_url)
    while not app.control.cancel_consumer("embedded", reply=True, timeout=5, limit=1):
        pass  # it is not up yet
    app.close()
    cluster.wait_until_ended("worker")
    cluster.revive("worker")


def misbehave(model: SpoiltModel, reply: Reply) -> Mishap:
    """The model server answers in that way for some seconds."""

    def happen(_cluster: Cluster) -> None:
        model.spoil(reply)
        time.sleep(SPOILT_S)
        model.spoil(SOUND)

    return happen


def lose_model(model: SpoiltModel, seconds: float) -> Mishap:
    """The model server is away for a while."""

    def happen(_cluster: Cluster) -> None:
        model.stop()
        time.sleep(seconds)
        model.start()

    return happen


def halt(pick: Callable[[Cluster], psutil.Process], seconds: float | None) -> Mishap:
    """A process is stopped; it goes on after some seconds, or is started anew by who watches it."""

    def happen(cluster: Cluster) -> None:
        process = pick(cluster)
        process.suspend()
        if seconds is not None:
            time.sleep(seconds)
            process.resume()
            return
        deadline = time.monotonic() + BACK_S
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() > deadline:
                raise SystemExit(f"{process} was stopped and nobody noticed")
            time.sleep(0.05)
        cluster.kills["stopped"] += 1

    return happen


def leader(name: str) -> Callable[[Cluster], psutil.Process]:
    """The process of that name, once it runs."""

    def pick(cluster: Cluster) -> psutil.Process:
        while True:
            process = cluster.children[name].process
            if process is not None and process.poll() is None:
                return psutil.Process(process.pid)
            time.sleep(0.05)

    return pick


def of_pool(number: int) -> Callable[[Cluster], psutil.Process]:
    """One of the worker's pool, once there are that many."""

    def pick(cluster: Cluster) -> psutil.Process:
        while True:
            with suppress(psutil.NoSuchProcess):
                pool = leader("worker")(cluster).children()
                if len(pool) > number:
                    return pool[number]
            time.sleep(0.05)

    return pick


def start_on_full_disk(cluster: Cluster) -> None:
    """Everything ends and starts again where nobody can write a byte; the operator can act.

    Raises:
        SystemExit: one of the operator's commands fails.
    """
    ballast = fill_up(cluster)
    for name in ("api", "worker"):
        cluster.kill(name)
    for words in (["migrate"], ["hold", "list"], ["purge", "--keep-days", "1"]):
        command = [sys.executable, "-m", "safety_detector", *words]
        done = subprocess.run(command, env=cluster.settings, capture_output=True, check=False)
        if done.returncode:
            raise SystemExit(f"{words} on a full disk: {done.stderr.decode()[-500:]}")
    for name in ("api", "worker"):
        cluster.revive(name)
    time.sleep(FULL_S)
    ballast.unlink()


def restart_database(server: PostgresqlServer) -> Mishap:
    """The database goes down without a word and comes back."""

    def happen(_cluster: Cluster) -> None:
        server.stop()
        server.start()

    return happen


def fill_disk(cluster: Cluster) -> None:
    """There is no room in the data folder for some seconds."""
    ballast = fill_up(cluster)
    time.sleep(FULL_S)
    ballast.unlink()


def fill_up(cluster: Cluster) -> Path:
    """Takes all room that there is; the file that does."""
    ballast = cluster.folder / "data" / "ballast"
    # At once: what the service frees meanwhile is its own.
    with ballast.open("wb") as file, suppress(OSError):
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(ballast.parent).free)
    return ballast


def play(cluster: Cluster, pictures: Sequence[bytes], mishaps: Sequence[Mishap]) -> Uploads:
    """Uploads the pictures while one mishap comes after the other; returns when all is over."""
    # Half of a mishap's pictures come just before it, the others while it lasts.
    halves = 0

    def may_go_on(number: int) -> bool:
        return number * 2 * len(mishaps) < halves * len(pictures)

    def release() -> None:
        nonlocal halves
        halves += 1

    cluster.start()
    uploads = Uploads(cluster.url, pictures, may_go_on)
    uploads.start()
    for mishap in mishaps:
        time.sleep(random.uniform(0, LONGEST_CALM_S))
        release()
        time.sleep(random.uniform(0, HIT_WITHIN_S))
        others = threading.Timer(random.uniform(0, HIT_WITHIN_S), release)
        others.start()
        mishap(cluster)
        others.join()
    uploads.join()
    return uploads


def run(
    name: str,
    mishaps: Sequence[Mishap],
    options: argparse.Namespace,
    url: str | None,
    folder: Path,
    model: SpoiltModel | None,
) -> bool:
    """Plays a scenario and prints its counts; whether they are right."""
    random.seed(options.seed)
    storage = Storage(folder / "data")
    storage.prepare()
    place = folder / "data" if name == "full_disk" else folder
    url = url or sqlite_url(place / "safety-detector.db")
    database = Database(url)
    migrate(database)
    cluster = Cluster(folder, url, broker_command(options.broker, folder))
    if name == "deaf":  # pictures take longer, so that some always wait
        cluster.settings.update(SAFETY_DEAF_AFTER="3", BENCHMARK_DELAY_S="0.4")
    elif name == "signals":
        cluster.silence_s = SILENCE_S
    elif model is not None:
        cluster.worker = [sys.executable, "-m", "safety_detector.worker", "--queue", "qwen"]
        cluster.settings.update(model.environment)
    started = time.monotonic()
    try:
        uploads = play(cluster, make_pictures(options.pictures), mishaps)
        wait_until_final(database)
    finally:
        cluster.stop()
    counts = count(database, storage, list(uploads.accepted.values()))
    database.close()
    tell(name, options, cluster, uploads, counts, time.monotonic() - started)
    return counts.are_right and counts.accepted == options.pictures


def tell(
    name: str,
    options: argparse.Namespace,
    cluster: Cluster,
    uploads: Uploads,
    counts: Counts,
    seconds: float,
) -> None:
    """Prints what happened and what came of it."""
    kills = ", ".join(f"{process} {times}" for process, times in sorted(cluster.kills.items()))
    answers = ", ".join(f"{answer} {times}" for answer, times in uploads.answers.most_common())
    print(
        f"{name} on {options.database} and {options.broker}, seed {options.seed}, {seconds:.0f} s"
    )
    print(f"  kills: {kills or 'none'}; answers to uploads: {answers}")
    print(f"  {counts}", flush=True)


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A small file system at the folder; needs root.

    Raises:
        SystemExit: it cannot be mounted here.
    """
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False).returncode:
        raise SystemExit("disk: a tmpfs cannot be mounted here; skipped")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=False)


def scenario(name: str, options: argparse.Namespace) -> bool:
    """Prepares a scenario and runs it; whether its counts are right."""
    if name == "database":  # SQLite has no server that could be restarted
        options = argparse.Namespace(**{**vars(options), "database": "postgresql"})
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix=f"{name}-")))
        server, model = None, None
        if options.database == "postgresql":
            server = opened.enter_context(running_postgresql({"fsync": "on"}))
        mishaps: list[Mishap] = []
        if name == "kills":
            mishaps = [kill(one) for one in ("api", "worker", "broker")] * options.kills
            random.Random(options.seed).shuffle(mishaps)
        elif name == "broker":
            mishaps = [flush] * FLUSHES + [lose_broker(options.broker_away)]
        elif name == "deaf":
            mishaps = [deafen] * DEAF_TIMES
        elif name == "model":
            model = SpoiltModel()
            model.start()
            opened.callback(model.stop)
            mishaps = [misbehave(model, reply) for reply in MISDEEDS.values()]
            mishaps.append(lose_model(model, options.model_away))
        elif name == "database" and server is not None:
            mishaps = [restart_database(server)] * RESTARTS
        elif name == "signals":
            everything = [leader(one) for one in ("api", "worker", "broker")]
            everything += [of_pool(number) for number in range(2)]
            mishaps = [halt(one, seconds) for one in everything for seconds in (STOPPED_S, None)]
        elif name in ("disk", "full_disk"):
            opened.enter_context(small_disk(folder / "data"))
            mishaps = [fill_disk if name == "disk" else start_on_full_disk] * FULL_DISKS
        return run(name, mishaps, options, server.url if server else None, folder, model)


def main() -> int:
    """Runs the scenarios; the exit status says whether all counts are right."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    names = ("kills", "signals", "broker", "deaf", "database", "disk", "full_disk", "model")
    parser.add_argument("scenarios", nargs="*", default=names)
    parser.add_argument("--pictures", type=int, default=500)
    parser.add_argument("--kills", type=int, default=20, help="of each process")
    parser.add_argument("--broker-away", type=float, default=90.0, help="seconds")
    parser.add_argument("--model-away", type=float, default=60.0, help="seconds")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--broker", choices=("valkey", "redis"), default="valkey")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    unknown = set(options.scenarios) - set(names)
    if unknown:
        parser.error(f"no such scenario: {', '.join(unknown)}; there are {', '.join(names)}")
    are_right = [scenario(name, options) for name in options.scenarios]
    return 0 if all(are_right) else 1


if __name__ == "__main__":
    sys.exit(main())
