"""``/language``: in which language pages are written, chosen with one click."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from safety_detector.console.forms import local_path, read_foreign_form
from safety_detector.console.rendering import set_cookie
from safety_detector.console.route import PageRoute
from safety_detector.console.visitor import LANGUAGE_COOKIE
from safety_detector.domain.hazards import LANGUAGES
from safety_detector.web.answers import base_path
from safety_detector.web.problems.problem import RequestProblem

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_KEEP_S = 365 * 86_400


@router.post("/language")
async def choose_language(request: Request) -> Response:
    """Keeps the choice in a cookie, and leads back; nobody has to be signed in for it."""
    form = await read_foreign_form(request)
    chosen = form.get("language")
    if chosen not in LANGUAGES:
        raise RequestProblem("request-invalid", f"language: one of {', '.join(LANGUAGES)}.")
    target = base_path(request) + local_path(form.get("back"), "/")
    response = RedirectResponse(target, HTTPStatus.SEE_OTHER)
    set_cookie(request, response, LANGUAGE_COOKIE, chosen, _KEEP_S)
    return response
