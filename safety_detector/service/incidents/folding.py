"""Folds completed inspections into incidents, in the transaction that completes them.

So no result is without its incident and no incident without its result, whatever ends at whatever
moment.  A look that becomes known after later ones is folded in at its place: everything behind the
last checkpoint before it is folded once more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    delete,
    func,
    insert,
    select,
    true,
    tuple_,
    update,
)

from safety_detector.database.statements import insert_unless_there, upsert
from safety_detector.database.tables import (
    incident_acts,
    incident_aliases,
    incident_changes,
    incident_checkpoints,
    incident_sightings,
    incident_states,
    incidents,
    inspections,
)
from safety_detector.domain.incidents.incident import Change, ChangeKind, Incident
from safety_detector.domain.incidents.looks import Look, family_of
from safety_detector.domain.incidents.state_machine import CameraState, Shown, Step
from safety_detector.service.incidents.camera_rules import rules_between
from safety_detector.service.incidents.records import StoredIncident
from safety_detector.service.incidents.rows import (
    HANDLING_COLUMNS,
    INCIDENT_COLUMNS,
    change_row,
    from_incident,
    from_state,
    sighting_row,
    to_incident,
    to_state,
)
from safety_detector.service.incidents.stored_looks import LOOKED, look_of_row

Told: TypeAlias = Callable[[Connection, Container[str], Sequence[Change]], None]
"""Who hears of new changes, with the ids of incidents that are there, in their transaction."""

_CHECKPOINT_EVERY = 100
"""Looks; so many at most are folded once more than needed for one that comes late."""


class Folding:
    """Makes incidents of what cameras' pictures show.

    Args:
        told: hears of every change that was not known before, with the incident as it stands; in
            the same transaction.
        site: the zone of cameras that have none of their own.
    """

    def __init__(
        self,
        told: Told,
        site: tzinfo,
    ) -> None:
        self._told = told
        self._site = site

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

    def _fold(self, connection: Connection, camera_id: str, rows: Sequence[RowMapping]) -> None:
        state = _locked_state(connection, camera_id)
        times = [row["taken_at"] for row in rows]
        rules = rules_between(connection, camera_id, self._site, min(times), max(times))
        looks = [look_of_row(row, rules.at(row["taken_at"])) for row in rows]
        if state.newest is None or all(look.key > state.newest for look in looks):
            step = rules.fold(state, looks)
            _write(connection, step)
            if step.state.looks // _CHECKPOINT_EVERY > state.looks // _CHECKPOINT_EVERY:
                _keep_checkpoint(connection, step.state)
            self._told(connection, {one.id: one for one in step.incidents}, step.changes)
            return
        earliest = min(look.key for look in looks)
        self._fold_again(connection, camera_id, earliest)

    def _fold_again(
        self,
        connection: Connection,
        camera_id: str,
        earliest: tuple[datetime, str],
    ) -> None:
        """Folds everything from the last checkpoint before a look on."""
        key = tuple_(incident_checkpoints.c.at, incident_checkpoints.c.inspection_id)
        of_camera = incident_checkpoints.c.camera_id == camera_id
        stored = connection.scalar(
            select(incident_checkpoints.c.state)
            .where(of_camera, key < earliest)
            .order_by(incident_checkpoints.c.at.desc(), incident_checkpoints.c.inspection_id.desc())
            .limit(1)
        )
        if stored is None and _are_looks_gone(connection, camera_id):
            return  # what earlier looks came to would be lost without them
        connection.execute(delete(incident_checkpoints).where(of_camera, key >= earliest))
        state = CameraState(camera_id) if stored is None else to_state(stored)
        query = select(inspections).where(*LOOKED, inspections.c.camera_id == camera_id)
        if state.newest is not None:
            query = query.where(tuple_(inspections.c.taken_at, inspections.c.id) > state.newest)
        rows = connection.execute(query).mappings().all()
        times = [row["taken_at"] for row in rows]
        rules = rules_between(connection, camera_id, self._site, min(times), max(times))
        looks = [look_of_row(row, rules.at(row["taken_at"])) for row in rows]
        known = _changes_behind(connection, camera_id, state)
        then: dict[str, Incident] = {one.id: one for one in state.going_on if one.opened_at}
        changes: list[Change] = []
        shown: list[Shown] = []
        for some in _slices(sorted(looks, key=lambda look: look.key)):
            step = rules.fold(state, some)
            state = step.state
            then |= {one.id: one for one in step.incidents}
            changes += step.changes
            shown += step.shown
            _keep_checkpoint(connection, state)
        _write(connection, Step(state, tuple(then.values()), tuple(changes), tuple(shown)))
        _forget(connection, known, then)
        is_new = [one for one in changes if (one.incident_id, one.kind, one.at) not in known]
        self._told(connection, then, is_new)


def _are_looks_gone(connection: Connection, camera_id: str) -> bool:
    """Whether retention has removed looks; it removes the checkpoints before them, too."""
    query = select(incident_states.c.looks_from).where(incident_states.c.camera_id == camera_id)
    return connection.scalar(query) is not None


def _slices(looks: Sequence[Look]) -> Iterable[Sequence[Look]]:
    return (
        looks[start : start + _CHECKPOINT_EVERY]
        for start in range(0, len(looks), _CHECKPOINT_EVERY)
    )


def _locked_state(connection: Connection, camera_id: str) -> CameraState:
    """What the camera's looks came to so far; nobody else goes on from it meanwhile."""
    first = insert_unless_there(connection.dialect.name, incident_states, on=("camera_id",))
    new = {"camera_id": camera_id, "state": from_state(CameraState(camera_id))}
    connection.execute(first, new)
    query = select(incident_states.c.state).where(incident_states.c.camera_id == camera_id)
    return to_state(connection.scalar(query.with_for_update()))


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


def _keep_checkpoint(connection: Connection, state: CameraState) -> None:
    if state.newest is not None:
        at, inspection_id = state.newest
        values = {"camera_id": state.camera_id, "at": at, "inspection_id": inspection_id}
        connection.execute(insert(incident_checkpoints), values | {"state": from_state(state)})


def _changes_behind(
    connection: Connection, camera_id: str, state: CameraState
) -> set[tuple[str, ChangeKind, datetime]]:
    """Takes the changes away that looks behind a state made; gives what was told of them."""
    by_looks = select(incidents.c.id).where(
        incidents.c.camera_id == camera_id,
        # What a person parted from an incident is no longer a matter of looks.
        incidents.c.split_from.is_(None),
    )
    seen = incident_sightings.c
    connection.execute(
        delete(incident_sightings).where(
            seen.incident_id.in_(by_looks), _behind(seen.at, seen.inspection_id, state)
        )
    )
    change = incident_changes.c
    # What is wrong with the camera itself does not come from looks.
    taken = (
        delete(incident_changes)
        .where(
            change.incident_id.in_(by_looks),
            change.inspection_id.is_not(None),
            _behind(change.at, change.inspection_id, state),
        )
        .returning(incident_changes)
    )
    return {(row.incident_id, ChangeKind(row.kind), row.at) for row in connection.execute(taken)}


def _behind(
    at: ColumnElement[datetime], inspection_id: ColumnElement[str], state: CameraState
) -> ColumnElement[bool]:
    """The condition of what looks made that come behind a state."""
    return true() if state.newest is None else tuple_(at, inspection_id) > state.newest


def _forget(
    connection: Connection,
    known: Collection[tuple[str, ChangeKind, datetime]],
    then: Mapping[str, Incident],
) -> None:
    """Removes incidents that no longer arise; who asks for one is led to what it has become."""
    gone = {incident_id for incident_id, _, _ in known} - set(then)
    for incident_id in sorted(gone):
        taken = delete(incidents).where(incidents.c.id == incident_id).returning(incidents)
        row = connection.execute(taken).mappings().one_or_none()
        if row is None:
            continue
        connection.execute(
            delete(incident_sightings).where(incident_sightings.c.incident_id == incident_id)
        )
        successor = _successor(to_incident(row), then.values())
        if successor is not None:
            _hand_over(connection, row, successor.id)
            led = update(incident_aliases).where(incident_aliases.c.incident_id == incident_id)
            connection.execute(led.values(incident_id=successor.id))
            put = upsert(
                connection.dialect.name, incident_aliases, on=("id",), overwrite=("incident_id",)
            )
            connection.execute(put, {"id": incident_id, "incident_id": successor.id})


def _hand_over(connection: Connection, former: RowMapping, successor_id: str) -> None:
    """What people did about an incident goes on with what it has become."""
    known = select(func.max(incident_acts.c.number)).where(
        incident_acts.c.incident_id == successor_id
    )
    behind = connection.scalar(known) or 0
    moved = update(incident_acts).where(incident_acts.c.incident_id == former["id"])
    connection.execute(
        moved.values(incident_id=successor_id, number=incident_acts.c.number + behind)
    )
    for column in (incidents.c.joined_to, incidents.c.split_from):
        led = update(incidents).where(column == former["id"], incidents.c.id != successor_id)
        connection.execute(led.values({column: successor_id}))
    successor = update(incidents).where(incidents.c.id == successor_id)
    connection.execute(
        successor.where(incidents.c.joined_to == former["id"]).values(joined_to=None)
    )
    if former["version"] and not behind:
        values = {name: former[name] for name in HANDLING_COLUMNS}
        if former["joined_to"] != successor_id:
            values["joined_to"] = former["joined_to"]
        connection.execute(successor.values(values))


def _successor(former: StoredIncident, incidents_now: Iterable[Incident]) -> Incident | None:
    """The incident of the same family that was seen during the same time, the earliest of them."""
    family = family_of(former.hazards[0])
    found = [
        one
        for one in incidents_now
        if one.family == family
        and one.first_seen_at <= former.last_seen_at
        and one.last_seen_at >= former.first_seen_at
    ]
    return min(found, key=lambda one: (one.first_seen_at, one.id), default=None)
