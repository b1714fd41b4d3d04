"""Reading incidents: one, many, what happened to them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, select

from safety_detector.database.engine import Database
from safety_detector.database.tables import incident_changes, incidents
from safety_detector.domain.incidents.incident import Change, ChangeKind
from safety_detector.service.incidents.choosing import conditions
from safety_detector.service.incidents.finding import find_row, find_whole, with_all_said
from safety_detector.service.incidents.records import IncidentFilter, StoredIncident
from safety_detector.service.incidents.unseen import with_why_unseen


class Incidents:
    """Answers questions about incidents; changes nothing.

    Args:
        database: where they are.
        clock: the present moment, with its zone.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def get(self, incident_id: str) -> StoredIncident | None:
        """One incident, also by an id that it had, or of one that it has become part of."""
        with self._database.read() as connection:
            row = find_whole(connection, incident_id)
            return None if row is None else self._shown(connection, [row])[0]

    def get_own(self, incident_id: str) -> StoredIncident | None:
        """One incident itself, also where it is part of another one by now."""
        with self._database.read() as connection:
            row = find_row(connection, incident_id)
            return None if row is None else self._shown(connection, [row])[0]

    def get_many(self, incident_ids: Collection[str]) -> dict[str, StoredIncident]:
        """Those of the incidents that are there, by id."""
        if not incident_ids:
            return {}
        query = select(incidents).where(incidents.c.id.in_(set(incident_ids)))
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
            return {one.id: one for one in self._shown(connection, rows)}

    def list(
        self, wanted: IncidentFilter, at_most: int, before: str | None = None
    ) -> tuple[StoredIncident, ...]:
        """Incidents that match, the latest seen first.

        Args:
            wanted: the filter.
            at_most: most incidents.
            before: the id of the last one of the page before.
        """
        row = incidents.c
        query = select(incidents).where(*conditions(wanted, self._clock()))
        if before is not None:
            query = query.where(row.id < before)
        query = query.order_by(row.id.desc()).limit(at_most)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
            return self._shown(connection, rows)

    def _shown(
        self, connection: Connection, rows: Sequence[RowMapping]
    ) -> tuple[StoredIncident, ...]:
        return with_why_unseen(connection, with_all_said(connection, rows), self._clock())

    def changes(self, incident_id: str) -> Sequence[Change]:
        """What happened to an incident, in order."""
        query = (
            select(incident_changes)
            .where(incident_changes.c.incident_id == incident_id)
            .order_by(incident_changes.c.number)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [to_change(row) for row in rows]


def to_change(row: RowMapping) -> Change:
    """A row of the changes' table."""
    return Change(
        row["incident_id"],
        row["number"],
        ChangeKind(row["kind"]),
        row["at"],
        row["inspection_id"],
        tuple(row["because"]),
    )
