"""Labelled sets in answers."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AliasPath, BeforeValidator, Field, ValidationInfo

from safety_detector.datasets.doubtful import Doubt, DoubtfulLabel
from safety_detector.datasets.formats import DatasetFormat
from safety_detector.documents.document import Document, Moment, shown
from safety_detector.domain.hazards import Label, SubLabel
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


class JudgedHazardDocument(Document):
    """What a person said of a place."""

    label: Label = Field(description="Its label.", examples=["fire"])
    sub_label: SubLabel = Field(description="Its state.", examples=["severe"])


class DoubtfulLabelDocument(Document):
    """A label that a detector speaks against which is seldom wrong about such things."""

    inspection_id: str = Field(
        description="Of the picture.", examples=["01KAJ8W4T0X2V7Q9R5N3M1B6CD"]
    )
    name: str = Field(
        description="Of the picture's file, as it was submitted.", examples=["gate3-0800.jpg"]
    )
    page: str = Field(
        description="Where people look at it.", examples=["/pictures/01KAJ8W4T0X2V7Q9R5N3M1B6CD"]
    )
    doubt: Doubt = Field(
        description="How they disagree: the detector does not see a box (`unseen`), sees what "
        "nobody labelled (`unlabelled`) or somebody called none (`refuted`), or another state of a "
        "head (`state`).",
        examples=["refuted"],
    )
    bbox_2d: tuple[int, int, int, int] = Field(
        description="Where, in pixels of the upright original.", examples=[[10, 12, 40, 30]]
    )
    judged: JudgedHazardDocument | None = Field(
        description="What a person said of it; null where nobody labelled anything."
    )
    detector: str = Field(description="Which detector.", examples=["embedded"])
    seen: str | None = Field(
        description="What it says: a label, or the state of a head; null for nothing.",
        examples=["fire"],
    )
    score: float | None = Field(
        description="Its score; null of what it does not see, and where it gave none.",
        examples=[0.91],
    )
    like_it: int = Field(
        description="In how many of the others the disagreement was the same.", examples=[0]
    )
    others: int = Field(
        description="Labels of its kind on other days and cameras, at least as surely seen.",
        examples=[84],
    )
    by: str | None = Field(description="Who judged it.", examples=["Wang Lei"])
    at: Moment | None = Field(description="When.", examples=["2026-11-21T08:00:00.000Z"])

    @classmethod
    def of_label(cls, one: DoubtfulLabel, base: str) -> Self:
        """The document of a label; ``base`` stands before the page's path."""
        judged, judgement = one.judged, one.judgement
        return cls.model_validate(
            {
                "inspection_id": one.inspection_id,
                "name": one.name,
                "page": f"{base}/pictures/{one.inspection_id}",
                "doubt": one.doubt,
                "bbox_2d": [round(side) for side in one.box.xyxy],
                "judged": judged and {"label": judged.label, "sub_label": judged.sub_label},
                "detector": one.detector,
                "seen": one.seen or None,
                "score": None if one.score is None else round(one.score, 4),
                "like_it": one.like_it,
                "others": one.others,
                "by": judgement and judgement.by,
                "at": judgement and judgement.at,
            }
        )


class DoubtfulLabelsDocument(Document):
    """Labels to look at again, the most doubtful first."""

    pictures: int = Field(description="Judged pictures that were compared.", examples=[412])
    found: int = Field(description="Doubtful labels, those beyond the limit too.", examples=[9])
    labels: list[DoubtfulLabelDocument] = Field(description="The first of them.")
