"""The incidents of a period with all that was seen, said and done, as reports need them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, func, or_, select

from safety_detector.database.engine import Database
from safety_detector.database.tables import (
    cameras,
    incident_acts,
    incident_changes,
    incident_sightings,
    incidents,
    inspections,
)
from safety_detector.domain.incidents.handling import Review
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.incident import Change, Stage
from safety_detector.domain.inspection import Status, Verdict
from safety_detector.service.cameras.stored_rules import read_rules
from safety_detector.service.incidents.act_writing import to_act
from safety_detector.service.incidents.choosing import conditions
from safety_detector.service.incidents.finding import find_whole, with_all_said
from safety_detector.service.incidents.incidents import to_change
from safety_detector.service.incidents.records import Act, IncidentFilter, StoredIncident
from safety_detector.service.incidents.rows import hazard_bits
from safety_detector.service.records import Source

_AT_ONCE = 500
"""Ids in a statement."""

_IS_SEEN = (
    incidents.c.hazard_bits.bitwise_and(
        hazard_bits(one for one in IncidentHazard if one.is_of_camera)
    )
    == 0
)
"""Of what pictures show, and no fault of a camera."""

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Story:
    """What happened to an incident and was done about it.

    Attributes:
        changes, acts: in order.
        worst: the inspection that shows it at its gravest, where that is graver than its best
            picture; None: none is.
    """

    changes: tuple[Change, ...]
    acts: tuple[Act, ...]
    worst: str | None


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a camera delivered: its pictures by how they ended, and when each was taken."""

    camera_id: str
    ends: Counter[tuple[Status, Verdict | None]]
    moments: Sequence[datetime]


class Periods:
    """Answers what happened in a period; changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def opened(self, wanted: IncidentFilter) -> tuple[StoredIncident, ...]:
        """Incidents that a filter means, the earliest first; of those that are one the whole."""
        with self._database.read() as connection:
            rows = connection.execute(_of_filter(wanted)).mappings().all()
            return with_all_said(connection, rows)

    def count_parts(self, wanted: IncidentFilter) -> int:
        """How many hazards that a filter means have gone into others."""
        query = _of_filter(replace(wanted, stage=Stage.MERGED)).where(_IS_SEEN).order_by(None)
        with self._database.read() as connection:
            return connection.scalar(select(func.count()).select_from(query.subquery())) or 0

    def unclosed_at(self, wanted: IncidentFilter, moment: datetime) -> tuple[StoredIncident, ...]:
        """Hazards that opened before a moment and were not closed then, the earliest first."""
        row = incidents.c
        query = _of_filter(replace(wanted, since=None, until=moment)).where(
            or_(row.closed_at.is_(None), row.closed_at >= moment),
            or_(row.review.is_(None), row.review != Review.FALSE_ALARM),
            _IS_SEEN,
        )
        with self._database.read() as connection:
            return with_all_said(connection, connection.execute(query).mappings().all())

    def named(self, incident_ids: Iterable[str]) -> dict[str, StoredIncident]:
        """Incidents by the ids by which they are asked for; those that are not there are left out.

        An id that an incident had leads to it, as does one that has gone into it.
        """
        found: dict[str, StoredIncident] = {}
        with self._database.read() as connection:
            for incident_id in incident_ids:
                row = find_whole(connection, incident_id)
                if row is not None:
                    found[incident_id] = with_all_said(connection, [row])[0]
        return found

    def stories(self, incident_ids: Sequence[str]) -> dict[str, Story]:
        """What happened to incidents, by their ids."""
        changes: defaultdict[str, list[Change]] = defaultdict(list)
        acts: defaultdict[str, list[Act]] = defaultdict(list)
        worst: dict[str, str] = {}
        with self._database.read() as connection:
            for some in _slices(incident_ids):
                for row in _of(connection, incident_changes, some):
                    changes[row["incident_id"]].append(to_change(row))
                for row in _of(connection, incident_acts, some):
                    acts[row["incident_id"]].append(to_act(row))
                worst |= _worst(connection, some)
        return {
            one: Story(tuple(changes[one]), tuple(acts[one]), worst.get(one))
            for one in incident_ids
        }

    def zone_names(self) -> dict[tuple[str, str], str]:
        """What people call zones, by camera and id."""
        with self._database.read() as connection:
            rows = connection.execute(select(cameras)).mappings().all()
        return {(row["id"], zone.id): zone.name for row in rows for zone in read_rules(row).zones}

    def delivered(
        self, camera_id: str | None, since: datetime | None, until: datetime
    ) -> Iterator[Delivered]:
        """What cameras delivered, one after the other by id; batches are not of a camera."""
        row = inspections.c
        query = (
            select(row.camera_id, row.taken_at, row.status, row.verdict)
            .where(row.camera_id.is_not(None), row.source != Source.BATCH, row.taken_at < until)
            .order_by(row.camera_id, row.taken_at)
        )
        if since is not None:
            query = query.where(row.taken_at >= since)
        if camera_id is not None:
            query = query.where(row.camera_id == camera_id)
        with self._database.read() as connection:
            present: Delivered | None = None
            moments: list[datetime] = []
            for one in connection.execute(query.execution_options(yield_per=_AT_ONCE)):
                if present is None or present.camera_id != one.camera_id:
                    if present is not None:
                        yield present
                    moments = []
                    present = Delivered(one.camera_id, Counter(), moments)
                verdict = Verdict(one.verdict) if one.verdict else None
                present.ends[Status(one.status), verdict] += 1
                moments.append(one.taken_at)
            if present is not None:
                yield present


def _of_filter(wanted: IncidentFilter) -> Select[Any]:
    """The incidents of a filter, which is about no present moment."""
    row = incidents.c
    chosen = conditions(wanted, now=datetime.max.replace(tzinfo=UTC))
    return select(incidents).where(*chosen).order_by(row.opened_at, row.id)


def _of(connection: Connection, table: Any, incident_ids: Sequence[str]) -> Iterable[Any]:
    query = select(table).where(table.c.incident_id.in_(incident_ids))
    return connection.execute(query.order_by(table.c.incident_id, table.c.number)).mappings()


def _worst(connection: Connection, incident_ids: Sequence[str]) -> Mapping[str, str]:
    """The gravest picture of each, the surest of several, where its best one is less grave."""
    seen = incident_sightings.c
    order = (seen.severity.desc(), seen.score.desc(), seen.at, seen.inspection_id)
    ranked = (
        select(
            seen.incident_id,
            seen.inspection_id,
            seen.severity,
            func.row_number().over(partition_by=seen.incident_id, order_by=order).label("place"),
        )
        .where(seen.incident_id.in_(incident_ids))
        .subquery()
    )
    best = incident_sightings.alias()
    query = (
        select(ranked.c.incident_id, ranked.c.inspection_id)
        .join(incidents, incidents.c.id == ranked.c.incident_id)
        .join(
            best,
            (best.c.incident_id == incidents.c.id)
            & (best.c.inspection_id == incidents.c.best_inspection_id),
        )
        .where(ranked.c.place == 1, best.c.severity < ranked.c.severity)
    )
    return {row.incident_id: row.inspection_id for row in connection.execute(query)}


def _slices(values: Sequence[_Value]) -> Iterator[Sequence[_Value]]:
    return (values[at : at + _AT_ONCE] for at in range(0, len(values), _AT_ONCE))
