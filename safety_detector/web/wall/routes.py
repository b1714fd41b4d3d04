"""``/v1/wall``: the newest picture of each camera, how it is, and its gravest incident."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool

from safety_detector.service.cameras.wall import WallFilter
from safety_detector.web.access.authentication import Reader
from safety_detector.web.answers import base_path
from safety_detector.web.collaborators import collaborators
from safety_detector.web.openapi.description import KEYED
from safety_detector.web.queries.values import RecordId, SearchedText
from safety_detector.web.wall.documents import TilesDocument

router = APIRouter(tags=["cameras"])

MOST_TILES = 64


def wanted_tiles(
    camera_id: Annotated[
        list[RecordId] | None,
        Query(max_length=MOST_TILES, description="Only these, in this order; may be repeated."),
    ] = None,
    location: Annotated[
        SearchedText | None,
        Query(description="Only cameras at this place, or at a part of it behind a `/`."),
    ] = None,
) -> WallFilter:
    """Which cameras a query means."""
    return WallFilter(tuple(camera_id) if camera_id else None, location)


Wanted = Annotated[WallFilter, Depends(wanted_tiles)]


@router.get(
    "/v1/wall",
    summary="List cameras with their newest pictures",
    response_description="A page",
    responses=KEYED,
)
async def show_wall(
    request: Request,
    _principal: Reader,
    wanted: Wanted,
    limit: Annotated[int, Query(ge=1, le=MOST_TILES, description="Most cameras.")] = MOST_TILES,
    cursor: Annotated[RecordId | None, Query(description="`next_cursor` of the page before.")] = (
        None
    ),
) -> TilesDocument:
    """What a screen on a wall shows, to be built elsewhere: each picture with its age."""
    wall = collaborators(request).service.cameras.wall
    page = await run_in_threadpool(wall.tiles, wanted, limit, cursor)
    return TilesDocument.of(page, base_path=base_path(request))
