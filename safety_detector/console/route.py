"""Routes of pages: what goes wrong is told on a page, in the reader's language."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from safety_detector.console.forms import is_in_place
from safety_detector.console.rendering import page, words_for
from safety_detector.console.visitor import (
    RoleNeeded,
    SignInNeeded,
    Visitor,
    language_of,
    stranger,
    visitor_of,
)
from safety_detector.domain.hazards import Language
from safety_detector.domain.people import Role
from safety_detector.errors import SafetyDetectorError
from safety_detector.message_texts.catalogue import PHRASES
from safety_detector.message_texts.reason import Reason
from safety_detector.web.answers import base_path
from safety_detector.web.collaborators import collaborators
from safety_detector.web.problems.problem import (
    RequestProblem,
    invalid_request,
    problem_document,
)

_MOST_NAMED = 3  # administrators whom somebody may ask
_MOST_FAULTS = 3  # of fields, that are told in a row

_log = logging.getLogger(__name__)

_SAID = {
    HTTPStatus.UNAUTHORIZED: "page-error-sign-in",
    HTTPStatus.FORBIDDEN: "page-error-not-allowed",
    HTTPStatus.NOT_FOUND: "page-error-not-found",
    HTTPStatus.GONE: "page-error-gone",
    HTTPStatus.TOO_MANY_REQUESTS: "page-error-too-many",
}

_ON_PAGES = {
    "act-picture-doubted": "page-act-picture-doubted",
    "act-due-has-passed": "page-act-due-has-passed",
    "act-needs-text": "page-act-needs-text",
    "act-needs-assignee": "page-act-needs-assignee",
    "act-changes-nothing": "page-act-changes-nothing",
}
"""Messages that name what a program sends, and what a page says instead."""

_LABELS = {"due_at": "act-due", "text": "act-text"}
"""What stands beside fields whose label is not called as they are."""


class PageRoute(APIRoute):
    """A route whose errors are pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The function, with its errors as pages."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except SignInNeeded:
                return _lead_to_sign_in(request)
            except RoleNeeded as exc:
                return await _role_page(request, exc.role)
            except (RequestProblem, SafetyDetectorError) as exc:
                return await refusal_page(request, exc)
            except RequestValidationError as exc:
                faults = [{**one, "loc": one["loc"][1:] or one["loc"]} for one in exc.errors()]
                return await refusal_page(request, invalid_request(faults))

        return answer


def _lead_to_sign_in(request: Request) -> Response:
    """Whoever opens a page comes back to it; whoever sends something keeps it in the window."""
    text = Reason("page-signed-out").text(language_of(request))
    if is_in_place(request):
        return PlainTextResponse(text, HTTPStatus.UNAUTHORIZED)
    if request.method != "GET":
        things = {"status": 401, "said": "page-error-sign-in", "detail": text}
        return page(request, stranger(request), "refusal.html", things, HTTPStatus.UNAUTHORIZED)
    base = base_path(request)
    query = f"?{request.url.query}" if request.url.query else ""
    back = quote(request.url.path.removeprefix(base) + query, safe="")
    return RedirectResponse(f"{base}/sign-in?back={back}", HTTPStatus.SEE_OTHER)


async def _role_page(request: Request, needed: Role) -> Response:
    """403, with whom to ask."""
    visitor = await visitor_of(request)
    text = await role_needed(request, visitor, needed)
    if is_in_place(request):
        return PlainTextResponse(text, HTTPStatus.FORBIDDEN)
    things = {"status": 403, "said": "page-error-not-allowed", "detail": text}
    return page(request, visitor, "refusal.html", things, HTTPStatus.FORBIDDEN)


async def role_needed(request: Request, visitor: Visitor, needed: Role) -> str:
    """That somebody else may do this, and whom to ask."""
    people = await run_in_threadpool(collaborators(request).service.access.people.list)
    asked = [
        one.name for one in people if one.disabled_at is None and one.role is Role.ADMINISTRATOR
    ][:_MOST_NAMED]
    words = words_for(visitor)
    own = words.name("role", visitor.role or "")
    role = words.name("role", needed)
    if not asked:
        return words.say("page-needs-role-alone", role=role, own=own)
    return words.say("page-needs-role", role=role, own=own, who=", ".join(asked))


async def refusal_page(request: Request, error: RequestProblem | SafetyDetectorError) -> Response:
    """The page that says what went wrong, and what to do; a script gets the words alone."""
    document = problem_document(error)
    status = HTTPStatus(document["status"])
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("%s: %s", document["code"], document["detail"])
    try:
        visitor = await visitor_of(request)
    except (RequestProblem, SafetyDetectorError, SignInNeeded):
        visitor = stranger(request)
    said = _SAID.get(status, "page-error-other")
    detail = _further(error, status, visitor.language)
    if is_in_place(request):
        text = detail or words_for(visitor).say(said)
        response: Response = PlainTextResponse(text, status)
    else:
        things = {"status": int(status), "said": said, "detail": detail}
        response = page(request, visitor, "refusal.html", things, status)
    if isinstance(error, RequestProblem):
        # A browser would ask its user for a key by itself.
        headers = {name: text for name, text in error.headers.items() if name[:3] != "WWW"}
        response.headers.update(headers)
    return response


def _further(
    error: RequestProblem | SafetyDetectorError, status: HTTPStatus, language: Language
) -> str:
    """What the title does not say; the words of REST are English, and for programs."""
    is_said = isinstance(error, RequestProblem) and status in _SAID
    return "" if is_said else detail_of(error, language)


def status_of(error: RequestProblem | SafetyDetectorError, refused: HTTPStatus) -> HTTPStatus:
    """The status of a form that comes back with what was typed.

    Args:
        error: why nothing was done.
        refused: the status where the form is at fault, or came too late; a service that cannot do
            it now answers as everywhere.
    """
    status = HTTPStatus(problem_document(error)["status"])
    return status if status >= HTTPStatus.INTERNAL_SERVER_ERROR else refused


def detail_of(error: RequestProblem | SafetyDetectorError, language: Language) -> str:
    """What happened, in the reader's language where it is known in both."""
    if isinstance(error, SafetyDetectorError):
        return _for_a_page(error.reason).text(language)
    if error.faults:
        between, ends = ("；", "：") if language == "zh" else ("; ", ": ")
        return between.join(
            f"{_label(field, language)}{ends if field else ''}{reason.text(language)}"
            for field, reason in error.faults[:_MOST_FAULTS]
        )
    return error.detail


def _for_a_page(reason: Reason) -> Reason:
    """The reason in the words of a page, where those of REST name what only a program sends."""
    return replace(reason, code=_ON_PAGES.get(reason.code, reason.code))


def _label(field: str, language: Language) -> str:
    """What stands beside a field on its page; the field's own name where that is not known."""
    phrase = PHRASES.get(_LABELS.get(field, f"field-{field.replace('_', '-')}"))
    return field if phrase is None else phrase.of(language)
