"""Which incidents a filter means, as conditions of a query."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, or_, select

from safety_detector.database.tables import cameras, former_cameras, incidents
from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.incidents.handling import HandlingState
from safety_detector.domain.incidents.incident import Stage
from safety_detector.service.incidents.records import IncidentFilter
from safety_detector.service.incidents.rows import BITS_OF_CAMERAS, hazard_bits

_row = incidents.c

WHOLE = and_(_row.joined_to.is_(None), _row.stage != Stage.MERGED)
"""Of incidents that are part of no other: one fire is listed, counted and reported once."""

URGENCY = case(
    *(
        (_row.hazard_bits.bitwise_and(hazard_bits([hazard])) != 0, place)
        for place, hazard in enumerate(WatchedHazard)
    ),
    else_=len(WatchedHazard),
)
"""Orders incidents by the most urgent thing that they are about: a bare head waits for a fire."""

_WRITTEN = (
    _row.location, _row.description, _row.basis, _row.measure, _row.assignee,
    _row.responsible_unit, _row.camera_id,
)  # fmt: skip


def is_overdue(now: datetime) -> ColumnElement[bool]:
    """Of incidents that somebody should have put right by now."""
    return and_(_row.state == HandlingState.ASSIGNED, _row.due_at < now)


def conditions(wanted: IncidentFilter, now: datetime) -> Iterator[ColumnElement[bool]]:
    """What the rows of incidents have to be.

    Args:
        wanted: the filter.
        now: the present moment.
    """
    yield ~WHOLE if wanted.stage is Stage.MERGED else WHOLE
    yield from _seen(wanted)
    equal = {
        _row.state: wanted.state,
        _row.review: wanted.review,
        _row.level: wanted.level,
        _row.assignee: wanted.assignee,
        _row.responsible_unit: wanted.responsible_unit,
    }
    for column, value in equal.items():
        if value is not None:
            yield column == value
    if wanted.since is not None:
        yield _row.opened_at >= wanted.since
    if wanted.until is not None:
        yield _row.opened_at < wanted.until
    if wanted.overdue is not None:
        # An incident without a date is not overdue, which NULL would not say.
        late = and_(_row.due_at.is_not(None), is_overdue(now))
        yield late if wanted.overdue else ~late
    if wanted.of_camera is not None:
        faults = _row.hazard_bits.bitwise_and(BITS_OF_CAMERAS)
        yield faults != 0 if wanted.of_camera else faults == 0
    if wanted.text is not None:
        yield _mentions(wanted.text)


def _seen(wanted: IncidentFilter) -> Iterator[ColumnElement[bool]]:
    """Conditions of what cameras see: of the incident, or of what a person merged into it."""
    if wanted.camera_id is not None:
        yield _any_part(lambda one: one.camera_id == wanted.camera_id)
    if wanted.zone_id is not None:
        yield _any_part(lambda one: one.zone_id == wanted.zone_id)
    if wanted.stage not in (None, Stage.MERGED):
        yield _any_part(lambda one: one.stage == wanted.stage)
    if wanted.severity is not None:
        rank = wanted.severity.rank
        yield _any_part(lambda one: one.severity == rank)
    if wanted.hazard is not None:
        bits = hazard_bits([wanted.hazard])
        yield _any_part(lambda one: one.hazard_bits.bitwise_and(bits) != 0)


def _any_part(is_meant: Callable[[Any], ColumnElement[bool]]) -> ColumnElement[bool]:
    part = incidents.alias()
    of_part = exists(select(part.c.id).where(part.c.joined_to == _row.id, is_meant(part.c)))
    return or_(is_meant(_row), of_part)


def _mentions(text: str) -> ColumnElement[bool]:
    named: list[Any] = [
        select(table.c.id).where(table.c.name.icontains(text, autoescape=True))
        for table in (cameras, former_cameras)
    ]
    return or_(
        _row.id == text,
        *(column.icontains(text, autoescape=True) for column in _WRITTEN),
        *(_row.camera_id.in_(ids) for ids in named),
    )
