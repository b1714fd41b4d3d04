"""Judged pictures made for tests, and the folder that a set is written to."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import numpy as np

from safety_detector.datasets.content import PictureContent
from safety_detector.datasets.finetuning.drafting import FineTuningOptions
from safety_detector.datasets.labelled import (
    EVERY_LABEL,
    Basis,
    Judgement,
    LabelledBox,
    LabelledPicture,
)
from safety_detector.detectors.qwen.detector import DEFAULT_MAX_PIXELS
from safety_detector.detectors.qwen.dialects import dialect_named
from safety_detector.detectors.qwen.prompts import make_prompt
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.pictures.images import encode_jpeg

DAY = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
FIRE = Hazard(Label.FIRE, SubLabel.SEVERE)
BARE = Hazard(Label.PERSON, SubLabel.NO_HELMET)


@dataclass(frozen=True)
class Folder:
    """Writes a set's files below a folder."""

    path: Path

    def write(self, name: str, data: bytes) -> None:
        """Writes a file."""
        place = self.path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)

    def copy(self, name: str, file: IO[bytes]) -> None:
        """Writes the rest of a file."""
        with (self.path / name).open("wb") as copy:
            shutil.copyfileobj(file, copy)


def judged(
    number: int,
    boxes: Sequence[tuple[Box, Hazard]] = (),
    size: ImageSize | None = None,
    reason: str = "",
    camera: str = "gate3",
    labelled: frozenset[Label] = EVERY_LABEL,
) -> LabelledPicture:
    """A picture of which somebody said what is in it."""
    judgement = Judgement(Basis.CORRECTION, "Li Wei", DAY, reason, version=1)
    return LabelledPicture(
        inspection_id=f"01KAJ8W4T0X2V7Q9R5N3M1B{number:03}",
        name=f"gate/frame {number}.jpg",
        sha256=f"{number:064x}",
        size=size or ImageSize(1280, 720),
        taken_at=DAY,
        camera_id=camera,
        labelled=labelled,
        boxes=tuple(LabelledBox(box, hazard, judgement) for box, hazard in boxes),
        judgements=(judgement,),
    )


def content_of(picture: LabelledPicture) -> PictureContent:
    """Pixels of the size that the picture has."""
    shape = (picture.size.height, picture.size.width, 3)
    return PictureContent(encode_jpeg(np.full(shape, 90, np.uint8), 80))


def options(
    dialect: str = "qwen2.5-vl",
    *,
    varied_wording: bool = False,
    with_reasons: bool = False,
) -> FineTuningOptions:
    """How the service asks as it comes, in Chinese."""
    return FineTuningOptions(
        dialect=dialect_named(dialect),
        language="zh",
        prompt=make_prompt("zh", dialect_named(dialect)),
        max_pixels=DEFAULT_MAX_PIXELS,
        varied_wording=varied_wording,
        with_reasons=with_reasons,
    )
