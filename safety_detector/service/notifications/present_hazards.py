"""Which hazards there are now, camera by camera, for whoever shows the present and not its news."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from safety_detector.database.engine import Database
from safety_detector.database.tables import cameras, incidents
from safety_detector.domain.incidents.handling import HandlingState
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.incident import Stage
from safety_detector.service.incidents.records import StoredIncident
from safety_detector.service.incidents.rows import to_incident

_NO_ALARM = (HandlingState.FALSE_ALARM, HandlingState.CLOSED)


@dataclass(frozen=True, slots=True)
class CameraHazards:
    """A camera, and what is wrong there now.

    Attributes:
        camera_id, name: the camera.
        incidents: by hazard the gravest that is open, of several such the latest.
    """

    camera_id: str
    name: str
    incidents: Mapping[IncidentHazard, StoredIncident]

    @property
    def latest(self) -> StoredIncident | None:
        """The latest of those that a picture shows."""
        shown = [one for one in self.incidents.values() if one.best_inspection_id is not None]
        return max(shown, key=lambda one: (one.opened_at, one.id), default=None)


class PresentHazards:
    """Reads them: incidents that cameras see now, but for what a person called a false alarm."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self) -> tuple[CameraHazards, ...]:
        """Every camera that there is, by its id."""
        is_open = select(incidents).where(
            incidents.c.stage == Stage.OPEN, incidents.c.state.not_in(_NO_ALARM)
        )
        order = is_open.order_by(incidents.c.severity, incidents.c.opened_at, incidents.c.id)
        with self._database.read() as connection:
            names = {
                row.id: row.name
                for row in connection.execute(
                    select(cameras.c.id, cameras.c.name).order_by(cameras.c.id)
                )
            }
            rows = connection.execute(order).mappings().all()
        found: dict[str, dict[IncidentHazard, StoredIncident]] = {one: {} for one in names}
        for row in rows:
            if row["camera_id"] in found:
                incident = to_incident(row, names)
                found[incident.camera_id] |= dict.fromkeys(incident.hazards, incident)
        return tuple(CameraHazards(one, names[one], there) for one, there in found.items())
