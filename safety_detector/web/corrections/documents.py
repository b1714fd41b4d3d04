"""Corrections in bodies and answers."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from safety_detector.documents.document import Document, Moment
from safety_detector.documents.results import EXAMPLE_ID, DetectionDocument
from safety_detector.domain.corrections import BoxOrigin
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import SUB_LABELS, Hazard, Label, SubLabel
from safety_detector.domain.inspection import Verdict
from safety_detector.service.inspections.corrections import NewBox, NewCorrection
from safety_detector.web.queries.values import storable_text

_MOST_BOXES = 1000
_Pixel = Annotated[int, Field(ge=0, le=1_000_000)]


class CorrectedBoxBody(BaseModel):
    """One box with one hazard."""

    model_config = ConfigDict(extra="forbid")

    bbox_2d: tuple[_Pixel, _Pixel, _Pixel, _Pixel] = Field(
        description="x1, y1, x2, y2 in pixels of the upright original, x1 < x2 and y1 < y2; right "
        "and lower edges are exclusive."
    )
    label: Label = Field(description="What it is.")
    sub_label: SubLabel = Field(description="How severe, or how the head is.")
    detection: int | None = Field(
        None,
        ge=0,
        description="The place, from 0, of the inspection's detection that it was made of; null of "
        "one that you drew. Each detection is named once at most; those that no box names are "
        "removed.",
    )

    @model_validator(mode="after")
    def _is_a_box(self) -> Self:
        x1, y1, x2, y2 = self.bbox_2d
        if x1 >= x2 or y1 >= y2:
            raise ValueError("bbox_2d: x1 must be less than x2, and y1 less than y2")
        if self.sub_label not in SUB_LABELS[self.label]:
            possible = ", ".join(SUB_LABELS[self.label])
            raise ValueError(f"sub_label: of {self.label} one of {possible}")
        return self

    def box(self) -> NewBox:
        """As the service takes it."""
        return NewBox(Box(*self.bbox_2d), Hazard(self.label, self.sub_label), self.detection)


class CorrectionBody(BaseModel):
    """Everything that is in a picture, in somebody's judgement."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"boxes": [], "complete": True},
                {
                    "boxes": [
                        {
                            "bbox_2d": [900, 300, 1210, 700],
                            "label": "fire",
                            "sub_label": "moderate",
                            "detection": 0,
                        },
                        {
                            "bbox_2d": [40, 200, 130, 420],
                            "label": "person",
                            "sub_label": "no_helmet",
                        },
                    ],
                    "complete": True,
                    "note": "second person behind the tank",
                },
            ]
        },
    )

    boxes: list[CorrectedBoxBody] = Field(
        max_length=_MOST_BOXES, description="All of them; empty where there is nothing."
    )
    complete: bool = Field(
        description="Whether the whole picture was looked at, so that nothing is missing."
    )
    note: Annotated[str, AfterValidator(storable_text)] = Field(
        "", max_length=2000, description="For whoever wonders."
    )

    def wanted(self) -> NewCorrection:
        """As the service takes it."""
        return NewCorrection(tuple(one.box() for one in self.boxes), self.complete, self.note)


def _whole(corners: Any) -> list[int]:
    return [int(value) for value in corners]


class CorrectedBoxDocument(Document):
    """One box with one hazard, as a person left it."""

    bbox_2d: Annotated[list[int], BeforeValidator(_whole)] = Field(
        validation_alias=AliasPath("box", "xyxy"),
        min_length=4,
        max_length=4,
        description="x1, y1, x2, y2 in pixels of the upright original.",
        examples=[[900, 300, 1210, 700]],
    )
    label: Label = Field(
        validation_alias=AliasPath("hazard", "label"), description="What it is.", examples=["fire"]
    )
    sub_label: SubLabel = Field(
        validation_alias=AliasPath("hazard", "sub_label"),
        description="How severe, or how the head is.",
        examples=["moderate"],
    )
    origin: BoxOrigin = Field(
        description="`kept` as the detector found it, `changed` by a person, or `added`.",
        examples=["changed"],
    )
    detection: DetectionDocument | None = Field(
        description="What the detector had said; null of what was added.",
        examples=[DetectionDocument.example()],
    )


class CorrectionDocument(Document):
    """What a person says is in a picture; what the detector said stays with the inspection."""

    inspection_id: str = Field(description="Of the picture.", examples=[EXAMPLE_ID])
    version: int = Field(description="From 1, one more with each correction.", examples=[1])
    boxes: list[CorrectedBoxDocument] = Field(description="All that there is.")
    removed: list[DetectionDocument] = Field(
        description="Detections that are none, as the detector had said them."
    )
    complete: bool = Field(
        description="Whether the whole picture was looked at, so that nothing is missing: a "
        "picture for training.",
        examples=[True],
    )
    verdict: Verdict = Field(
        description="By these boxes; the inspection keeps its own.", examples=["hazard"]
    )
    note: str = Field(description="In that person's words.", examples=[""])
    by: str = Field(description="Who said so: a person, or an API key.", examples=["Wang Lei"])
    at: Moment = Field(description="When.", examples=["2026-11-21T09:30:00.000Z"])


class CorrectionsDocument(Document):
    """Every correction of a picture, the latest first."""

    corrections: list[CorrectionDocument] = Field(description="The corrections.")
