"""What a person says is in a picture, beside what a detector said of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.inspection import Verdict


class BoxOrigin(StrEnum):
    """Where a box of a correction is from."""

    KEPT = "kept"
    CHANGED = "changed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class CorrectedBox:
    """One box with one hazard, as a person left it.

    Attributes:
        box: whole pixels of the upright original, inside it.
        hazard: label and state.
        detection: what the detector had said of it; None of what the person drew.
    """

    box: Box
    hazard: Hazard
    detection: Detection | None = None

    @property
    def origin(self) -> BoxOrigin:
        """Whether the detector found it so, or a person changed or added it."""
        if self.detection is None:
            return BoxOrigin.ADDED
        same = (self.detection.box, self.detection.hazard) == (self.box, self.hazard)
        return BoxOrigin.KEPT if same else BoxOrigin.CHANGED


def verdict_of_person(boxes: Iterable[CorrectedBox], *, complete: bool) -> Verdict:
    """What the picture means for safety by a person's boxes; the rule of ``decide_verdict``.

    Args:
        boxes: all that the person left or drew.
        complete: whether they say that nothing is missing.
    """
    hazards = [one.hazard for one in boxes]
    if any(one.is_danger for one in hazards):
        return Verdict.HAZARD
    is_open = any(one == Hazard(Label.PERSON, SubLabel.UNCERTAIN) for one in hazards)
    return Verdict.INCONCLUSIVE if is_open or not complete else Verdict.CLEAR
