"""Labelled sets in answers."""

from __future__ import annotations

from typing import Annotated

from pydantic import AliasPath, BeforeValidator, Field, ValidationInfo

from safety_detector.datasets.formats import DatasetFormat
from safety_detector.documents.document import Document, shown
from safety_detector.message_texts.reason import Reason


class LeftOutDocument(Document):
    """Judged pictures that are not in the set, for one reason."""

    code: str = Field(description="The reason, for programs.", examples=["dataset-held"])
    pictures: int = Field(description="How many.", examples=[2])
    why: str = Field(
        description="The reason in words.", examples=[Reason("dataset-held").text("en")]
    )


class DatasetFormatDocument(Document):
    """A format, and where the set is fetched in it."""

    name: DatasetFormat = Field(description="Of the format.", examples=["coco"])
    download: str = Field(
        description="Address of the zip; takes the same query as this one.",
        examples=["/v1/datasets/coco.zip"],
    )


def _left_out(counts: object) -> object:
    if not isinstance(counts, dict):
        return counts
    return [
        {"code": code, "pictures": number, "why": Reason(code).text("en")}
        for code, number in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    ]


def _formats(judged: object, info: ValidationInfo) -> object:
    if not isinstance(judged, int):
        return judged
    base = f"{shown(info).base_path}/v1/datasets"
    return [{"name": one.value, "download": f"{base}/{one.value}.zip"} for one in DatasetFormat]


class DatasetPreviewDocument(Document):
    """What would go into a set."""

    judged: int = Field(
        description="Pictures of the period that people judged: corrected ones, and those that "
        "were shown with an incident that is confirmed or a false alarm.",
        examples=[212],
    )
    train: int = Field(
        validation_alias=AliasPath("pictures", "train"),
        description="Pictures for training.",
        examples=[150],
    )
    validation: int = Field(
        validation_alias=AliasPath("pictures", "validation"),
        description="Pictures for validation. An estimate: the set itself keeps pictures together "
        "that look the same.",
        examples=[38],
    )
    empty: int = Field(description="Those of both without a box.", examples=[56])
    groups: int = Field(
        description="Days of cameras, of which each is on one side; those that an incident joins "
        "are one.",
        examples=[31],
    )
    boxes: dict[str, int] = Field(
        description="How many of each label and state.",
        examples=[{"fire/severe": 40, "person/no_helmet": 96}],
    )
    licences: dict[str, int] = Field(
        description="Pictures by licence.", examples=[{"not stated": 188}]
    )
    left_out: Annotated[list[LeftOutDocument], BeforeValidator(_left_out)] = Field(
        description="Judged pictures that are not in it."
    )
    formats: Annotated[list[DatasetFormatDocument], BeforeValidator(_formats)] = Field(
        validation_alias=AliasPath("judged"), description="What it can be fetched as."
    )
