"""Purge against re-upload: is any accepted picture missing afterwards?

    python benchmarks/purge_stress.py [--rounds 1000] [--database-url URL]

Each round one to three threads upload the same bytes, each after some random milliseconds, while
others purge everything that is old, remove unused pictures and collect files without a row; the
clock is moved so that the picture of the round before is old each time.  Then every accepted
inspection that was not purged must have its picture, whole, and the counters must reconcile.
Printed is also how often the file was deleted, since without that nothing is shown.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import PIL.Image

from safety_detector.database.engine import Database
from safety_detector.database.migrate import migrate
from safety_detector.database.sqlite import sqlite_url
from safety_detector.errors import PictureBroken
from safety_detector.ingest.admission import Limits
from safety_detector.service.access.audit import PROGRAM
from safety_detector.service.core import Service, build_service
from safety_detector.service.records import Submission
from safety_detector.service.retention.age_clock import Uptime
from safety_detector.service.retention.orphans import ORPHAN_AGE
from safety_detector.service.retention.retention import KeepPolicy
from safety_detector.storage.keys import picture_key
from safety_detector.storage.storage import Storage

MOST_UPLOADERS = 3
LONGEST_DELAY_S = 0.04  # about as long as a purge takes
A_DAY = KeepPolicy(age=timedelta(days=1))


@dataclass
class Outcome:
    """What the rounds came to.

    Attributes:
        accepted: uploads that were answered.
        purged: inspections that went.
        deleted: how often the file of the bytes was deleted.
        missing: accepted, not purged, and without its picture.
        broken: with a picture of other bytes.
        lost: by the counters.
    """

    accepted: int = 0
    purged: int = 0
    deleted: int = 0
    missing: int = 0
    broken: int = 0
    lost: int = 0


class CountingStorage(Storage):
    """The data folder, which counts the pictures that are deleted."""

    deleted = 0

    def delete_picture(self, sha256: str) -> None:
        """Deletes, and counts where there was something to delete."""
        self.deleted += self.has_picture(sha256)
        super().delete_picture(sha256)


class Clock:
    """The time, and as many days as were let pass."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC) + self._ahead

    def let_two_days_pass(self) -> None:
        """Makes everything old."""
        self._ahead += timedelta(days=2)

    def uptime(self) -> Uptime:
        """What a process would measure: these days did pass."""
        return Uptime("boot", timedelta(seconds=time.monotonic()) + self._ahead)


def picture() -> bytes:
    """A small JPEG."""
    pixels = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    written = io.BytesIO()
    PIL.Image.fromarray(pixels).save(written, "JPEG")
    return written.getvalue()


def end_all(service: Service) -> None:
    """Makes everything final, so that retention may take it."""
    jobs, broken = service.inspections.jobs, PictureBroken("Not looked at.")
    while claims := jobs.claim("embedded", "stress"):
        jobs.settle_error(claims[0], broken, jobs.kind.decide(claims[0], broken))


def make_file_old(storage: Storage, data: bytes) -> None:
    """Makes the stored file one that could be an orphan's."""
    path = storage.root / picture_key(hashlib.sha256(data).hexdigest())
    if path.exists():
        long_ago = time.time() - ORPHAN_AGE.total_seconds() - 3600
        os.utime(path, (long_ago, long_ago))


def play_round(service: Service, clock: Clock, data: bytes, threads: ThreadPoolExecutor) -> Outcome:
    """Uploads and deletes the same bytes at once; then looks at what was accepted."""
    end_all(service)
    clock.let_two_days_pass()
    service.retention.age_clock.advance()
    make_file_old(service.storage, data)
    path = service.storage.root / picture_key(hashlib.sha256(data).hexdigest())
    uploaders = random.randint(1, MOST_UPLOADERS)
    start = threading.Barrier(uploaders + 2)

    def upload() -> str:
        start.wait()
        time.sleep(random.uniform(0, LONGEST_DELAY_S))
        return service.inspections.intake.accept(data, Submission("again.jpg")).id

    def purge() -> int:
        start.wait()
        return len(service.retention.inspections.enforce(PROGRAM, A_DAY).inspection_ids)

    def collect() -> int:
        start.wait()
        service.operation.upkeep.remove_leftovers()
        return service.retention.orphans.collect(int(path.name[:2], 16), PROGRAM).files

    uploads = [threads.submit(upload) for _ in range(uploaders)]
    purged, collected = threads.submit(purge), threads.submit(collect)
    accepted = [upload.result() for upload in uploads]
    outcome = Outcome(accepted=len(accepted), purged=purged.result(), deleted=collected.result())
    for inspection_id in accepted:
        found = service.inspections.results.original(inspection_id)
        stored = None if found is None else service.inspections.results.read(found)
        if stored is None:
            outcome.missing += 1
        elif stored != data:
            outcome.broken += 1
    return outcome


def stress(service: Service, clock: Clock, rounds: int) -> Outcome:
    """Plays rounds; the sum of what they came to."""
    data = picture()
    total = Outcome()
    with ThreadPoolExecutor(MOST_UPLOADERS + 2) as threads:
        for _ in range(rounds):
            one = play_round(service, clock, data, threads)
            for name, value in vars(one).items():
                setattr(total, name, getattr(total, name) + value)
    total.deleted += service.storage.deleted if isinstance(service.storage, CountingStorage) else 0
    total.lost = service.operation.figures.counters().lost
    return total


def main() -> None:
    """Builds the service, plays and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--folder", type=Path, help="where the data goes; a temporary one")
    parser.add_argument("--database-url", help="an empty PostgreSQL database in place of SQLite")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="purge-", dir=options.folder))
    try:
        database = Database(options.database_url or sqlite_url(folder / "service.db"))
        migrate(database)
        storage = CountingStorage(folder / "data")
        storage.prepare()
        clock = Clock()
        service = build_service(
            database,
            storage,
            limits=Limits(),
            default_backend="embedded",
            wake_up=lambda _: None,
            clock=clock,
            uptime=clock.uptime,
            counted_at_once=timedelta.max,
        )
        outcome = stress(service, clock, options.rounds)
        service.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    kind = "PostgreSQL" if options.database_url else "SQLite"
    print(
        f"{options.rounds} rounds on {kind}: accepted {outcome.accepted}, purged {outcome.purged}"
    )
    print(f"files deleted while their bytes were uploaded: {outcome.deleted}")
    print(f"missing {outcome.missing}, broken {outcome.broken}, lost {outcome.lost}")
    sys.exit(bool(outcome.missing or outcome.broken or outcome.lost))


if __name__ == "__main__":
    main()
