"""``/sign-in/openid``: to the provider, and back from it."""

from __future__ import annotations

import json
import logging
import time
from http import HTTPStatus

from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from safety_detector.console.forms import Form, local_path
from safety_detector.console.rendering import set_cookie
from safety_detector.console.route import PageRoute
from safety_detector.console.sign_in.beginning import begin_session
from safety_detector.console.sign_in.elsewhere import elsewhere
from safety_detector.console.sign_in.provider import Begun, OpenIdProvider
from safety_detector.console.sign_in.routes import sign_in_page
from safety_detector.errors import SecretsLost, ServiceUnavailable, SignInRefused, SubmissionRefused
from safety_detector.web.answers import base_path
from safety_detector.web.collaborators import collaborators
from safety_detector.web.problems.problem import RequestProblem

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_log = logging.getLogger(__name__)

_COOKIE = "safety_openid_"
_KEPT_S = 600
_SIGNS = 8  # of the state, in the name of its cookie: two windows may sign in at the same time


@router.get("/sign-in/openid")
async def begin(request: Request) -> Response:
    """Sends the browser to the provider; what it keeps meanwhile is sealed."""
    provider = _provider(request)
    back = local_path(request.query_params.get("back", ""), "/")
    try:
        address, begun = await to_thread.run_sync(
            provider.begin, limiter=elsewhere(request).threads
        )
    except (SignInRefused, ServiceUnavailable) as exc:
        return await sign_in_page(request, Form({"back": back}), said=exc)
    kept = {
        "state": begun.state,
        "nonce": begun.nonce,
        "verifier": begun.verifier,
        "back": back,
        "until": str(int(time.time()) + _KEPT_S),
    }
    seal = collaborators(request).service.notifications.seal
    sealed = await run_in_threadpool(seal.seal, {"openid": json.dumps(kept)})
    response = RedirectResponse(address, HTTPStatus.SEE_OTHER, {"Cache-Control": "no-store"})
    set_cookie(request, response, _COOKIE + begun.state[:_SIGNS], sealed.decode(), _KEPT_S)
    return response


@router.get("/sign-in/openid/callback")
async def finish(request: Request) -> Response:
    """Begins a session for whom the provider has signed in, once for each beginning."""
    provider = _provider(request)
    answer = dict(request.query_params)
    cookie = _COOKIE + answer.get("state", "")[:_SIGNS]
    kept: dict[str, str] = {}
    try:
        kept = await run_in_threadpool(_read, request, request.cookies.get(cookie, ""))
        begun = Begun(kept["state"], kept["nonce"], kept["verifier"])
        there = await to_thread.run_sync(
            provider.finish, begun, answer, limiter=elsewhere(request).threads
        )
        people = collaborators(request).service.access.people
        person = await run_in_threadpool(
            people.of_elsewhere,
            there.issuer,
            there.subject,
            there.name,
            elsewhere(request).roles,
            there.groups,
        )
    except (SubmissionRefused, ServiceUnavailable) as exc:
        _log.warning("%s", exc)
        response = await sign_in_page(request, Form({"back": kept.get("back", "/")}), said=exc)
    else:
        response = await begin_session(request, person, kept["back"])
    if cookie in request.cookies:
        response.delete_cookie(cookie, path=base_path(request) or "/")
    return response


def _provider(request: Request) -> OpenIdProvider:
    provider = elsewhere(request).provider
    if provider is None:
        raise RequestProblem("not-found", "There is no provider.")
    return provider


def _read(request: Request, sealed: str) -> dict[str, str]:
    """What this browser kept.

    Raises:
        SignInRefused: nothing, or it is too old.
    """
    seal = collaborators(request).service.notifications.seal
    try:
        texts = seal.open(sealed.encode()) if sealed.isascii() and sealed else {}
    except SecretsLost:
        texts = {}
    kept: dict[str, str] = json.loads(texts.get("openid", "{}"))
    if not kept or int(kept["until"]) < time.time():
        raise SignInRefused("openid-begun-elsewhere")
    return kept
