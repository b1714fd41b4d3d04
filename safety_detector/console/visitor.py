"""Who looks at a page, in which language, and what they may do."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Annotated, cast

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from safety_detector.console.sign_in.elsewhere import person_of_proxy
from safety_detector.domain.hazards import LANGUAGES, Language
from safety_detector.domain.people import Role
from safety_detector.service.access.audit import Actor
from safety_detector.service.access.people import Person
from safety_detector.service.access.sessions import SignedIn, role_of
from safety_detector.service.records import Principal
from safety_detector.web.access.authentication import actor_of, admit, identify
from safety_detector.web.collaborators import collaborators
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.languages import preferred_language

SESSION_COOKIE = "safety_session"
LANGUAGE_COOKIE = "safety_language"
FORM_COOKIE = "safety_form"
"""Says nothing to anybody; forms are only taken with what is made of it."""

_TOKEN_BYTES = 32
_LONGEST_TOKEN = 128


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at a page.

    Attributes:
        name: of the person; None where nobody signed in.
        role: what they may do; None for whoever may not look at pages yet.
        language: in which pages are written.
        zone: in which times are shown.
        form_secret: of this browser; ``form_token`` is made of it.
        actor: for the audit log.
        is_open: whether anybody on this machine may do everything.
        is_signed_in: whether there is a session that can be ended.
    """

    name: str | None
    role: Role | None
    language: Language
    zone: tzinfo
    form_secret: str
    actor: Actor
    is_open: bool = False
    is_signed_in: bool = False

    def may(self, needed: Role) -> bool:
        """Whether the person's role includes that one."""
        return self.role is not None and self.role.includes(needed)

    @property
    def form_token(self) -> str:
        """What every form of a page sends along, and no page of another site can know."""
        return hashlib.sha256(f"form:{self.form_secret}".encode()).hexdigest()

    def is_own_form(self, token: str) -> bool:
        """Whether a form is one of this visitor's pages."""
        return hmac.compare_digest(self.form_token.encode(), token.encode("utf-8", "replace"))


class RoleNeeded(Exception):
    """Somebody may not do this.

    Args:
        role: the least that may.
    """

    def __init__(self, role: Role) -> None:
        super().__init__(role.value)
        self.role = role


class SignInNeeded(Exception):
    """Nobody is signed in, and somebody has to be."""


async def visitor_of(request: Request) -> Visitor:
    """Who asks.

    Raises:
        SignInNeeded: nobody who is signed in, though somebody has to be.
        RequestProblem: a key that is wrong, or may not look at pages.
        SignInRefused: a proxy names somebody who may not look.
    """
    person = await person_of_proxy(request)
    if person is not None:
        return _of_person(request, person)
    token = request.cookies.get(SESSION_COOKIE)
    if token:
        sessions = collaborators(request).service.access.sessions
        signed_in = await run_in_threadpool(sessions.find, token)
        if signed_in is not None:
            return _signed_in(request, signed_in)
    principal = await identify(request)
    if principal is None:
        raise SignInNeeded
    await admit(request, principal)
    visitor = _of_key(request, principal)
    if visitor.role is None:
        raise RequestProblem("not-allowed", "This key is for sending pictures.")
    return visitor


def stranger(request: Request) -> Visitor:
    """Somebody of whom only the language is known, for pages that say no."""
    return Visitor(
        None, None, language_of(request), _zone(request), form_secret_of(request), Actor("")
    )


def language_of(request: Request) -> Language:
    """The language that somebody chose, else the browser's, else the service's."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    return preferred_language(request) or collaborators(request).reports.language


def form_secret_of(request: Request) -> str:
    """The browser's, which it gets with its first page."""
    kept = getattr(request.state, "form_secret", None) or request.cookies.get(FORM_COOKIE, "")
    if not 0 < len(kept) <= _LONGEST_TOKEN:
        kept = secrets.token_urlsafe(_TOKEN_BYTES)
    request.state.form_secret = kept
    return cast(str, kept)


def needs(role: Role) -> Callable[[Request], Awaitable[Visitor]]:
    """The dependency of a page for people of this role and above."""

    async def check(request: Request) -> Visitor:
        visitor = await visitor_of(request)
        if not visitor.may(role):
            raise RoleNeeded(role)
        return visitor

    return check


Viewer = Annotated[Visitor, Depends(needs(Role.VIEWER))]
Reviewer = Annotated[Visitor, Depends(needs(Role.REVIEWER))]
Manager = Annotated[Visitor, Depends(needs(Role.MANAGER))]
Administrator = Annotated[Visitor, Depends(needs(Role.ADMINISTRATOR))]


def _signed_in(request: Request, found: SignedIn) -> Visitor:
    return Visitor(
        name=found.name,
        role=found.role,
        language=language_of(request),
        zone=_zone(request),
        form_secret=form_secret_of(request),
        actor=found.actor,
        is_signed_in=True,
    )


def _of_person(request: Request, person: Person) -> Visitor:
    return Visitor(
        name=person.name,
        role=person.role,
        language=language_of(request),
        zone=_zone(request),
        form_secret=form_secret_of(request),
        actor=Actor(person.name, None, person.id),
    )


def _of_key(request: Request, principal: Principal) -> Visitor:
    is_open = principal.key_id is None
    return Visitor(
        name=None if is_open else principal.name,
        role=role_of(principal.scopes),
        language=language_of(request),
        zone=_zone(request),
        form_secret=form_secret_of(request),
        actor=actor_of(principal),
        is_open=is_open,
    )


def _zone(request: Request) -> tzinfo:
    return collaborators(request).reports.time_zone
