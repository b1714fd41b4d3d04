"""Who makes a request, and whether they may.

A key comes as ``Authorization: Bearer sdk_…``, ``X-API-Key: sdk_…``, or as the password of HTTP
Basic with any user name, for cameras and browsers.  A service that never had a key is open, but
only to programs on its own machine: it binds to loopback, and requests that come through a proxy
from elsewhere, or that a web page from elsewhere makes in the operator's browser, are refused.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from safety_detector.errors import ServiceUnavailable
from safety_detector.network.addresses import is_loopback_host, same_host
from safety_detector.service.access.audit import Actor
from safety_detector.service.access.digests import REALM
from safety_detector.service.access.keys import KEY_BEGINNING
from safety_detector.service.records import Principal, Scope
from safety_detector.web.collaborators import Collaborators, collaborators
from safety_detector.web.connection.forwarding import names_another_machine
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.known import refuse_unknown_query

RunInThread = Callable[[Callable[[], Any]], Awaitable[Any]]

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

ANYBODY_HERE = "anyone on this machine"
"""Who acts where nobody has to sign in."""

_NO_KEY_NEEDED = Principal(key_id=None, name=ANYBODY_HERE, scopes=frozenset(Scope))


async def authenticate(request: Request, scope: Scope | None = None) -> Principal:
    """Whose request this is; then what it asks for is looked at, too.

    Args:
        request: the request.
        scope: what the key must allow; None where the route decides.

    Raises:
        RequestProblem: no key, a wrong one, one that may not do this, a page from elsewhere in the
            operator's browser, or a query that the address does not know.
    """
    principal = await identify(request)
    if principal is None:
        raise unauthorized("This service needs an API key: Authorization: Bearer sdk_….")
    await admit(request, principal)
    if scope is not None and not principal.may(scope):
        raise not_allowed(f"This needs a key with the scope '{scope}'.")
    return principal


async def admit(request: Request, principal: Principal) -> None:
    """Counts a request against its caller's rate, and looks at its query.

    Raises:
        RequestProblem: too many requests, or a query that the address does not know.
    """
    await _spend(request, principal)
    refuse_unknown_query(request)


async def identify(
    request: Request, run_in_thread: RunInThread = run_in_threadpool
) -> Principal | None:
    """Whose request this is; None for one without a key where keys are needed.

    Args:
        request: the request.
        run_in_thread: asks the database.

    Raises:
        RequestProblem: a key that is wrong or revoked.
    """
    here = collaborators(request)
    shown = _shown_key(request)
    if shown is not None:
        if shown.sent_by_browser and request.method not in _SAFE_METHODS:
            refuse_foreign_page(request)
        principal: Principal | None = await run_in_thread(
            partial(here.service.access.keys.authenticate, shown.token)
        )
        if principal is None:
            raise unauthorized("The API key is unknown or revoked.")
        return principal
    if not here.access.open_without_keys:
        return None
    access = here.service.access
    if not access.had_nobody_lately() and await run_in_thread(access.has_anybody):
        return None
    _refuse_other_machine(request)
    refuse_foreign_page(request)
    return _NO_KEY_NEEDED


async def may_read(request: Request, run_in_thread: RunInThread = run_in_threadpool) -> bool:
    """Whether this request may read now; false where its key was revoked, or the database fails."""
    try:
        principal = await identify(request, run_in_thread)
    except (RequestProblem, ServiceUnavailable):
        return False
    return principal is not None and principal.may(Scope.READ)


def needs(scope: Scope) -> Callable[..., Awaitable[Principal]]:
    """The dependency of a route that needs this scope."""

    async def check(request: Request) -> Principal:
        return await authenticate(request, scope)

    return check


def actor_of(principal: Principal) -> Actor:
    """Who acts, for the audit log."""
    return Actor(principal.name, principal.key_id)


def not_allowed(detail: str) -> RequestProblem:
    """The refusal of a known caller."""
    return RequestProblem("not-allowed", detail)


Submitter = Annotated[Principal, Depends(needs(Scope.SUBMIT))]
Reader = Annotated[Principal, Depends(needs(Scope.READ))]
Handler = Annotated[Principal, Depends(needs(Scope.HANDLE))]
Admin = Annotated[Principal, Depends(needs(Scope.ADMIN))]

SECURITY_SCHEMES: Mapping[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "An API key.",
    },
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "An API key as the password; any user name.",
    },
}
"""The ways to show a key, for the OpenAPI document; routes take any of them."""


@dataclass(frozen=True, slots=True)
class _ShownKey:
    """A key in a request.

    Attributes:
        token: its text.
        sent_by_browser: whether a browser may have added it by itself, for a page from elsewhere.
    """

    token: str
    sent_by_browser: bool


def _shown_key(request: Request) -> _ShownKey | None:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    credentials = credentials.strip()
    if scheme.lower() == "bearer" and credentials:
        return _ShownKey(credentials, sent_by_browser=False)
    token = request.headers.get("x-api-key")
    if token:
        return _ShownKey(token, sent_by_browser=False)
    password = _password(credentials) if scheme.lower() == "basic" else ""
    # Any other password is a proxy's, which has let the request through.
    if password.startswith(KEY_BEGINNING):
        return _ShownKey(password, sent_by_browser=True)
    return None


def _password(credentials: str) -> str:
    """The password in HTTP Basic's credentials (RFC 7617); ``""``, which is no key, in all else."""
    try:
        decoded = base64.b64decode(credentials, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return decoded.partition(b":")[2].decode("utf-8", "replace")


def unauthorized(detail: str) -> RequestProblem:
    """The refusal of an unknown caller, with the ways to show a key."""
    # Basic first: simple clients look no further, and browsers ask their user for a key.
    challenge = f'Basic realm="{REALM}", charset="UTF-8", Bearer realm="{REALM}"'
    return RequestProblem("key-required", detail, headers={"WWW-Authenticate": challenge})


async def _spend(request: Request, principal: Principal) -> None:
    """Counts the request against the caller's rate."""
    here: Collaborators = collaborators(request)
    if here.access.rate_limiter is None:
        return
    wait_s = here.access.rate_limiter.spend(principal.key_id or "-")
    if wait_s > 0:
        raise RequestProblem(
            "rate-limited",
            f"At most {here.access.rate_limiter.per_second:g} requests a second.",
            headers={"Retry-After": str(max(1, round(wait_s)))},
            limit=here.access.rate_limiter.per_second,
        )


def _refuse_other_machine(request: Request) -> None:
    """Stops those whom a proxy on this machine, or a forged name of it, lets in from outside.

    The Host header defeats DNS rebinding.
    """
    if not is_loopback_host(request.headers.get("host", "")) or names_another_machine(
        request.headers
    ):
        raise not_allowed(
            "Without API keys this service answers only to localhost; make a key with "
            "'safety-detector keys create'."
        )


def refuse_foreign_page(request: Request) -> None:
    """Stops pages from elsewhere that reach for this service through somebody's browser.

    Browsers say where a request comes from: Sec-Fetch-Site over https and on localhost, Origin
    everywhere for all that can change anything.

    Raises:
        RequestProblem: the request is such a page's.
    """
    here = collaborators(request)
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site")
    if origin in here.access.cors_origins:
        return
    foreign = site in ("cross-site", "same-site")
    if site is None and origin is not None:
        foreign = not same_host(origin, request.headers.get("host", ""))
    if foreign:
        raise not_allowed("This service does not answer to pages of other sites.")
