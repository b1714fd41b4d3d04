"""Counts over the inspections of a report: by outcome, by hazard, by camera (pure)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from safety_detector.domain.hazards import Hazard, Label
from safety_detector.domain.inspection import Inspection, Status, Verdict


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How many pictures ended how; every picture is in exactly one of the last five counts."""

    submitted: int
    hazard: int
    inconclusive: int
    clear: int
    failed: int
    unfinished: int
    incomplete: int

    @property
    def completed(self) -> int:
        """Pictures with a result of some kind."""
        return self.hazard + self.inconclusive + self.clear

    @property
    def open(self) -> int:
        """Pictures of which nobody can say that they show no hazard."""
        return self.inconclusive + self.failed + self.unfinished


@dataclass(frozen=True, slots=True)
class HazardCount:
    """How often one hazard was found: its boxes, and the pictures that have at least one."""

    hazard: Hazard
    boxes: int
    pictures: int


@dataclass(frozen=True, slots=True)
class CameraCount:
    """What one camera delivered; ``camera_id`` is None for pictures without a camera.

    ``longest_gap`` is the longest time between two pictures that follow each other.
    """

    camera_id: str | None
    outcomes: Outcomes
    first: datetime
    last: datetime
    longest_gap: timedelta | None


def time_of(inspection: Inspection) -> datetime:
    """When the picture was taken, or else when it was received."""
    return inspection.captured_at or inspection.received_at


def count_outcomes(inspections: Sequence[Inspection]) -> Outcomes:
    """Counts the inspections by outcome."""
    verdicts = Counter(one.verdict for one in inspections if one.status is Status.COMPLETED)
    failed = sum(one.status is Status.FAILED for one in inspections)
    return Outcomes(
        submitted=len(inspections),
        hazard=verdicts[Verdict.HAZARD],
        inconclusive=verdicts[Verdict.INCONCLUSIVE],
        clear=verdicts[Verdict.CLEAR],
        failed=failed,
        unfinished=len(inspections) - failed - verdicts.total() + verdicts[None],
        incomplete=sum(one.status is Status.COMPLETED and one.incomplete for one in inspections),
    )


def count_hazards(inspections: Sequence[Inspection]) -> tuple[HazardCount, ...]:
    """Every hazard that occurs, the most urgent first."""
    boxes: Counter[Hazard] = Counter()
    pictures: Counter[Hazard] = Counter()
    for inspection in inspections:
        found = Counter(detection.hazard for detection in inspection.detections)
        boxes.update(found)
        pictures.update(found.keys())
    return tuple(
        HazardCount(hazard, boxes[hazard], pictures[hazard])
        for hazard in sorted(boxes, key=lambda hazard: hazard.rank)
    )


def count_boxes(counts: Sequence[HazardCount], label: Label) -> int:
    """Boxes of one class, whatever their state."""
    return sum(one.boxes for one in counts if one.hazard.label is label)


def count_cameras(inspections: Sequence[Inspection]) -> tuple[CameraCount, ...]:
    """One count a camera, by name; pictures without a camera come last."""
    by_camera: defaultdict[str | None, list[Inspection]] = defaultdict(list)
    for inspection in inspections:
        by_camera[inspection.camera_id].append(inspection)
    ordered = sorted(by_camera, key=lambda camera: (camera is None, camera or ""))
    return tuple(_count_camera(camera, by_camera[camera]) for camera in ordered)


def _count_camera(camera_id: str | None, inspections: Sequence[Inspection]) -> CameraCount:
    moments = sorted(time_of(one) for one in inspections)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    return CameraCount(
        camera_id=camera_id,
        outcomes=count_outcomes(inspections),
        first=moments[0],
        last=moments[-1],
        longest_gap=max(gaps, default=None),
    )
