"""Routes of pages: what goes wrong is told on a page, in the reader's language."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import Response

from safety_detector.console.rendering import page
from safety_detector.console.visitor import stranger, visitor_of
from safety_detector.errors import SafetyDetectorError
from safety_detector.web.problems.problem import (
    RequestProblem,
    invalid_request,
    problem_document,
)

_log = logging.getLogger(__name__)

_SAID = {
    HTTPStatus.UNAUTHORIZED: "page-error-sign-in",
    HTTPStatus.FORBIDDEN: "page-error-not-allowed",
    HTTPStatus.NOT_FOUND: "page-error-not-found",
    HTTPStatus.GONE: "page-error-gone",
    HTTPStatus.TOO_MANY_REQUESTS: "page-error-too-many",
}


class PageRoute(APIRoute):
    """A route whose errors are pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The function, with its errors as pages."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except (RequestProblem, SafetyDetectorError) as exc:
                return await refusal_page(request, exc)
            except RequestValidationError as exc:
                faults = [{**one, "loc": one["loc"][1:] or one["loc"]} for one in exc.errors()]
                return await refusal_page(request, invalid_request(faults))

        return answer


async def refusal_page(request: Request, error: RequestProblem | SafetyDetectorError) -> Response:
    """The page that says what went wrong, and what to do."""
    document = problem_document(error)
    status = HTTPStatus(document["status"])
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("%s: %s", document["code"], document["detail"])
    try:
        visitor = await visitor_of(request)
    except (RequestProblem, SafetyDetectorError):
        visitor = stranger(request)
    response = page(
        request,
        visitor,
        "refusal.html",
        {
            "status": int(status),
            "said": _SAID.get(status, "page-error-other"),
            "detail": detail_of(error, visitor.language),
        },
        status,
    )
    if isinstance(error, RequestProblem):
        response.headers.update(error.headers)
    return response


def detail_of(error: RequestProblem | SafetyDetectorError, language: Any) -> str:
    """What happened, in the reader's language where it is known in both."""
    if isinstance(error, SafetyDetectorError):
        return error.reason.text(language)
    return error.detail
