"""Inspections in the numbers of a year, for measurements of pages: rows alone, without bytes."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Table, insert, select
from ulid import ULID

from safety_detector.database.engine import Database
from safety_detector.database.tables import incident_sightings, incidents, inspections
from safety_detector.documents.runs import RunDocument
from safety_detector.domain.capture_time import TakenFrom
from safety_detector.domain.detections import Detection, DetectorRun
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.inspection import Status, Verdict
from safety_detector.domain.urgency import hazard_bits, urgency_of
from safety_detector.service.inspections.rows import from_detection
from safety_detector.service.records import Source

_SIGHTINGS, _MOST_SIGHTINGS, _SLICE = 5, 300, 2000
_WIDTH, _HEIGHT = 1280, 720
_DAYS, _CAMERAS = 400, 40
_HAZARDS = {
    "fire": Hazard(Label.FIRE, SubLabel.SEVERE),
    "smoke": Hazard(Label.SMOKE, SubLabel.MODERATE),
    "no_helmet": Hazard(Label.PERSON, SubLabel.NO_HELMET),
}


def fill_inspections(database: Database, number: int, chance: random.Random, now: datetime) -> str:
    """Writes so many inspections: what the incidents there were seen in, the rest clear.

    Returns:
        The id of the latest incident, which was seen three hundred times.
    """
    row = incidents.c
    query = select(row.id, row.camera_id, row.hazards, row.opened_at, row.best_inspection_id)
    with database.read() as connection:
        opened = connection.execute(query.order_by(row.opened_at.desc())).all()
    seen: list[dict[str, Any]] = []
    sightings: list[dict[str, Any]] = []
    for place, one in enumerate(opened):
        for look in range(_SIGHTINGS if place else _MOST_SIGHTINGS):
            at = one.opened_at + timedelta(seconds=2 * look)
            picture = str(ULID.from_datetime(at)) if look else one.best_inspection_id
            found = Detection(_box(chance), _HAZARDS[one.hazards[0]], 0.8)
            seen.append(_inspection(picture, at, one.camera_id, [found]))
            left, top, right, bottom = found.box.xyxy
            sightings.append({
                "incident_id": one.id, "at": at, "inspection_id": picture,
                "box": [left / _WIDTH, top / _HEIGHT, right / _WIDTH, bottom / _HEIGHT],
                "severity": 2, "score": 0.8,
            })  # fmt: skip
    _write(database, inspections, seen)
    _write(database, inspections, _clear(number - len(seen), chance, now))
    _write(database, incident_sightings, sightings)
    return str(opened[0].id)


def _write(database: Database, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    left = iter(rows)
    while some := list(islice(left, _SLICE)):
        with database.write() as connection:
            connection.execute(insert(table), some)


def _clear(number: int, chance: random.Random, now: datetime) -> Iterator[dict[str, Any]]:
    for _ in range(number):
        at = now - timedelta(days=chance.uniform(0, _DAYS))
        camera_id = f"camera-{chance.randrange(_CAMERAS):02}"
        yield _inspection(str(ULID.from_datetime(at)), at, camera_id, [])


def _box(chance: random.Random) -> Box:
    left, top = chance.uniform(300, 700), chance.uniform(200, 400)
    return Box(left, top, left + chance.uniform(60, 300), top + chance.uniform(60, 200))


def _inspection(
    inspection_id: str, at: datetime, camera_id: str, detections: list[Detection]
) -> dict[str, Any]:
    verdict = Verdict.HAZARD if detections else Verdict.CLEAR
    hazards = [one.hazard for one in detections]
    run = DetectorRun("embedded", "shipped")
    return {
        "id": inspection_id, "status": Status.COMPLETED, "verdict": verdict,
        "name": f"{camera_id} {at:%H-%M-%S}.jpg", "sha256": inspection_id.lower().zfill(64),
        "width": _WIDTH, "height": _HEIGHT, "received_at": at, "captured_at": at,
        "taken_at": at, "taken_from": TakenFrom.CAPTURED_AT, "taken_notes": [],
        "camera_id": camera_id, "metadata": {},
        "source": Source.FRAME, "backend": "embedded", "fence": 1,
        "finished_at": at + timedelta(seconds=1),
        "detections": [from_detection(one) for one in detections],
        "runs": [RunDocument.of(run).as_json()],
        "urgency": urgency_of(Status.COMPLETED, verdict, hazards),
        "hazard_bits": hazard_bits(detections), "annotated_fence": 1, "annotated_bytes": 90_000,
    }  # fmt: skip
