"""Handing out incidents to be judged, each to one person at a time.

Whoever gets some has them for a minute and a half, and keeps them by asking again; what somebody
left lying goes to the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from safety_detector.database.engine import Database
from safety_detector.database.statements import Turn, take_turn, upsert
from safety_detector.database.tables import incidents, review_reservations
from safety_detector.domain.incidents.handling import HandlingState
from safety_detector.service.incidents.choosing import URGENCY, WHOLE
from safety_detector.service.incidents.finding import with_all_said
from safety_detector.service.incidents.records import StoredIncident

KEPT_FOR = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class Handed:
    """What somebody has to judge.

    Attributes:
        incidents: theirs for now, the gravest first.
        left: how many nobody has judged, with those that others have.
    """

    incidents: tuple[StoredIncident, ...]
    left: int


class Reviewing:
    """Hands out what nobody has judged.

    Args:
        database: where incidents are.
        clock: the present moment, with its zone.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def hand_out(self, holder: str, at_most: int, skipped: Collection[str] = ()) -> Handed:
        """What this holder has already, and more up to a number.

        Args:
            holder: who judges, of at most 64 characters.
            at_most: how many they have then.
            skipped: ids that they do not want; those go to others.
        """
        now, row, kept = self._clock(), incidents.c, review_reservations.c
        # What is wrong with a camera shows in no picture: there is nothing to judge.
        unjudged = (
            row.state == HandlingState.OPEN,
            WHOLE,
            row.best_inspection_id.is_not(None),
        )
        of_others = select(kept.incident_id).where(kept.holder != holder)
        query = (
            select(incidents)
            .where(*unjudged, row.id.not_in(of_others))
            .order_by(URGENCY, row.severity.desc(), row.opened_at, row.id)
            .limit(at_most)
        )
        with self._database.write() as connection:
            take_turn(connection, Turn.REVIEW)
            connection.execute(
                delete(review_reservations).where(
                    (kept.until < now) | ((kept.holder == holder) & kept.incident_id.in_(skipped))
                )
            )
            rows = connection.execute(query.where(row.id.not_in(skipped))).mappings().all()
            if rows:
                statement = upsert(
                    connection.dialect.name,
                    review_reservations,
                    on=("incident_id",),
                    overwrite=("holder", "until"),
                )
                until = now + KEPT_FOR
                connection.execute(
                    statement,
                    [{"incident_id": one["id"], "holder": holder, "until": until} for one in rows],
                )
            left = connection.scalar(select(func.count()).where(*unjudged)) or 0
            return Handed(with_all_said(connection, rows), left)
