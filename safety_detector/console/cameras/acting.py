"""What is done to a camera with one button: switched off and on, its reference, its end."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import Response

from safety_detector.console.cameras.editing import act
from safety_detector.console.cameras.showing import camera_page
from safety_detector.console.forms import read_form
from safety_detector.console.route import PageRoute
from safety_detector.console.visitor import Administrator
from safety_detector.errors import SubmissionRefused
from safety_detector.web.cameras.finding import CameraId, find_camera
from safety_detector.web.collaborators import collaborators

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.post("/cameras/{camera_id}/switch")
async def switch(request: Request, visitor: Administrator, camera_id: CameraId) -> Response:
    """On or off, as the form says, whoever pressed it before."""
    form = await read_form(request, visitor)
    here = collaborators(request)
    camera = await find_camera(here, camera_id)
    enabled = form.get("enabled") == "1"

    def do() -> None:
        here.service.cameras.records.change(
            camera.id, lambda present: replace(present, enabled=enabled), visitor.actor
        )

    otherwise = partial(camera_page, request, visitor, camera)
    return await act(request, visitor, do, f"/cameras/{camera.id}", otherwise)


@router.post("/cameras/{camera_id}/reference")
async def set_reference(request: Request, visitor: Administrator, camera_id: CameraId) -> Response:
    """How it looks now is how it should look."""
    await read_form(request, visitor)
    here = collaborators(request)
    camera = await find_camera(here, camera_id)
    do = partial(here.service.cameras.health.set_reference, camera.id, visitor.actor)
    otherwise = partial(camera_page, request, visitor, camera)
    return await act(request, visitor, do, f"/cameras/{camera.id}", otherwise)


@router.post("/cameras/{camera_id}/remove")
async def remove(request: Request, visitor: Administrator, camera_id: CameraId) -> Response:
    """Removes the record, for whoever ticked that they mean it; what was found stays."""
    form = await read_form(request, visitor)
    here = collaborators(request)
    camera = await find_camera(here, camera_id)

    def do() -> None:
        if form.get("sure") != "1":
            raise SubmissionRefused("camera-removal-not-meant")
        here.service.cameras.records.remove(camera.id, visitor.actor)

    otherwise = partial(camera_page, request, visitor, camera)
    return await act(request, visitor, do, "/cameras", otherwise)
