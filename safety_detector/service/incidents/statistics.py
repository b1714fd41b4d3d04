"""Statistics over incidents, counted by the database."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any, TypeAlias, TypeVar

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

_Key = TypeVar("_Key", bound=Hashable)
_Sums: TypeAlias = Sequence[Any]
"""Of some incidents, in the order of the fields of ``Tally``."""

_row = incidents.c
_EPOCH = date(1970, 1, 1)
_DAY_S = 86400

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
        lowest_bit = _row.hazard_bits.bitwise_and(-_row.hazard_bits)
        with self._database.read() as connection:
            sums = _sums(connection.dialect.name, now)
            local_s = self._local_seconds(connection)

            def grouped(*keys: ColumnElement[Any]) -> list[tuple[list[Any], _Sums]]:
                query = select(*keys, *sums).where(*chosen).group_by(*keys)
                cut = len(keys)
                return [(list(row[:cut]), row[cut:]) for row in connection.execute(query)]

            parted = grouped(_row.camera_id, lowest_bit, _row.level, _row.responsible_unit)
            # One walk over all for both: reading moments is what takes the time.
            hours = [(int(keys[0]), found) for keys, found in grouped(local_s // 3600)]
            states = _by_state(connection, chosen)
        every = tuple(IncidentHazard)
        bits = _added((keys[1], found) for keys, found in parted)
        return Statistics(
            total=_added((None, found) for _, found in parted).get(None, Tally()),
            by_state=states,
            by_hazard={every[bit.bit_length() - 1].value: bits[bit] for bit in sorted(bits)},
            by_camera=_in_order((keys[0], found) for keys, found in parted),
            by_level=_in_order((keys[2] or "", found) for keys, found in parted),
            by_unit=_in_order((keys[3] or "", found) for keys, found in parted),
            by_day=_in_order((_written_day(hour // 24), found) for hour, found in hours),
            by_hour={
                str(hour): tally
                for hour, tally in sorted(_added((one % 24, found) for one, found in hours).items())
            },
        )

    def _local_seconds(self, connection: Connection) -> ColumnElement[int]:
        """Seconds since 1970 on the clocks of the zone at which an incident opened."""
        utc_s = _utc_seconds(connection.dialect.name)
        first, last = connection.execute(
            select(
                select(func.min(_row.opened_at)).scalar_subquery(),
                select(func.max(_row.opened_at)).scalar_subquery(),
            )
        ).one()
        if first is None:
            return utc_s
        changes = list(_offset_changes(self._zone, first, last))
        (_, present_s), *later = reversed(changes)
        if not later:
            return utc_s + present_s
        # From the earliest on: whatever opened before the next change has this offset.
        before = [
            (_row.opened_at < moment, utc_s + offset_s)
            for (_, offset_s), (moment, _) in pairwise(changes)
        ]
        return case(*before, else_=utc_s + present_s)


def _offset_changes(
    zone: tzinfo, first: datetime, last: datetime
) -> Iterator[tuple[datetime, int]]:
    """When the clocks of a zone were set, and by how many seconds they go before UTC since."""
    present = _offset_s(zone, first)
    yield first, present
    at = first
    while at <= last:
        until = at + timedelta(days=1)
        if _offset_s(zone, until) != present:
            low, high = at, until
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) / 2
                low, high = (middle, high) if _offset_s(zone, middle) == present else (low, middle)
            present = _offset_s(zone, until)
            yield high.replace(microsecond=0), present
        at = until


def _offset_s(zone: tzinfo, at: datetime) -> int:
    offset = at.astimezone(UTC).astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def _written_day(days: Any) -> str:
    return (_EPOCH + timedelta(days=int(days))).isoformat()


def _sums(dialect_name: str, now: datetime) -> tuple[ColumnElement[Any], ...]:
    """In the order of the fields of ``Tally``."""
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


def _added(parts: Iterable[tuple[_Key, _Sums]]) -> dict[_Key, Tally]:
    """Tallies by a key that several of the parts have."""
    totals: dict[_Key, list[Any]] = {}
    for key, sums in parts:
        known = totals.get(key)
        if known is None:
            totals[key] = list(sums)
        else:
            totals[key] = [one + more for one, more in zip(known, sums, strict=True)]
    return {key: Tally(*sums) for key, sums in totals.items()}


def _in_order(parts: Iterable[tuple[str, _Sums]]) -> dict[str, Tally]:
    return dict(sorted(_added(parts).items()))


def _seconds_until(dialect_name: str, moment: ColumnElement[Any]) -> ColumnElement[Any]:
    """Seconds from when an incident opened until a moment.

    0, where that was done before about what went into it: nobody waited.
    """
    seconds: ColumnElement[Any]
    if dialect_name == "sqlite":
        seconds = (func.julianday(moment) - func.julianday(_row.opened_at)) * float(_DAY_S)
    else:
        seconds = cast(extract("epoch", moment - _row.opened_at), Float)
    return case((moment < _row.opened_at, 0.0), else_=seconds)


def _utc_seconds(dialect_name: str) -> ColumnElement[int]:
    """Whole seconds since 1970 at which an incident opened."""
    if dialect_name == "sqlite":
        return cast(func.strftime("%s", _row.opened_at), Integer)
    return cast(func.floor(extract("epoch", _row.opened_at)), Integer)


def _by_state(connection: Connection, chosen: Iterable[ColumnElement[bool]]) -> dict[str, int]:
    query = select(_row.state, func.count().label("number")).where(*chosen).group_by(_row.state)
    found: dict[str, int] = {row.state: row.number for row in connection.execute(query)}
    return {state.value: found.get(state.value, 0) for state in HandlingState}
