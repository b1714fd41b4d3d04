"""``/wall``: a tile a camera, for a screen that people look at from afar."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from pydantic import BaseModel, BeforeValidator, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from safety_detector.console.rendering import page
from safety_detector.console.route import PageRoute
from safety_detector.console.visitor import Viewer, Visitor
from safety_detector.domain.camera_health import Fault
from safety_detector.service.cameras.wall import WallFilter
from safety_detector.service.records import Camera
from safety_detector.web.answers import base_path
from safety_detector.web.collaborators import collaborators
from safety_detector.web.queries.values import RecordId, SearchedText, checked, empty_is_none
from safety_detector.web.wall.documents import TileDocument, TilesDocument
from safety_detector.web.wall.routes import MOST_TILES

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_BLIND = {Fault.SILENT, Fault.FROZEN, Fault.DARK, Fault.COVERED, Fault.REFUSED}
"""While one of these lasts nobody sees anything there."""

_FEW = 9  # so few tiles are so large that a small picture would be blurred
_MOST_CHOICES = 300
_MARK_BYTES = 6
_CHANGES_BY_ITSELF = {"age_s": True, "live": True}


class WallQuery(BaseModel):
    """What the address of a wall says.

    Attributes:
        camera_id: only these cameras, in this order.
        location: only cameras at this place.
        cursor: the last camera of the page before.
        full: without anything beside the tiles, for a screen that nobody touches.
    """

    camera_id: Annotated[list[RecordId], Field(max_length=MOST_TILES)] = Field(default_factory=list)
    location: Annotated[SearchedText | None, BeforeValidator(empty_is_none)] = None
    cursor: Annotated[RecordId | None, BeforeValidator(empty_is_none)] = None
    full: Annotated[bool | None, BeforeValidator(empty_is_none)] = None

    @property
    def wanted(self) -> WallFilter:
        """Which cameras."""
        return WallFilter(tuple(self.camera_id) or None, self.location)

    def address(self, **changed: Any) -> str:
        """The query, with something else in it."""
        fields = {**self.model_dump(), **changed}
        return urlencode({name: value for name, value in fields.items() if value}, doseq=True)


@dataclass(frozen=True, slots=True)
class ShownTile:
    """A tile as a page shows it.

    Attributes:
        document: what REST says of it.
        mark: changes with everything that is shown but the passing of time.
        standing: ``live``, ``stale`` (the picture is old) or ``dead`` (nobody sees anything).
    """

    document: TileDocument
    mark: str
    standing: str

    @classmethod
    def of(cls, document: TileDocument) -> ShownTile:
        """The tile of a document."""
        written = document.model_dump_json(exclude=_CHANGES_BY_ITSELF).encode()
        mark = hashlib.blake2s(written, digest_size=_MARK_BYTES).hexdigest()
        return cls(document, mark, _standing(document))


def _standing(tile: TileDocument) -> str:
    health = tile.health
    if health is None or tile.inspection_id is None or health.status == "off":
        return "dead"
    if any(one.fault in _BLIND for one in health.faults):
        return "dead"
    return "live" if tile.live else "stale"


@router.get("/wall")
async def show_wall(request: Request, visitor: Viewer) -> Response:
    """All cameras, or those that the address names; its script then asks for what changes."""
    query = _query(request)
    things = await _tiles(request, visitor, query)
    cameras = await run_in_threadpool(collaborators(request).service.cameras.records.list)
    return page(
        request,
        visitor,
        "wall.html",
        {
            **things,
            "query": query,
            "tiles_address": f"/wall/tiles?{query.address(full=None)}",
            "choices": cameras if len(cameras) <= _MOST_CHOICES else (),
            "places": _places(cameras),
        },
    )


@router.get("/wall/tiles")
async def show_changes(request: Request, visitor: Viewer) -> Response:
    """The tiles that a window does not have yet; all where it shows other cameras by now."""
    things = await _tiles(request, visitor, _query(request))
    if request.query_params.get("order") == things["order"]:
        have = set(request.query_params.get("have", "").split(","))
        things["tiles"] = [one for one in things["tiles"] if one.mark not in have]
    return page(request, visitor, "wall_tiles.html", things)


def _query(request: Request) -> WallQuery:
    given = request.query_params
    names = ("location", "cursor", "full")
    fields = {name: given[name] for name in names if name in given}
    return checked(
        WallQuery, {**fields, "camera_id": [one for one in given.getlist("camera_id") if one]}
    )


async def _tiles(request: Request, visitor: Visitor, query: WallQuery) -> dict[str, Any]:
    wall = collaborators(request).service.cameras.wall
    found = await run_in_threadpool(wall.tiles, query.wanted, MOST_TILES, query.cursor)
    document = TilesDocument.of(found, visitor.language, base_path(request))
    ids = ",".join(one.camera_id for one in document.tiles)
    return {
        "tiles": [ShownTile.of(one) for one in document.tiles],
        "live": sum(_standing(one) == "live" for one in document.tiles),
        "number": len(document.tiles),
        "next_cursor": document.next_cursor,
        "order": hashlib.blake2s(ids.encode(), digest_size=_MARK_BYTES).hexdigest(),
        "size": "wide" if len(document.tiles) <= _FEW else "small",
    }


def _places(cameras: Sequence[Camera]) -> list[str]:
    """The first steps of all places, in their order."""
    return sorted({one.location.split("/")[0].strip() for one in cameras if one.location})
