"""Finds incidents by the ids that they have or had, with what other tables say of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, RowMapping, select

from safety_detector.database.tables import incident_aliases, incidents, inspections
from safety_detector.domain.hazards import Label, SubLabel
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.inspection import Status, Verdict
from safety_detector.domain.urgency import wanted_bits
from safety_detector.service.cameras.history import camera_names
from safety_detector.service.incidents.permits import permits_by_id
from safety_detector.service.incidents.records import AfterPicture, StoredIncident
from safety_detector.service.incidents.rows import to_incident

_BITS = {
    IncidentHazard.FIRE: wanted_bits(Label.FIRE, None)[0],
    IncidentHazard.SMOKE: wanted_bits(Label.SMOKE, None)[0],
    IncidentHazard.NO_HELMET: wanted_bits(Label.PERSON, SubLabel.NO_HELMET)[0],
}

_MOST_STEPS = 64
"""From a part to the whole; each merge leads further by one at most."""


def find_row(
    connection: Connection, incident_id: str, *, is_locked: bool = False
) -> RowMapping | None:
    """The row of an incident, also by an id that it had before an earlier look became known.

    Args:
        connection: where to look.
        incident_id: of the incident.
        is_locked: nobody else changes the row until the transaction ends.
    """
    query = select(incidents)
    if is_locked:
        query = query.with_for_update()
    row = connection.execute(query.where(incidents.c.id == incident_id)).mappings().one_or_none()
    if row is None:
        alias = select(incident_aliases.c.incident_id).where(incident_aliases.c.id == incident_id)
        now = query.where(incidents.c.id == alias.scalar_subquery())
        row = connection.execute(now).mappings().one_or_none()
    return row


def find_whole(
    connection: Connection, incident_id: str, *, is_locked: bool = False
) -> RowMapping | None:
    """The row of an incident, or of the one that it is part of by now; see ``find_row``."""
    row = find_row(connection, incident_id, is_locked=is_locked)
    for _ in range(_MOST_STEPS):
        whole_id = row and (row["joined_to"] or row["merged_into"])
        whole = whole_id and find_row(connection, whole_id, is_locked=is_locked)
        if not whole:
            return row
        row = whole
    return row


def with_all_said(connection: Connection, rows: Sequence[RowMapping]) -> tuple[StoredIncident, ...]:
    """Rows as incidents, with names of cameras, permits, and what after-pictures show."""
    names = camera_names(connection, {row["camera_id"] for row in rows})
    wanted = {row["after_inspection_id"] for row in rows} - {None}
    after = after_pictures(connection, wanted) if wanted else {}
    permits = permits_by_id(connection, {row["permit_id"] for row in rows})
    return tuple(to_incident(row, names, after, permits) for row in rows)


def after_pictures(
    connection: Connection, inspection_ids: Collection[str]
) -> dict[str, AfterPicture]:
    """What is known of pictures that are to show something put right, by their inspections."""
    row = inspections.c
    query = select(row.id, row.status, row.verdict, row.hazard_bits, row.taken_at)
    found = connection.execute(query.where(row.id.in_(inspection_ids)))
    return {
        one.id: AfterPicture(
            one.id,
            Status(one.status),
            Verdict(one.verdict) if one.verdict else None,
            tuple(hazard for hazard, bits in _BITS.items() if one.hazard_bits & bits),
            one.taken_at,
        )
        for one in found
    }
