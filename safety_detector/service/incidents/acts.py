"""What people do about incidents: checked against the state, written with it, and audited."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, RowMapping, func, insert, select, update

from safety_detector.database.engine import Database
from safety_detector.database.tables import incident_acts, incidents, inspections
from safety_detector.domain.incidents.alert_rules import Occasion
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
from safety_detector.service.incidents.finding import find_row, find_whole, with_all_said
from safety_detector.service.incidents.records import Act, NewAct, StoredIncident

_SAID = TypeAdapter(NewAct)

_ASSURANCES = ("assignee", "responsible_unit", "measure", "funds", "due_at", "contingency_plan")
"""What an assignment may say; what it does not stays as it was said before."""

_STAMPS = {
    HandlingState.RECTIFIED: "rectified_at",
    HandlingState.VERIFIED: "verified_at",
    HandlingState.CLOSED: "closed_at",
}
"""When it came to a state; nothing where it is not, or no longer, as far as that."""


_OCCASIONS = {
    HandlingState.VERIFIED: Occasion.VERIFIED,
    HandlingState.CLOSED: Occasion.CLOSED,
}
"""States that people are told of."""


class Acts:
    """Takes what people do, one after the other for each incident.

    Args:
        database: where incidents are.
        clock: the present moment, with its zone.
        told: hears what people are told of, with the incident's id; in the same transaction.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        told: Callable[[Connection, str, Occasion], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._told = told

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
            row = find_whole(connection, incident_id, is_locked=True)
            if row is None:
                return None
            state = HandlingState(row["state"])
            then = state_after(state, wanted.kind, _review(row))
            if then is None:
                raise _not_allowed(connection, row["id"], state, wanted.kind)
            if wanted.kind is ActKind.VERIFY:
                _check_second_person(connection, row["id"], by)
            if wanted.kind is ActKind.ASSIGN:
                _check_assignment(row, wanted, now)
            if wanted.inspection_id is not None:
                _check_picture(connection, wanted.inspection_id)
            _write(connection, row, wanted, then, by, now)
            if then is not state and then in _OCCASIONS:
                self._told(connection, row["id"], _OCCASIONS[then])
            stored = find_row(connection, row["id"])
            if stored is None:
                raise RuntimeError("an incident that was updated is not there")
            return with_all_said(connection, [stored])[0]

    def list(self, incident_id: str) -> Sequence[Act]:
        """What was done about an incident, in order."""
        query = (
            select(incident_acts)
            .where(incident_acts.c.incident_id == incident_id)
            .order_by(incident_acts.c.number)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [to_act(row) for row in rows]


def _review(row: RowMapping) -> Review | None:
    return Review(row["review"]) if row["review"] else None


_NEEDS_TEXT = (ActKind.DISMISS, ActKind.REJECT, ActKind.NOTE)


def _check(wanted: NewAct) -> None:
    if wanted.kind in _NEEDS_TEXT and not wanted.text:
        raise SubmissionRefused("act-needs-text", act=wanted.kind.value)
    if wanted.kind is ActKind.DESCRIBE and not wanted.changed:
        raise SubmissionRefused("act-changes-nothing")


def _check_assignment(row: RowMapping, wanted: NewAct, now: datetime) -> None:
    """Somebody puts it right, and has time to."""
    if not (wanted.assignee or row["assignee"]):
        raise SubmissionRefused("act-needs-assignee")
    if wanted.due_at is not None and wanted.due_at <= now:
        raise SubmissionRefused("act-due-has-passed", due_at=wanted.due_at.isoformat())


def _check_second_person(connection: Connection, incident_id: str, by: Actor) -> None:
    last = _last(connection, incident_id, ActKind.RECTIFY)
    if last is not None and _same(last, by):
        raise ActRefused("act-needs-another-person", who=last.by.name)


def _same(act: Act, by: Actor) -> bool:
    return act.by == by


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
    return None if row is None else to_act(row)


def _write(
    connection: Connection,
    row: RowMapping,
    wanted: NewAct,
    then: HandlingState,
    by: Actor,
    now: datetime,
) -> None:
    said = _SAID.dump_python(wanted, mode="json", exclude={"kind"}, exclude_defaults=True)
    of_incident = incident_acts.c.incident_id == row["id"]
    last = connection.scalar(select(func.max(incident_acts.c.number)).where(of_incident)) or 0
    act = {
        "incident_id": row["id"],
        "number": last + 1,
        "act": wanted.kind,
        "at": now,
        "actor": by.name,
        "key_id": by.key_id,
        "person_id": by.person_id,
        "details": said,
    }
    connection.execute(insert(incident_acts), act)
    values = _values(row, wanted, then, now)
    connection.execute(update(incidents).where(incidents.c.id == row["id"]).values(**values))
    note_act(
        connection, by, AuditAction.INCIDENT_ACT, now, row["id"], act=wanted.kind.value, **said
    )


def _values(row: RowMapping, wanted: NewAct, then: HandlingState, now: datetime) -> dict[str, Any]:
    """The columns of an incident after an act."""
    return {
        "state": then,
        "review": review_after(_review(row), wanted.kind, then),
        "version": row["version"] + 1,
        **_moments(row, then, now),
        **_said_of(row, wanted, now),
    }


def _moments(row: RowMapping, then: HandlingState, now: datetime) -> dict[str, datetime | None]:
    order = tuple(HandlingState)
    moments: dict[str, datetime | None] = {}
    if row["acknowledged_at"] is None and then is not HandlingState.OPEN:
        moments["acknowledged_at"] = now
    if then is HandlingState(row["state"]):
        return moments
    for state, column in _STAMPS.items():
        if then is state:
            moments[column] = now
        elif order.index(then) < order.index(state):
            moments[column] = None
    return moments


def _said_of(row: RowMapping, wanted: NewAct, now: datetime) -> dict[str, Any]:
    match wanted.kind:
        case ActKind.DESCRIBE:
            return dict(wanted.changed)
        case ActKind.ASSIGN:
            return {name: getattr(wanted, name) or row[name] for name in _ASSURANCES}
        case ActKind.RECTIFY:
            return {"after_inspection_id": wanted.inspection_id}
        case ActKind.CLOSE:
            return {"effect_due_at": wanted.due_at, "effect_checked_at": None}
        case ActKind.CHECK_EFFECT:
            return {"effect_checked_at": now}
        case ActKind.REOPEN:
            return {"effect_due_at": None, "effect_checked_at": None}
        case _:
            return {}


def to_act(row: RowMapping) -> Act:
    """A row of the acts' table."""
    said = _SAID.validate_python({"kind": row["act"], **row["details"]})
    return Act(
        number=row["number"],
        at=row["at"],
        by=Actor(row["actor"], row["key_id"], row["person_id"]),
        **{one.name: getattr(said, one.name) for one in fields(NewAct)},
    )
