"""Whether the same inspections give the same incidents, in whatever order they become known.

    python -m benchmarks.order_and_doubles [--looks 1000] [--orders 50] [--doubles 0.1] [--seed 5]

Pictures of two cameras are accepted once, and claimed; from then on each run begins with a copy of
that database (SQLite), so that ids are the same.  A run records the results through the service, in
an order of its own, in groups of one to sixty as busy workers do, a tenth of them twice; half of
the runs are mixed throughout, the others within a few minutes.  Incidents (ids and all that is kept
of them) and what happened to them have to be those of the run in order.  Exit status 1 where they
are not.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from safety_detector.database.engine import Database
from safety_detector.database.migrate import migrate
from safety_detector.database.sqlite import sqlite_url
from safety_detector.domain.detections import Detection, DetectorRun
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.inspection import decide_verdict
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.incidents.records import IncidentFilter
from safety_detector.service.records import Finding, Submission
from tests.pictures import jpeg
from tests.service_stand import PictureClaim, Stand, build_stand

CAMERAS = ("gate", "yard")
EVERY_S = 5
_LARGEST_GROUP, _NEARBY = 60, 40
_WIDTH, _HEIGHT = 64, 48  # of the picture


@contextmanager
def opened(folder: Path) -> Iterator[Stand]:
    """A service on the database and data of a folder."""
    database = Database(sqlite_url(folder / "service.db"))
    migrate(database)
    try:
        yield build_stand(database, folder)
    finally:
        database.close()


def accept(stand: Stand, looks: int) -> list[PictureClaim]:
    """So many pictures of the cameras, in the order in which they were taken, all claimed."""
    for camera_id in CAMERAS:
        stand.service.cameras.records.create(CameraSettings(camera_id), camera_id)
    began = stand.clock() - timedelta(seconds=EVERY_S * looks)
    picture = jpeg()
    claims = []
    for number in range(looks):
        at = began + timedelta(seconds=EVERY_S * number)
        camera_id = CAMERAS[number % len(CAMERAS)]
        frame = Submission("frame.jpg", camera_id=camera_id, captured_at=at)
        stand.service.inspections.intake.accept(picture, frame)
        claims.append(stand.claim())
        stand.clock.advance(0.001)
    return claims


def scene(looks: int, chance: random.Random) -> list[list[Detection]]:
    """What each picture shows: nothing for most of the time, then this or that for a while."""
    shown: list[list[Detection]] = [[] for _ in range(looks)]
    for _ in range(looks // 25):
        begin, lasts = chance.randrange(looks), chance.randrange(2, 60)
        label = chance.choice(list(Label))
        x, y = chance.uniform(0, 40), chance.uniform(0, 30)
        size = chance.uniform(4, 16)
        for number in range(begin, min(begin + lasts, looks)):
            if chance.random() < 0.3:
                continue
            state = chance.choice(
                [SubLabel.NO_HELMET]
                if label is Label.PERSON
                else [SubLabel.UNCERTAIN, SubLabel.MINOR, SubLabel.MODERATE, SubLabel.SEVERE]
            )
            dx, dy = chance.uniform(-2, 2), chance.uniform(-2, 2)
            left, top = max(x + dx, 0), max(y + dy, 0)
            box = Box(left, top, min(left + size, _WIDTH), min(top + size, _HEIGHT))
            score = round(chance.uniform(0.4, 1), 3)
            shown[number].append(Detection(box, Hazard(label, state), score))
    return shown


def groups(
    number: int, chance: random.Random, doubles: float, *, throughout: bool
) -> Iterator[list[int]]:
    """The numbers of the looks in the order in which they become known, some of them twice."""
    order = list(range(number))
    if throughout:
        chance.shuffle(order)
    else:
        order.sort(key=lambda one: one + chance.uniform(0, _NEARBY))
    at = 0
    while at < number:
        size = chance.randint(1, _LARGEST_GROUP)
        group = order[at : at + size]
        at += size
        yield group + [one for one in order[:at] if chance.random() < doubles * size / at]


def record(
    stand: Stand,
    claims: Sequence[PictureClaim],
    shown: Sequence[Sequence[Detection]],
    order: Iterator[list[int]],
) -> None:
    """Records results; one that is recorded already is refused, and changes nothing."""
    for group in order:
        stand.clock.advance(0.01)
        # As a worker that claims again after its answer was lost: the same claim once more.
        stand.service.inspections.findings.record(
            [_finding(claims[number], shown[number]) for number in group]
        )


def _finding(claim: PictureClaim, detections: Sequence[Detection]) -> Finding:
    runs = (DetectorRun("embedded", "a model", timings_ms={"model": 1.5}),)
    found = tuple(detections)
    return Finding(claim, found, runs, decide_verdict(found, runs), b"annotated")


def incidents_of(stand: Stand) -> dict[str, Any]:
    """All incidents, with what happened to them, by their ids."""
    records = stand.service.incidents.records
    return {one.id: (one, list(records.changes(one.id))) for one in records.list(_ALL, 10_000)}


_ALL = IncidentFilter()


def run(looks: int, orders: int, doubles: float, seed: int, folder: Path) -> tuple[int, list[int]]:
    """How many incidents the run in order has, and the numbers of the runs that have others."""
    shown = scene(looks, random.Random(seed))
    begin = folder / "begin"
    begin.mkdir()
    with opened(begin) as stand:
        claims = accept(stand, looks)
    expected: dict[str, Any] = {}
    wrong = []
    for number in range(orders + 1):
        chance = random.Random(seed + number)
        copy = folder / str(number)
        shutil.copytree(begin, copy)
        in_order = iter([[one] for one in range(looks)])
        mixed = groups(looks, chance, doubles, throughout=number % 2 == 0)
        with opened(copy) as stand:
            record(stand, claims, shown, mixed if number else in_order)
            found = incidents_of(stand)
        shutil.rmtree(copy)
        if number == 0:
            expected = found
        elif found != expected:
            wrong.append(number)
    return len(expected), wrong


def main() -> int:
    """Prints what came of it; exit status 1 where an order made a difference."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--looks", type=int, default=1000)
    parser.add_argument("--orders", type=int, default=50)
    parser.add_argument("--doubles", type=float, default=0.1, help="share that comes twice")
    parser.add_argument("--seed", type=int, default=5)
    asked = parser.parse_args()
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="order-and-doubles-") as folder:
        incidents, wrong = run(asked.looks, asked.orders, asked.doubles, asked.seed, Path(folder))
    took_s = time.monotonic() - began_s
    print(f"{asked.looks} inspections of {len(CAMERAS)} cameras, {incidents} incidents; "
          f"{asked.orders} orders with {asked.doubles:.0%} doubles in {took_s:.0f} s")  # fmt: skip
    print(f"orders with other incidents, other ids or other changes: {len(wrong)} (0)"
          + (f": {wrong}" if wrong else ""))  # fmt: skip
    return 1 if wrong or not incidents else 0


if __name__ == "__main__":
    sys.exit(main())
