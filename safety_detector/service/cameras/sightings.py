"""What watchers see of cameras' sources: connected or not, since when, and what the stream says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from sqlalchemy import select

from safety_detector.database.engine import Database
from safety_detector.database.statements import upsert
from safety_detector.database.tables import camera_sightings
from safety_detector.jobs.records import Claim
from safety_detector.jobs.store import JobStore
from safety_detector.service.cameras.watching import WatchedCamera
from safety_detector.service.records import CameraSighting


class Sightings:
    """Keeps the newest of each camera.

    Args:
        database: where they are kept.
        jobs: the cameras that are watched.
    """

    def __init__(self, database: Database, jobs: JobStore[WatchedCamera]) -> None:
        self._database = database
        self._jobs = jobs

    def write(self, seen: Sequence[tuple[Claim[WatchedCamera], CameraSighting]]) -> None:
        """Notes what a watcher sees; nothing of cameras that it lost meanwhile.

        Since when a camera is connected stays, where it was connected to the watcher before.
        """
        if not seen:
            return
        ids = [claim.subject_id for claim, _ in seen]
        query = select(camera_sightings).where(camera_sightings.c.camera_id.in_(ids))
        with self._database.write(durable=False) as connection:
            before = {row.camera_id: row for row in connection.execute(query)}
            rows = []
            for claim, sighting in sorted(seen, key=lambda one: one[0].subject_id):
                if not self._jobs.holds(claim, within=connection):
                    continue
                known = before.get(claim.subject_id)
                if known is not None and known.connected == sighting.connected:
                    sighting = replace(sighting, since=known.since)
                if known is not None and sighting.last_frame_at is None:
                    sighting = replace(sighting, last_frame_at=known.last_frame_at)
                rows.append({"camera_id": claim.subject_id, **_values(sighting)})
            if rows:
                dialect, on = connection.dialect.name, ("camera_id",)
                statement = upsert(dialect, camera_sightings, on=on, overwrite=_COLUMNS)
                connection.execute(statement, rows)


_COLUMNS = tuple(one.name for one in fields(CameraSighting))


def _values(sighting: CameraSighting) -> dict[str, Any]:
    return {name: getattr(sighting, name) for name in _COLUMNS}
