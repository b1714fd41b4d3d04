"""How far everything is that people see change: for whoever looks whether there is something new.

Numbers that move with each change, read together in one cheap statement; what changed is read by
whoever shows it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from safety_detector.database.engine import Database
from safety_detector.database.tables import audit, events, incident_changes


@dataclass(frozen=True, slots=True)
class Standing:
    """Where things stand; two that are equal have nothing new between them.

    Attributes:
        acts: what people did.
        incidents: what happened to incidents.
        pictures: what happened to pictures.
    """

    acts: int
    incidents: int
    pictures: int

    def news_since(self, before: Standing) -> tuple[str, ...]:
        """Of what there is something new."""
        return tuple(
            name
            for name in ("acts", "incidents", "pictures")
            if getattr(self, name) != getattr(before, name)
        )


class Changes:
    """Reads where things stand; changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def standing(self) -> Standing:
        """At this moment."""
        acts = select(func.max(audit.c.id)).scalar_subquery()
        incidents = select(func.count()).select_from(incident_changes).scalar_subquery()
        pictures = select(func.max(events.c.id)).scalar_subquery()
        with self._database.read() as connection:
            row = connection.execute(select(acts, incidents, pictures)).one()
        return Standing(*(int(number or 0) for number in row))
