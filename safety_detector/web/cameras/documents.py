"""Cameras and their frames in bodies and answers."""

from __future__ import annotations

from typing import Annotated

from pydantic import (
    AfterValidator,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
)

from safety_detector.documents.document import Document, Moment
from safety_detector.documents.reasons import Details, Sentence
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.records import FrameDisposition
from safety_detector.web.inspections.documents import QUEUED_EXAMPLE, InspectionDocument
from safety_detector.web.queries.values import RecordId, said_text


def _number(value: object) -> object:
    """Pydantic would take ``false`` and ``"5"`` for numbers."""
    if isinstance(value, bool | str):
        raise ValueError("a number is needed")  # noqa: TRY004 (Pydantic takes ValueErrors)
    return value


class CameraBody(BaseModel):
    """What an operator decides about a camera."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "Gate 3", "min_interval_ms": 500}]}
    )

    name: Annotated[str, AfterValidator(said_text("a name"))] = Field(
        min_length=1, max_length=255, description="For people."
    )
    enabled: StrictBool = Field(
        True, description="Frames of a camera that is switched off are skipped."
    )
    min_interval_ms: Annotated[int, BeforeValidator(_number)] = Field(
        0,
        ge=0,
        le=86_400_000,
        description="Frames that come sooner after the last accepted one are skipped; 0: none.",
    )

    def settings(self) -> CameraSettings:
        """As the service takes it."""
        return CameraSettings(
            name=self.name, enabled=self.enabled, min_interval_ms=self.min_interval_ms
        )


class NewCamera(CameraBody):
    """A camera to be added."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"id": "gate-3", "name": "Gate 3"}]},
    )

    id: RecordId | None = Field(None, description="Unset: one is made up.", examples=["gate-3"])


class FrameCountsDocument(Document):
    """`received` is the sum of the others."""

    received: int = Field(description="Frames that were pushed.", examples=[120])
    inspected: int = Field(description="Completed or failed.", examples=[100])
    in_flight: int = Field(description="Queued or running.", examples=[1])
    skipped: int = Field(description="Came too soon, or to a camera switched off.", examples=[12])
    replaced: int = Field(description="A newer one took their place.", examples=[7])
    refused: int = Field(description="Were no picture.", examples=[0])


class CameraDocument(Document):
    """A camera and what became of its frames."""

    id: str = Field(description="Chosen by the operator, or made up.", examples=["gate-3"])
    name: str = Field(description="For people.", examples=["Gate 3"])
    enabled: bool = Field(description="False: its frames are skipped.", examples=[True])
    min_interval_ms: int = Field(
        description="Frames that come sooner are skipped; 0: none.", examples=[500]
    )
    created_at: Moment = Field(
        description="When it was added.", examples=["2026-11-20T10:00:00.000Z"]
    )
    newest_frame_at: Moment | None = Field(
        description="When its last accepted frame arrived.", examples=["2026-11-21T08:00:00.000Z"]
    )
    frames: FrameCountsDocument = Field(description="What became of its frames.")


class CamerasDocument(Document):
    """Every camera."""

    cameras: list[CameraDocument] = Field(description="By id.")


class FrameDocument(Document):
    """What became of a pushed frame."""

    disposition: FrameDisposition = Field(
        description="`accepted` or `skipped`; an accepted one may be replaced later.",
        examples=["accepted"],
    )
    inspection: InspectionDocument | None = Field(
        description="Of an accepted frame.", examples=[QUEUED_EXAMPLE]
    )
    replaces: str | None = Field(
        description="The waiting frame whose place this one took.", examples=[None]
    )
    reason: Sentence | None = Field(description="Why it was skipped.", examples=[None])
    details: Details | None = Field(
        validation_alias=AliasPath("reason"),
        description="Of what the reason is made.",
        examples=[None],
    )
    left_out: list[str] = Field(
        description="Names of smaller pictures in the same push, which are not looked at.",
        examples=[[]],
    )
