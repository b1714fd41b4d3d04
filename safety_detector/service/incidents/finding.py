"""Finds incidents by the ids that they have or had, with what other tables say of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, RowMapping, and_, or_, select

from safety_detector.database.tables import incident_aliases, incidents, inspections
from safety_detector.domain.hazards import Label, SubLabel
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.inspection import Status, Verdict
from safety_detector.domain.urgency import wanted_bits
from safety_detector.service.cameras.history import camera_names
from safety_detector.service.incidents.permits import permits_by_id
from safety_detector.service.incidents.records import AfterPicture, StoredIncident
from safety_detector.service.incidents.rows import to_incident, with_parts

PICTURED = {
    IncidentHazard.FIRE: wanted_bits(Label.FIRE, None)[0],
    IncidentHazard.SMOKE: wanted_bits(Label.SMOKE, None)[0],
    IncidentHazard.NO_HELMET: wanted_bits(Label.PERSON, SubLabel.NO_HELMET)[0],
}

_MOST_PARTS = 500
"""Of one incident; what lies beyond is not looked through."""

_MOST_STEPS = 64
"""From a part to the whole; each merge leads further by one at most."""


def find_row(connection: Connection, incident_id: str) -> RowMapping | None:
    """The row of an incident, also by an id that it had before an earlier look became known."""
    query = select(incidents)
    row = connection.execute(query.where(incidents.c.id == incident_id)).mappings().one_or_none()
    if row is None:
        alias = select(incident_aliases.c.incident_id).where(incident_aliases.c.id == incident_id)
        now = query.where(incidents.c.id == alias.scalar_subquery())
        row = connection.execute(now).mappings().one_or_none()
    return row


def find_whole(connection: Connection, incident_id: str) -> RowMapping | None:
    """The row of an incident, or of the one that it is part of by now; see ``find_row``."""
    row = find_row(connection, incident_id)
    for _ in range(_MOST_STEPS):
        whole_id = row and (row["joined_to"] or row["merged_into"])
        whole = whole_id and find_row(connection, whole_id)
        if not whole:
            return row
        row = whole
    return row


def paths_to_wholes(
    connection: Connection, incident_ids: Collection[str]
) -> dict[str, tuple[RowMapping, ...]]:
    """The rows from each of these incidents to the one that it is part of by now, itself first.

    Looks may have made it part of one that a person merged into a third.  One that is not there has
    no path.
    """
    rows: dict[str, RowMapping | None] = {}
    wanted = set(incident_ids)
    for _ in range(_MOST_STEPS):
        if not wanted:
            break
        query = select(incidents).where(incidents.c.id.in_(wanted))
        found = {row["id"]: row for row in connection.execute(query).mappings()}
        for one in wanted:
            rows[one] = found[one] if one in found else find_row(connection, one)
        wholes = {row["joined_to"] or row["merged_into"] for row in rows.values() if row}
        wanted = {one for one in wholes if one is not None and one not in rows}
    return {one: path for one in incident_ids if (path := _path(rows, one))}


def _path(rows: Mapping[str, RowMapping | None], incident_id: str) -> tuple[RowMapping, ...]:
    path: list[RowMapping] = []
    row = rows.get(incident_id)
    while row is not None and len(path) < _MOST_STEPS:
        path.append(row)
        row = rows.get(row["joined_to"] or row["merged_into"] or "")
    return tuple(path)


def lock_rows(connection: Connection, incident_ids: Collection[str]) -> dict[str, RowMapping]:
    """Rows that nobody else changes until the transaction ends, by their ids.

    They are taken in the order of their ids, so that two who want the same wait in turn.
    """
    query = select(incidents).where(incidents.c.id.in_(incident_ids)).order_by(incidents.c.id)
    rows = connection.execute(query.with_for_update()).mappings().all()
    return {row["id"]: row for row in rows}


def with_all_said(connection: Connection, rows: Sequence[RowMapping]) -> tuple[StoredIncident, ...]:
    """Rows as incidents, with parts, names of cameras, permits, and what after-pictures show."""
    names = camera_names(connection, {row["camera_id"] for row in rows})
    wanted = {row["after_inspection_id"] for row in rows} - {None}
    after = after_pictures(connection, wanted) if wanted else {}
    permits = permits_by_id(connection, {row["permit_id"] for row in rows})
    parts = parts_of(connection, [row["id"] for row in rows])
    return tuple(
        with_parts(
            to_incident(row, names, after, permits), [to_incident(one) for one in parts[row["id"]]]
        )
        for row in rows
    )


def parts_of(
    connection: Connection, incident_ids: Collection[str]
) -> defaultdict[str, list[RowMapping]]:
    """The incidents of which a person said that they are these, by the id of the whole."""
    query = (
        select(incidents).where(incidents.c.joined_to.in_(incident_ids)).order_by(incidents.c.id)
    )
    parts: defaultdict[str, list[RowMapping]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        parts[row["joined_to"]].append(row)
    return parts


def ids_of_whole(connection: Connection, incident_id: str) -> list[str]:
    """The incident's own id, and those of all that went into it: by looks or as a person said."""
    row = incidents.c
    ids, newest = [incident_id], [incident_id]
    while newest and len(ids) < _MOST_PARTS:
        went_in = or_(
            row.joined_to.in_(newest), and_(row.joined_to.is_(None), row.merged_into.in_(newest))
        )
        query = select(row.id).where(went_in, row.id.not_in(ids)).order_by(row.id)
        newest = list(connection.scalars(query.limit(_MOST_PARTS)))
        ids += newest
    return ids


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
            tuple(hazard for hazard, bits in PICTURED.items() if one.hazard_bits & bits),
            one.taken_at,
        )
        for one in found
    }
