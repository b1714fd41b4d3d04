"""Which inspections are evidence of incidents that are not settled, and history that is gone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, case, delete, or_, select, update

from safety_detector.database.tables import incident_checkpoints, incident_states, incidents
from safety_detector.domain.incidents.handling import HandlingState
from safety_detector.domain.incidents.incident import Stage

SETTLED = (HandlingState.CLOSED, HandlingState.FALSE_ALARM)
"""What people are done with."""

_AT_WORK = tuple(one for one in HandlingState if one not in (*SETTLED, HandlingState.OPEN))


def is_evidence(inspection_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether the best picture, or the one that shows it put right, of an incident that goes on.

    It goes on while cameras see it, and while people are at work on it; one that is over and that
    nobody ever dealt with keeps no pictures.
    """
    row = incidents.c
    is_going_on = row.stage.in_((Stage.OPEN, Stage.QUIET)) & row.state.not_in(SETTLED)
    goes_on = or_(row.state.in_(_AT_WORK), is_going_on)
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
