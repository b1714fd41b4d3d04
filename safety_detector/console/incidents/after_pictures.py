"""``/incidents/{id}/after``: a picture that is to show it put right, sent from the page itself.

It is inspected as any other; what the detector says of it is shown before it counts.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import partial
from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from safety_detector.console.forms import TOKEN_FIELD, Form, is_in_place
from safety_detector.console.incidents.acting import IncidentId, check_role, find_incident
from safety_detector.console.incidents.after_shown import AfterShown
from safety_detector.console.incidents.one import incident_page
from safety_detector.console.rendering import page
from safety_detector.console.route import PageRoute, detail_of, status_of
from safety_detector.console.visitor import Manager, Viewer, Visitor
from safety_detector.domain.incidents.handling import ActKind
from safety_detector.domain.inspection import Inspection, Status
from safety_detector.errors import SafetyDetectorError, SubmissionRefused
from safety_detector.service.incidents.records import StoredIncident
from safety_detector.service.records import Submission
from safety_detector.web.access.authentication import refuse_foreign_page
from safety_detector.web.answers import base_path
from safety_detector.web.bodies.multipart_form import receive_form
from safety_detector.web.bodies.uploads import Spool
from safety_detector.web.collaborators import collaborators
from safety_detector.web.inspections.accepting import require_room
from safety_detector.web.inspections.waiting import granted_wait_s, wait_until_final
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.ids import is_possible_id, not_found
from safety_detector.web.queries.values import printable_name

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_WAIT_S = 6.0  # a picture is mostly inspected by then; else the page asks again
_FIELDS = (TOKEN_FIELD, "version", "text", "inspection_id", "override", "act")


@router.post("/incidents/{incident_id}/after")
async def send_after_picture(
    request: Request, visitor: Manager, incident_id: IncidentId
) -> Response:
    """Takes the picture and shows what is seen in it; nothing is done about the incident yet."""
    here = collaborators(request)
    refuse_foreign_page(request)
    incident = await find_incident(here, incident_id)
    check_role(visitor, ActKind.RECTIFY, incident.state)
    await require_room(here)
    with Spool(here.uploads.limits.spool_dir) as spool:
        received = await receive_form(request, here.uploads.limits, spool, _FIELDS)
        form = Form({name: text.strip() for name, text in received.fields.items() if text.strip()})
        if not visitor.is_own_form(form.get(TOKEN_FIELD)):
            raise RequestProblem("not-allowed", "The form is not one of this browser's pages.")
        files = [one for one in received.files if one.size_bytes]
        form = Form({**form.fields, "act": "rectify"})
        if len(files) != 1:
            return await _refused(
                request, visitor, incident, form, SubmissionRefused("after-picture-none")
            )
        file = files[0]

        def accept() -> Inspection:
            data = spool.read(file, here.uploads.limits.picture)
            submission = Submission(
                printable_name(file.name) or "picture",
                metadata={"incident_id": incident.id, "sent_by": visitor.actor.name},
                submitted_by=visitor.actor.person_id or visitor.actor.key_id,
                idempotency_key=_key_of(incident, data),
            )
            take = here.service.inspections.intake.accept
            found = take(data, submission)
            if found.status is Status.FAILED:  # sent once more, it is looked at once more
                return take(data, replace(submission, idempotency_key=None))
            return found

        try:
            accepted = await here.uploads.places.run(request, file.size_bytes, accept)
        except SafetyDetectorError as exc:
            return await _refused(request, visitor, incident, form, exc)
    wait = partial(wait_until_final, [accepted], here.service.inspections.results)
    await wait(here.streams.feed, granted_wait_s(here, _WAIT_S))
    return await _shown(request, visitor, incident, form, accepted.id)


@router.get("/incidents/{incident_id}/after/{inspection_id}")
async def show_after_picture(
    request: Request, visitor: Viewer, incident_id: IncidentId, inspection_id: IncidentId
) -> Response:
    """What the detector says of a picture by now; for the page, which asks while it waits."""
    if not is_in_place(request):
        path = f"{base_path(request)}/incidents/{incident_id}"
        return RedirectResponse(path, HTTPStatus.SEE_OTHER)
    incident = await find_incident(collaborators(request), incident_id)
    if not is_possible_id(inspection_id):
        raise not_found("inspection", inspection_id)
    return await _shown(request, visitor, incident, Form({}), inspection_id)


def _key_of(incident: StoredIncident, data: bytes) -> str:
    """What makes a picture that is sent twice for the same purpose one."""
    return f"after-{incident.id}-{incident.version}-{hashlib.sha256(data).hexdigest()}"


async def _shown(
    request: Request, visitor: Visitor, incident: StoredIncident, form: Form, inspection_id: str
) -> Response:
    acts = collaborators(request).service.incidents.acts
    try:
        look = await run_in_threadpool(acts.look_at_after, incident.id, inspection_id)
    except SafetyDetectorError as exc:
        return await _refused(request, visitor, incident, form, exc)
    if look is None:
        raise not_found("incident", incident.id)
    after = AfterShown.of(look)
    if is_in_place(request):
        return page(request, visitor, "incident_after.html", {"after": after, "form": form})
    # The form stands there with the picture in it, and with what was typed.
    return await incident_page(request, visitor, incident, form, None, after)


async def _refused(
    request: Request,
    visitor: Visitor,
    incident: StoredIncident,
    form: Form,
    error: SafetyDetectorError,
) -> Response:
    if is_in_place(request):
        status = status_of(error, HTTPStatus.CONFLICT)
        return PlainTextResponse(detail_of(error, visitor.language), status)
    return await incident_page(request, visitor, incident, form, error)
