"""What the pages about one incident have in common: finding it, and doing what a form says."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import Path, Request
from starlette.concurrency import run_in_threadpool

from safety_detector.console.forms import Form
from safety_detector.console.incidents.judging import judging
from safety_detector.console.local_moments import with_zone
from safety_detector.console.visitor import RoleNeeded, Visitor
from safety_detector.domain.incidents.handling import JUDGEMENTS, ActKind, HandlingState
from safety_detector.domain.people import role_for
from safety_detector.service.incidents.records import NewAct, SeenVersion, StoredIncident
from safety_detector.web.collaborators import Collaborators, collaborators
from safety_detector.web.incidents.bodies import ActBody
from safety_detector.web.queries.ids import is_possible_id, not_found
from safety_detector.web.queries.values import checked

IncidentId = Annotated[str, Path(max_length=64)]

_EMPTIED = ("responsible_unit", "measure", "funds", "due_at", "contingency_plan")
_ACT_FIELDS = tuple(
    one for one in ActBody.model_fields if one not in ("inspection_ids", "shown_inspection_id")
)


async def find_incident(here: Collaborators, incident_id: str) -> StoredIncident:
    """The incident of an address.

    Raises:
        RequestProblem: there is none.
    """
    found = None
    if is_possible_id(incident_id):
        found = await run_in_threadpool(here.service.incidents.records.get, incident_id)
    if found is None:
        raise not_found("incident", incident_id)
    return found


async def do_what_form_says(
    request: Request, visitor: Visitor, incident: StoredIncident, form: Form
) -> StoredIncident | None:
    """Does the act of a form; gives the incident as it stands then, None where it is gone.

    Raises:
        RoleNeeded: somebody else may do it.
        RequestProblem, SubmissionRefused: what was filled in is refused, or came too late.
    """
    body = checked(ActBody, _act_of(form, visitor))
    check_role(visitor, body.act, incident.state)
    return await run_in_threadpool(
        collaborators(request).service.incidents.acts.do,
        incident.id,
        with_shown(_assigned(body.wanted(), incident, form), form.get("shown")),
        visitor.actor,
        seen_version(form.get("version"), incident.id),
    )


def seen_version(version: str, incident_id: str) -> list[SeenVersion] | None:
    """What somebody had before their eyes; nothing is done where others did something since."""
    is_number = version.isascii() and version.isdigit() and len(version) < 10
    return [SeenVersion(incident_id, int(version))] if is_number else None


def check_role(visitor: Visitor, act: ActKind, state: HandlingState) -> None:
    """Whether this person may do it.

    Raises:
        RoleNeeded: somebody else may.
    """
    needed = role_for(act, state)
    if not visitor.may(needed):
        raise RoleNeeded(needed)


def judgement_of(form: Form, visitor: Visitor) -> dict[str, str] | None:
    """The act that a key of the judging stands for; None where none was pressed."""
    pressed = form.get("judgement")
    for one in judging(visitor):
        if one.key == pressed:
            return {"act": one.act, "text": one.text} if one.text else {"act": one.act}
    return None


def with_shown(wanted: NewAct, inspection_id: str) -> NewAct:
    """An act with the picture that the page showed, where it is a judgement."""
    if wanted.kind not in JUDGEMENTS or not is_possible_id(inspection_id):
        return wanted
    return replace(wanted, shown_inspection_id=inspection_id)


def _assigned(wanted: NewAct, incident: StoredIncident, form: Form) -> NewAct:
    """An act as it is meant by a form of an assignment, which shows all that was said before.

    What was taken out is to be empty; a due date that was left alone stays, also one that is past.
    """
    if wanted.kind is not ActKind.ASSIGN:
        return wanted
    emptied = {name: None for name in _EMPTIED if getattr(incident, name) and not form.get(name)}
    due_at = wanted.due_at
    if incident.due_at and due_at == incident.due_at.replace(second=0, microsecond=0):
        due_at = None
    return replace(wanted, changed=emptied, due_at=due_at)


def _act_of(form: Form, visitor: Visitor) -> dict[str, Any]:
    judged = judgement_of(form, visitor)
    if judged is not None:
        return judged
    fields: dict[str, Any] = {name: form.get(name) for name in _ACT_FIELDS if form.get(name)}
    if "due_at" in fields:
        fields["due_at"] = with_zone(fields["due_at"], visitor.zone)
    chosen = form.all("inspection_ids")
    return fields | {"inspection_ids": chosen} if chosen else fields
