"""Statistics over incidents, counted by the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    Integer,
    and_,
    case,
    cast,
    extract,
    func,
    or_,
    select,
)

from safety_detector.database.engine import Database
from safety_detector.database.tables import incidents
from safety_detector.domain.incidents.handling import HandlingState, Review
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.statistics import Statistics, Tally
from safety_detector.service.incidents.choosing import conditions, is_overdue
from safety_detector.service.incidents.records import IncidentFilter

_row = incidents.c
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SLOT_S = 900
"""Every zone's midnight falls on the end of a quarter of an hour."""

_IS_HAZARD = or_(_row.review.is_(None), _row.review != Review.FALSE_ALARM)


class IncidentStatistics:
    """Answers how many incidents there are, and what became of them; changes nothing.

    Args:
        database: where incidents are.
        clock: the present moment, with its zone.
        zone: of days and hours.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime], zone: tzinfo) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone

    def of(self, wanted: IncidentFilter) -> Statistics:
        """The statistics of the incidents that a filter means."""
        now = self._clock()
        chosen = tuple(conditions(wanted, now))
        with self._database.read() as connection:
            columns = _tally_columns(connection.dialect.name, now)

            def tallied(key: ColumnElement[Any]) -> dict[Any, Tally]:
                query = select(key, *columns).where(*chosen).group_by(key)
                return {one: _tally(sums) for one, *sums in connection.execute(query)}

            by_camera = tallied(_row.camera_id)
            by_bit = tallied(_row.hazard_bits.bitwise_and(-_row.hazard_bits))
            by_slot = tallied(_slot_of(connection.dialect.name))
            levels, units = tallied(_row.level), tallied(_row.responsible_unit)
            states = _by_state(connection, chosen)
        every = tuple(IncidentHazard)
        return Statistics(
            sum(by_camera.values(), Tally()),
            states,
            {every[bit.bit_length() - 1].value: by_bit[bit] for bit in sorted(by_bit)},
            dict(sorted(by_camera.items())),
            {level or "": tally for level, tally in levels.items()},
            dict(sorted((unit or "", tally) for unit, tally in units.items())),
            self._by_time(by_slot, lambda at: f"{at.year:04}-{at.month:02}-{at.day:02}"),
            self._by_time(by_slot, lambda at: str(at.hour)),
        )

    def _by_time(
        self, slots: Mapping[int, Tally], name: Callable[[datetime], str]
    ) -> dict[str, Tally]:
        """Quarters of an hour, of which each belongs to one hour and day of the zone."""
        found: defaultdict[str, Tally] = defaultdict(Tally)
        for slot in sorted(slots):
            at = (_EPOCH + timedelta(seconds=int(slot) * _SLOT_S)).astimezone(self._zone)
            found[name(at)] += slots[slot]
        return dict(sorted(found.items(), key=lambda one: (len(one[0]), one[0])))


def _tally_columns(dialect_name: str, now: datetime) -> tuple[ColumnElement[Any], ...]:
    """Sums, in the order of the fields of ``Tally``."""
    solved = _row.state.in_((HandlingState.VERIFIED, HandlingState.CLOSED))
    closed = and_(_IS_HAZARD, _row.state == HandlingState.CLOSED, _row.closed_at.is_not(None))
    acknowledged = _row.acknowledged_at.is_not(None)
    counted = (
        _IS_HAZARD,
        _row.review == Review.FALSE_ALARM,
        _row.state == HandlingState.OPEN,
        _row.review.is_(None),
        and_(_IS_HAZARD, solved),
        closed,
        and_(_IS_HAZARD, is_overdue(now)),
        acknowledged,
    )
    times = (
        (acknowledged, _seconds_until(dialect_name, _row.acknowledged_at)),
        (closed, _seconds_until(dialect_name, _row.closed_at)),
    )
    return (
        *(func.sum(case((one, 1), else_=0)) for one in counted),
        *(func.sum(case((one, seconds), else_=0.0)) for one, seconds in times),
    )


def _tally(sums: Iterable[Any]) -> Tally:
    names = (one.name for one in fields(Tally))
    return Tally(**dict(zip(names, sums, strict=True)))


def _seconds_until(dialect_name: str, moment: ColumnElement[Any]) -> ColumnElement[Any]:
    """Seconds from when an incident opened until a moment."""
    if dialect_name == "sqlite":
        return (func.julianday(moment) - func.julianday(_row.opened_at)) * 86400.0
    return cast(extract("epoch", moment - _row.opened_at), Float)


def _slot_of(dialect_name: str) -> ColumnElement[Any]:
    """In which quarter of an hour since 1970 it opened."""
    if dialect_name == "sqlite":
        return cast(func.strftime("%s", _row.opened_at), Integer) // _SLOT_S
    return cast(func.floor(extract("epoch", _row.opened_at) / _SLOT_S), Integer)


def _by_state(connection: Connection, chosen: Iterable[ColumnElement[bool]]) -> dict[str, int]:
    query = select(_row.state, func.count().label("number")).where(*chosen).group_by(_row.state)
    found: dict[str, int] = {row.state: row.number for row in connection.execute(query)}
    return {state.value: found.get(state.value, 0) for state in HandlingState}
