"""Folds looks in at their place that become known behind later ones.

From the last checkpoint before the earliest of them everything is folded once more, a slice at a
time, until the state is the one that stands at a later checkpoint: from there on nothing changes.
So a late look costs as much as what was going on at its time, however long ago that was.  What is
written is what differs.

Checkpoints lie at looks that their ids choose, one in a hundred: at the same ones, whatever the
order in which looks become known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Final, TypeAlias
from zlib import crc32

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Table,
    and_,
    bindparam,
    delete,
    func,
    or_,
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
from safety_detector.domain.incidents.handling import ActKind
from safety_detector.domain.incidents.incident import Change, ChangeKind, Incident, Shown, Stage
from safety_detector.domain.incidents.looks import family_of
from safety_detector.domain.incidents.state_machine import CameraState, is_going_on_alike
from safety_detector.message_texts.phrase import LANGUAGES
from safety_detector.message_texts.reason import Reason
from safety_detector.service.access.audit import PROGRAM
from safety_detector.service.incidents.act_writing import note
from safety_detector.service.incidents.camera_rules import rules_between
from safety_detector.service.incidents.records import NewAct, StoredIncident
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

Key: TypeAlias = tuple[datetime, str]
"""Of a look: when, and of which inspection."""

Told: TypeAlias = tuple[str, ChangeKind, datetime]
"""A change as people know it."""

_SLICE: Final = 200
"""Looks that are in memory at a time."""

_CHECKPOINT_OF: Final = 100


@dataclass
class Refolded:
    """What looks from a checkpoint on come to.

    Attributes:
        start: the state at the checkpoint.
        state: the one after the last look.
        is_joined: whether that is the one that stands there already, so that what comes behind
            stays as it is.
        incidents: those that were announced and that these looks touched, by id.
        checkpoints: states at looks in between.
    """

    start: CameraState
    state: CameraState
    is_joined: bool = False
    incidents: dict[str, Incident] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    checkpoints: list[CameraState] = field(default_factory=list)


def is_checkpoint(inspection_id: str) -> bool:
    """Whether the state after a look is kept."""
    return crc32(inspection_id.encode()) % _CHECKPOINT_OF == 0


def state_before(
    connection: Connection, camera_id: str, earliest: Key, looks_from: datetime | None
) -> CameraState | None:
    """The state at the last checkpoint before a look.

    None where there is none and retention has removed looks, so that what they came to would be
    lost; it removes the checkpoints before them, too.
    """
    key = tuple_(incident_checkpoints.c.at, incident_checkpoints.c.inspection_id)
    stored = connection.scalar(
        select(incident_checkpoints.c.state)
        .where(incident_checkpoints.c.camera_id == camera_id, key < earliest)
        .order_by(incident_checkpoints.c.at.desc(), incident_checkpoints.c.inspection_id.desc())
        .limit(1)
    )
    if stored is None:
        return CameraState(camera_id) if looks_from is None else None
    return to_state(stored)


def refold(
    connection: Connection, done: Refolded, site: tzinfo, latest: Key, most: int | None = None
) -> Refolded | None:
    """Folds looks from a state on, up to the newest or to where nothing changes any more.

    Args:
        connection: a transaction; nothing is written.
        done: what was folded already, which is added to.
        site: the zone of cameras without one.
        latest: the last look that was not known before.
        most: looks that may be folded; None for any number.

    Returns:
        ``done``; None if more looks would be needed.
    """
    folded = 0
    for rows in _slices(connection, done):
        folded += len(rows)
        if most is not None and folded > most:
            return None
        first, last = rows[0], rows[-1]
        camera_id = done.start.camera_id
        rules = rules_between(connection, camera_id, site, first["taken_at"], last["taken_at"])
        stands = _checkpoints(connection, camera_id, key_of(first), key_of(last))
        for some in _up_to_checkpoints(rows):
            looks = [look_of_row(row, rules.at(row["taken_at"])) for row in some]
            step = rules.fold(done.state, looks)
            done.state = step.state
            done.incidents |= {one.id: one for one in step.incidents}
            done.changes += step.changes
            done.shown += step.shown
            key = key_of(some[-1])
            if not is_checkpoint(key[1]):
                continue
            known = stands.get(key)
            if known is not None and key >= latest and is_going_on_alike(done.state, known):
                done.is_joined = True
                return done
            done.checkpoints.append(done.state)
    return done


def write_refolded(connection: Connection, done: Refolded, now: datetime) -> list[Change]:
    """Writes what differs, under the camera's lock; gives the changes that nobody knows of yet.

    ``now`` is the present moment.
    """
    until = done.state.newest if done.is_joined else None
    known = _write_changes(connection, done, until)
    _write_sightings(connection, done, until)
    _write_checkpoints(connection, done, until)
    going_on = {one.id for one in done.state.going_on}
    # One that goes on where both states are alike stands as it is after what comes behind.
    touched = [
        one for one in done.incidents.values() if not (done.is_joined and one.id in going_on)
    ]
    if touched:
        put = upsert(connection.dialect.name, incidents, on=("id",), overwrite=INCIDENT_COLUMNS)
        connection.execute(put, [from_incident(one) for one in touched])
    if not done.is_joined:
        this_one = incident_states.c.camera_id == done.state.camera_id
        standing = update(incident_states).where(this_one)
        connection.execute(standing.values(state=from_state(done.state)))
    announced = {one.id: one for one in done.start.going_on if one.opened_at is not None}
    _forget(connection, known, announced | done.incidents, now)
    return [one for one in done.changes if (one.incident_id, one.kind, one.at) not in known]


def keep_checkpoint(connection: Connection, state: CameraState) -> None:
    """Keeps a state."""
    if state.newest is not None:
        at, inspection_id = state.newest
        values = {"camera_id": state.camera_id, "at": at, "inspection_id": inspection_id}
        on = ("camera_id", "at", "inspection_id")
        put = upsert(connection.dialect.name, incident_checkpoints, on=on, overwrite=("state",))
        connection.execute(put, values | {"state": from_state(state)})


def _slices(connection: Connection, done: Refolded) -> Iterator[Sequence[RowMapping]]:
    """The looks behind a state, which moves on meanwhile."""
    row = inspections.c
    query = select(inspections).where(*LOOKED, row.camera_id == done.start.camera_id)
    query = query.order_by(row.taken_at, row.id).limit(_SLICE)
    while True:
        behind = _behind(row.taken_at, row.id, done.state.newest)
        rows = connection.execute(query.where(behind)).mappings().all()
        if not rows:
            return
        yield rows


def _up_to_checkpoints(rows: Sequence[RowMapping]) -> Iterator[Sequence[RowMapping]]:
    """Rows in parts, of which each but the last ends at a checkpoint."""
    part: list[RowMapping] = []
    for row in rows:
        part.append(row)
        if is_checkpoint(row["id"]):
            yield part
            part = []
    if part:
        yield part


def key_of(row: RowMapping) -> Key:
    """The place of a look among its camera's."""
    return (row["taken_at"], row["id"])


def _behind(
    at: ColumnElement[Any], inspection_id: ColumnElement[Any], after: Key | None
) -> ColumnElement[bool]:
    return true() if after is None else tuple_(at, inspection_id) > after


def _between(
    at: ColumnElement[Any], inspection_id: ColumnElement[Any], done: Refolded, until: Key | None
) -> ColumnElement[bool]:
    """The condition of what the looks made that were folded once more."""
    behind = _behind(at, inspection_id, done.start.newest)
    return behind if until is None else and_(behind, tuple_(at, inspection_id) <= until)


def _checkpoints(
    connection: Connection, camera_id: str, first: Key, last: Key
) -> dict[Key, CameraState]:
    column = incident_checkpoints.c
    key = tuple_(column.at, column.inspection_id)
    query = select(incident_checkpoints).where(
        column.camera_id == camera_id, key >= first, key <= last
    )
    rows = connection.execute(query)
    return {(row.at, row.inspection_id): to_state(row.state) for row in rows}


def _write_checkpoints(connection: Connection, done: Refolded, until: Key | None) -> None:
    column = incident_checkpoints.c
    between = _between(column.at, column.inspection_id, done, until)
    gone = delete(incident_checkpoints).where(column.camera_id == done.start.camera_id, between)
    if done.is_joined:
        gone = gone.where(tuple_(column.at, column.inspection_id) < until)
    connection.execute(gone)
    for state in done.checkpoints:
        keep_checkpoint(connection, state)


def _by_looks(start: CameraState) -> Any:
    """Ids of incidents that looks behind a state may have to do with."""
    row = incidents.c
    # What a person parted from an incident is no longer a matter of looks.
    query = select(row.id).where(row.camera_id == start.camera_id, row.split_from.is_(None))
    if start.newest is None:
        return query
    at, _ = start.newest
    return query.where(or_(row.ended_at.is_(None), row.ended_at >= at, row.last_seen_at >= at))


def _write_changes(connection: Connection, done: Refolded, until: Key | None) -> set[Told]:
    """Puts the changes right; gives those that were told."""
    column = incident_changes.c
    query = select(incident_changes).where(
        column.incident_id.in_(_by_looks(done.start)),
        # What is wrong with the camera itself does not come from looks, nor that it was removed.
        column.inspection_id.is_not(None),
        _between(column.at, column.inspection_id, done, until),
    )
    stood = [dict(row) for row in connection.execute(query).mappings()]
    _put_right(connection, incident_changes, stood, [change_row(one) for one in done.changes])
    return {(row["incident_id"], ChangeKind(row["kind"]), row["at"]) for row in stood}


def _write_sightings(connection: Connection, done: Refolded, until: Key | None) -> None:
    column = incident_sightings.c
    query = select(incident_sightings).where(
        column.incident_id.in_(_by_looks(done.start)),
        _between(column.at, column.inspection_id, done, until),
    )
    stood = [dict(row) for row in connection.execute(query).mappings()]
    rows = [sighting_row(one) for one in done.shown if one.seen.inspection_id]
    _put_right(connection, incident_sightings, stood, rows)


def _put_right(
    connection: Connection,
    table: Table,
    stood: Sequence[Mapping[str, Any]],
    rows: Sequence[Mapping[str, Any]],
) -> None:
    """Removes rows that are not wanted any more, and adds those that are not there."""
    names = [column.name for column in table.primary_key]

    def identity(row: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(row[name] for name in names)

    wanted = {identity(row): dict(row) for row in rows}
    kept = {identity(row) for row in stood if wanted.get(identity(row)) == dict(row)}
    gone = [
        {f"of_{name}": row[name] for name in names} for row in stood if identity(row) not in kept
    ]
    if gone:
        this_one = [table.c[name] == bindparam(f"of_{name}") for name in names]
        connection.execute(delete(table).where(*this_one), gone)
    new = [row for key, row in wanted.items() if key not in kept]
    if new:
        # Looks that opened an incident may lie before the checkpoint.
        put = insert_unless_there(connection.dialect.name, table, on=tuple(names))
        connection.execute(put, new)


def _forget(
    connection: Connection, known: Collection[Told], then: Mapping[str, Incident], now: datetime
) -> None:
    """Removes incidents that no longer arise; who asks for one is led to what it has become.

    One that has become nothing stays where people have done something about it: it is over.
    """
    gone = {incident_id for incident_id, _, _ in known} - set(then)
    for incident_id in sorted(gone):
        this_one = incidents.c.id == incident_id
        query = select(incidents).where(this_one).with_for_update()
        row = connection.execute(query).mappings().one_or_none()
        if row is None:
            continue
        successor = _successor(to_incident(row), list(then.values()))
        if successor is None and _is_handled(connection, row):
            _end(connection, row, now)
            continue
        connection.execute(delete(incidents).where(this_one))
        connection.execute(
            delete(incident_sightings).where(incident_sightings.c.incident_id == incident_id)
        )
        if successor is not None:
            _hand_over(connection, row, successor.id)
            led = update(incident_aliases).where(incident_aliases.c.incident_id == incident_id)
            connection.execute(led.values(incident_id=successor.id))
            put = upsert(
                connection.dialect.name, incident_aliases, on=("id",), overwrite=("incident_id",)
            )
            connection.execute(put, {"id": incident_id, "incident_id": successor.id})


def _is_handled(connection: Connection, row: RowMapping) -> bool:
    """Whether people have done something about an incident, or with it."""
    parts = select(incidents.c.id).where(incidents.c.joined_to == row["id"]).limit(1)
    return bool(row["version"] or row["joined_to"] or connection.scalar(parts))


def _end(connection: Connection, row: RowMapping, now: datetime) -> None:
    """Ends an incident that would not have been announced; the program notes why."""
    over = {
        "stage": Stage.ENDED,
        "quiet_at": row["quiet_at"] or row["last_seen_at"],
        "ended_at": row["ended_at"] or now,
        "merged_into": None,
    }
    connection.execute(update(incidents).where(incidents.c.id == row["id"]).values(over))
    if row["stage"] != Stage.ENDED:
        why = Reason("incident-not-so-after-all")
        act = NewAct(ActKind.NOTE, " ".join(why.text(one) for one in LANGUAGES))
        note(connection, row["id"], act, PROGRAM, now)


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


def _successor(former: StoredIncident, incidents_now: Sequence[Incident]) -> Incident | None:
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
