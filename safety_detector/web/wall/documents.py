"""Cameras as a wall shows them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AliasPath, BeforeValidator, Field, ValidationInfo

from safety_detector.documents.document import Document, Moment, shown
from safety_detector.documents.incidents import IncidentDocument
from safety_detector.documents.results import EXAMPLE_ID
from safety_detector.domain.inspection import Verdict
from safety_detector.web.cameras.documents import HealthDocument


class TileLinks(Document):
    """Where the picture of a tile is."""

    annotated: str = Field(
        description="The annotated picture.",
        examples=[f"/v1/inspections/{EXAMPLE_ID}/annotated"],
    )
    inspection: str = Field(
        description="What was found in it.", examples=[f"/v1/inspections/{EXAMPLE_ID}"]
    )


def _links(inspection_id: Any, info: ValidationInfo) -> Any:
    if not isinstance(inspection_id, str):
        return inspection_id
    path = f"{shown(info).base_path}/v1/inspections/{inspection_id}"
    return {"annotated": f"{path}/annotated", "inspection": path}


class TileDocument(Document):
    """One camera: its newest picture with its age, how it is, and its gravest incident."""

    camera_id: str = Field(description="The camera.", examples=["gate-3"])
    name: str | None = Field(
        description="For people; null where there is no such camera any more.", examples=["Gate 3"]
    )
    location: str | None = Field(
        validation_alias="place", description="Where it hangs.", examples=["Plant 2 / Gate 3"]
    )
    health: HealthDocument | None = Field(
        description="How it is; null where there is no such camera any more."
    )
    inspection_id: str | None = Field(
        description="Of its newest annotated picture; null while there is none.",
        examples=[EXAMPLE_ID],
    )
    taken_at: Moment | None = Field(
        description="When that was taken.", examples=["2026-11-21T08:00:00.000Z"]
    )
    age_s: int | None = Field(description="How many seconds ago.", examples=[3])
    verdict: Verdict | None = Field(description="What was found in it.", examples=["hazard"])
    live: bool = Field(
        validation_alias="is_live",
        description="Whether it shows how things are. False: it is old, and nobody knows.",
        examples=[True],
    )
    live_until: Moment | None = Field(
        description="Until when it does, if nothing new comes.",
        examples=["2026-11-21T08:00:36.000Z"],
    )
    incident: IncidentDocument | None = Field(
        description="The gravest that is seen, or that nobody has looked at yet; null: none."
    )
    links: Annotated[TileLinks | None, BeforeValidator(_links)] = Field(
        validation_alias=AliasPath("inspection_id"),
        description="Where the picture is; null while there is none.",
    )


class TilesDocument(Document):
    """Some of the cameras."""

    tiles: list[TileDocument] = Field(
        validation_alias="items", description="In the order that was asked for, else by id."
    )
    next_cursor: str | None = Field(
        description="`cursor` of the next page; null: this is the last.", examples=[None]
    )
