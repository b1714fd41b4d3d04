"""Runs a camera's stored inspections through other rules; nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from statistics import median

from sqlalchemy import Connection, RowMapping, select, tuple_

from safety_detector.database.engine import Database
from safety_detector.database.tables import inspections
from safety_detector.domain.incidents.incident import ChangeKind, Incident
from safety_detector.domain.incidents.state_machine import CameraState, fold
from safety_detector.service.cameras.cameras import find_camera
from safety_detector.service.incidents.camera_rules import RulesOfCamera, rules_now
from safety_detector.service.incidents.stored_looks import LOOKED, look_of_row

_SLICE = 1000
"""Inspections in memory at a time; a month of one camera has a million."""


@dataclass(frozen=True, slots=True)
class Folded:
    """What a camera's looks come to by some rules.

    Attributes:
        incidents: the earliest first.
        alerts: how often somebody would have been told: openings and escalations.
    """

    incidents: tuple[Incident, ...]
    alerts: int

    @property
    def time_to_alert_s(self) -> float | None:
        """The median time from the first sighting to the opening; None without an incident."""
        times = [
            (one.opened_at - one.first_seen_at).total_seconds()
            for one in self.incidents
            if one.opened_at is not None
        ]
        return median(times) if times else None


@dataclass(frozen=True, slots=True)
class Replayed:
    """Present and other rules on the same looks.

    Attributes:
        looks: how many inspections.
        period: from the first look to the last.
        present, other: what they come to.
    """

    looks: int
    period: timedelta
    present: Folded
    other: Folded

    @property
    def lost(self) -> list[Incident]:
        """Incidents by the present rules that the others do not have."""
        return _without_match(self.present.incidents, self.other.incidents)

    @property
    def gained(self) -> list[Incident]:
        """Incidents by the other rules that the present ones do not have."""
        return _without_match(self.other.incidents, self.present.incidents)

    def alerts_a_day(self, folded: Folded) -> float | None:
        """How often somebody is told in a day; None where the looks are of less than an hour."""
        days = self.period / timedelta(days=1)
        return folded.alerts / days if days >= 1 / 24 else None


class Replay:
    """Replays what is stored.

    Args:
        database: where inspections are.
        site: the zone of cameras that have none of their own.
    """

    def __init__(self, database: Database, site: tzinfo) -> None:
        self._database = database
        self._site = site

    def run(
        self,
        camera_id: str,
        since: datetime | None,
        until: datetime | None,
        changed: Callable[[RulesOfCamera], RulesOfCamera],
    ) -> Replayed:
        """Folds the looks of a camera by its present rules, and by others.

        Args:
            camera_id: the camera.
            since: only pictures taken at or after.
            until: only pictures taken before.
            changed: the other rules, made of the present ones.

        Raises:
            UnknownCamera: there is none with that id.
        """
        with self._database.read() as connection:
            find_camera(connection, camera_id)
            present = rules_now(connection, camera_id, self._site)
            folds = [_Fold(camera_id, present), _Fold(camera_id, changed(present))]
            first, last, looks = None, None, 0
            for rows in _slices(connection, camera_id, since, until):
                for one in folds:
                    one.go_on(rows)
                first = first or rows[0]["taken_at"]
                last = rows[-1]["taken_at"]
                looks += len(rows)
        period = last - first if first is not None and last is not None else timedelta(0)
        return Replayed(looks, period, folds[0].folded(), folds[1].folded())


class _Fold:
    def __init__(self, camera_id: str, rules: RulesOfCamera) -> None:
        self._rules = rules
        self._state = CameraState(camera_id)
        self._incidents: dict[str, Incident] = {}
        self._alerts = 0

    def go_on(self, rows: Sequence[RowMapping]) -> None:
        looks = [look_of_row(row, self._rules) for row in rows]
        step = fold(self._state, looks, self._rules.incidents)
        self._state = step.state
        self._incidents |= {one.id: one for one in step.incidents}
        told = (ChangeKind.OPENED, ChangeKind.ESCALATED)
        self._alerts += sum(change.kind in told for change in step.changes)

    def folded(self) -> Folded:
        found = sorted(self._incidents.values(), key=lambda one: (one.first_seen_at, one.id))
        return Folded(tuple(found), self._alerts)


def _slices(
    connection: Connection, camera_id: str, since: datetime | None, until: datetime | None
) -> Iterator[Sequence[RowMapping]]:
    row = inspections.c
    query = select(inspections).where(*LOOKED, row.camera_id == camera_id)
    if since is not None:
        query = query.where(row.taken_at >= since)
    if until is not None:
        query = query.where(row.taken_at < until)
    query = query.order_by(row.taken_at, row.id).limit(_SLICE)
    rows = connection.execute(query).mappings().all()
    while rows:
        yield rows
        behind = tuple_(row.taken_at, row.id) > (rows[-1]["taken_at"], rows[-1]["id"])
        rows = connection.execute(query.where(behind)).mappings().all()


def _without_match(ours: Sequence[Incident], theirs: Sequence[Incident]) -> list[Incident]:
    """Those that none of theirs overlaps, of the same family and at the same time."""
    return [
        one
        for one in ours
        if not any(
            one.family == other.family
            and one.first_seen_at <= other.last_seen_at
            and other.first_seen_at <= one.last_seen_at
            for other in theirs
        )
    ]
