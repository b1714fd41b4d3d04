"""How an inspection is shown among others: what was found in it, in a few words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from safety_detector.documents.results import DetectionDocument
from safety_detector.domain.hazards import Label, SubLabel
from safety_detector.domain.inspection import Inspection
from safety_detector.web.inspections.documents import InspectionDocument
from safety_detector.web.inspections.waiting import is_final

_NO_HELMET = "no_helmet"


@dataclass(frozen=True, slots=True)
class Tile:
    """One inspection among others.

    Attributes:
        document: as REST shows it.
        hazards: how many boxes of each hazard, the most urgent first.
        people: how many people who are no hazard.
        is_final: whether nothing will change any more.
    """

    document: InspectionDocument
    hazards: tuple[tuple[str, int], ...]
    people: int
    is_final: bool

    @classmethod
    def of(cls, inspection: Inspection, base_path: str) -> Tile:
        """The tile of an inspection."""
        document = InspectionDocument.of(inspection, base_path=base_path)
        counted = Counter(_hazard(one) for one in document.detections)
        people = counted.pop(None, 0)
        hazards = tuple((name, number) for name, number in counted.items() if name is not None)
        return cls(document, hazards, people, is_final(inspection))


def tiles_of(inspections: Sequence[Inspection], base_path: str) -> list[Tile]:
    """The tiles of several, in their order."""
    return [Tile.of(one, base_path) for one in inspections]


def _hazard(detection: DetectionDocument) -> str | None:
    """The hazard that a box is; None of a person who is none."""
    if detection.label is not Label.PERSON:
        return detection.label.value
    return _NO_HELMET if detection.sub_label is SubLabel.NO_HELMET else None
