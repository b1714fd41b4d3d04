"""``/v1/cameras``: cameras as records, and the frames that they push."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from safety_detector.service.records import Camera, FrameReceipt, Principal, Submission
from safety_detector.web.access.authentication import (
    Admin,
    Reader,
    actor_of,
    authenticate,
    not_allowed,
)
from safety_detector.web.answers import answer, base_path
from safety_detector.web.bodies.json_bodies import JsonBody
from safety_detector.web.bodies.uploads import Spool
from safety_detector.web.cameras.bodies import CameraBody, NewCamera
from safety_detector.web.cameras.documents import CameraDocument, CamerasDocument, FrameDocument
from safety_detector.web.cameras.finding import CameraId, check_possible, find_camera
from safety_detector.web.cameras.pushes import receive_push
from safety_detector.web.collaborators import Collaborators, collaborators
from safety_detector.web.inspections.accepting import require_room
from safety_detector.web.inspections.documents import InspectionDocument
from safety_detector.web.inspections.fields import (
    FRAME_FORM,
    PICTURE_BODY,
    FrameFields,
    FrameQuery,
    form_of,
    said_in_query,
)
from safety_detector.web.openapi.description import (
    BODY,
    KEYED,
    ONE,
    located,
    parameters_of,
    problem,
)
from safety_detector.web.queries.values import checked

router = APIRouter(tags=["cameras"])

_FRAME_BODY: Mapping[str, Any] = {
    "required": True,
    "content": {
        "image/*": PICTURE_BODY,
        "multipart/form-data": form_of("the picture, in any field", FRAME_FORM),
        "multipart/mixed": {"schema": {"type": "string", "contentMediaType": "multipart/mixed"}},
    },
}


@router.post(
    "/v1/cameras",
    status_code=HTTPStatus.CREATED,
    summary="Add a camera",
    responses={**KEYED, **BODY, 201: located("The camera"), 409: problem("The id is taken")},
)
async def create_camera(
    request: Request,
    response: Response,
    principal: Admin,
    body: Annotated[NewCamera, Depends(JsonBody(NewCamera))],
) -> CameraDocument:
    """Adds a camera; without an `id` one is made up."""
    cameras, by = collaborators(request).service.cameras.records, actor_of(principal)
    camera = await run_in_threadpool(cameras.create, body.settings(), body.id, by)
    response.headers["Location"] = f"{base_path(request)}/v1/cameras/{camera.id}"
    return CameraDocument.of(camera)


@router.get(
    "/v1/cameras", summary="List cameras", response_description="The cameras", responses=KEYED
)
async def list_cameras(request: Request, _principal: Reader) -> CamerasDocument:
    """Every camera, by id."""
    found = await run_in_threadpool(collaborators(request).service.cameras.records.list)
    return CamerasDocument(cameras=[CameraDocument.of(one) for one in found])


@router.get(
    "/v1/cameras/{camera_id}",
    summary="Read a camera",
    response_description="The camera",
    responses=ONE,
)
async def read_camera(request: Request, _principal: Reader, camera_id: CameraId) -> CameraDocument:
    """One camera and what became of its frames."""
    return CameraDocument.of(await find_camera(collaborators(request), camera_id))


@router.put(
    "/v1/cameras/{camera_id}",
    summary="Change a camera",
    response_description="The camera",
    responses={**ONE, **BODY},
)
async def change_camera(
    request: Request,
    principal: Admin,
    camera_id: CameraId,
    body: Annotated[CameraBody, Depends(JsonBody(CameraBody))],
) -> CameraDocument:
    """Changes a camera: `name` is needed, and what is not named stays as it is.

    But for `enabled` and `min_interval_ms`, which get their defaults.  User and password stay where
    the new source names none, as long as scheme, host and port are the same.
    """
    check_possible(camera_id)
    cameras, by = collaborators(request).service.cameras.records, actor_of(principal)
    camera: Camera = await run_in_threadpool(cameras.change, camera_id, body.changed, by)
    return CameraDocument.of(camera)


@router.delete(
    "/v1/cameras/{camera_id}",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    summary="Remove a camera",
    response_description="Removed",
    responses=ONE,
)
async def remove_camera(request: Request, principal: Admin, camera_id: CameraId) -> None:
    """Removes the record; inspections of its pictures stay."""
    check_possible(camera_id)
    cameras = collaborators(request).service.cameras.records
    await run_in_threadpool(cameras.remove, camera_id, actor_of(principal))


@router.post(
    "/v1/cameras/{camera_id}/reference",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    summary="Set a camera's reference anew",
    response_description="The next picture is the reference",
    responses=ONE,
)
async def set_reference(request: Request, principal: Admin, camera_id: CameraId) -> None:
    """After a camera was turned on purpose: how it looks now is how it should look.

    Its next picture that shows the scene becomes the reference against which `moved` and `blurred`
    are judged; both faults end.
    """
    check_possible(camera_id)
    health = collaborators(request).service.cameras.health
    await run_in_threadpool(health.set_reference, camera_id, actor_of(principal))


@router.post(
    "/v1/cameras/{camera_id}/frames",
    status_code=HTTPStatus.ACCEPTED,
    summary="Push a frame",
    response_description="Accepted",
    responses={**ONE, **BODY, 200: {"description": "Skipped", "model": FrameDocument}},
    response_model=FrameDocument,
    openapi_extra={"parameters": parameters_of("query", FrameQuery), "requestBody": _FRAME_BODY},
)
async def push_frame(request: Request, camera_id: CameraId) -> Response:
    """Takes one frame, raw or as multipart; of the frames that wait the newest wins.

    Fields and types may be called as the camera calls them: the part that is a picture by its bytes
    is taken, of several the one with the most pixels, and `left_out` names the others.  An event in
    XML or JSON beside it tells by its `dateTime` when the picture was taken, if that has a zone and
    is less than a day ago.  Cameras may show their key as the password of HTTP Basic.

    `accepted` comes with its inspection and with the frame that it `replaces`, if one still waited;
    `skipped` or `unchanged` with the reason.  A frame that is replaced later answers 410 with
    `replaced_by`.
    """
    principal = await authenticate(request)
    query = said_in_query(request, FrameQuery)
    if not principal.may_push_to(camera_id):
        raise not_allowed("This key may not push frames to this camera.")
    check_possible(camera_id)
    here = collaborators(request)
    receipt, left_out = await _take(request, here, principal, camera_id, query)
    inspection = receipt.inspection
    document = FrameDocument(
        disposition=receipt.disposition,
        inspection=inspection and InspectionDocument.of(inspection, base_path=base_path(request)),
        replaces=receipt.replaces,
        reason=receipt.reason,
        left_out=list(left_out),
    )
    # A skipped frame is done with; an accepted one is still to be inspected.
    return answer(document, HTTPStatus.ACCEPTED if inspection else HTTPStatus.OK)


async def _take(
    request: Request,
    here: Collaborators,
    principal: Principal,
    camera_id: str,
    query: dict[str, Any],
) -> tuple[FrameReceipt, Sequence[str]]:
    """The receipt of the frame, and the names of further pictures in the same push."""
    await require_room(here)
    with Spool(here.uploads.limits.spool_dir) as spool:
        push = await receive_push(request, here.uploads.limits, spool)
        fields = checked(FrameFields, {**query, **push.fields})
        frame: Submission = fields.submission(push.picture.name or "frame", principal)
        if frame.captured_at is None:
            frame = replace(frame, captured_at=push.event_time)

        def take() -> FrameReceipt:
            picture = spool.read(push.picture, here.uploads.limits.picture)
            return here.service.cameras.frames.push(camera_id, picture, frame)

        size_bytes = push.picture.size_bytes
        return await here.uploads.places.run(request, size_bytes, take), push.left_out
