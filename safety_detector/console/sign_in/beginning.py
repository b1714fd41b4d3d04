"""How a session begins, however somebody showed who they are."""

from __future__ import annotations

from http import HTTPStatus

from anyio import CapacityLimiter
from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from safety_detector.console.forms import local_path
from safety_detector.console.rendering import set_cookie
from safety_detector.console.visitor import SESSION_COOKIE
from safety_detector.service.access.people import Person
from safety_detector.service.records import Principal
from safety_detector.web.answers import base_path
from safety_detector.web.collaborators import collaborators

AT_ONCE = CapacityLimiter(2)
"""Passwords that are hashed at the same time; each takes 64 MiB."""

_KEEP_S = 30 * 86_400


async def begin_session(request: Request, who: Person | Principal, back: str) -> Response:
    """Signs somebody in and leads to where they wanted to go."""
    sessions = collaborators(request).service.access.sessions
    address = request.client.host if request.client else None
    agent = request.headers.get("user-agent")
    token = await run_in_threadpool(sessions.begin, who, address, agent)
    target = base_path(request) + local_path(back, "/")
    response = RedirectResponse(target, HTTPStatus.SEE_OTHER)
    set_cookie(request, response, SESSION_COOKIE, token, _KEEP_S)
    return response
