"""``/cameras/…/rules``: how often something has to be seen before it is an incident."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
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
from safety_detector.console.nested_fields import nested, number, part, text
from safety_detector.console.rendering import page
from safety_detector.console.route import PageRoute
from safety_detector.console.visitor import Administrator, Visitor
from safety_detector.documents.incident_rules import OpeningDocument
from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.incidents.opening_rules import IncidentRules, OpeningRule
from safety_detector.errors import SafetyDetectorError
from safety_detector.service.records import Camera
from safety_detector.web.cameras.documents import CameraDocument
from safety_detector.web.cameras.finding import CameraId, find_camera
from safety_detector.web.collaborators import collaborators
from safety_detector.web.problems.problem import RequestProblem

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_PART = ("incident_rules",)
_BELOW = "incident_rules"
_NUMBERS = (
    "sightings",
    "looks",
    "window_s",
    "opening_score",
    "unsure_sightings",
    "unsure_looks",
)
_AT_ONCE = "severe_at_once"
_SECONDS = ("window_s", "opening_score", "quiet_s", "merge_s")


@router.get("/cameras/{camera_id}/rules")
async def show_rules(request: Request, visitor: Administrator, camera_id: CameraId) -> Response:
    """What is not filled in is as for the whole site, which stands in the empty fields."""
    camera = await find_camera(collaborators(request), camera_id)
    return await _rules_page(request, visitor, camera, _kept(camera), NO_FAULTS)


@router.post("/cameras/{camera_id}/rules")
async def change_rules(request: Request, visitor: Administrator, camera_id: CameraId) -> Response:
    """Saves them; what was emptied is as for the site again."""
    form = await read_form(request, visitor)
    here = collaborators(request)
    camera = await find_camera(here, camera_id)
    typed = nested(form)
    seen = (form.get("seen"), digest_of(shown_part(camera, _PART)))
    try:
        await save(here, visitor, camera, {_BELOW: _said(typed)}, seen)
    except (SafetyDetectorError, RequestProblem) as exc:
        faults = faults_of(exc, visitor, _BELOW)
        return await _rules_page(request, visitor, camera, typed, faults)
    return saved(request, f"/cameras/{camera.id}/rules")


async def _rules_page(
    request: Request, visitor: Visitor, camera: Camera, typed: Mapping[str, Any], faults: Faults
) -> Response:
    here = collaborators(request)
    site = await run_in_threadpool(here.service.cameras.records.site_rules)
    places = ["opening", *(f"zones.{zone.id}" for zone in camera.rules.zones)]
    fields = [
        f"{place}.{hazard}{name}"
        for place in places
        for hazard in WatchedHazard
        for name in ("", *(f".{one}" for one in (*_NUMBERS, _AT_ONCE)))
    ]
    things = {
        **await things_of(here, camera),
        "typed": typed,
        "faults": faults,
        "elsewhere": faults.told_elsewhere([*fields, "quiet_s", "merge_s"]),
        "seen": digest_of(shown_part(camera, _PART)),
        "hazards": list(WatchedHazard),
        "numbers": _NUMBERS,
        "usual": _usual(site),
        "site": site,
        "of_zone": {zone.id: part(part(typed, "zones"), zone.id) for zone in camera.rules.zones},
    }
    return page(request, visitor, "camera_rules.html", things, faults.status)


def _usual(site: IncidentRules) -> dict[WatchedHazard, dict[str, Any]]:
    return {hazard: _shown(site.opening[hazard]) for hazard in WatchedHazard}


def _shown(rule: OpeningRule) -> dict[str, Any]:
    return {
        **{name: f"{getattr(rule, name):g}" for name in _NUMBERS},
        _AT_ONCE: rule.is_severe_at_once,
    }


def _kept(camera: Camera) -> dict[str, Any]:
    """What is said of this camera alone, as the form has it."""
    rules = CameraDocument.of(camera).incident_rules
    if rules is None:
        return {}
    return {
        "opening": {hazard: _kept_opening(one) for hazard, one in rules.opening.items()},
        "zones": {
            zone: {hazard: _kept_opening(one) for hazard, one in of_zone.items()}
            for zone, of_zone in rules.zones.items()
        },
        "quiet_s": _text(rules.quiet_s),
        "merge_s": _text(rules.merge_s),
    }


def _kept_opening(one: OpeningDocument) -> dict[str, str]:
    at_once = {None: "", True: "yes", False: "no"}[one.severe_at_once]
    return {**{name: _text(getattr(one, name)) for name in _NUMBERS}, _AT_ONCE: at_once}


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _said(typed: Mapping[str, Any]) -> dict[str, Any] | None:
    """The form as REST has it; None where nothing is said."""
    said: dict[str, Any] = {}
    opening = _said_opening(part(typed, "opening"))
    zones = {
        zone: of_zone
        for zone, fields in part(typed, "zones").items()
        if isinstance(fields, dict) and (of_zone := _said_opening(fields))
    }
    if opening:
        said["opening"] = opening
    if zones:
        said["zones"] = zones
    for name in ("quiet_s", "merge_s"):
        value = _number(name, text(typed, name))
        if value is not None:
            said[name] = value
    return said or None


def _said_opening(fields: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for hazard, of_hazard in fields.items():
        if not isinstance(of_hazard, dict):
            continue
        said: dict[str, Any] = {
            name: value
            for name in _NUMBERS
            if (value := _number(name, text(of_hazard, name))) is not None
        }
        at_once = {"yes": True, "no": False}.get(text(of_hazard, _AT_ONCE))
        if at_once is not None:
            said[_AT_ONCE] = at_once
        if said:
            found[hazard] = said
    return found


def _number(name: str, written: str) -> int | float | str | None:
    value = number(written)
    return float(value) if name in _SECONDS and isinstance(value, int) else value
