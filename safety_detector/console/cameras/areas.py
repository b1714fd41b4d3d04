"""``/cameras/…/areas``: zones and masks, drawn on the camera's newest picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from safety_detector.console.cameras import outlines
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
from safety_detector.console.route import PageRoute, detail_of
from safety_detector.console.visitor import Administrator, Visitor
from safety_detector.documents.incidents import IncidentDocument, MaskProposalDocument
from safety_detector.domain.camera_rules import MOST_MASKS, MOST_ZONES, WatchedHazard, ZoneSeverity
from safety_detector.domain.incidents.handling import HandlingState
from safety_detector.errors import SafetyDetectorError
from safety_detector.message_texts.reason import Reason
from safety_detector.service.incidents.records import IncidentFilter
from safety_detector.service.records import Camera
from safety_detector.value_faults import ValueFault
from safety_detector.web.answers import base_path
from safety_detector.web.cameras.documents import CameraDocument
from safety_detector.web.cameras.finding import CameraId, find_camera
from safety_detector.web.collaborators import collaborators
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.ids import is_possible_id

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_PART = ("zones", "masks")
_MOST_PROPOSED = 5  # false alarms for whose places a mask is offered


@router.get("/cameras/{camera_id}/areas")
async def show_areas(request: Request, visitor: Administrator, camera_id: CameraId) -> Response:
    """``?proposal=`` adds the mask that is proposed for an incident, to be looked at and saved."""
    here = collaborators(request)
    camera = await find_camera(here, camera_id)
    typed = _kept(camera)
    proposal = None
    wanted = request.query_params.get("proposal", "")
    faults = NO_FAULTS
    if is_possible_id(wanted):
        try:
            propose = here.service.incidents.mask_proposals.propose
            found = await run_in_threadpool(propose, wanted)
        except SafetyDetectorError as exc:
            faults = Faults(NO_FAULTS.status, {}, detail_of(exc, visitor.language))
        else:
            if found is not None and found.camera_id == camera.id:
                proposal = MaskProposalDocument.of(found)
                typed["masks"].append(_proposed(proposal))
    return await _areas_page(request, visitor, camera, typed, faults, proposal)


@router.post("/cameras/{camera_id}/areas")
async def change_areas(request: Request, visitor: Administrator, camera_id: CameraId) -> Response:
    """Saves all of them; a button of the form adds or removes one without saving."""
    form = await read_form(request, visitor)
    camera = await find_camera(collaborators(request), camera_id)
    typed = _typed(nested(form))
    if _edited(typed, form.get("do")):
        return await _areas_page(request, visitor, camera, typed, NO_FAULTS, seen=form.get("seen"))
    seen = (form.get("seen"), digest_of(shown_part(camera, _PART)))
    try:
        await save(collaborators(request), visitor, camera, _said(typed, camera), seen)
    except (SafetyDetectorError, RequestProblem) as exc:
        return await _areas_page(request, visitor, camera, typed, faults_of(exc, visitor))
    return saved(request, f"/cameras/{camera.id}/areas")


async def _areas_page(
    request: Request,
    visitor: Visitor,
    camera: Camera,
    typed: Mapping[str, Any],
    faults: Faults,
    proposal: MaskProposalDocument | None = None,
    *,
    seen: str | None = None,
) -> Response:
    here = collaborators(request)
    wanted = IncidentFilter(camera_id=camera.id, state=HandlingState.FALSE_ALARM)
    list_them = here.service.incidents.records.list
    false_alarms = await run_in_threadpool(list_them, wanted, _MOST_PROPOSED, None)
    fields = [
        f"{kind}.{number}.{name}"
        for kind in _PART
        for number in range(len(typed[kind]))
        for name in ("id", "name", "polygon", "watch", "severity", "reason", "hazards")
    ]
    things = {
        **await things_of(here, camera),
        "typed": typed,
        "faults": faults,
        "elsewhere": faults.told_elsewhere(fields),
        "seen": seen or digest_of(shown_part(camera, _PART)),
        "proposal": proposal,
        "false_alarms": [
            IncidentDocument.of(one, visitor.language, base_path(request))
            for one in false_alarms
            if one.best_box is not None
        ],
        "hazards": list(WatchedHazard),
        "severities": list(ZoneSeverity),
    }
    return page(request, visitor, "camera_areas.html", things, faults.status)


def _edited(typed: dict[str, list[dict[str, Any]]], do: str) -> bool:
    """Whether a button only changed the form, for whoever has no scripts."""
    if do == "add-zone" and len(typed["zones"]) < MOST_ZONES:
        typed["zones"].append(_new_zone(typed["zones"]))
    elif do == "add-mask" and len(typed["masks"]) < MOST_MASKS:
        typed["masks"].append({"polygon": "", "reason": "", "hazards": list(WatchedHazard)})
    elif do.startswith("remove."):
        kind, _, number = do.removeprefix("remove.").partition(".")
        if kind in typed and number.isascii() and number.isdigit():
            del typed[kind][int(number[:4]) : int(number[:4]) + 1]
    else:
        return False
    return True


def _new_zone(others: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": _free_id({text(one, "id") for one in others}),
        "name": "",
        "polygon": "",
        "watch": list(WatchedHazard),
        "severity": "",
    }


def _free_id(taken: set[str]) -> str:
    return next(one for n in range(1, MOST_ZONES + 2) if (one := f"zone-{n}") not in taken)


def _kept(camera: Camera) -> dict[str, list[dict[str, Any]]]:
    document = CameraDocument.of(camera)
    return {
        "zones": [
            {
                "id": one.id,
                "name": one.name,
                "polygon": outlines.written(one.polygon),
                "watch": list(one.watch),
                "severity": one.severity or "",
            }
            for one in document.zones
        ],
        "masks": [
            {
                "polygon": outlines.written(one.polygon),
                "reason": one.reason,
                "hazards": list(one.hazards),
            }
            for one in document.masks
        ],
    }


def _proposed(proposal: MaskProposalDocument) -> dict[str, Any]:
    return {
        "polygon": outlines.written(proposal.polygon),
        "reason": proposal.reason,
        "hazards": list(proposal.hazards),
        "is_proposed": True,
    }


def _typed(fields: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {
        "zones": [
            {
                **{name: text(one, name) for name in ("id", "name", "polygon", "severity")},
                "watch": ticked(one, "watch"),
            }
            for one in items(fields, "zones")
        ],
        "masks": [
            {
                **{name: text(one, name) for name in ("polygon", "reason")},
                "hazards": ticked(one, "hazards"),
            }
            for one in items(fields, "masks")
        ],
    }


def _said(typed: Mapping[str, list[dict[str, Any]]], camera: Camera) -> dict[str, Any]:
    """The form as ``CameraBody`` has it.

    Raises:
        RequestProblem: an outline cannot be read.
    """
    rules = camera.rules
    polygons = [one.polygon for one in rules.zones] + [one.polygon for one in rules.masks]
    known = outlines.by_text(one.corners for one in polygons)
    faults: list[tuple[str, Reason]] = []

    def corners(place: str, written: str) -> list[tuple[float, float]]:
        try:
            return outlines.read(written, known)
        except ValueFault as exc:
            faults.append((f"{place}.polygon", exc.reason))
            return []

    taken = {text(one, "id") for one in typed["zones"]}
    zones = []
    for number, one in enumerate(typed["zones"]):
        zone_id = one["id"] or _free_id(taken)
        taken.add(zone_id)
        polygon = corners(f"zones.{number}", one["polygon"])
        zones.append(
            {**one, "id": zone_id, "polygon": polygon, "severity": one["severity"] or None}
        )
    masks = [
        {**one, "polygon": corners(f"masks.{number}", one["polygon"])}
        for number, one in enumerate(typed["masks"])
    ]
    if faults:
        raise RequestProblem("request-invalid", "An outline cannot be read.", faults=faults)
    return {"zones": zones, "masks": masks}
