"""``/v1/cameras``: cameras as records, and the frames that they push."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from safety_detector.errors import UnknownCamera
from safety_detector.service.records import FrameReceipt, Principal, Submission
from safety_detector.web import schemas
from safety_detector.web.access.authentication import Admin, Anyone, Reader, actor_of, not_allowed
from safety_detector.web.bodies.json_values import json_body
from safety_detector.web.bodies.uploads import Spool, receive_json
from safety_detector.web.cameras.pushes import receive_push
from safety_detector.web.collaborators import Collaborators, collaborators
from safety_detector.web.inspections.accepting import require_room
from safety_detector.web.inspections.documents import base_path, inspection_document
from safety_detector.web.inspections.fields import (
    FrameFields,
    checked,
    frame_query,
)
from safety_detector.web.openapi import description as openapi
from safety_detector.web.queries.lookup import CameraId, is_possible_id

router = APIRouter(tags=["cameras"])


@router.post(
    "/v1/cameras",
    status_code=HTTPStatus.CREATED,
    summary="Add a camera",
    responses=openapi.CREATE_CAMERA_RESPONSES,
    openapi_extra={"requestBody": openapi.CREATE_CAMERA_BODY},
)
async def create_camera(request: Request, principal: Admin) -> JSONResponse:
    """Adds a camera; without an `id` one is made up."""
    here = collaborators(request)
    body = checked(schemas.NewCamera, json_body(await receive_json(request, here.limits)))
    by = actor_of(principal)
    camera = await run_in_threadpool(here.service.cameras.create, body.settings(), body.id, by)
    location = f"{base_path(request)}/v1/cameras/{camera.id}"
    return JSONResponse(schemas.camera_document(camera), HTTPStatus.CREATED, {"Location": location})


@router.get("/v1/cameras", summary="List cameras", responses=openapi.LIST_CAMERAS_RESPONSES)
async def list_cameras(request: Request, _principal: Reader) -> JSONResponse:
    """Every camera, by id."""
    cameras = await run_in_threadpool(collaborators(request).service.cameras.list)
    return JSONResponse({"cameras": [schemas.camera_document(camera) for camera in cameras]})


@router.get("/v1/cameras/{camera_id}", summary="Read a camera", responses=openapi.CAMERA_RESPONSES)
async def read_camera(request: Request, _principal: Reader, camera_id: CameraId) -> JSONResponse:
    """One camera and what became of its frames."""
    _check_possible(camera_id)
    camera = await run_in_threadpool(collaborators(request).service.cameras.get, camera_id)
    return JSONResponse(schemas.camera_document(camera))


@router.put(
    "/v1/cameras/{camera_id}",
    summary="Change a camera",
    responses=openapi.CHANGE_CAMERA_RESPONSES,
    openapi_extra={"requestBody": openapi.CHANGE_CAMERA_BODY},
)
async def change_camera(request: Request, principal: Admin, camera_id: CameraId) -> JSONResponse:
    """Replaces all settings of a camera: `name` is needed, what is not named gets its default.

    To change one alone send `name`, `enabled` and `min_interval_ms` together, as `GET` shows them.
    """
    here = collaborators(request)
    _check_possible(camera_id)
    body = checked(schemas.CameraBody, json_body(await receive_json(request, here.limits)))
    camera = await run_in_threadpool(
        here.service.cameras.change, camera_id, body.settings(), actor_of(principal)
    )
    return JSONResponse(schemas.camera_document(camera))


@router.delete(
    "/v1/cameras/{camera_id}",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Remove a camera",
    responses=openapi.REMOVE_CAMERA_RESPONSES,
)
async def remove_camera(request: Request, principal: Admin, camera_id: CameraId) -> Response:
    """Removes the record; inspections of its pictures stay."""
    _check_possible(camera_id)
    cameras = collaborators(request).service.cameras
    await run_in_threadpool(cameras.remove, camera_id, actor_of(principal))
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post(
    "/v1/cameras/{camera_id}/frames",
    status_code=HTTPStatus.ACCEPTED,
    summary="Push a frame",
    responses=openapi.FRAME_RESPONSES,
    openapi_extra={"requestBody": openapi.FRAME_BODY},
)
async def push_frame(
    request: Request,
    principal: Anyone,
    camera_id: CameraId,
    query: Annotated[dict[str, Any], Depends(frame_query)],
) -> JSONResponse:
    """Takes one frame, raw or as multipart; of the frames that wait the newest wins.

    Fields and types may be called as the camera calls them: the part that is a picture by its bytes
    is taken, of several the one with the most pixels, and `left_out` names the others.  An event in
    XML or JSON beside it tells by its `dateTime` when the picture was taken, if that has a zone and
    is less than a day ago.  Cameras may show their key as the password of HTTP Basic.

    `accepted` comes with its inspection and with the frame that it `replaces`, if one still waited;
    `skipped` with the reason.  A frame that is replaced later answers 410 with `replaced_by`.
    """
    if not principal.may_push_to(camera_id):
        raise not_allowed("This key may not push frames to this camera.")
    _check_possible(camera_id)
    here = collaborators(request)
    receipt, left_out = await _take(request, here, principal, camera_id, query)
    inspection = receipt.inspection
    document = {
        "disposition": receipt.disposition.value,
        "inspection": inspection_document(request, inspection) if inspection else None,
        "replaces": receipt.replaces,
        "reason": receipt.reason,
        "left_out": left_out,
    }
    # A skipped frame is done with; an accepted one is still to be inspected.
    return JSONResponse(document, HTTPStatus.ACCEPTED if inspection else HTTPStatus.OK)


async def _take(
    request: Request,
    here: Collaborators,
    principal: Principal,
    camera_id: str,
    query: dict[str, Any],
) -> tuple[FrameReceipt, Sequence[str]]:
    """The receipt of the frame, and the names of further pictures in the same push."""
    await require_room(here)
    with Spool(here.limits.spool_dir) as spool:
        push = await receive_push(request, here.limits, spool)
        fields = checked(FrameFields, {**query, **push.fields})
        frame: Submission = fields.submission(push.picture.name or "frame", principal)
        if frame.captured_at is None:
            frame = replace(frame, captured_at=push.event_time)

        def take() -> FrameReceipt:
            picture = spool.read(push.picture, here.limits.picture)
            return here.service.frames.push(camera_id, picture, frame)

        return await run_in_threadpool(take), push.left_out


def _check_possible(camera_id: str) -> None:
    if not is_possible_id(camera_id):
        raise UnknownCamera(f"There is no camera {camera_id[:64]!r}.")
