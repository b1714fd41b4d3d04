"""``/cameras/…/permits``: where and when somebody may make fire and smoke."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, BeforeValidator
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from safety_detector.console.cameras import outlines
from safety_detector.console.cameras.editing import NO_FAULTS, Faults, act, faults_of, saved
from safety_detector.console.cameras.showing import things_of
from safety_detector.console.forms import read_form
from safety_detector.console.rendering import page, words_for
from safety_detector.console.route import PageRoute
from safety_detector.console.visitor import Manager, Viewer, Visitor
from safety_detector.domain.people import Role
from safety_detector.errors import SafetyDetectorError
from safety_detector.host.local_time import zone_of
from safety_detector.service.records import Camera, Page
from safety_detector.value_faults import ValueFault
from safety_detector.web.cameras.finding import CameraId, find_camera
from safety_detector.web.collaborators import collaborators
from safety_detector.web.permits.documents import PermitBody, PermitsDocument
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.ids import is_possible_id, not_found
from safety_detector.web.queries.values import BatchId, checked, empty_is_none

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_PAGE = 50
_FIELDS = ("polygon", "from", "until", "number", "who")
_USUAL = timedelta(hours=8)  # the shift for which a permit is written

PermitId = Annotated[str, Path(max_length=64)]


@router.get("/cameras/{camera_id}/permits")
async def show_permits(request: Request, visitor: Viewer, camera_id: CameraId) -> Response:
    """The latest entered first, those that are over as well."""
    camera = await find_camera(collaborators(request), camera_id)
    now = words_for(visitor).now.astimezone(_zone(camera, visitor)).replace(second=0)
    typed = {"from": _local(now), "until": _local(now + _USUAL)}
    return await _permits_page(request, visitor, camera, typed, NO_FAULTS)


@router.post("/cameras/{camera_id}/permits")
async def add_permit(request: Request, visitor: Manager, camera_id: CameraId) -> Response:
    """Enters what stands on the paper."""
    form = await read_form(request, visitor)
    here = collaborators(request)
    camera = await find_camera(here, camera_id)
    typed = {name: form.get(name) for name in _FIELDS}
    zone = _zone(camera, visitor)
    try:
        said = {
            "camera_id": camera.id,
            "polygon": _corners(typed["polygon"]),
            "from": _with_zone(typed["from"], zone),
            "until": _with_zone(typed["until"], zone),
            "number": typed["number"],
            "who": typed["who"],
        }
        body = checked(PermitBody, said)
        create = here.service.incidents.permits.create
        await run_in_threadpool(create, body.permit(), visitor.actor)
    except (SafetyDetectorError, RequestProblem) as exc:
        return await _permits_page(request, visitor, camera, typed, faults_of(exc, visitor))
    return saved(request, f"/cameras/{camera.id}/permits")


@router.post("/cameras/{camera_id}/permits/{permit_id}/end")
async def end_permit(
    request: Request, visitor: Manager, camera_id: CameraId, permit_id: PermitId
) -> Response:
    """From now on it covers nothing; it stays on record."""
    await read_form(request, visitor)
    here = collaborators(request)
    camera = await find_camera(here, camera_id)
    permits = here.service.incidents.permits
    found = await run_in_threadpool(permits.get, permit_id) if is_possible_id(permit_id) else None
    if found is None or found.permit.camera_id != camera.id:
        raise not_found("permit", permit_id)
    do = partial(permits.revoke, permit_id, visitor.actor)

    async def otherwise(told: str) -> Response:
        faults = Faults(NO_FAULTS.status, {}, told)
        return await _permits_page(request, visitor, camera, {}, faults)

    return await act(request, visitor, do, f"/cameras/{camera.id}/permits", otherwise)


async def _permits_page(
    request: Request, visitor: Visitor, camera: Camera, typed: Mapping[str, Any], faults: Faults
) -> Response:
    here = collaborators(request)
    cursor = checked(_Query, dict(request.query_params)).cursor
    list_them = here.service.incidents.permits.list
    found = await run_in_threadpool(list_them, camera.id, _PAGE + 1, cursor)
    cut = Page.cut(found, _PAGE, lambda one: one.permit.id)
    document = PermitsDocument.of(cut)
    things = {
        **await things_of(here, camera),
        "permits": document.permits,
        "next_cursor": document.next_cursor,
        "outlined": [
            (one, outlines.written(one.polygon))
            for one in document.permits
            if one.state in ("in_force", "coming")
        ],
        "typed": typed,
        "faults": faults,
        "elsewhere": faults.told_elsewhere(_FIELDS),
        "may_enter": visitor.may(Role.MANAGER),
        "zone": _zone_name(camera, visitor),
    }
    return page(request, visitor, "camera_permits.html", things, faults.status)


class _Query(BaseModel):
    """Where in the list the page begins."""

    cursor: Annotated[BatchId | None, BeforeValidator(empty_is_none)] = None


def _corners(written: str) -> list[tuple[float, float]]:
    """The outline.

    Raises:
        RequestProblem: it cannot be read.
    """
    try:
        return outlines.read(written, {})
    except ValueFault as exc:
        faults = [("polygon", exc.reason)]
        raise RequestProblem("request-invalid", "The outline is none.", faults=faults) from None


def _zone(camera: Camera, visitor: Visitor) -> tzinfo:
    """In which the times of its permits are meant and shown."""
    return zone_of(camera.timezone) if camera.timezone else visitor.zone


def _zone_name(camera: Camera, visitor: Visitor) -> str:
    offset = words_for(visitor).now.astimezone(_zone(camera, visitor)).strftime("%z")
    return f"UTC{offset[:3]}:{offset[3:5]}"


def _local(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M")


def _with_zone(written: str, zone: tzinfo) -> str:
    """A browser's local time as the camera's zone means it; what is none is left for the check."""
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return written
    return moment.replace(tzinfo=moment.tzinfo or zone).isoformat(timespec="seconds")
