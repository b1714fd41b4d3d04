"""Who makes a request, and whether they may.

A key comes as ``Authorization: Bearer sdk_…`` or ``X-API-Key: sdk_…``.  A service that never had a
key is open, but only to programs on its own machine: it binds to loopback, and requests that a web
page from elsewhere makes in the operator's browser are refused.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer
from starlette.concurrency import run_in_threadpool

from safety_detector.service.audit import Actor
from safety_detector.service.records import Principal, Scope
from safety_detector.web.collaborators import Collaborators, collaborators
from safety_detector.web.problems import RequestProblem

_bearer = HTTPBearer(auto_error=False, scheme_name="bearer", description="An API key.")
_header = APIKeyHeader(
    name="X-API-Key", auto_error=False, scheme_name="apiKey", description="An API key."
)

_NO_KEY_NEEDED = Principal(key_id=None, name="anyone on this machine", scopes=frozenset(Scope))


async def authenticate(request: Request) -> Principal:
    """Whose request this is.

    Raises:
        RequestProblem: no key, a wrong one, or a page from elsewhere in the operator's browser.
    """
    principal = await identify(request)
    if principal is None:
        raise _unauthorized("This service needs an API key: Authorization: Bearer sdk_….")
    await _spend(request, principal)
    return principal


async def identify(request: Request) -> Principal | None:
    """Whose request this is; None for one without a key where keys are needed.

    Raises:
        RequestProblem: a key that is wrong or revoked.
    """
    here = collaborators(request)
    token = _token(request)
    if token is not None:
        principal = await run_in_threadpool(here.service.keys.authenticate, token)
        if principal is None:
            raise _unauthorized("The API key is unknown or revoked.")
        return principal
    if not here.open_without_keys or await run_in_threadpool(here.service.keys.any_made):
        return None
    _refuse_foreign_page(request)
    return _NO_KEY_NEEDED


def needs(scope: Scope) -> Callable[..., Awaitable[Principal]]:
    """The dependency of a route that needs this scope."""

    async def check(principal: Annotated[Principal, Depends(authenticate)]) -> Principal:
        if not principal.may(scope):
            raise not_allowed(f"This needs a key with the scope '{scope}'.")
        return principal

    return check


def actor_of(principal: Principal) -> Actor:
    """Who acts, for the audit log."""
    return Actor(principal.name, principal.key_id)


def not_allowed(detail: str) -> RequestProblem:
    """The refusal of a known caller."""
    return RequestProblem("not-allowed", detail)


Submitter = Annotated[Principal, Depends(needs(Scope.SUBMIT))]
Reader = Annotated[Principal, Depends(needs(Scope.READ))]
Admin = Annotated[Principal, Depends(needs(Scope.ADMIN))]
Anyone = Annotated[Principal, Depends(authenticate)]

# For the OpenAPI document: routes take either of them.
DOCUMENTED = [Security(_bearer), Security(_header)]


def _token(request: Request) -> str | None:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and credentials.strip():
        return credentials.strip()
    return request.headers.get("x-api-key") or None


def _unauthorized(detail: str) -> RequestProblem:
    return RequestProblem("key-required", detail, headers={"WWW-Authenticate": "Bearer"})


async def _spend(request: Request, principal: Principal) -> None:
    """Counts the request against the caller's rate."""
    here: Collaborators = collaborators(request)
    if here.rate_limiter is None:
        return
    wait_s = here.rate_limiter.spend(principal.key_id or "-")
    if wait_s > 0:
        raise RequestProblem(
            "rate-limited",
            f"At most {here.rate_limiter.per_second:g} requests a second.",
            headers={"Retry-After": str(max(1, round(wait_s)))},
            limit=here.rate_limiter.per_second,
        )


def _refuse_foreign_page(request: Request) -> None:
    """Stops pages from elsewhere that reach for this machine through the operator's browser.

    The Host header defeats DNS rebinding, Origin and Sec-Fetch-Site forged forms.
    """
    if not _is_loopback(request.headers.get("host", "")):
        raise not_allowed(
            "Without API keys this service answers only to localhost; make a key with "
            "'safety-detector keys create'."
        )
    origin = request.headers.get("origin")
    foreign = request.headers.get("sec-fetch-site") in ("cross-site", "same-site")
    if foreign or (origin is not None and origin.partition("://")[2] != request.headers["host"]):
        raise not_allowed("Without API keys this service does not answer to other web pages.")


def _is_loopback(host: str) -> bool:
    """Whether a Host header names this machine, with or without a port."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:  # another name, or brackets that do not match
        return False
