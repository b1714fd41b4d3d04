"""``/sign-in`` and ``/sign-out``."""

from __future__ import annotations

import math
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from safety_detector.console.forms import Form, local_path, read_form
from safety_detector.console.rendering import page
from safety_detector.console.route import PageRoute
from safety_detector.console.sign_in.beginning import AT_ONCE, begin_session
from safety_detector.console.sign_in.elsewhere import elsewhere
from safety_detector.console.visitor import SESSION_COOKIE, stranger
from safety_detector.errors import ServiceUnavailable, SubmissionRefused
from safety_detector.service.access.sign_in import Outcome
from safety_detector.web.answers import base_path
from safety_detector.web.collaborators import collaborators

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/sign-in")
async def show_sign_in(request: Request) -> Response:
    """Asks for name and password."""
    back = local_path(request.query_params.get("back", ""), "/")
    return await sign_in_page(request, Form({"back": back}))


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Begins a session and leads to where somebody wanted to go."""
    form = await read_form(request, stranger(request))
    attempt = collaborators(request).service.access.sign_in.attempt
    address = request.client.host if request.client else ""
    outcome = await run_sync(
        attempt, form.get("name"), form.get("password"), address, limiter=AT_ONCE
    )
    if outcome.who is None:
        return await sign_in_page(request, form, outcome)
    return await begin_session(request, outcome.who, form.get("back"))


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """Ends the session here, whatever the browser does with its cookie."""
    await read_form(request, stranger(request))
    token = request.cookies.get(SESSION_COOKIE)
    if token:
        await run_in_threadpool(collaborators(request).service.access.sessions.end, token)
    response = RedirectResponse(f"{base_path(request)}/sign-in", HTTPStatus.SEE_OTHER)
    response.delete_cookie(SESSION_COOKIE, path=base_path(request) or "/")
    return response


async def sign_in_page(
    request: Request,
    form: Form,
    outcome: Outcome | None = None,
    said: SubmissionRefused | ServiceUnavailable | None = None,
) -> Response:
    """The page that asks who somebody is.

    Args:
        request: what asks for it.
        form: what was typed.
        outcome: of a password that was tried.
        said: why another system's word was not enough.
    """
    people = collaborators(request).service.access.people
    has_accounts = await run_in_threadpool(people.any_made)
    wait_s = math.ceil(outcome.wait.total_seconds()) if outcome else 0
    visitor, status = stranger(request), HTTPStatus.OK
    if outcome is not None:
        status = HTTPStatus.TOO_MANY_REQUESTS if wait_s else HTTPStatus.UNAUTHORIZED
    elif said is not None:
        is_away = isinstance(said, ServiceUnavailable)
        status = HTTPStatus.SERVICE_UNAVAILABLE if is_away else HTTPStatus.FORBIDDEN
    provider = elsewhere(request).provider
    back = local_path(form.get("back"), "/")
    things = {
        "name": form.get("name"),
        "to": back,
        "is_wrong": outcome is not None and not wait_s,
        "wait_s": wait_s,
        "has_accounts": has_accounts or provider is not None,
        "said": said.reason.text(visitor.language) if said else None,
        "provider": f"/sign-in/openid?back={quote(back, safe='')}" if provider else None,
        "issuer": urlsplit(provider.issuer).hostname if provider else None,
    }
    response = page(request, visitor, "sign_in.html", things, status)
    if wait_s:
        response.headers["Retry-After"] = str(wait_s)
    return response
