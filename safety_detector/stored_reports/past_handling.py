"""How far people were with an incident at a moment that may lie in the past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from safety_detector.domain.incidents.handling import (
    ActKind,
    HandlingState,
    Level,
    Review,
    review_after,
    state_after,
)
from safety_detector.report.incidents.records import Handled, ReportedAct
from safety_detector.service.incidents.records import Act, StoredIncident

_ASSURANCES = (
    ("measure", "measure"),
    ("assignee", "assignee"),
    ("unit", "responsible_unit"),
    ("funds", "funds"),
    ("due_at", "due_at"),
    ("plan", "contingency_plan"),
)


def handled_at(one: StoredIncident, acts: Sequence[Act], moment: datetime) -> Handled:
    """What people had made of an incident at a moment.

    Args:
        one: the incident as it stands.
        acts: all that was done about it, in order.
        moment: later acts are left out, so that a report that is begun again says the same.
    """
    known = [act for act in acts if act.at <= moment]
    said = tuple(
        ReportedAct(act.kind, act.at, act.by.name, act.text, act.assignee, act.due_at)
        for act in known
    )
    if len(known) == len(acts):
        return Handled(
            state=one.state,
            review=one.review,
            level=one.level,
            location=one.location,
            description=one.description,
            basis=one.basis,
            measure=one.measure,
            assignee=one.assignee,
            unit=one.responsible_unit,
            funds=one.funds,
            due_at=one.due_at,
            plan=one.contingency_plan,
            acknowledged_at=one.acknowledged_at,
            closed_at=one.closed_at,
            acts=said,
        )
    return _replayed(known, said)


def _replayed(known: Sequence[Act], said: tuple[ReportedAct, ...]) -> Handled:
    """The same, by the acts alone."""
    state = HandlingState.OPEN
    review: Review | None = None
    acknowledged_at = closed_at = None
    fields: dict[str, str | datetime | None] = {}
    for act in known:
        if act.state is None:
            then = state_after(state, act.kind, review) or state
            review = review_after(review, act.kind, then)
        else:
            # A merge takes over how far people were, and what the program does leads elsewhere.
            then, review = act.state, act.review
        if acknowledged_at is None and then is not HandlingState.OPEN:
            acknowledged_at = act.at
        if then is not state:
            closed_at = act.at if then is HandlingState.CLOSED else None
        state = then
        if act.kind is ActKind.ASSIGN:
            fields |= {
                ours: getattr(act, theirs) or fields.get(ours) for ours, theirs in _ASSURANCES
            }
            fields |= {ours: None for ours, theirs in _ASSURANCES if theirs in act.changed}
        fields |= act.changed if act.kind is ActKind.DESCRIBE else {}
    level = fields.pop("level", None)
    return Handled(
        state=state,
        review=review,
        level=Level(str(level)) if level else None,
        acknowledged_at=acknowledged_at,
        closed_at=closed_at,
        acts=said,
        **fields,  # type: ignore[arg-type]
    )
