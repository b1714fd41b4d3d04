"""One labelled picture, with where each of its labels is from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from safety_detector.domain.corrections import BoxOrigin, CorrectedBox
from safety_detector.domain.detections import Detection, DetectorRun
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Hazard, Label

EVERY_LABEL = frozenset(Label)


class Basis(StrEnum):
    """What a person did, from which a label follows."""

    CORRECTION = "correction"
    CONFIRMED = "confirmed"
    FALSE_ALARM = "false_alarm"


class Side(StrEnum):
    """The part of a set that a picture belongs to."""

    TRAIN = "train"
    VALIDATION = "validation"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What somebody said of a picture, when and why.

    Attributes:
        by: whose name.
        reason: in that person's words, which nobody has checked; empty for none.
        incident_id: the incident that was judged; None of a correction.
        version: of the correction; None of an incident.
    """

    basis: Basis
    by: str
    at: datetime
    reason: str = ""
    incident_id: str | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class LabelledBox:
    """One box with one hazard of which a person said that it is there.

    Attributes:
        box: whole pixels of the upright original, inside it.
        hazard: label and state.
        judgement: who said so.
        detection: what the detector had said; None of what the person drew.
    """

    box: Box
    hazard: Hazard
    judgement: Judgement
    detection: Detection | None = None

    @property
    def origin(self) -> BoxOrigin:
        """Whether the detector found it so, or a person changed or added it."""
        return CorrectedBox(self.box, self.hazard, self.detection).origin


@dataclass(frozen=True, slots=True)
class RefutedBox:
    """A detection of which a person said that it is none: what it names is not in its box."""

    detection: Detection
    judgement: Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledPicture:
    """One picture and what people said is in it.

    Attributes:
        inspection_id: unique in a set.
        name: as it was submitted; hostile text.
        size: of the upright original.
        taken_at: when it was taken, in the zone of its place.
        camera_id, batch_id: where it is from; None where it is from neither.
        labelled: the labels of which every object is among ``boxes``; of the others some may be
            missing.  A person's state is part of that person's label.
        boxes: what is there.
        refuted: what the detector said, and what is not there.
        judgements: all that it follows from, the weightiest first.
        incidents: those that it shows, by id: they are not torn apart by a split.
        detections: what the detector had said of it.
        runs: how the detector came to say it.
        licence: in its submitter's words; None where nobody said anything.
        held: whether it is evidence that somebody holds, in this inspection or in another of the
            same bytes.
    """

    inspection_id: str
    name: str
    sha256: str
    size: ImageSize
    taken_at: datetime
    camera_id: str | None = None
    batch_id: str | None = None
    labelled: frozenset[Label] = frozenset()
    boxes: tuple[LabelledBox, ...] = ()
    refuted: tuple[RefutedBox, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    incidents: tuple[str, ...] = ()
    detections: tuple[Detection, ...] = ()
    runs: tuple[DetectorRun, ...] = ()
    licence: str | None = None
    held: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether every object of every label is there, so that nothing else is in it."""
        return self.labelled == EVERY_LABEL

    @property
    def is_empty(self) -> bool:
        """Whether no box is in it; of what is not labelled something may be there all the same."""
        return not self.boxes

    @property
    def source(self) -> str:
        """Where it is from: ``camera/gate3``, ``batch/01…`` or ``upload``."""
        if self.camera_id is not None:
            return f"camera/{self.camera_id}"
        return "upload" if self.batch_id is None else f"batch/{self.batch_id}"

    @property
    def group(self) -> str:
        """Source and day, by which sets are split: pictures of one day look alike."""
        return f"{self.source}/{self.taken_at.date().isoformat()}"
