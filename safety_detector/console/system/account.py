"""``/account``: where somebody is signed in, and another password: their own alone."""

from __future__ import annotations

import math
from functools import partial
from http import HTTPStatus
from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from safety_detector.console.forms import Form, read_form
from safety_detector.console.rendering import page
from safety_detector.console.route import PageRoute, detail_of, status_of
from safety_detector.console.sign_in.beginning import AT_ONCE, begin_session
from safety_detector.console.visitor import SESSION_COOKIE, Viewer, Visitor
from safety_detector.errors import SafetyDetectorError, SubmissionRefused
from safety_detector.service.access.sessions import Session, session_id_of
from safety_detector.service.access.sign_in import Outcome
from safety_detector.web.answers import base_path
from safety_detector.web.collaborators import collaborators
from safety_detector.web.people.documents import SessionDocument

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/account")
async def show_account(request: Request, visitor: Viewer) -> Response:
    """Who they are, what they may, where they are signed in."""
    return await _account_page(request, visitor, None)


@router.post("/account/sessions")
async def end_sessions(request: Request, visitor: Viewer) -> Response:
    """Signs them out of one browser, or of all but this one."""
    form = await read_form(request, visitor)
    sessions = collaborators(request).service.access.sessions
    person_id = visitor.actor.person_id
    if person_id is not None:
        one = form.get("session")
        if one:
            await run_in_threadpool(sessions.end_one, person_id, one, visitor.actor)
        else:
            own = request.cookies.get(SESSION_COOKIE)
            await run_in_threadpool(sessions.end_all, person_id, visitor.actor, but=own)
    return RedirectResponse(f"{base_path(request)}/account", HTTPStatus.SEE_OTHER)


@router.post("/account/password")
async def change_password(request: Request, visitor: Viewer) -> Response:
    """Another password, for whoever knows the present one; all other sessions end."""
    form = await read_form(request, visitor)
    access = collaborators(request).service.access
    person = None
    if visitor.actor.person_id is not None and visitor.is_signed_in:
        person = await run_in_threadpool(access.people.get, visitor.actor.person_id)
    if person is None:
        return RedirectResponse(f"{base_path(request)}/account", HTTPStatus.SEE_OTHER)
    address = request.client.host if request.client else ""
    outcome = await run_sync(
        access.sign_in.attempt,
        person.name,
        form.get("present_password"),
        address,
        limiter=AT_ONCE,
    )
    try:
        _check(outcome, form)
        change = partial(
            access.people.change, person.name, visitor.actor, password=form.get("password")
        )
        await run_sync(change, limiter=AT_ONCE)
    except SafetyDetectorError as exc:
        return await _account_page(request, visitor, exc)
    return await begin_session(request, person, "/account")


def _check(outcome: Outcome, form: Form) -> None:
    if outcome.wait:
        seconds = math.ceil(outcome.wait.total_seconds())
        raise SubmissionRefused("sign-in-wait", seconds=seconds)
    if outcome.who is None:
        raise SubmissionRefused("account-password-wrong")
    if form.get("password") != form.get("again"):
        raise SubmissionRefused("passwords-differ")


async def _account_page(
    request: Request, visitor: Visitor, refused: SafetyDetectorError | None
) -> Response:
    access = collaborators(request).service.access
    person_id, token = visitor.actor.person_id, request.cookies.get(SESSION_COOKIE)
    found: tuple[Session, ...] = ()
    person = None
    if person_id is not None and visitor.is_signed_in:
        found = await run_in_threadpool(access.sessions.of_person, person_id)
        person = await run_in_threadpool(access.people.get, person_id)
    things: dict[str, Any] = {
        "sessions": [SessionDocument.of(one) for one in found],
        "here_id": session_id_of(token) if token else None,
        "has_password": person is not None and not person.signed_in_elsewhere,
        "refused": detail_of(refused, visitor.language) if refused else None,
    }
    status = status_of(refused, HTTPStatus.UNPROCESSABLE_ENTITY) if refused else HTTPStatus.OK
    return page(request, visitor, "account.html", things, status)
