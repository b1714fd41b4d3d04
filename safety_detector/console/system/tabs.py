"""The pages below ``/system``, as the row of links on each of them."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request
from starlette.responses import HTMLResponse

from safety_detector.console.rendering import NavEntry, page
from safety_detector.console.visitor import Visitor
from safety_detector.domain.people import Role

_TABS = (
    NavEntry("/system", "system-state"),
    NavEntry("/system/failed", "system-failed", Role.ADMINISTRATOR),
    NavEntry("/system/people", "system-people", Role.ADMINISTRATOR),
    NavEntry("/system/keys", "system-keys", Role.ADMINISTRATOR),
    NavEntry("/system/settings", "system-settings", Role.ADMINISTRATOR),
    NavEntry("/system/audit", "system-audit", Role.ADMINISTRATOR),
)


def system_page(
    request: Request,
    visitor: Visitor,
    template: str,
    things: Mapping[str, Any],
    status: HTTPStatus = HTTPStatus.OK,
) -> HTMLResponse:
    """A page below ``/system``."""
    tabs = [one for one in _TABS if visitor.may(one.needs)]
    return page(request, visitor, template, {"tabs": tabs, **things}, status)
