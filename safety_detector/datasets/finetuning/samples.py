"""What each sample should say, beside the sample itself: a line of ``labels.jsonl``.

The programs that train read the samples alone.  With this file a set is read back at any time, by
us or by whoever changed it, and each answer leads to the picture and the people it is from.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from safety_detector.datasets.finetuning.answers import Inexact, LabelledThing, inexact
from safety_detector.datasets.finetuning.crop_truths import reads_back
from safety_detector.datasets.labelled import Judgement, LabelledBox, Side
from safety_detector.detectors.qwen.dialects import dialect_named
from safety_detector.domain.crop_questions import CropAnswer, CropQuestion
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Hazard, Label, SubLabel


class SampleKind(StrEnum):
    """What a sample teaches."""

    DETECTION = "detection"
    """Everything in a whole picture, asked exactly as the service asks."""
    REASONS = "reasons"
    """The same, with people's reasons beside what they are the reasons of."""
    CROP = "crop"
    """A question about one place, shown by itself, as a second look asks it."""


class SampleLabel(BaseModel):
    """One thing in a picture, and who said so.

    Attributes:
        bbox: ``x1, y1, x2, y2`` in pixels of the upright original.
        reason: as it is taught; empty where there is none, or it could not be.
        by, at, basis, origin: who said so, when, by which act, and what the detector had to do
            with it.
    """

    model_config = ConfigDict(extra="forbid")

    bbox: tuple[float, float, float, float]
    label: Label
    sub_label: SubLabel
    reason: str = ""
    by: str = ""
    at: datetime | None = None
    basis: str = ""
    origin: str = ""

    @classmethod
    def of(cls, box: LabelledBox, reason: str) -> Self:
        """The label of a judged box."""
        judgement: Judgement = box.judgement
        return cls(
            bbox=box.box.xyxy,
            label=box.hazard.label,
            sub_label=box.hazard.sub_label,
            reason=reason,
            by=judgement.by,
            at=judgement.at,
            basis=judgement.basis.value,
            origin=box.origin.value,
        )

    def thing(self) -> LabelledThing:
        """What is there.

        Raises:
            ValueError: there is no such box or hazard.
        """
        return LabelledThing(Box(*self.bbox), Hazard(self.label, self.sub_label), self.reason)


class SampleCrop(BaseModel):
    """A question about one place, and its answer.

    Attributes:
        place, crop: ``x1, y1, x2, y2`` in pixels of the upright original.
        reason: as it is taught; empty where there is none, or it could not be.
    """

    model_config = ConfigDict(extra="forbid")

    question: CropQuestion
    place: tuple[float, float, float, float]
    crop: tuple[float, float, float, float]
    answer: CropAnswer
    reason: str = ""


class SampleRecord(BaseModel):
    """One sample: which picture, how it was sent, and what is in it.

    Attributes:
        picture: its file, relative to the set.
        labels: all that is in it; of a question about one place, nothing.
        crop: the question about one place.
        original: width and height of the upright original.
        sent: width and height of the file, which are those that the service sends.
    """

    model_config = ConfigDict(extra="forbid")

    kind: SampleKind
    side: Side
    picture: str = Field(pattern=r"^images/[\w.-]{1,200}$")
    inspection_id: str
    name: str
    sha256: str
    source: str
    group: str
    licence: str | None = None
    original: tuple[int, int]
    sent: tuple[int, int]
    dialect: str
    prompt_version: str
    labels: list[SampleLabel] = Field(default_factory=list)
    crop: SampleCrop | None = None

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        if (self.kind is SampleKind.CROP) is (self.crop is None):
            raise ValueError("a question about a place has a crop, and nothing else has one")
        return self

    @property
    def sent_size(self) -> ImageSize:
        """The size of the sample's picture."""
        return ImageSize(*self.sent)

    def fault_of(self, answer: str) -> str | None:
        """Why the service would read something else out of the answer; None if it would not.

        Raises:
            ValueError: the record names what there is not.
            ConfigurationInvalid: the dialect is unknown.
        """
        if self.crop is not None:
            crop = self.crop
            is_exact = reads_back(answer, crop.question, crop.answer, crop.reason)
            return None if is_exact else Inexact.MISREAD
        things = [one.thing() for one in self.labels]
        dialect = dialect_named(self.dialect)
        return inexact(answer, things, dialect, ImageSize(*self.original), self.sent_size)
