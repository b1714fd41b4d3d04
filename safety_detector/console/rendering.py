"""Pages out of templates, with everything that all of them have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi import Request
from starlette.responses import HTMLResponse
from starlette.routing import Match

from safety_detector.console.asset_files import asset_path
from safety_detector.console.visitor import FORM_COOKIE, Visitor, form_secret_of
from safety_detector.console.words import Words
from safety_detector.domain.people import Role
from safety_detector.web.answers import base_path

if TYPE_CHECKING:
    from jinja2 import Environment

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing from elsewhere, and nothing that stands in a page itself."""

_POLICY_WITH_PICTURES = POLICY.replace("img-src 'self'", "img-src 'self' data:")


@dataclass(frozen=True, slots=True)
class NavEntry:
    """One page of the row at the top.

    Attributes:
        path: below the prefix.
        words: the message of its name.
        needs: the least role that may look at it.
    """

    path: str
    words: str
    needs: Role = Role.VIEWER

    def leads_to(self, path: str) -> bool:
        """Whether a page is this one, or one below it."""
        return path == self.path or (self.path != "/" and path.startswith(self.path + "/"))


NAVIGATION = (
    NavEntry("/", "page-now"),
    NavEntry("/wall", "page-wall"),
    NavEntry("/incidents", "page-incidents"),
    NavEntry("/review", "page-review", Role.REVIEWER),
    NavEntry("/pictures", "page-pictures"),
    NavEntry("/batches", "page-batches"),
    NavEntry("/reports", "page-reports"),
    NavEntry("/cameras", "page-cameras"),
    NavEntry("/alerts", "page-alerts", Role.MANAGER),
    NavEntry("/system", "page-system"),
)
"""The pages in their order; a new one is added here."""


@cache
def _environment() -> Environment:
    # Loaded with the first page: what has none does without it.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("safety_detector.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset_path"] = asset_path
    return environment


def page(
    request: Request,
    visitor: Visitor,
    template: str,
    things: Mapping[str, Any],
    status: HTTPStatus = HTTPStatus.OK,
    *,
    holds_pictures: bool = False,
) -> HTMLResponse:
    """The answer with a page.

    Args:
        request: what asks for it.
        visitor: for whom it is.
        template: its file.
        things: what the template shows; documents, as REST shows them.  `back`, if the page is
            found elsewhere than at the address that was asked for.
        status: of the answer.
        holds_pictures: whether pictures may stand in the page itself, as ``data:``.
    """
    words = words_for(visitor)
    base = base_path(request)
    here = request.url.path.removeprefix(base) or "/"
    every = {
        "t": words.say,
        "words": words,
        "visitor": visitor,
        "language": visitor.language,
        "base": base,
        "here": here,
        "back": _own_address(request, base),
        "is_answer": request.method != "GET",
        "is_saved": request.method == "GET" and "saved" in request.query_params,
        "site_zone": zone_name(words.now),
        "navigation": [one for one in NAVIGATION if visitor.may(one.needs)],
        "current": next((one for one in NAVIGATION if one.leads_to(here)), None),
        "Role": Role,
    }
    text = _environment().get_template(template).render(every | dict(things))
    response = HTMLResponse(
        text,
        status,
        {
            "Content-Security-Policy": _POLICY_WITH_PICTURES if holds_pictures else POLICY,
            "Content-Language": "zh-CN" if visitor.language == "zh" else "en",
            "Cache-Control": "no-store",
        },
    )
    keep_form_secret(request, response)
    return response


def zone_name(now: datetime) -> str:
    """What a moment's time zone is called; by its offset where it has no name, as out of a file."""
    return getattr(now.tzinfo, "key", None) or str(timezone(now.utcoffset() or timedelta()))


def words_for(visitor: Visitor) -> Words:
    """The words for somebody, at this moment."""
    return Words(visitor.language, visitor.zone, datetime.now(visitor.zone))


def keep_form_secret(request: Request, response: HTMLResponse) -> None:
    """Gives a browser its secret, if it has none yet."""
    secret = form_secret_of(request)
    if request.cookies.get(FORM_COOKIE) != secret:
        set_cookie(request, response, FORM_COOKIE, secret)


def set_cookie(
    request: Request, response: Any, name: str, value: str, max_age_s: int | None = None
) -> None:
    """A cookie for this service's pages alone, which no script can read."""
    response.set_cookie(
        name,
        value,
        max_age=max_age_s,
        path=base_path(request) or "/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",  # whoever follows a link of a message is still signed in
    )


def _own_address(request: Request, base: str) -> str:
    """Where the page is; of what answers a form, the page that the form belongs to."""
    path = request.url.path
    if request.method == "GET":
        query = f"?{request.url.query}" if request.url.query else ""
        return (path.removeprefix(base) or "/") + query
    while path.strip("/") and not _is_page(request, path):
        path = path.rpartition("/")[0]
    return path.removeprefix(base) or "/"


def _is_page(request: Request, path: str) -> bool:
    scope = {**request.scope, "method": "GET", "path": path}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)
