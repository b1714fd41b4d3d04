"""``/cameras/…/hours``: when which hazards count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from safety_detector.console.cameras.editing import (
    NO_FAULTS,
    Faults,
    faults_of,
    save,
    saved,
    shown_part,
)
from safety_detector.console.cameras.showing import things_of
from safety_detector.console.forms import digest_of, read_form
from safety_detector.console.nested_fields import items, nested, text, ticked
from safety_detector.console.rendering import page
from safety_detector.console.route import PageRoute
from safety_detector.console.visitor import Administrator, Visitor
from safety_detector.domain.camera_rules import MOST_HOURS, Day, Hours, WatchedHazard
from safety_detector.errors import SafetyDetectorError
from safety_detector.service.records import Camera
from safety_detector.web.cameras.documents import CameraDocument
from safety_detector.web.cameras.finding import CameraId, find_camera
from safety_detector.web.collaborators import collaborators
from safety_detector.web.problems.problem import RequestProblem

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_PART = ("schedule",)
_HOURS_A_DAY = 24
_FIELDS = ("days", "from", "to", "hazards")


@router.get("/cameras/{camera_id}/hours")
async def show_hours(request: Request, visitor: Administrator, camera_id: CameraId) -> Response:
    """The hours as they are, and the week that they make."""
    camera = await find_camera(collaborators(request), camera_id)
    return await _hours_page(request, visitor, camera, _kept(camera), NO_FAULTS)


@router.post("/cameras/{camera_id}/hours")
async def change_hours(request: Request, visitor: Administrator, camera_id: CameraId) -> Response:
    """Saves all of them; a button of the form adds or removes a row without saving."""
    form = await read_form(request, visitor)
    camera = await find_camera(collaborators(request), camera_id)
    rows = _typed(nested(form))
    do = form.get("do")
    if do == "add" and len(rows) < MOST_HOURS:
        rows.append(_new())
    elif do.startswith("remove.") and do[7:].isascii() and do[7:].isdigit():
        number = int(do[7:11])
        del rows[number : number + 1]
    else:
        return await _save(request, visitor, camera, rows, form.get("seen"))
    return await _hours_page(request, visitor, camera, rows, NO_FAULTS, form.get("seen"))


async def _save(
    request: Request, visitor: Visitor, camera: Camera, rows: list[dict[str, Any]], seen: str
) -> Response:
    digests = (seen, digest_of(shown_part(camera, _PART)))
    try:
        await save(collaborators(request), visitor, camera, {"schedule": rows}, digests)
    except (SafetyDetectorError, RequestProblem) as exc:
        return await _hours_page(request, visitor, camera, rows, faults_of(exc, visitor))
    return saved(request, f"/cameras/{camera.id}/hours")


async def _hours_page(
    request: Request,
    visitor: Visitor,
    camera: Camera,
    rows: list[dict[str, Any]],
    faults: Faults,
    seen: str | None = None,
) -> Response:
    fields = [f"schedule.{number}.{name}" for number in range(len(rows)) for name in _FIELDS]
    fields += [f"schedule.{number}" for number in range(len(rows))]
    things = {
        **await things_of(collaborators(request), camera),
        "rows": rows,
        "faults": faults,
        "elsewhere": faults.told_elsewhere(fields),
        "seen": seen or digest_of(shown_part(camera, _PART)),
        "days": list(Day),
        "hazards": list(WatchedHazard),
        "week": week_of(camera.rules.schedule),
    }
    return page(request, visitor, "camera_hours.html", things, faults.status)


def week_of(schedule: Sequence[Hours]) -> Mapping[WatchedHazard, Mapping[Day, list[bool]]]:
    """By hazard and day whether it counts at some time of each hour; an hour begun is shown."""
    named = {hazard for one in schedule for hazard in one.hazards}
    week: dict[WatchedHazard, dict[Day, list[bool]]] = {}
    for hazard in WatchedHazard:
        days = {day: [hazard not in named] * _HOURS_A_DAY for day in Day}
        for one in schedule:
            if hazard in one.hazards:
                _mark(days, one)
        week[hazard] = days
    return week


def _mark(days: Mapping[Day, list[bool]], hours: Hours) -> None:
    order = tuple(Day)
    until_min = hours.end_min if hours.start_min < hours.end_min else hours.end_min + 24 * 60
    for day in hours.days:
        first, last = hours.start_min // 60, (until_min - 1) // 60
        for hour in range(first, last + 1):
            meant = order[(order.index(day) + hour // _HOURS_A_DAY) % len(order)]
            days[meant][hour % _HOURS_A_DAY] = True


def _new() -> dict[str, Any]:
    return {
        "days": list(Day)[:5],
        "from": "07:00",
        "to": "19:00",
        "hazards": [WatchedHazard.NO_HELMET],
    }


def _kept(camera: Camera) -> list[dict[str, Any]]:
    return [one.as_json() for one in CameraDocument.of(camera).schedule]


def _typed(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "days": ticked(one, "days"),
            "from": text(one, "from"),
            "to": _end_of_day(text(one, "to")),
            "hazards": ticked(one, "hazards"),
        }
        for one in items(fields, "schedule")
    ]


def _end_of_day(end: str) -> str:
    """Browsers' fields of times know no 24:00; midnight at the end is the end of the day."""
    return "24:00" if end == "00:00" else end
