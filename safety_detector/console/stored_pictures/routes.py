"""``/pictures``: what pages show of an inspection: its original, its annotated picture, a copy.

REST has the first two as well, for whoever brings a key; a browser brings a session.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from safety_detector.console.route import PageRoute
from safety_detector.console.visitor import Viewer
from safety_detector.pictures.thumbnails import thumbnail
from safety_detector.service.inspections.results import Results
from safety_detector.service.records import StoredPicture
from safety_detector.web.collaborators import collaborators
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.ids import is_possible_id, not_found
from safety_detector.web.stored_files import has_already, send_file

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_WIDTHS = {"small": 480, "wide": 960}  # twice what a card is wide, for dense screens; for few tiles
_AT_ONCE = CapacityLimiter(2)
_KEEP = "private, max-age=86400"  # a picture of an inspection never changes


@router.get("/pictures/{inspection_id}/{kind}.jpg")
async def read_picture(
    request: Request,
    _visitor: Viewer,
    inspection_id: Annotated[str, Path(max_length=64)],
    kind: Literal["original", "annotated", "small", "wide"],
) -> Response:
    """One picture of an inspection; the smaller ones are annotated."""
    results = collaborators(request).service.inspections.results
    find = results.original if kind == "original" else results.annotated
    known = is_possible_id(inspection_id)
    picture = await run_in_threadpool(find, inspection_id) if known else None
    if picture is None:
        raise not_found("picture of the inspection", inspection_id)
    gone = RequestProblem("picture-gone", "The picture is no longer stored.")
    name = f"{inspection_id}-{kind}.jpg"
    if kind in ("original", "annotated"):
        return await send_file(
            request,
            partial(results.open, picture),
            picture.tag,
            picture.media_type,
            name,
            gone,
            {"Cache-Control": _KEEP},
        )
    width = _WIDTHS[kind]
    headers = {"ETag": f'"{picture.tag}-{width}"', "Cache-Control": _KEEP}
    if has_already(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    made = await run_sync(_small, results, picture, width, limiter=_AT_ONCE)
    if made is None:
        raise gone
    return Response(made, headers=headers, media_type="image/jpeg")


def _small(results: Results, picture: StoredPicture, width: int) -> bytes | None:
    blob = results.open(picture)
    if blob is None:
        return None
    with blob:
        return thumbnail(blob.read(blob.size_bytes), width)
