"""``/system/settings``: with what the service was started, and where each value comes from."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from safety_detector.console.route import PageRoute
from safety_detector.console.system.tabs import system_page
from safety_detector.console.visitor import Administrator
from safety_detector.message_texts.setting_meanings import IN_CHINESE
from safety_detector.settings import PREFIX
from safety_detector.web.collaborators import collaborators

_MEANINGS = {PREFIX + name.upper(): text for name, text in IN_CHINESE.items()}

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/system/settings")
async def show_settings(request: Request, visitor: Administrator) -> Response:
    """What somebody set first; they are changed where the service is started, not here."""
    settings = collaborators(request).health.settings
    return system_page(
        request,
        visitor,
        "system_settings.html",
        {
            "meanings": _MEANINGS if visitor.language == "zh" else {},
            "set_ones": [one for one in settings if one.source != "default"],
            "usual_ones": [one for one in settings if one.source == "default"],
        },
    )
