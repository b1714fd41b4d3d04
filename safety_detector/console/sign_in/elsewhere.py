"""People whom another system signs in: an OpenID Connect provider, or a proxy in front."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from anyio import CapacityLimiter
from fastapi import Request
from starlette.concurrency import run_in_threadpool

from safety_detector.console.sign_in.provider import OpenIdProvider
from safety_detector.domain.people import Role
from safety_detector.errors import SignInRefused
from safety_detector.service.access.people import Person
from safety_detector.web.collaborators import collaborators

_PROXY = "proxy"
_ASKED_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class SignInElsewhere:
    """Which systems say who people are.

    Attributes:
        provider: with which they sign in; None for none.
        user_header: in which a trusted proxy names them, in lower case; None for none.  What others
            send under this name was taken off before (``ForwardedRequests``).
        groups_header: in which it says to which groups they belong.
        roles: by group; empty where roles are given here.
        threads: in which the provider is asked; while it does not answer, pages have the others.
    """

    provider: OpenIdProvider | None = None
    user_header: str | None = None
    groups_header: str | None = None
    roles: Mapping[str, Role] = field(default_factory=dict)
    threads: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(_ASKED_AT_ONCE))


def elsewhere(request: Request) -> SignInElsewhere:
    """What the app that serves this request was made with."""
    return cast(SignInElsewhere, request.app.state.sign_in_elsewhere)


async def person_of_proxy(request: Request) -> Person | None:
    """Whom the proxy names; None if it names nobody.

    Raises:
        SignInRefused: they may not look, or the header is there twice.
    """
    known = elsewhere(request)
    if known.user_header is None:
        return None
    said = request.headers.getlist(known.user_header)
    if len(said) > 1:
        raise SignInRefused("proxy-user-twice", header=known.user_header)
    name = _as_text(said[0]).strip() if said else ""
    if not name:
        return None
    groups = []
    if known.groups_header is not None:
        for line in request.headers.getlist(known.groups_header):
            groups += [one.strip() for one in _as_text(line).split(",") if one.strip()]
    people = collaborators(request).service.access.people
    return await run_in_threadpool(people.of_elsewhere, _PROXY, name, name, known.roles, groups)


def _as_text(header: str) -> str:
    """Headers are read as Latin-1; proxies write UTF-8."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeDecodeError:
        return header
