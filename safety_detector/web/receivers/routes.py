"""``/v1/receivers``: what vendors' devices push by themselves, and what came lately."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse

from safety_detector.errors import (
    PictureRefused,
    SafetyDetectorError,
    ServiceUnavailable,
    UnknownCamera,
)
from safety_detector.ingest.camera_bodies import Arrived
from safety_detector.message_texts.reason import Reason
from safety_detector.network.addresses import ip_address
from safety_detector.service.cameras.deliveries import Delivery, Outcome
from safety_detector.service.cameras.devices import Acknowledgement
from safety_detector.service.records import Principal, Scope
from safety_detector.vendor_payloads.events import Make
from safety_detector.web.access.authentication import Admin, Reader, not_allowed
from safety_detector.web.bodies.json_bodies import JsonBody
from safety_detector.web.bodies.uploads import Spool, receive_body
from safety_detector.web.collaborators import Collaborators, collaborators
from safety_detector.web.inspections.accepting import require_room
from safety_detector.web.openapi.description import BODY, KEYED, ONE
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.ids import is_possible_id
from safety_detector.web.receivers.access import KEY_IN_QUERY, authenticate_device, shows_key
from safety_detector.web.receivers.documents import (
    DeliveriesDocument,
    DeliveryDocument,
    DeviceBody,
    DeviceDocument,
)
from safety_detector.web.receivers.receiving import (
    Arrival,
    Reading,
    fetch_event_picture,
    find_camera,
    read_push,
    take,
)

_log = logging.getLogger(__name__)

router = APIRouter(tags=["cameras"])

CameraId = Annotated[str, Path(description="A camera's `id`.", max_length=64)]

_MOST_PEERS = 10_000
_LATELY_S = 3600.0
_STRANGERS_NOTED_EVERY_S = 1.0  # who has no key must not fill a disk with what it is told of it

_BODY: Mapping[str, Any] = {
    "parameters": [
        {
            "name": KEY_IN_QUERY,
            "in": "query",
            "required": False,
            "description": "The camera's key, for devices that have no user and password.",
            "schema": {"type": "string"},
        }
    ],
    "requestBody": {
        "required": True,
        "content": {
            one: {"schema": {}}
            for one in (
                *("multipart/form-data", "multipart/mixed", "application/xml", "text/xml"),
                *("text/plain", "image/jpeg", "*/*"),
            )
        },
    },
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    **ONE,
    **BODY,
    200: {"description": "Received; empty, or what the device is set to take for received"},
}


class _Strangers:
    """Says when a push without a good key is to be noted.

    Clients of Digest ask without a key first, each time: who answered lately is no stranger.
    """

    def __init__(self) -> None:
        self._next_s = 0.0
        self._answered: OrderedDict[str | None, float] = OrderedDict()

    def came_in(self, peer: str | None) -> None:
        """Remembers that a device at this address showed a good key."""
        self._answered[peer] = time.monotonic()
        self._answered.move_to_end(peer)
        if len(self._answered) > _MOST_PEERS:
            self._answered.popitem(last=False)

    def may_be_noted(self, peer: str | None, *, shows_key: bool) -> bool:
        """Whether it may, now."""
        now_s = time.monotonic()
        lately_s = now_s - self._answered.get(peer, -_LATELY_S)
        if now_s < self._next_s or (not shows_key and lately_s < _LATELY_S):
            return False
        self._next_s = now_s + _STRANGERS_NOTED_EVERY_S
        return True


_strangers = _Strangers()


@router.post(
    "/v1/receivers/hikvision",
    summary="Take what a device of Hikvision pushes",
    response_class=Response,
    responses=_ANSWERS,
    openapi_extra=dict(_BODY),
)
async def receive_hikvision(request: Request) -> Response:
    """HTTP listening (alarm server): an event in XML or JSON, with pictures beside it or by URL.

    The camera is known by the device's MAC address, else its IP address, then by channel (`PUT
    /v1/cameras/{camera_id}/device`), else by its key.  Whatever is sent is counted, and told by
    `GET /v1/cameras/{camera_id}/deliveries`; a body that cannot be read is answered 200 too.
    """
    return await _receive(request, Make.HIKVISION, None)


@router.post(
    "/v1/receivers/hikvision/{camera_id}",
    summary="Take what a camera of Hikvision pushes",
    response_class=Response,
    responses=_ANSWERS,
    openapi_extra=dict(_BODY),
)
async def receive_hikvision_camera(request: Request, camera_id: CameraId) -> Response:
    """As without the camera's id, which says here which camera it is."""
    return await _receive(request, Make.HIKVISION, camera_id)


@router.post(
    "/v1/receivers/dahua",
    summary="Take what a device of Dahua pushes",
    response_class=Response,
    responses=_ANSWERS,
    openapi_extra=dict(_BODY),
)
async def receive_dahua(request: Request) -> Response:
    """An event in lines of text or JSON, with pictures beside it; see the receiver of Hikvision."""
    return await _receive(request, Make.DAHUA, None)


@router.post(
    "/v1/receivers/dahua/{camera_id}",
    summary="Take what a camera of Dahua pushes",
    response_class=Response,
    responses=_ANSWERS,
    openapi_extra=dict(_BODY),
)
async def receive_dahua_camera(request: Request, camera_id: CameraId) -> Response:
    """As without the camera's id, which says here which camera it is."""
    return await _receive(request, Make.DAHUA, camera_id)


@router.get(
    "/v1/receivers/deliveries",
    summary="Read what no camera sent",
    response_description="The last 20",
    responses=KEYED,
)
async def read_strays(request: Request, _principal: Admin) -> DeliveriesDocument:
    """What came to the receivers and could be tied to no camera, or showed no good key."""
    deliveries = collaborators(request).service.cameras.deliveries
    return _document(await run_in_threadpool(deliveries.of_no_camera))


@router.get(
    "/v1/cameras/{camera_id}/deliveries",
    summary="Read what a camera sent",
    response_description="The last 20",
    responses=ONE,
)
async def read_deliveries(
    request: Request, _principal: Reader, camera_id: CameraId
) -> DeliveriesDocument:
    """The last pushes to the receivers, with what was read of each and why nothing was taken."""
    _check_possible(camera_id)
    deliveries = collaborators(request).service.cameras.deliveries
    return _document(await run_in_threadpool(deliveries.of_camera, camera_id))


@router.get(
    "/v1/cameras/{camera_id}/device",
    summary="Read by what a camera is known",
    response_description="The device",
    responses=ONE,
)
async def read_device(request: Request, _principal: Reader, camera_id: CameraId) -> DeviceDocument:
    """By what the receivers know the camera where the address does not name it."""
    _check_possible(camera_id)
    devices = collaborators(request).service.cameras.devices
    return DeviceDocument.of(await run_in_threadpool(devices.get, camera_id))


@router.put(
    "/v1/cameras/{camera_id}/device",
    summary="Say by what a camera is known",
    response_description="The device",
    responses={**ONE, **BODY},
)
async def set_device(
    request: Request,
    _principal: Admin,
    camera_id: CameraId,
    body: Annotated[DeviceBody, Depends(JsonBody(DeviceBody))],
) -> DeviceDocument:
    """Replaces all of it: what is not named is unset."""
    _check_possible(camera_id)
    devices = collaborators(request).service.cameras.devices
    return DeviceDocument.of(await run_in_threadpool(devices.set, camera_id, body.device()))


async def _receive(request: Request, make: Make, camera_id: str | None) -> Response:
    here = collaborators(request)
    arrival = Arrival(
        make=make,
        received_at=here.service.cameras.deliveries.clock(),
        peer=ip_address(request.client.host) if request.client else None,
        content_type=request.headers.get("content-type", ""),
        named_camera=camera_id,
    )
    principal = await _admitted(request, here, arrival)
    await require_room(here)
    with Spool(here.uploads.limits.spool_dir) as spool:
        await _received(request, here, arrival, spool)
        reading = await run_in_threadpool(read_push, arrival, spool)
        found = await _camera_of(here, arrival, principal, reading)
        fetched, not_fetched = await _fetched(here, principal, reading)

        def work() -> Delivery:
            return take(here, arrival, principal, found, reading, spool, fetched, not_fetched)

        try:
            delivery = await here.uploads.places.run(request, spool.size_bytes, work)
        except PictureRefused:
            here.health.metrics.deliveries.labels(make.value, Outcome.REFUSED.value).inc()
            raise
    if delivery.outcome is Outcome.ACCEPTED:
        await _note_if_possible(here, delivery)
    else:
        await _note(here, delivery)
    device = await run_in_threadpool(here.service.cameras.devices.get, found)
    return _acknowledged(device.acknowledgement)


async def _admitted(request: Request, here: Collaborators, arrival: Arrival) -> Principal:
    """Whose key a push shows, if that may push at all; before its body is read."""
    try:
        principal = await authenticate_device(request)
    except RequestProblem as problem:
        if _strangers.may_be_noted(arrival.peer, shows_key=shows_key(request)):
            await _refused(here, arrival, Outcome.NOT_ALLOWED, problem)
        raise
    _strangers.came_in(arrival.peer)
    camera_id = arrival.named_camera or principal.camera_id
    is_pusher = principal.camera_id is not None or principal.may(Scope.SUBMIT)
    if not is_pusher or (camera_id is not None and not principal.may_push_to(camera_id)):
        refusal = not_allowed("This key may not push frames to this camera.")
        await _refused(here, arrival, Outcome.NOT_ALLOWED, refusal)
        raise refusal
    if arrival.named_camera is not None:
        try:
            _check_possible(arrival.named_camera)
            await run_in_threadpool(here.service.cameras.devices.get, arrival.named_camera)
        except UnknownCamera as exc:
            await _refused(here, arrival, Outcome.UNKNOWN_CAMERA, exc)
            raise
    return principal


async def _received(request: Request, here: Collaborators, arrival: Arrival, spool: Spool) -> None:
    try:
        await receive_body(request, here.uploads.limits, spool)
    except RequestProblem as problem:
        await _refused(here, arrival, Outcome.REFUSED, problem, size_bytes=spool.size_bytes)
        raise


async def _camera_of(
    here: Collaborators, arrival: Arrival, principal: Principal, reading: Reading
) -> str:
    try:
        return await run_in_threadpool(find_camera, here, arrival, principal, reading)
    except UnknownCamera as exc:
        await _refused(here, arrival, Outcome.UNKNOWN_CAMERA, exc, reading=reading)
        raise
    except RequestProblem as problem:
        await _refused(here, arrival, Outcome.NOT_ALLOWED, problem, reading=reading)
        raise


async def _fetched(
    here: Collaborators, principal: Principal, reading: Reading
) -> tuple[bytes | None, Reason | None]:
    """The picture that an event names by its address, where none came with it."""
    urls = reading.urls
    if reading.chosen is not None or not urls:
        return None, None
    outcome: list[Reason | None] = []

    def fetch(arrived: Arrived) -> bytes:
        picture, reason = fetch_event_picture(urls, here.urls.of_cameras, arrived)
        outcome.append(reason)
        return picture or b""

    try:
        picture = await here.urls.places.fetch(urls[0], principal.key_id, fetch)
    except RequestProblem as problem:
        return None, Reason.of("quoted", text=problem.detail)
    return picture or None, outcome[-1]


async def _refused(
    here: Collaborators,
    arrival: Arrival,
    outcome: Outcome,
    refusal: RequestProblem | SafetyDetectorError,
    reading: Reading | None = None,
    size_bytes: int = 0,
) -> None:
    """Notes a push that could be tied to no camera, or may not be."""
    if isinstance(refusal, SafetyDetectorError):
        reason = refusal.reason
    else:
        reason = Reason.of("quoted", text=refusal.detail)
    await _note_if_possible(
        here, arrival.delivery(outcome, None, reason, reading, size_bytes=size_bytes)
    )


async def _note_if_possible(here: Collaborators, delivery: Delivery) -> None:
    """Notes a delivery whose answer stands already: its picture is stored, or it is refused."""
    try:
        await _note(here, delivery)
    except ServiceUnavailable as exc:
        _log.warning("a delivery was not noted: %s", exc)


async def _note(here: Collaborators, delivery: Delivery) -> None:
    here.health.metrics.deliveries.labels(delivery.make.value, delivery.outcome.value).inc()
    await run_in_threadpool(here.service.cameras.deliveries.note, delivery)


def _document(found: Sequence[Delivery]) -> DeliveriesDocument:
    return DeliveriesDocument(deliveries=[DeliveryDocument.of(one) for one in found])


def _check_possible(camera_id: str) -> None:
    if not is_possible_id(camera_id):
        raise UnknownCamera("no-camera", camera_id=camera_id[:64])


def _acknowledged(how: Acknowledgement) -> Response:
    match how:
        case Acknowledgement.OK:
            return PlainTextResponse("OK")
        case Acknowledgement.JSON:
            return JSONResponse({"Result": True})
    return Response(status_code=HTTPStatus.OK)
