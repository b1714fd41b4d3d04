"""Incidents with real annotated pictures, as a worker would have found them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from safety_detector.domain.hazards import Hazard
from safety_detector.errors import CameraExists
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.incidents.records import IncidentFilter, StoredIncident
from safety_detector.service.records import Submission
from tests.pictures import jpeg
from tests.service_stand import FIRE, Stand, finding

_COUNT = iter(range(1_000_000))


def see(
    stand: Stand,
    *hazards: Hazard,
    camera_id: str = "gate",
    after_s: float = 2.0,
    annotated: bytes | None = None,
) -> str:
    """A picture of a camera and what was found in it; gives the inspection."""
    stand.clock.advance(after_s)
    with suppress(CameraExists):
        stand.service.cameras.records.create(CameraSettings("Gate 3"), camera_id)
    frame = Submission("f.jpg", camera_id=camera_id, captured_at=stand.clock())
    seed = next(_COUNT)
    stand.service.inspections.intake.accept(jpeg(seed), frame)
    found = finding(stand.claim(), *hazards)
    shown = annotated if annotated is not None else jpeg(seed, 320, 240)
    found = replace(found, annotated_jpeg=shown)
    assert stand.service.inspections.findings.record([found]) == [True]
    return found.claim.subject_id


def fire_at(
    stand: Stand, camera_id: str = "gate", annotated: bytes | None = None
) -> StoredIncident:
    """A severe fire that one picture shows, which is an incident at once."""
    see(stand, FIRE, camera_id=camera_id, annotated=annotated)
    wanted = IncidentFilter(camera_id=camera_id)
    return stand.service.incidents.records.list(wanted, 1)[0]
