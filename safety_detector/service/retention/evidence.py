"""Which inspections are evidence of incidents that are not settled, and history that is gone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from safety_detector.database.tables import incident_checkpoints, incident_states, incidents
from safety_detector.domain.incidents.handling import HandlingState
from safety_detector.domain.incidents.incident import Stage

SETTLED = (HandlingState.CLOSED, HandlingState.FALSE_ALARM)
"""What people are done with."""

_AT_WORK = tuple(one for one in HandlingState if one not in (*SETTLED, HandlingState.OPEN))

PART_OF = func.coalesce(incidents.c.joined_to, incidents.c.merged_into)
"""The incident that a row went into, as a person or looks said; that one is handled for both."""


def _at_work_on() -> CTE:
    """The ids of incidents that people are at work on, with what went into them."""
    wholes = select(incidents.c.id).where(incidents.c.state.in_(_AT_WORK), PART_OF.is_(None))
    at_work_on = wholes.cte("at_work_on", recursive=True)
    parts = select(incidents.c.id).join(at_work_on, at_work_on.c.id == PART_OF)
    return at_work_on.union(parts)


# Once for all: a statement may ask for it several times.
_AT_WORK_ON = _at_work_on()


def is_evidence(inspection_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether the best picture, or the one that shows it put right, of an incident that goes on.

    It goes on while cameras see it, and while people are at work on it; one that is over and that
    nobody ever dealt with keeps no pictures.  What went into another one goes on as that does.
    """
    row, whole = incidents.c, incidents.alias()
    of_settled = exists().where(whole.c.id == row.joined_to, whole.c.state.in_(SETTLED))
    is_settled = or_(and_(row.joined_to.is_(None), row.state.in_(SETTLED)), of_settled)
    is_going_on = row.stage.in_((Stage.OPEN, Stage.QUIET)) & ~is_settled
    goes_on = or_(row.id.in_(select(_AT_WORK_ON.c.id)), is_going_on)
    return or_(
        inspection_id.in_(
            select(row.best_inspection_id).where(goes_on, _is_there(row.best_inspection_id))
        ),
        inspection_id.in_(
            select(row.after_inspection_id).where(goes_on, _is_there(row.after_inspection_id))
        ),
    )


def note_looks_gone(connection: Connection, looks: Iterable[tuple[str, datetime]]) -> None:
    """Notes that looks of cameras are gone, so that nothing is folded anew without them.

    Incidents that they gave rise to would be taken for ones that never were.

    Args:
        connection: the transaction that removes them.
        looks: of each the camera, and when it was taken.
    """
    newest: dict[str, datetime] = {}
    for camera_id, at in looks:
        newest[camera_id] = max(at, newest.get(camera_id, at))
    # In the order of their ids, as they are folded.
    for camera_id, at in sorted(newest.items()):
        state = incident_states.c
        later = case((state.looks_from > at, state.looks_from), else_=at)
        this_one = update(incident_states).where(state.camera_id == camera_id)
        connection.execute(this_one.values(looks_from=later))
        of_camera = incident_checkpoints.c.camera_id == camera_id
        connection.execute(
            delete(incident_checkpoints).where(and_(of_camera, incident_checkpoints.c.at < at))
        )


def _is_there(column: ColumnElement[str | None]) -> ColumnElement[bool]:
    return column.is_not(None)
