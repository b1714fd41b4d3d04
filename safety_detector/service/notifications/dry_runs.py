"""What a rule would have told of the incidents of the last days, had it been there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy import select

from safety_detector.database.engine import Database
from safety_detector.database.tables import cameras
from safety_detector.domain.incidents.alert_rules import AlertRule, CoolDown, Occasion
from safety_detector.domain.incidents.looks import family_of
from safety_detector.service.incidents.incidents import Incidents
from safety_detector.service.incidents.records import IncidentFilter, StoredIncident

LOOKED_BACK = timedelta(days=7)
MOST_LOOKED_AT = 2000
"""Incidents that are gone through, the latest seen ones; a rule is to be tried within a second."""


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a rule would have told when incidents opened.

    Attributes:
        since: from when on incidents are looked at.
        looked_at: so many, whatever the rule is about.
        is_cut: whether there were more.
        told: those of which it would have told, the latest opened first.
        held_back: those that its cool-down would have held back, in the same order.
        outside_hours: how many more it is about, that opened outside its hours.
    """

    since: datetime
    looked_at: int
    is_cut: bool
    told: tuple[StoredIncident, ...]
    held_back: tuple[StoredIncident, ...]
    outside_hours: int


class DryRuns:
    """Tries rules on what happened.

    Args:
        database: where cameras have their zones.
        incidents: what happened.
        clock: the present moment, with its zone.
        site: the zone of cameras that have none of their own.
    """

    def __init__(
        self,
        database: Database,
        incidents: Incidents,
        clock: Callable[[], datetime],
        site: tzinfo,
    ) -> None:
        self._database = database
        self._incidents = incidents
        self._clock = clock
        self._site = site

    def of(self, rule: AlertRule) -> DryRun:
        """What a rule would have told of the last week's incidents, had each message arrived.

        Incidents are taken as they stand by now: one that became severe counts as severe.
        """
        since = self._clock() - LOOKED_BACK
        found = self._incidents.list(IncidentFilter(since=since), MOST_LOOKED_AT + 1)
        looked_at = sorted(found[:MOST_LOOKED_AT], key=lambda one: one.opened_at)
        zones = self._zones()
        about = [one for one in looked_at if rule.is_about(one)]
        within = [
            one
            for one in about
            if rule.holds_at(one.opened_at.astimezone(zones.get(one.camera_id, self._site)))
        ]
        told, held_back = _cooled_down(rule, within if Occasion.OPENED in rule.tell else [])
        return DryRun(
            since=since,
            looked_at=len(looked_at),
            is_cut=len(found) > MOST_LOOKED_AT,
            told=tuple(reversed(told)),
            held_back=tuple(reversed(held_back)),
            outside_hours=len(about) - len(within),
        )

    def _zones(self) -> dict[str, tzinfo]:
        query = select(cameras.c.id, cameras.c.timezone).where(cameras.c.timezone.is_not(None))
        with self._database.read() as connection:
            return {row.id: ZoneInfo(row.timezone) for row in connection.execute(query)}


def _cooled_down(
    rule: AlertRule, opened: Sequence[StoredIncident]
) -> tuple[list[StoredIncident], list[StoredIncident]]:
    """Those that are told, and those that are held back, in the order in which they opened."""
    told: list[StoredIncident] = []
    held_back: list[StoredIncident] = []
    begun: dict[tuple[str, str], CoolDown] = {}
    for one in opened:
        place = (one.camera_id, family_of(one.hazards[0]))
        running = begun.get(place)
        if running and running.ends_at(rule.cool_down_s, one, one.opened_at) is not None:
            held_back.append(one)
            continue
        told.append(one)
        begun[place] = CoolDown(
            one.opened_at, one.severity, frozenset(one.hazards), one.permit_id is not None
        )
    return told, held_back
