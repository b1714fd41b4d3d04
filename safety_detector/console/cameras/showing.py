"""``/cameras``: how each camera is, and one of them with what came from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from safety_detector.console.cameras import outlines
from safety_detector.console.rendering import page
from safety_detector.console.route import PageRoute
from safety_detector.console.visitor import Administrator, Viewer, Visitor
from safety_detector.domain.people import Role
from safety_detector.service.cameras.latest import LatestPicture
from safety_detector.service.records import Camera, CameraStatus
from safety_detector.web.alert_rules.documents import AlertRuleDocument
from safety_detector.web.cameras.documents import CameraDocument
from safety_detector.web.cameras.finding import CameraId, find_camera
from safety_detector.web.collaborators import Collaborators, collaborators
from safety_detector.web.permits.documents import PermitDocument
from safety_detector.web.queries.values import SearchedText, checked
from safety_detector.web.receivers.documents import DeliveryDocument

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_PAGE = 100
_MOST_PERMITS = 50  # of the latest entered, among which are all that are in force
_ORDER = (CameraStatus.FAULTY, CameraStatus.UNKNOWN, CameraStatus.OK, CameraStatus.OFF)


class _Query(BaseModel):
    """What an address may say of the list."""

    status: CameraStatus | None = None
    q: SearchedText | None = None
    page: int = 1


@router.get("/cameras")
async def list_cameras(request: Request, visitor: Viewer) -> Response:
    """What needs somebody first; the address holds the filter."""
    query = {name: value for name, value in request.query_params.items() if value}
    wanted = checked(_Query, query)
    here = collaborators(request)
    every = await run_in_threadpool(here.service.cameras.records.list)
    found = sorted(
        (one for one in every if _is_meant(one, wanted)),
        key=lambda one: (_ORDER.index(one.health.status), one.name, one.id),
    )
    first = _PAGE * (max(wanted.page, 1) - 1)
    shown = found[first : first + _PAGE]
    looks = await run_in_threadpool(here.service.cameras.latest.of, shown)
    query.pop("page", None)
    things = {
        "cameras": [CameraDocument.of(one) for one in shown],
        "looks": looks,
        "query": query,
        "statuses": _ORDER,
        "numbers": Counter(one.health.status for one in every),
        "total": len(every),
        "found": len(found),
        "before": wanted.page - 1 if first else None,
        "further": wanted.page + 1 if len(found) > first + _PAGE else None,
    }
    return page(request, visitor, "cameras.html", things)


def _is_meant(camera: Camera, wanted: _Query) -> bool:
    if wanted.status is not None and camera.health.status is not wanted.status:
        return False
    sought = (wanted.q or "").casefold()
    texts = (camera.id, camera.name, camera.location or "", camera.source.url)
    return any(sought in one.casefold() for one in texts)


@router.get("/cameras/-/strays")
async def show_strays(request: Request, visitor: Administrator) -> Response:
    """What devices sent that could be tied to no camera: the commonest trouble of a first day."""
    deliveries = collaborators(request).service.cameras.deliveries
    found = await run_in_threadpool(deliveries.of_no_camera)
    things = {"deliveries": [DeliveryDocument.of(one) for one in found]}
    return page(request, visitor, "camera_strays.html", things)


@router.get("/cameras/{camera_id}")
async def show_camera(request: Request, visitor: Viewer, camera_id: CameraId) -> Response:
    """One camera."""
    camera = await find_camera(collaborators(request), camera_id)
    return await camera_page(request, visitor, camera)


async def camera_page(
    request: Request, visitor: Visitor, camera: Camera, refused: str | None = None
) -> Response:
    """The page of a camera, with why something was not done."""
    here = collaborators(request)
    service = here.service
    deliveries = await run_in_threadpool(service.cameras.deliveries.of_camera, camera.id)
    permits = await run_in_threadpool(service.incidents.permits.list, camera.id, _MOST_PERMITS)
    rules = await run_in_threadpool(service.notifications.rules.list)
    things: dict[str, Any] = {
        **await things_of(here, camera),
        "deliveries": [DeliveryDocument.of(one) for one in deliveries],
        "permits": [PermitDocument.of(one) for one in permits],
        "rules": [
            AlertRuleDocument.of(one) for one in rules if camera.id in (one.rule.camera_ids or ())
        ],
        "refused": refused,
    }
    response = page(request, visitor, "camera.html", things)
    if refused is not None:
        response.status_code = 409
    return response


async def things_of(here: Collaborators, camera: Camera) -> dict[str, Any]:
    """What each page of a camera shows: the camera, its newest picture, and the pages."""
    looks = await run_in_threadpool(here.service.cameras.latest.of, [camera])
    return {
        "camera": CameraDocument.of(camera),
        "look": looks.get(camera.id),
        "canvas": canvas(looks, camera.id),
        "tabs": TABS,
        "points": outlines.points,
        "on_canvas": outlines.on_canvas,
    }


def canvas(looks: Mapping[str, LatestPicture], camera_id: str) -> tuple[int, int]:
    """Width and height of what areas are drawn on; without a picture that of most cameras."""
    look = looks.get(camera_id)
    return (1920, 1080) if look is None else (look.width, look.height)


TABS: Sequence[tuple[str, str, Role]] = (
    ("", "camera-tab-overview", Role.VIEWER),
    ("/source", "camera-tab-source", Role.ADMINISTRATOR),
    ("/areas", "camera-tab-areas", Role.ADMINISTRATOR),
    ("/hours", "camera-tab-hours", Role.ADMINISTRATOR),
    ("/rules", "camera-tab-rules", Role.ADMINISTRATOR),
    ("/permits", "camera-tab-permits", Role.VIEWER),
)
"""The pages of a camera: the path below its own, the message of its name, who may look."""
