"""Every error as ``application/problem+json`` (RFC 9457): stable code, title, status, detail.

The tree in ``errors.py`` knows nothing of HTTP; which status each class means is decided here.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.routing import Match

from safety_detector import errors
from safety_detector.errors import SafetyDetectorError
from safety_detector.message_texts.reason import Reason, reason_document
from safety_detector.value_faults import reason_of

_log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

_RETRY_AFTER_S: Mapping[int, int] = {
    HTTPStatus.SERVICE_UNAVAILABLE: 5,
    HTTPStatus.TOO_MANY_REQUESTS: 5,
    HTTPStatus.INSUFFICIENT_STORAGE: 60,  # somebody has to make room
}
_MOST_FAULTS_TOLD = 50


class _Seldom:
    """Something that is said once in a while, however often it happens."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._next_s = 0.0

    def may_be_said(self) -> bool:
        """Whether it is time to say it; the next time is some while away then."""
        now_s = time.monotonic()
        if now_s < self._next_s:
            return False
        self._next_s = now_s + self._every_s
        return True


_full_disk = _Seldom(every_s=60)

_base_path: ContextVar[str] = ContextVar("base_path", default="")

# The nearest class of an error's ancestry counts; what is not named here is our own fault, 500.
_STATUSES: Mapping[type[SafetyDetectorError], HTTPStatus] = {
    errors.PictureRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.PictureTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.AddressRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    # The fault is with the address in the request, not with this service (502 would say that).
    errors.FetchFailed: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.CameraUnavailable: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.SubmissionRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.SignInRefused: HTTPStatus.FORBIDDEN,
    errors.UnknownCamera: HTTPStatus.NOT_FOUND,
    errors.UnknownFolder: HTTPStatus.NOT_FOUND,
    errors.CameraExists: HTTPStatus.CONFLICT,
    errors.ActRefused: HTTPStatus.CONFLICT,
    errors.IncidentChanged: HTTPStatus.PRECONDITION_FAILED,
    errors.CorrectionChanged: HTTPStatus.PRECONDITION_FAILED,
    errors.BatchExists: HTTPStatus.CONFLICT,
    errors.InspectionUnfinished: HTTPStatus.CONFLICT,
    errors.InspectionKept: HTTPStatus.CONFLICT,
    errors.TooManyReports: HTTPStatus.TOO_MANY_REQUESTS,
    # Somebody has to put the key back or give the password again; asking again changes nothing.
    errors.SecretsLost: HTTPStatus.CONFLICT,
    errors.ServiceUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StorageFull: HTTPStatus.INSUFFICIENT_STORAGE,
    errors.DatabaseFull: HTTPStatus.INSUFFICIENT_STORAGE,
}

_OWN_KINDS: Mapping[str, tuple[HTTPStatus, str]] = {
    "body-malformed": (HTTPStatus.BAD_REQUEST, "The body is not what its Content-Type says."),
    "request-malformed": (HTTPStatus.BAD_REQUEST, "What was sent is no HTTP request."),
    "head-too-large": (
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "The address or the header fields of the request exceed the limit.",
    ),
    "header-repeated": (
        HTTPStatus.BAD_REQUEST,
        "A header that may stand once in a request stands there several times.",
    ),
    "transfer-coding-unsupported": (
        HTTPStatus.NOT_IMPLEMENTED,
        "The Transfer-Encoding is another than chunked alone.",
    ),
    "content-coding-unsupported": (
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "The body is compressed; only pictures' own compression is read here.",
    ),
    "key-required": (HTTPStatus.UNAUTHORIZED, "The request has no valid API key."),
    "not-allowed": (HTTPStatus.FORBIDDEN, "The API key is valid but may not do this."),
    "not-found": (HTTPStatus.NOT_FOUND, "There is nothing at this address."),
    "method-not-allowed": (HTTPStatus.METHOD_NOT_ALLOWED, "Allow names the methods."),
    "upload-too-slow": (HTTPStatus.REQUEST_TIMEOUT, "The body did not arrive in time."),
    "not-ready": (HTTPStatus.CONFLICT, "It has not come to this yet; ask later."),
    "frame-replaced": (HTTPStatus.GONE, "A newer frame of the camera took this one's place."),
    "picture-gone": (HTTPStatus.GONE, "The picture was removed by retention."),
    "report-gone": (HTTPStatus.GONE, "The report was removed by retention."),
    "body-too-large": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body exceeds the limit."),
    "too-many-files": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "More files than the limit."),
    "media-type-unsupported": (
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "The Content-Type is none of those that are read here.",
    ),
    "request-invalid": (HTTPStatus.UNPROCESSABLE_ENTITY, "A parameter or field has no good value."),
    "all-files-rejected": (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "No file of the form could be accepted; rejected says why.",
    ),
    "fetches-busy": (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Too many pictures are being fetched by URL; Retry-After says when to come back.",
    ),
    "datasets-busy": (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Too many labelled sets are being made; Retry-After says when to come back.",
    ),
    "tests-busy": (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Too many sources of cameras are being tried; Retry-After says when to come back.",
    ),
    "rate-limited": (HTTPStatus.TOO_MANY_REQUESTS, "Too many requests; Retry-After says when."),
    "internal-error": (HTTPStatus.INTERNAL_SERVER_ERROR, "A fault of this service; it is logged."),
}


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """What a code means, whatever the occasion."""

    code: str
    status: HTTPStatus
    meaning: str

    @property
    def title(self) -> str:
        """The code as words."""
        return self.code.replace("-", " ").capitalize()


class RequestProblem(Exception):
    """A request that the web layer itself refuses.

    Args:
        code: one of the codes in this module.
        detail: one sentence on this occasion.
        headers: further headers of the answer.
        faults: why fields have no good value, by their names, where that is what is wrong.
        **facts: JSON-ready members of the answer, for example ``limit``.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        faults: Sequence[tuple[str, Reason]] = (),
        **facts: Any,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.faults = tuple(faults)
        self.facts = facts


@contextmanager
def served_below(base_path: str) -> Iterator[None]:
    """Lets the ``type`` of problems lead to where this request's client finds the service."""
    token = _base_path.set(base_path)
    try:
        yield
    finally:
        _base_path.reset(token)


def known_kinds() -> dict[str, ProblemKind]:
    """Every kind of problem that can be answered, by code."""
    own = {
        code: ProblemKind(code, status, meaning) for code, (status, meaning) in _OWN_KINDS.items()
    }
    return own | {cls.code: _kind_of(cls) for cls in _subclasses(SafetyDetectorError)}


def problem_document(error: SafetyDetectorError | RequestProblem) -> dict[str, Any]:
    """The problem object of an error, with its plain facts as further members."""
    if isinstance(error, RequestProblem):
        status, meaning = _OWN_KINDS[error.code]
        kind, detail = ProblemKind(error.code, status, meaning), error.detail
    else:
        kind, detail = _kind_of(type(error)), error.message
    own: dict[str, Any] = {
        "type": f"{_base_path.get()}/problems/{kind.code}",
        "title": kind.title,
        "status": int(kind.status),
        "detail": detail,
        "code": kind.code,
    }
    facts: Mapping[str, Any] = error.facts
    if isinstance(error, SafetyDetectorError):
        own["details"] = reason_document(error.reason)
        facts = {
            name: fact
            for name, fact in own["details"]["facts"].items()
            if not isinstance(fact, dict | list)
        }
    return own | {name: fact for name, fact in facts.items() if name not in own}


def problem_response(
    error: SafetyDetectorError | RequestProblem, status: int | None = None, **members: Any
) -> JSONResponse:
    """The answer that says what went wrong; ``members`` are added to the problem object."""
    document = problem_document(error) | members
    if status is not None:
        document["status"] = status
    headers = dict(error.headers) if isinstance(error, RequestProblem) else {}
    if document["status"] in _RETRY_AFTER_S:
        headers.setdefault("Retry-After", str(_RETRY_AFTER_S[document["status"]]))
    return _ProblemResponse(document, document["status"], headers, MEDIA_TYPE)


class _ProblemResponse(JSONResponse):
    """JSON that may repeat what a client sent, half surrogate pairs included."""

    def render(self, content: Any) -> bytes:
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "replace")


def invalid_request(faults: Sequence[Mapping[str, Any]]) -> RequestProblem:
    """The problem that names the parameters or fields without a good value.

    Args:
        faults: Pydantic's, of which place and message are told, of the first 50; what was sent is
            not repeated.
    """
    known = [
        (".".join(str(part) for part in fault["loc"]), reason_of(fault))
        for fault in faults[:_MOST_FAULTS_TOLD]
    ]
    told = [{"field": field, "detail": reason.text("en")} for field, reason in known]
    first = "; ".join(f"{one['field'] or 'body'}: {one['detail']}" for one in told[:3])
    return RequestProblem("request-invalid", f"{first or 'invalid'}.", faults=known, errors=told)


def install_problem_handlers(app: FastAPI) -> None:
    """Makes the app answer every error as a problem."""
    app.add_exception_handler(SafetyDetectorError, _answer)
    app.add_exception_handler(RequestProblem, _answer)
    app.add_exception_handler(RequestValidationError, _answer_validation)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(ClientDisconnect, _answer_nobody)


def _kind_of(cls: type[SafetyDetectorError]) -> ProblemKind:
    statuses = (_STATUSES[base] for base in cls.__mro__ if base in _STATUSES)
    status = next(statuses, HTTPStatus.INTERNAL_SERVER_ERROR)
    meaning = (cls.__doc__ or "").strip().partition("\n")[0].replace("``", "")
    return ProblemKind(cls.code, status, meaning)


def _subclasses(cls: type[SafetyDetectorError]) -> set[type[SafetyDetectorError]]:
    direct = cls.__subclasses__()
    return {*direct}.union(*(_subclasses(one) for one in direct))


async def _answer(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, SafetyDetectorError | RequestProblem):
        raise error
    response = problem_response(error)
    if isinstance(error, errors.ServiceUnavailable):
        # One line: a traceback for each upload would fill what is left of a full disk, and so would
        # a line for each that is refused because of it.
        if response.status_code != HTTPStatus.INSUFFICIENT_STORAGE or _full_disk.may_be_said():
            _log.error("%s: %s", error.code, error)
    elif response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("%s: %s", error.code, error, exc_info=error)
    return response


async def _answer_validation(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    # The first part of the place is where it stood (query, path, header); people need the name.
    faults = [{**fault, "loc": fault["loc"][1:] or fault["loc"]} for fault in error.errors()]
    return problem_response(invalid_request(faults))


async def _answer_http(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            problem = RequestProblem("not-found", f"There is nothing at {request.url.path[:200]}.")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = ", ".join(_methods_here(request))
            problem = RequestProblem(
                "method-not-allowed",
                f"{request.method} is not possible here, but {allowed}.",
                headers={"Allow": allowed},
            )
        case _:
            problem = RequestProblem("body-malformed", str(error.detail), headers=error.headers)
    return problem_response(problem, status=error.status_code)


def _methods_here(request: Request) -> list[str]:
    """Every method of this path; Starlette names those of the path's first route alone."""
    routes = request.app.router.routes
    found = [
        method
        for method in ("GET", "POST", "PUT", "DELETE")
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes
        )
    ]
    return ["HEAD", *found] if "GET" in found else found


async def _answer_nobody(_request: Request, _error: Exception) -> JSONResponse:
    return problem_response(RequestProblem("body-malformed", "The body ended before it was whole."))
