"""Writes acts: the row of the act, the incident's columns after it, its event, the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, RowMapping, func, insert, select, update

from safety_detector.database.feed import append_incident_event
from safety_detector.database.tables import incident_acts, incidents
from safety_detector.domain.incidents.events import EVENT_OF_ACT
from safety_detector.domain.incidents.handling import (
    ActKind,
    HandlingState,
    Review,
    review_after,
)
from safety_detector.service.access.audit import Actor, AuditAction, note_act
from safety_detector.service.incidents.records import Act, NewAct
from safety_detector.service.incidents.shown_pictures import ShownPicture

_SAID = TypeAdapter(NewAct)

_ASSURANCES = ("assignee", "responsible_unit", "measure", "funds", "due_at", "contingency_plan")
"""What an assignment may say; what it does not stays as it was said before."""

_STAMPS = {
    HandlingState.RECTIFIED: "rectified_at",
    HandlingState.VERIFIED: "verified_at",
    HandlingState.CLOSED: "closed_at",
}
"""When it came to a state; nothing where it is not, or no longer, as far as that."""


def write_act(
    connection: Connection,
    row: RowMapping,
    wanted: NewAct,
    then: HandlingState,
    by: Actor,
    now: datetime,
    values: Mapping[str, Any] | None = None,
    shown: ShownPicture | None = None,
) -> None:
    """Writes an act that was found possible.

    Args:
        connection: the act's transaction.
        row: of the incident before.
        wanted: the act.
        then: the state that it leads to.
        by: who does it.
        now: the present moment.
        values: columns beside those that follow from the act.
        shown: with a judgement.
    """
    after = _values(row, wanted, then, now) | dict(values or {})
    note(connection, row["id"], wanted, by, now, _led_to(after), shown)
    connection.execute(update(incidents).where(incidents.c.id == row["id"]).values(**after))


def note(
    connection: Connection,
    incident_id: str,
    act: NewAct,
    by: Actor,
    now: datetime,
    led_to: Mapping[str, str | None] | None = None,
    shown: ShownPicture | None = None,
) -> None:
    """Writes into an incident's acts and the audit log that somebody did something about it.

    Args:
        connection: the act's transaction.
        incident_id: of the incident.
        act: what was done.
        by: who did it.
        now: the present moment.
        led_to: the state and the review after it; None where they follow from the act alone.
        shown: with a judgement.
    """
    beside = {"kind", "shown_inspection_id"}
    said = _SAID.dump_python(act, mode="json", exclude=beside, exclude_defaults=True)
    of_incident = incident_acts.c.incident_id == incident_id
    last = connection.scalar(select(func.max(incident_acts.c.number)).where(of_incident)) or 0
    written = {
        "incident_id": incident_id,
        "number": last + 1,
        "act": act.kind,
        "at": now,
        "actor": by.name,
        "key_id": by.key_id,
        "person_id": by.person_id,
        "details": {**said, **(led_to or {})},
        "shown_inspection_id": shown and shown.inspection_id,
        "shown_boxes": shown and [list(box.xyxy) for box in shown.boxes],
    }
    connection.execute(insert(incident_acts), written)
    event = EVENT_OF_ACT[act.kind]
    append_incident_event(connection, incident_id, act.inspection_id, event, now)
    note_act(connection, by, AuditAction.INCIDENT_ACT, now, incident_id, act=act.kind.value, **said)


def _led_to(after: Mapping[str, Any]) -> dict[str, str | None]:
    return {name: after[name] and str(after[name]) for name in ("state", "review")}


def _values(row: RowMapping, wanted: NewAct, then: HandlingState, now: datetime) -> dict[str, Any]:
    """The columns of an incident after an act."""
    return {
        "state": then,
        "review": review_after(Review(row["review"]) if row["review"] else None, wanted.kind, then),
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
            said = {name: getattr(wanted, name) or row[name] for name in _ASSURANCES}
            return said | dict(wanted.changed)
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
    """A row of the table."""
    details = dict(row["details"])
    state, review = (details.pop(name, None) for name in ("state", "review"))
    shown = row["shown_inspection_id"]
    said = _SAID.validate_python({"kind": row["act"], "shown_inspection_id": shown, **details})
    return Act(
        number=row["number"],
        at=row["at"],
        by=Actor(row["actor"], row["key_id"], row["person_id"]),
        state=HandlingState(state) if state else None,
        review=Review(review) if review else None,
        **{one.name: getattr(said, one.name) for one in fields(NewAct)},
    )
