"""What people do about incidents: checked against the state, written with it, and audited."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from safety_detector.database.engine import Database
from safety_detector.database.tables import incident_acts, incident_aliases, incidents, inspections
from safety_detector.domain.incidents.handling import (
    ActKind,
    HandlingState,
    Review,
    allowed_acts,
    review_after,
    state_after,
)
from safety_detector.domain.inspection import Status
from safety_detector.errors import ActRefused, SubmissionRefused
from safety_detector.service.access.audit import Actor, AuditAction, note_act
from safety_detector.service.cameras.history import camera_names
from safety_detector.service.incidents.records import Act, NewAct, StoredIncident
from safety_detector.service.incidents.rows import to_incident


class Acts:
    """Takes what people do, one after the other for each incident.

    Args:
        database: where incidents are.
        clock: the present moment, with its zone.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def do(self, incident_id: str, wanted: NewAct, by: Actor) -> StoredIncident | None:
        """Does it; None if there is no such incident.

        Raises:
            ActRefused: the incident's state does not allow it, or not by this person.
            SubmissionRefused: something is missing that the act needs, or it names a picture that
                is not there.
        """
        _check(wanted)
        now = self._clock()
        with self._database.write() as connection:
            row = _locked(connection, incident_id)
            if row is None:
                return None
            state = HandlingState(row["state"])
            then = state_after(state, wanted.kind)
            if then is None:
                raise _not_allowed(connection, row["id"], state, wanted.kind)
            if wanted.kind is ActKind.VERIFY:
                _check_second_person(connection, row["id"], by)
            if wanted.inspection_id is not None:
                _check_picture(connection, wanted.inspection_id)
            _write(connection, row, wanted, then, by, now)
            stored = _locked(connection, row["id"])
            if stored is None:
                raise RuntimeError("an incident that was updated is not there")
            return to_incident(stored, camera_names(connection, [stored["camera_id"]]))

    def list(self, incident_id: str) -> Sequence[Act]:
        """What was done about an incident, in order."""
        query = (
            select(incident_acts)
            .where(incident_acts.c.incident_id == incident_id)
            .order_by(incident_acts.c.number)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [_to_act(row) for row in rows]


def _locked(connection: Connection, incident_id: str) -> RowMapping | None:
    query = select(incidents).where(incidents.c.id == incident_id).with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    if row is not None:
        return row
    alias = select(incident_aliases.c.incident_id).where(incident_aliases.c.id == incident_id)
    now_id = connection.scalar(alias)
    return None if now_id is None else _locked(connection, now_id)


def _check(wanted: NewAct) -> None:
    if wanted.kind is ActKind.DISMISS and not wanted.text:
        raise SubmissionRefused("act-needs-text", act=wanted.kind.value)
    if wanted.kind is ActKind.NOTE and not wanted.text:
        raise SubmissionRefused("act-needs-text", act=wanted.kind.value)
    if wanted.kind is ActKind.ASSIGN and not wanted.assignee:
        raise SubmissionRefused("act-needs-assignee")


def _check_second_person(connection: Connection, incident_id: str, by: Actor) -> None:
    last = _last(connection, incident_id, ActKind.RECTIFY)
    if last is not None and _same(last, by):
        raise ActRefused("act-needs-another-person", who=last.by.name)


def _same(act: Act, by: Actor) -> bool:
    return act.by.key_id == by.key_id and act.by.name == by.name


def _check_picture(connection: Connection, inspection_id: str) -> None:
    """The picture of what was put right was inspected, so that a verifier sees what it shows."""
    query = select(inspections.c.status).where(inspections.c.id == inspection_id)
    status = connection.scalar(query)
    if status is None:
        raise SubmissionRefused("act-picture-unknown", inspection_id=inspection_id[:64])
    if status != Status.COMPLETED:
        raise SubmissionRefused("act-picture-not-inspected", inspection_id=inspection_id[:64])


def _not_allowed(
    connection: Connection, incident_id: str, state: HandlingState, act: ActKind
) -> ActRefused:
    allowed = ", ".join(one.value for one in allowed_acts(state))
    last = _last(connection, incident_id)
    if last is None:
        return ActRefused("act-not-allowed", act=act.value, state=state.value, allowed=allowed)
    return ActRefused(
        "act-not-allowed-since",
        act=act.value,
        state=state.value,
        allowed=allowed,
        last=last.kind.value,
        who=last.by.name,
    )


def _last(connection: Connection, incident_id: str, kind: ActKind | None = None) -> Act | None:
    query = select(incident_acts).where(
        incident_acts.c.incident_id == incident_id, incident_acts.c.act != ActKind.NOTE
    )
    if kind is not None:
        query = query.where(incident_acts.c.act == kind)
    row = (
        connection.execute(query.order_by(incident_acts.c.number.desc()).limit(1))
        .mappings()
        .one_or_none()
    )
    return None if row is None else _to_act(row)


def _write(
    connection: Connection,
    row: RowMapping,
    wanted: NewAct,
    then: HandlingState,
    by: Actor,
    now: datetime,
) -> None:
    details = {
        name: value
        for name, value in (
            ("text", wanted.text),
            ("assignee", wanted.assignee),
            ("due_at", wanted.due_at and wanted.due_at.isoformat()),
            ("inspection_id", wanted.inspection_id),
        )
        if value
    }
    of_incident = incident_acts.c.incident_id == row["id"]
    last = connection.scalar(select(func.max(incident_acts.c.number)).where(of_incident)) or 0
    act = {
        "incident_id": row["id"],
        "number": last + 1,
        "act": wanted.kind,
        "at": now,
        "actor": by.name,
        "key_id": by.key_id,
        "details": details,
    }
    connection.execute(insert(incident_acts), act)
    review = review_after(Review(row["review"]) if row["review"] else None, wanted.kind)
    values: dict[str, Any] = {"state": then, "review": review}
    if row["acknowledged_at"] is None and then is not HandlingState.OPEN:
        values["acknowledged_at"] = now
    if wanted.kind is ActKind.ASSIGN:
        values |= {"assignee": wanted.assignee, "due_at": wanted.due_at}
    values["closed_at"] = now if then is HandlingState.CLOSED else None
    connection.execute(update(incidents).where(incidents.c.id == row["id"]).values(**values))
    note_act(
        connection, by, AuditAction.INCIDENT_ACT, now, row["id"], act=wanted.kind.value, **details
    )


def _to_act(row: RowMapping) -> Act:
    details = row["details"]
    due_at = details.get("due_at")
    return Act(
        number=row["number"],
        kind=ActKind(row["act"]),
        at=row["at"],
        by=Actor(row["actor"], row["key_id"]),
        text=details.get("text"),
        assignee=details.get("assignee"),
        due_at=datetime.fromisoformat(due_at) if due_at else None,
        inspection_id=details.get("inspection_id"),
    )
