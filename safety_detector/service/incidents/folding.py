"""Folds completed inspections into incidents, in the transaction that completes them.

So no result is without its incident and no incident without its result, whatever ends at whatever
moment.  A look that becomes known after later ones is folded in at its place (``refolding``): at
once where that takes few looks, and else by the sweeper, which reads and folds without holding
anything up and writes at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Row, RowMapping, delete, func, insert, select, update

from safety_detector.database.engine import Database
from safety_detector.database.statements import insert_unless_there, upsert
from safety_detector.database.tables import (
    cameras,
    former_cameras,
    incident_changes,
    incident_sightings,
    incident_states,
    incidents,
    inspections,
    late_looks,
)
from safety_detector.domain.incidents.incident import Change, ChangeKind, Stage
from safety_detector.domain.incidents.looks import Look
from safety_detector.domain.incidents.state_machine import CameraState, Step
from safety_detector.service.cameras.suppressed import count_suppressed
from safety_detector.service.incidents.camera_rules import rules_between
from safety_detector.service.incidents.refolding import (
    Key,
    Refolded,
    is_checkpoint,
    keep_checkpoint,
    key_of,
    refold,
    state_before,
    write_refolded,
)
from safety_detector.service.incidents.rows import (
    BITS_OF_CAMERAS,
    INCIDENT_COLUMNS,
    change_row,
    from_incident,
    from_state,
    sighting_row,
    to_state,
)
from safety_detector.service.incidents.stored_looks import LOOKED, look_of_row

Told: TypeAlias = Callable[[Connection, Container[str], Sequence[Change]], None]
"""Who hears of new changes, with the ids of incidents that are there, in their transaction."""

_MOST_AT_ONCE: Final = 600
"""Looks that are folded once more in the transaction of a late one: 0.2 s of a processor."""


_IS_GOING_ON = incidents.c.stage.in_((Stage.OPEN, Stage.QUIET)) & (
    incidents.c.hazard_bits.bitwise_and(BITS_OF_CAMERAS) == 0
)


class Folding:
    """Makes incidents of what cameras' pictures show.

    Args:
        database: where looks and incidents are.
        told: hears of every change that was not known before, with the incident as it stands; in
            the same transaction.
        site: the zone of cameras that have none of their own.
        clock: the present moment, with its zone.
    """

    def __init__(
        self,
        database: Database,
        told: Told,
        site: tzinfo,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._told = told
        self._site = site
        self._clock = clock

    def fold_in(self, connection: Connection, inspection_ids: Sequence[str]) -> None:
        """Folds inspections in that the transaction has completed.

        Cameras are taken in the order of their ids, so that two transactions wait for each other in
        turn, and not both at once.
        """
        chosen = select(inspections).where(inspections.c.id.in_(inspection_ids), *LOOKED)
        rows: dict[str, list[RowMapping]] = {}
        for row in connection.execute(chosen).mappings():
            rows.setdefault(row["camera_id"], []).append(row)
        for camera_id, found in sorted(rows.items()):
            self._fold(connection, camera_id, found)

    def fold_late_looks(self) -> None:
        """Folds late looks in that would have held up the transaction that completed them."""
        with self._database.read() as connection:
            waiting = connection.scalars(select(late_looks.c.camera_id)).all()
        for camera_id in sorted(waiting):
            self._fold_late(camera_id)

    def end_of_removed(self) -> None:
        """Ends what frames opened that were still in the queue when their camera was removed."""
        with self._database.read() as connection:
            of_removed = connection.scalars(
                select(incidents.c.camera_id)
                .where(
                    _IS_GOING_ON,
                    incidents.c.camera_id.in_(select(former_cameras.c.id)),
                    incidents.c.camera_id.not_in(select(cameras.c.id)),
                )
                .distinct()
            ).all()
        for camera_id in sorted(of_removed):
            with self._database.write() as connection:
                there = select(cameras.c.id).where(cameras.c.id == camera_id)
                if connection.scalar(there.with_for_update()) is None:
                    self.end(connection, camera_id)

    def end(self, connection: Connection, camera_id: str) -> None:
        """Ends what is going on at a camera that was removed: no look will show that it is over.

        Called in a transaction that holds the camera's row, or where there is none.
        """
        state, _ = _locked_state(connection, camera_id)
        now = self._clock()
        here = select(incidents).where(_IS_GOING_ON, incidents.c.camera_id == camera_id)
        rows = connection.execute(here.order_by(incidents.c.id).with_for_update()).mappings().all()
        changes = []
        for row in rows:
            values = {"stage": Stage.ENDED, "quiet_at": row["quiet_at"] or now, "ended_at": now}
            this_one = update(incidents).where(incidents.c.id == row["id"])
            connection.execute(this_one.values(values))
            of_incident = incident_changes.c.incident_id == row["id"]
            known = select(func.max(incident_changes.c.number)).where(of_incident)
            number = (connection.scalar(known) or 0) + 1
            changes.append(Change(row["id"], number, ChangeKind.ENDED, now, None, ("removed",)))
        if changes:
            connection.execute(insert(incident_changes), [change_row(one) for one in changes])
        this_one = update(incident_states).where(incident_states.c.camera_id == camera_id)
        connection.execute(this_one.values(state=from_state(replace(state, going_on=()))))
        if changes:
            self._told(connection, {one.incident_id for one in changes}, changes)

    def _fold(self, connection: Connection, camera_id: str, rows: Sequence[RowMapping]) -> None:
        state, looks_from = _locked_state(connection, camera_id)
        newest = state.newest
        late = [key for row in rows if newest is not None and (key := key_of(row)) <= newest]
        in_time = sorted((row for row in rows if key_of(row) not in late), key=key_of)
        times = [row["taken_at"] for row in in_time]
        looks: list[Look] = []
        if in_time:
            rules = rules_between(connection, camera_id, self._site, times[0], times[-1])
        for row in in_time:
            looks.append(look_of_row(row, rules.at(row["taken_at"])))
            step = rules.fold(state, looks[-1:])
            state = step.state
            _write(connection, step)
            if is_checkpoint(row["id"]):
                keep_checkpoint(connection, state)
            if step.changes:
                self._told(connection, {one.id for one in step.incidents}, step.changes)
        if late:
            late_rows = [row for row in rows if key_of(row) in late]
            rules = rules_between(connection, camera_id, self._site, min(late)[0], max(late)[0])
            looks += [look_of_row(row, rules.at(row["taken_at"])) for row in late_rows]
        count_suppressed(connection, camera_id, looks)
        if late:
            self._fold_at_its_place(connection, camera_id, min(late), max(late), looks_from)

    def _fold_at_its_place(
        self,
        connection: Connection,
        camera_id: str,
        earliest: Key,
        latest: Key,
        looks_from: datetime | None,
    ) -> None:
        waiting = _waiting(connection, camera_id)
        if waiting is None:
            start = state_before(connection, camera_id, earliest, looks_from)
            if start is None:
                return
            begun = Refolded(start, start)
            done = refold(connection, begun, self._site, latest, _MOST_AT_ONCE)
            if done is not None:
                self._write_refolded(connection, done)
                return
        else:
            earliest = min(earliest, (waiting.first_at, waiting.first_id))
            latest = max(latest, (waiting.last_at, waiting.last_id))
        values = {
            "camera_id": camera_id,
            "first_at": earliest[0],
            "first_id": earliest[1],
            "last_at": latest[0],
            "last_id": latest[1],
            "version": 1 if waiting is None else waiting.version + 1,
        }
        overwrite = tuple(name for name in values if name != "camera_id")
        put = upsert(connection.dialect.name, late_looks, on=("camera_id",), overwrite=overwrite)
        connection.execute(put, values)

    def _fold_late(self, camera_id: str) -> None:
        with self._database.read() as connection:
            waiting = _waiting(connection, camera_id)
            if waiting is None:
                return
            latest = (waiting.last_at, waiting.last_id)
            looks_from = _begin_of_looks(connection, camera_id)
            earliest = (waiting.first_at, waiting.first_id)
            start = state_before(connection, camera_id, earliest, looks_from)
            done = None
            if start is not None:
                done = refold(connection, Refolded(start, start), self._site, latest)
        with self._database.write() as connection:
            _, begin_now = _locked_state(connection, camera_id)
            now = _waiting(connection, camera_id)
            if now is None or now.version != waiting.version or begin_now != looks_from:
                return  # once more with what has become known meanwhile, in the next round
            connection.execute(delete(late_looks).where(late_looks.c.camera_id == camera_id))
            if done is None:
                return
            if not done.is_joined:
                # Those that came while the others were folded.
                refold(connection, done, self._site, latest)
            self._write_refolded(connection, done)

    def _write_refolded(self, connection: Connection, done: Refolded) -> None:
        new = write_refolded(connection, done, self._clock())
        if new:
            self._told(connection, {one.incident_id for one in new}, new)


def _waiting(connection: Connection, camera_id: str) -> Row[Any] | None:
    query = select(late_looks).where(late_looks.c.camera_id == camera_id)
    return connection.execute(query).one_or_none()


def _begin_of_looks(connection: Connection, camera_id: str) -> datetime | None:
    this_one = incident_states.c.camera_id == camera_id
    return connection.scalar(select(incident_states.c.looks_from).where(this_one))


def _locked_state(connection: Connection, camera_id: str) -> tuple[CameraState, datetime | None]:
    """What the camera's looks came to so far, and from when on they are there.

    Nobody else goes on from it meanwhile.
    """
    first = insert_unless_there(connection.dialect.name, incident_states, on=("camera_id",))
    new = {"camera_id": camera_id, "state": from_state(CameraState(camera_id))}
    connection.execute(first, new)
    query = select(incident_states).where(incident_states.c.camera_id == camera_id)
    row = connection.execute(query.with_for_update()).one()
    return to_state(row.state), row.looks_from


def _write(connection: Connection, step: Step) -> None:
    camera_id = step.state.camera_id
    this_one = incident_states.c.camera_id == camera_id
    connection.execute(update(incident_states).where(this_one).values(state=from_state(step.state)))
    if step.incidents:
        put = upsert(connection.dialect.name, incidents, on=("id",), overwrite=INCIDENT_COLUMNS)
        connection.execute(put, [from_incident(one) for one in step.incidents])
    if step.changes:
        connection.execute(insert(incident_changes), [change_row(one) for one in step.changes])
    if shown := [sighting_row(one) for one in step.shown if one.seen.inspection_id]:
        on = ("incident_id", "at", "inspection_id")
        # Looks that opened an incident may be known from when it opened at another one.
        put = insert_unless_there(connection.dialect.name, incident_sightings, on=on)
        connection.execute(put, shown)
