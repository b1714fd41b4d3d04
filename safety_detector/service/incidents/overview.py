"""What waits for people at a moment: the incidents that nobody has seen, and counts.

Its own queries: the list's order is the order of ids, and a page of it would say neither what is
gravest nor how many there are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, func, or_, select

from safety_detector.database.engine import Database
from safety_detector.database.tables import incidents
from safety_detector.domain.incidents.handling import HandlingState
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.incident import Stage
from safety_detector.service.incidents.choosing import URGENCY, WHOLE, is_overdue
from safety_detector.service.incidents.finding import with_all_said
from safety_detector.service.incidents.records import StoredIncident
from safety_detector.service.incidents.rows import BITS_OF_CAMERAS

MOST_FAULTS = 20
"""Of cameras that are told of at once."""

_IN_HAND = (
    HandlingState.OPEN,
    HandlingState.ACKNOWLEDGED,
    HandlingState.CONFIRMED,
    HandlingState.ASSIGNED,
    HandlingState.RECTIFIED,
)


_IS_ON = (
    incidents.c.state.in_(_IN_HAND),
    or_(incidents.c.state == HandlingState.OPEN, incidents.c.stage.in_((Stage.OPEN, Stage.QUIET))),
)
"""Of incidents that cameras still see, or that nobody has looked at."""

_IS_HAZARD = incidents.c.hazard_bits.bitwise_and(BITS_OF_CAMERAS) == 0
"""Of incidents that pictures show."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What nobody has seen yet, and what is in somebody's hands.

    Attributes:
        incidents: fire first, then smoke, then bare heads, as in pictures and reports; of each the
            gravest first, of these the oldest; those that pictures show.
        unseen: how many of these there are.
        camera_faults: what is wrong with cameras now, unless a person said that it is nothing; the
            oldest first.  What is over is among the incidents, seen or not.
        by_state: how many hazards are in each state that is not done with; no faults of cameras.
        overdue: how many should be put right by now.
    """

    incidents: tuple[StoredIncident, ...]
    unseen: int
    camera_faults: tuple[StoredIncident, ...]
    by_state: Mapping[HandlingState, int]
    overdue: int


class Overview:
    """Answers what is to be done at the moment; changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self, now: datetime, at_most: int) -> Waiting:
        """What waits for somebody.

        Args:
            now: the present moment.
            at_most: most incidents.
        """
        row = incidents.c
        is_unseen = (row.state == HandlingState.OPEN, WHOLE)
        unseen = (
            select(incidents)
            .where(*is_unseen, row.best_inspection_id.is_not(None))
            .order_by(URGENCY, row.severity.desc(), row.opened_at, row.id)
            .limit(at_most)
        )
        faults = (
            select(incidents)
            .where(WHOLE, row.best_inspection_id.is_(None))
            .where(row.state.in_(_IN_HAND), row.stage == Stage.OPEN)
            .order_by(row.opened_at, row.id)
            .limit(MOST_FAULTS)
        )
        number = select(func.count()).where(*is_unseen, row.best_inspection_id.is_not(None))
        in_hand = (
            select(row.state, func.count())
            .where(row.state.in_(_IN_HAND), WHOLE, _IS_HAZARD)
            .group_by(row.state)
        )
        overdue = select(func.count()).where(WHOLE, is_overdue(now))
        with self._database.read() as connection:
            rows = connection.execute(unseen).mappings().all()
            fault_rows = connection.execute(faults).mappings().all()
            counts = {HandlingState(state): n for state, n in connection.execute(in_hand)}
            return Waiting(
                with_all_said(connection, rows),
                connection.scalar(number) or 0,
                with_all_said(connection, fault_rows),
                {state: counts.get(state, 0) for state in _IN_HAND},
                connection.scalar(overdue) or 0,
            )

    def gravest_of_cameras(self, camera_ids: Collection[str]) -> dict[str, StoredIncident]:
        """Of each camera that has one the incident that matters most, by the camera's id.

        One that pictures show, that is still to be seen or that nobody has looked at, and that is
        not done with: what nobody has looked at first, then by urgency, severity and age.
        """
        row = incidents.c
        unseen_first = case((row.state == HandlingState.OPEN, 0), else_=1)
        place = func.row_number().over(
            partition_by=row.camera_id,
            order_by=(unseen_first, URGENCY, row.severity.desc(), row.opened_at.desc(), row.id),
        )
        placed = (
            select(row.id, place.label("place"))
            .where(row.camera_id.in_(camera_ids), WHOLE, row.best_inspection_id.is_not(None))
            .where(*_IS_ON)
            .subquery()
        )
        query = select(incidents).join(placed, placed.c.id == row.id).where(placed.c.place == 1)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
            return {one.camera_id: one for one in with_all_said(connection, rows)}

    def opened(
        self, periods: Mapping[str, tuple[datetime, datetime]]
    ) -> dict[str, dict[IncidentHazard, int]]:
        """How many incidents opened in each period, by its name and by hazard.

        Each counts once, as what is most urgent in it; the end of a period is not in it.
        """
        with self._database.read() as connection:
            return {name: _opened(connection, *period) for name, period in periods.items()}


def _opened(connection: Connection, since: datetime, until: datetime) -> dict[IncidentHazard, int]:
    row = incidents.c
    lowest_bit = row.hazard_bits.bitwise_and(-row.hazard_bits)
    query = (
        select(lowest_bit, func.count())
        .where(row.opened_at >= since, row.opened_at < until, WHOLE)
        .group_by(lowest_bit)
    )
    every = tuple(IncidentHazard)
    return {every[bit.bit_length() - 1]: number for bit, number in connection.execute(query) if bit}
