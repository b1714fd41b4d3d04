"""The pictures that show an incident, as everybody is shown them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, AliasPath, BeforeValidator, Field, ValidationInfo

from safety_detector.documents.document import Document, Moment
from safety_detector.documents.incidents import BestLinks, best_links, corners, rounded
from safety_detector.documents.results import EXAMPLE_ID
from safety_detector.domain.incidents.looks import Severity


class SeenPictureLinks(BestLinks):
    """Where a picture of an incident is."""

    original: str = Field(
        description="The picture as it was sent.",
        examples=[f"/v1/inspections/{EXAMPLE_ID}/original"],
    )


def _picture_links(inspection_id: Any, info: ValidationInfo) -> Any:
    links = best_links(inspection_id, info)
    if isinstance(links, dict) and isinstance(inspection_id, str):
        return links | {"original": f"{links['inspection']}/original"}
    return links


class SeenPictureDocument(Document):
    """A picture that shows an incident."""

    inspection_id: str = Field(description="Its inspection.", examples=[EXAMPLE_ID])
    taken_at: Moment = Field(description="When.", examples=["2026-11-21T08:00:00.000Z"])
    camera_id: str = Field(
        description="By which camera; what a person merged may be seen by several.",
        examples=["gate-3"],
    )
    boxes: Annotated[
        list[list[float]],
        BeforeValidator(lambda boxes: [corners(box) for box in boxes]),
    ] = Field(
        description="Where in it, as fractions of its width and height: x1, y1, x2, y2; around all "
        "that was seen of the incident.",
        examples=[[[0.41, 0.52, 0.55, 0.7]]],
    )
    severity: Severity = Field(description="The gravest in it.", examples=["minor"])
    score: Annotated[float | None, AfterValidator(rounded)] = Field(
        description="The highest; null where the backend has none.", examples=[0.83]
    )
    is_kept: bool = Field(
        description="False: retention has removed it, and the links lead nowhere.", examples=[True]
    )
    links: Annotated[SeenPictureLinks, BeforeValidator(_picture_links)] = Field(
        validation_alias=AliasPath("inspection_id"), description="Where it is."
    )


class SeenPicturesDocument(Document):
    """A page of the pictures that show an incident, the earliest first."""

    pictures: list[SeenPictureDocument] = Field(
        validation_alias="items", description="The pictures."
    )
    next_cursor: str | None = Field(
        description="Leads to the next page; null on the last.", examples=[None]
    )
