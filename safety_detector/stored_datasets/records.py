"""Values: what set is wanted, and what became of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from safety_detector.datasets.finetuning.drafting import FineTuningOptions
from safety_detector.datasets.formats import DatasetFormat
from safety_detector.datasets.labelled import Side
from safety_detector.errors import ConfigurationInvalid
from safety_detector.message_texts.phrase import Language
from safety_detector.message_texts.reason import Reason
from safety_detector.service.datasets.records import DatasetFilter

LICENCE_UNKNOWN = "not stated"
"""Of pictures of which nobody said under which licence they may be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetOrder:
    """What set is wanted.

    Attributes:
        wanted: which judged pictures.
        format: how they are written.
        validation: the share of pictures for validation.
        empty_share: the most pictures without a box, as a share of all.
        blur_faces: whether faces are made unrecognisable.
        include_held: whether evidence under hold is copied too.
        licence: of pictures of which their submitter said nothing.
        fine_tuning: how a language model is asked; for sets that it learns from.

    Raises:
        ConfigurationInvalid: a share is none.
    """

    wanted: DatasetFilter = field(default_factory=DatasetFilter)
    format: DatasetFormat = DatasetFormat.COCO
    validation: float = 0.2
    empty_share: float = 0.3
    blur_faces: bool = False
    include_held: bool = False
    licence: str = LICENCE_UNKNOWN
    fine_tuning: FineTuningOptions | None = None

    def __post_init__(self) -> None:
        for option, value in (
            ("--validation", self.validation),
            ("--empty-share", self.empty_share),
        ):
            if not 0 <= value <= 1:
                raise ConfigurationInvalid("dataset-share-impossible", option=option, value=value)

    def as_json(self) -> dict[str, Any]:
        """What was asked for, for the audit log and the set itself."""
        wanted = self.wanted
        return {
            "format": self.format.value,
            "since": wanted.since and wanted.since.isoformat(),
            "until": wanted.until and wanted.until.isoformat(),
            "cameras": list(wanted.camera_ids),
            "batch_id": wanted.batch_id,
            "validation": self.validation,
            "empty_share": self.empty_share,
            "blur_faces": self.blur_faces,
            "include_held": self.include_held,
            "licence": self.licence,
            **({} if self.fine_tuning is None else self.fine_tuning.as_json()),
        }


@dataclass(slots=True)
class DatasetCounts:
    """What became of the judged pictures.

    Attributes:
        judged: those that match.
        pictures: those that go into the set, by side.
        empty: those of them without a box.
        boxes: by label and state.
        groups: how many groups the split has.
        licences: pictures by licence.
        left_out: by why.
    """

    judged: int = 0
    pictures: Counter[Side] = field(default_factory=Counter)
    empty: int = 0
    boxes: Counter[str] = field(default_factory=Counter)
    groups: int = 0
    licences: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

    def why_left_out(self, language: Language) -> dict[str, int]:
        """How many were left out, by why in words."""
        return {Reason(code).text(language): count for code, count in self.left_out.most_common()}

    def as_json(self) -> dict[str, Any]:
        """For programs, and for the set itself."""
        return {
            "judged": self.judged,
            "pictures": {side.value: self.pictures[side] for side in Side},
            "empty": self.empty,
            "boxes": dict(sorted(self.boxes.items())),
            "groups": self.groups,
            "licences": dict(self.licences.most_common()),
            "left_out": dict(self.left_out.most_common()),
        }
