"""Which of a picture's detections count as sightings, by the camera's rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from safety_detector.domain.camera_rules import CameraRules, WatchedHazard, Zone
from safety_detector.domain.detections import Detection, DetectorRun, ScoreFrom, is_verified
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Label, SubLabel
from safety_detector.domain.incidents.looks import (
    Look,
    Severity,
    Sighting,
    Suppressed,
    SuppressedBy,
)
from safety_detector.domain.incidents.permits import Permit, permit_for
from safety_detector.domain.incidents.places import is_inside
from safety_detector.domain.inspection import Verdict


@dataclass(frozen=True, slots=True)
class Inspected:
    """A completed inspection of a camera's picture, as far as it is needed here.

    Attributes:
        id: the inspection's.
        at: when the picture was taken.
        zone: of the camera, by which its hours go.
        size: of the upright picture.
        sharpness: from 0.0 to 1.0.
    """

    id: str
    at: datetime
    zone: tzinfo
    size: ImageSize
    verdict: Verdict
    detections: Sequence[Detection]
    runs: Sequence[DetectorRun]
    sharpness: float = 1.0


def look_of(inspected: Inspected, rules: CameraRules, permits: Sequence[Permit] = ()) -> Look:
    """What a completed inspection says about its camera's scene.

    A hazard does not count where it lies, by half, in a mask, or in zones that do not watch it; and
    at hours at which it is not watched.  Outside all zones it counts: a zone says more about a
    place, and never makes the rest of the picture a place that nobody looks at.

    One without a result about the whole picture is no look unless it shows a hazard: nobody knows
    what else was there.

    Args:
        inspected: the inspection.
        rules: of its camera.
        permits: for hot work there.
    """
    watched = rules.hazards_at(inspected.at.astimezone(inspected.zone))
    sightings: list[Sighting] = []
    suppressed: list[Suppressed] = []
    found = 0
    for detection in inspected.detections:
        hazard = _hazard_of(detection)
        if hazard is None:
            continue
        found += 1
        counted = _counted(detection, hazard, inspected.size, rules)
        if isinstance(counted, Suppressed):
            suppressed.append(counted)
        elif hazard not in watched:
            suppressed.append(Suppressed(SuppressedBy.HOURS))
        else:
            permit = permit_for(permits, hazard, counted.box, inspected.at)
            sightings.append(
                replace(
                    counted,
                    permit_id=permit.id if permit else None,
                    is_verified=is_verified(detection, inspected.runs),
                )
            )
    return Look(
        inspected.id,
        inspected.at,
        tuple(sightings),
        is_usable=found > 0 or inspected.verdict is not Verdict.INCONCLUSIVE,
        sharpness=inspected.sharpness,
        suppressed=tuple(suppressed),
    )


def _counted(
    detection: Detection, hazard: WatchedHazard, size: ImageSize, rules: CameraRules
) -> Sighting | Suppressed:
    x1, y1, x2, y2 = detection.box.xyxy
    box = Box(x1 / size.width, y1 / size.height, x2 / size.width, y2 / size.height)
    for mask in rules.masks:
        if hazard in mask.hazards and is_inside(box, mask.polygon):
            return Suppressed(SuppressedBy.MASK, mask)
    zones = [zone for zone in rules.zones if is_inside(box, zone.polygon)]
    watching = [zone for zone in zones if hazard in zone.watch]
    if zones and not watching:
        return Suppressed(SuppressedBy.ZONE)
    severities = [_seen_severity(detection), *_least_severities(watching)]
    severity = max(severities, key=lambda one: one.rank)
    zone_id = watching[0].id if watching else None
    # Rules say from which of the detector's scores on something counts.  A language model's are
    # no such scores until a site's table says what they are worth; it is taken at its word.
    is_comparable = detection.score_from is ScoreFrom.DETECTOR
    score = detection.score if is_comparable else detection.calibrated
    return Sighting(hazard, box, score, severity, zone_id)


def _seen_severity(detection: Detection) -> Severity:
    state = detection.hazard.sub_label
    return Severity.MODERATE if state is SubLabel.NO_HELMET else Severity(state.value)


def _least_severities(zones: Sequence[Zone]) -> Iterator[Severity]:
    return (Severity(zone.severity.value) for zone in zones if zone.severity is not None)


def _hazard_of(detection: Detection) -> WatchedHazard | None:
    label, state = detection.hazard.label, detection.hazard.sub_label
    if label is Label.PERSON:
        return WatchedHazard.NO_HELMET if state is SubLabel.NO_HELMET else None
    return WatchedHazard(label.value)
