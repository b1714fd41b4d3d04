"""The pictures that show an incident, and where in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, select, tuple_

from safety_detector.database.engine import Database
from safety_detector.database.tables import incident_sightings, incidents, inspections
from safety_detector.domain.geometry import Box
from safety_detector.domain.incidents.looks import Severity
from safety_detector.errors import CursorInvalid
from safety_detector.service.incidents.finding import ids_of_whole, paths_to_wholes

_KEY = tuple_(incident_sightings.c.at, incident_sightings.c.inspection_id)


@dataclass(frozen=True, slots=True)
class SeenPicture:
    """A picture that shows an incident.

    Attributes:
        inspection_id: its inspection.
        taken_at: when it was taken.
        camera_id: by which camera; of an incident that a person merged there are several.
        boxes: where in it, in fractions of its width and height.
        severity: the gravest.
        score: the highest; None where the detector gives none.
        is_kept: whether it is still there; retention may have removed it.
    """

    inspection_id: str
    taken_at: datetime
    camera_id: str
    boxes: tuple[Box, ...]
    severity: Severity
    score: float | None
    is_kept: bool


class SeenPictures:
    """Answers which pictures show an incident; changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(
        self, incident_id: str, at_most: int, after: str | None = None
    ) -> tuple[SeenPicture, ...]:
        """Pictures of an incident and of all that went into it, the earliest first.

        What a person parted from it is left out.

        Args:
            incident_id: of an incident that is there.
            at_most: most pictures.
            after: the inspection of the last one of the page before.

        Raises:
            CursorInvalid: that is none of its pictures.
        """
        with self._database.read() as connection:
            ids = ids_of_whole(connection, incident_id)
            page = _pictures(ids)
            if after is not None:
                page = page.where(tuple_(_moment_of(connection, ids, after), after) < _KEY)
            shown = connection.execute(page.limit(at_most)).all()
            return _with_boxes(connection, ids, [row.inspection_id for row in shown])

    def incidents_of(self, inspection_id: str) -> tuple[str, ...]:
        """The incidents that a picture shows, by id.

        Of one that went into another, that one.
        """
        seen = incident_sightings.c
        query = select(seen.incident_id).where(seen.inspection_id == inspection_id).distinct()
        with self._database.read() as connection:
            paths = paths_to_wholes(connection, connection.scalars(query).all())
        return tuple(sorted({path[-1]["id"] for path in paths.values()}))


def _pictures(incident_ids: Sequence[str]) -> Select[tuple[datetime, str]]:
    seen = incident_sightings.c
    parted = (
        select(incident_sightings.c.inspection_id)
        .join(incidents, incidents.c.id == incident_sightings.c.incident_id)
        .where(incidents.c.split_from.in_(incident_ids), incidents.c.id.not_in(incident_ids))
    )
    return (
        select(seen.at, seen.inspection_id)
        .where(seen.incident_id.in_(incident_ids), seen.inspection_id.not_in(parted))
        .distinct()
        .order_by(seen.at, seen.inspection_id)
    )


def _moment_of(connection: Connection, incident_ids: Sequence[str], inspection_id: str) -> datetime:
    seen = incident_sightings.c
    query = select(seen.at).where(
        seen.incident_id.in_(incident_ids), seen.inspection_id == inspection_id
    )
    at: datetime | None = connection.scalar(query.limit(1))
    if at is None:
        raise CursorInvalid("not-a-cursor", cursor=inspection_id[:64])
    return at


def _with_boxes(
    connection: Connection, incident_ids: Sequence[str], inspection_ids: Sequence[str]
) -> tuple[SeenPicture, ...]:
    seen = incident_sightings.c
    query = (
        select(incident_sightings, incidents.c.camera_id, inspections.c.id.label("kept_id"))
        .join(incidents, incidents.c.id == seen.incident_id)
        .outerjoin(inspections, inspections.c.id == seen.inspection_id)
        .where(seen.incident_id.in_(incident_ids), seen.inspection_id.in_(inspection_ids))
        .order_by(seen.incident_id)
    )
    rows = defaultdict(list)
    for row in connection.execute(query):
        rows[row.inspection_id].append(row)
    found = []
    for inspection_id in inspection_ids:
        same = rows[inspection_id]
        scores = [row.score for row in same if row.score is not None]
        found.append(
            SeenPicture(
                inspection_id,
                same[0].at,
                same[0].camera_id,
                tuple(dict.fromkeys(Box(*row.box) for row in same)),
                tuple(Severity)[max(row.severity for row in same)],
                max(scores, default=None),
                same[0].kept_id is not None,
            )
        )
    return tuple(found)
