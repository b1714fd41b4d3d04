"""``/v1/cameras/{camera_id}/latest.jpg``: the newest annotated picture, and how old it is."""

from __future__ import annotations

from datetime import timedelta, tzinfo
from email.utils import format_datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from safety_detector.domain.hazards import Language
from safety_detector.domain.inspection import timestamp
from safety_detector.host.local_time import zone_of
from safety_detector.message_texts.reason import Reason
from safety_detector.service.cameras.latest import LatestPicture
from safety_detector.service.records import Camera
from safety_detector.web.access.authentication import Reader
from safety_detector.web.cameras.banners import BannerWords
from safety_detector.web.cameras.finding import CameraId, find_camera
from safety_detector.web.collaborators import collaborators
from safety_detector.web.inspections.pictures import safe_file_name
from safety_detector.web.openapi.description import INSPECTION, UNCHANGED, binary
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.languages import preferred_language
from safety_detector.web.stored_files import content_disposition, has_already, send_file

router = APIRouter(tags=["cameras"])

# From so many seconds on, in units of so many.
_UNITS = (
    ("picture-old-days", 2 * 86_400, 86_400),
    ("picture-old-hours", 2 * 3600, 3600),
    ("picture-old-minutes", 60, 60),
)

_HEADERS = {
    "X-Picture-Taken-At": "When it was taken, RFC 3339 in UTC.",
    "X-Picture-Age-S": "How many seconds ago.",
    "X-Picture-Live": "`true` while the camera sends; else the age is drawn above the picture.",
    "X-Inspection-Id": "The inspection in which it was made.",
    "Last-Modified": "When it was taken, as HTTP writes it.",
    "ETag": "Changes with the picture, and with the age that is drawn.",
}


@router.get(
    "/v1/cameras/{camera_id}/latest.jpg",
    summary="The newest annotated picture, with its age",
    response_class=Response,
    responses={
        200: {
            **binary("The picture", "image/jpeg"),
            "headers": {
                name: {"description": words, "schema": {"type": "string"}}
                for name, words in _HEADERS.items()
            },
        },
        **UNCHANGED,
        **INSPECTION,
    },
)
async def read_latest(
    request: Request,
    _principal: Reader,
    camera_id: CameraId,
    lang: Annotated[
        Language | None,
        Query(description="Of a drawn age. Unset: by Accept-Language, else the service's."),
    ] = None,
) -> Response:
    """A JPEG; never shown as live when it is not.

    Where the camera sends nothing any more, or what it sent last waits to be inspected, the age is
    drawn above the picture.  404 says what is missing where nothing was inspected yet.
    """
    here = collaborators(request)
    camera = await find_camera(here, camera_id)
    latest = await run_in_threadpool(here.service.cameras.latest.find, camera)
    if latest is None:
        raise _nothing_yet(camera)
    headers = {
        "X-Picture-Taken-At": timestamp(latest.taken_at),
        "X-Picture-Age-S": str(int(latest.age.total_seconds())),
        "X-Picture-Live": str(latest.is_live).lower(),
        "X-Inspection-Id": latest.inspection_id,
        "Last-Modified": format_datetime(latest.taken_at.replace(microsecond=0), usegmt=True),
    }
    gone = RequestProblem("picture-gone", "The picture is no longer stored.")
    name = safe_file_name(camera_id, ".jpg", "-latest")
    if latest.is_live:
        find = partial(here.service.inspections.results.open, latest.picture)
        return await send_file(request, find, latest.picture.tag, "image/jpeg", name, gone, headers)
    language = lang or preferred_language(request) or here.reports.language
    words = _words(latest, language, here.reports.time_zone)
    headers |= {
        "ETag": f'"{latest.picture.tag}-{words.tag}"',
        "Cache-Control": "private, no-cache",
        "Content-Disposition": content_disposition(name),
        "Vary": "Accept-Language",
    }
    if has_already(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    jpeg = await here.cameras.banners.draw(latest.picture, words)
    if jpeg is None:
        raise gone
    return Response(jpeg, headers=headers, media_type="image/jpeg")


def _nothing_yet(camera: Camera) -> RequestProblem:
    """What is missing for a first picture."""
    sighting, name = camera.sighting, camera.id
    if not camera.enabled:
        detail = f"The camera {name} is switched off, and no picture of it was inspected before."
    elif camera.frames.in_flight:
        detail = f"The first picture of {name} is being inspected, or waits to be."
    elif camera.frames.received:
        detail = f"No picture of {name} was inspected yet: what came was refused or skipped."
    elif sighting is not None and sighting.last_error is not None:
        detail = f"No picture came from {name} yet: {sighting.last_error.text('en')}"
    elif camera.source.is_pulled:
        detail = (
            f"No picture came from {name} yet. It is fetched by a process that watches cameras: "
            "safety-detector serve, or watch."
        )
    else:
        detail = f"No picture came from {name} yet: it sends them to /v1/cameras/{name}/frames."
    return RequestProblem("not-found", detail, camera_id=name)


def _words(latest: LatestPicture, language: Language, site: tzinfo) -> BannerWords:
    age = _age(latest.age)
    zone = zone_of(latest.camera.timezone) if latest.camera.timezone else site
    moment = latest.taken_at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    return BannerWords(
        age=Reason.of("picture-not-live", age=age).text(language),
        taken=Reason.of("picture-taken-at", moment=moment).text(language),
        tag=f"{language}-{age.code}-{age.facts['number']}",
    )


def _age(age: timedelta) -> Reason:
    """In whole units of a size that suits it."""
    seconds = int(age.total_seconds())
    for code, least_s, length_s in _UNITS:
        if seconds >= least_s:
            return Reason.of(code, number=seconds // length_s)
    return Reason.of("picture-old-seconds", number=seconds)
