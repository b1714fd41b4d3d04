"""How long the API takes to list, filter and count incidents, with 10,000 of them on SQLite.

    python -m benchmarks.many_incidents [--incidents 10000] [--times 20] [--most-ms 100]

Four hundred days of forty cameras, in all states, with the acts that led there.  Each question is
asked over HTTP, one after the other; printed are median, 95th percentile and the longest answer.
Exit status 1 where a 95th percentile is above ``--most-ms``.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import insert, select
from ulid import ULID

from safety_detector.database.engine import Database
from safety_detector.database.sqlite import sqlite_url
from safety_detector.database.tables import incident_acts, incident_changes, incidents
from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.geometry import Box
from safety_detector.domain.incidents.handling import (
    ActKind,
    HandlingState,
    allowed_acts,
    review_after,
    state_after,
)
from safety_detector.domain.incidents.incident import BestPicture, Incident, Stage, incident_id
from safety_detector.domain.incidents.looks import Severity, family_of
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.incidents.rows import from_incident
from tests.api_server import ApiRunner

_DAYS, _CAMERAS, _PEOPLE = 400, 40, ("Li Wei", "Wang Fang", "J. Smith", "Zhang Min")
_SLICE = 500
_LOOP = (ActKind.ACKNOWLEDGE, ActKind.CONFIRM, ActKind.DISMISS, ActKind.ASSIGN, ActKind.RECTIFY,
         ActKind.VERIFY, ActKind.CLOSE)  # fmt: skip


def fill(database: Database, number: int, chance: random.Random, now: datetime) -> None:
    """Writes so many incidents, with what happened to them and what people did."""
    rows: dict[Any, list[dict[str, Any]]] = {incidents: [], incident_changes: [], incident_acts: []}
    for one in range(number):
        incident, acts = _made(one, number, chance, now)
        rows[incidents].append(incident)
        rows[incident_changes].append({
            "incident_id": incident["id"], "number": 1, "kind": "opened", "because": [],
            "at": incident["opened_at"], "inspection_id": incident["best_inspection_id"],
        })  # fmt: skip
        rows[incident_acts] += acts
    for table, many in rows.items():
        for at in range(0, len(many), _SLICE):
            with database.write() as connection:
                connection.execute(insert(table), many[at : at + _SLICE])


def _made(
    one: int, number: int, chance: random.Random, now: datetime
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    at = now - timedelta(days=_DAYS) * (1 - one / number)
    camera_id = f"camera-{chance.randrange(_CAMERAS):02}"
    hazard = chance.choice([WatchedHazard.FIRE, WatchedHazard.SMOKE, WatchedHazard.NO_HELMET])
    picture = str(ULID.from_datetime(at))
    incident = Incident(
        id=incident_id(camera_id, family_of(hazard), picture, at, 0),
        camera_id=camera_id,
        stage=Stage.ENDED,
        hazards=frozenset({hazard}),
        severity=chance.choice(list(Severity)),
        first_seen_at=at,
        opened_at=at + timedelta(seconds=4),
        last_seen_at=at + timedelta(minutes=2),
        ended_at=at + timedelta(minutes=8),
        best=BestPicture(picture, at, 0.8, Box(0.1, 0.1, 0.3, 0.3)),
        first_look=1,
        looks=40,
        sightings=35,
        peak_score=0.8,
    )
    row = from_incident(incident) | {"state": "open", "review": None, "assignee": None}
    row |= {"due_at": None, "acknowledged_at": None, "closed_at": None}
    return row, list(_handled(row, chance, at))


def _handled(row: dict[str, Any], chance: random.Random, at: datetime) -> Iterator[dict[str, Any]]:
    """What people did until somewhere along the loop; the row is changed with it."""
    for number in range(1, chance.randrange(9)):
        state, review = HandlingState(row["state"]), row["review"]
        possible = [act for act in allowed_acts(state) if act in _LOOP]
        if not possible:
            return
        act = chance.choice(possible)
        at += timedelta(minutes=chance.randrange(1, 600))
        then = state_after(state, act) or state
        row |= {"state": then, "review": review_after(review, act, then)}
        row["acknowledged_at"] = row["acknowledged_at"] or at
        if act is ActKind.ASSIGN:
            row |= {"assignee": chance.choice(_PEOPLE), "due_at": at + timedelta(days=3)}
        if act is ActKind.CLOSE:
            row["closed_at"] = at
        yield {
            "incident_id": row["id"], "number": number, "act": act, "at": at,
            "actor": chance.choice(_PEOPLE), "key_id": None, "details": {},
        }  # fmt: skip


def questions(client: httpx2.Client, last_id: str, now: datetime) -> dict[str, str]:
    """Paths by what is asked; what this version cannot filter by is left out."""
    month = (now - timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    values = {
        "state": "assigned", "stage": "ended", "hazard": "smoke", "severity": "severe",
        "camera_id": "camera-07", "assignee": "Li Wei", "overdue": "true", "review": "false_alarm",
        "zone_id": "none-such", "q": "Li", "since": month, "level": "major",
    }  # fmt: skip
    paths = client.get("/openapi.json").json()["paths"]
    known = {one["name"] for one in paths["/v1/incidents"]["get"]["parameters"]}
    asked = {
        "first page": "/v1/incidents",
        "200 a page": "/v1/incidents?limit=200",
        "a page in the middle": f"/v1/incidents?cursor={last_id}",
    }
    asked |= {
        f"{name}={value}": f"/v1/incidents?{name}={value}"
        for name, value in values.items()
        if name in known
    }
    four = "state=closed&hazard=fire&severity=severe&camera_id=camera-07"
    asked["four filters"] = f"/v1/incidents?{four}"
    asked["nothing fits"] = "/v1/incidents?state=open&assignee=nobody"
    if "/v1/incidents/statistics" in paths:
        asked["statistics"] = "/v1/incidents/statistics"
        asked["statistics of 30 days"] = f"/v1/incidents/statistics?since={month}"
    return asked


def main() -> int:
    """Prints a line a question; exit status 1 where one takes too long."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--incidents", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=20, help="that each question is asked")
    parser.add_argument("--most-ms", type=float, default=100.0)
    asked = parser.parse_args()
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="many-incidents-") as folder:
        runner = ApiRunner(Path(folder))
        api = runner.start()
        try:
            for number in range(_CAMERAS):
                settings = CameraSettings(f"Camera {number}")
                api.service.cameras.records.create(settings, f"camera-{number:02}")
            database = Database(sqlite_url(Path(folder) / "test.db"))
            fill(database, asked.incidents, random.Random(17), now)
            with database.read() as connection:
                half = select(incidents.c.id).order_by(incidents.c.id).offset(asked.incidents // 2)
                middle = str(connection.scalar(half.limit(1)))
            database.close()
            with api.client() as client:
                return ask_all(client, questions(client, middle, now), asked)
        finally:
            runner.stop()


def ask_all(client: httpx2.Client, paths: dict[str, str], asked: argparse.Namespace) -> int:
    """Asks everything; 1 where something takes too long."""
    print(f"{asked.incidents} incidents; ms")
    print("| question | incidents | median | p95 | longest |\n|---|---|---|---|---|")
    slow = []
    for name, path in paths.items():
        took_ms = []
        for _ in range(asked.times):
            began_s = time.perf_counter()
            answer = client.get(path)
            took_ms.append(1000 * (time.perf_counter() - began_s))
            answer.raise_for_status()
        took_ms.sort()
        p95 = took_ms[min(int(0.95 * len(took_ms)), len(took_ms) - 1)]
        found = answer.json().get("incidents")
        count = len(found) if isinstance(found, list) else "–"
        print(f"| {name} | {count} | {statistics.median(took_ms):.0f} | {p95:.0f} "
              f"| {took_ms[-1]:.0f} |", flush=True)  # fmt: skip
        if p95 > asked.most_ms:
            slow.append(name)
    print(f"\n{'kept' if not slow else 'NOT KEPT: ' + ', '.join(slow)} (p95 at most "
          f"{asked.most_ms:.0f} ms)")  # fmt: skip
    if "statistics" not in paths:
        print("There are no statistics in this version.")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
