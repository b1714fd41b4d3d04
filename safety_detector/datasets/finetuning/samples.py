"""What each sample should say, beside the sample itself: a line of ``labels.jsonl``.

The programs that train read the samples alone.  With this file a set is read back at any time, by
us or by whoever changed it, and each answer leads to the picture and the people it is from.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from safety_detector.datasets.finetuning.answers import LabelledThing, inexact
from safety_detector.datasets.labelled import Judgement, LabelledBox, LabelledPicture, Side
from safety_detector.detectors.qwen.dialects import Dialect, dialect_named
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Hazard, Label, SubLabel


class SampleKind(StrEnum):
    """What a sample teaches."""

    DETECTION = "detection"
    """Everything in a whole picture, asked exactly as the service asks."""
    REASONS = "reasons"
    """The same, with people's reasons beside what they are the reasons of."""


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


class SampleRecord(BaseModel):
    """One sample: which picture, how it was sent, and what is in it.

    Attributes:
        picture: its file, relative to the set.
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

    @classmethod
    def of(
        cls,
        kind: SampleKind,
        picture: LabelledPicture,
        labels: Sequence[SampleLabel],
        *,
        side: Side,
        group: str,
        file: str,
        sent: ImageSize,
        dialect: Dialect,
        prompt_version: str,
    ) -> Self:
        """The record of a sample about a judged picture."""
        return cls(
            kind=kind,
            side=side,
            picture=file,
            inspection_id=picture.inspection_id,
            # Names may hold bytes that are no text; JSON cannot.
            name=picture.name.encode("utf-8", "backslashreplace").decode(),
            sha256=picture.sha256,
            source=picture.source,
            group=group,
            licence=picture.licence,
            original=(picture.size.width, picture.size.height),
            sent=(sent.width, sent.height),
            dialect=dialect.name,
            prompt_version=prompt_version,
            labels=list(labels),
        )

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
        things = [one.thing() for one in self.labels]
        dialect = dialect_named(self.dialect)
        return inexact(answer, things, dialect, ImageSize(*self.original), self.sent_size)
