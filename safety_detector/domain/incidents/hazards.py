"""What an incident can be about: what pictures show, and what is wrong with a camera itself."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from safety_detector.domain.camera_health import Fault
from safety_detector.message_texts.reason import Reason


class IncidentHazard(StrEnum):
    """What an incident is about, the most urgent first.

    The first three are those of ``domain.camera_rules.WatchedHazard``, and equal to them: they are
    seen in pictures.  The others are faults of a camera, during which nobody sees anything there.
    They are only added to at the end: their places are stored.
    """

    FIRE = "fire"
    SMOKE = "smoke"
    NO_HELMET = "no_helmet"
    CAMERA_SILENT = "camera_silent"
    CAMERA_FROZEN = "camera_frozen"
    CAMERA_DARK = "camera_dark"
    CAMERA_COVERED = "camera_covered"
    CAMERA_BLURRED = "camera_blurred"
    CAMERA_MOVED = "camera_moved"
    CAMERA_CLOCK = "camera_clock"
    CAMERA_REFUSED = "camera_refused"

    @property
    def is_of_camera(self) -> bool:
        """Whether it is a fault of the camera, of which there may be no picture."""
        return self in _FAULTS

    @property
    def fault(self) -> Fault | None:
        """The camera's fault; None for what pictures show."""
        return _FAULTS.get(self)


_PREFIX = "camera_"

_FAULTS: Mapping[IncidentHazard, Fault] = {
    one: Fault(one.value.removeprefix(_PREFIX))
    for one in IncidentHazard
    if one.value.startswith(_PREFIX)
}

HAZARD_NAMES: Mapping[IncidentHazard, Reason] = {
    IncidentHazard.FIRE: Reason("hazard-fire"),
    IncidentHazard.SMOKE: Reason("hazard-smoke"),
    IncidentHazard.NO_HELMET: Reason("hazard-no-helmet"),
    IncidentHazard.CAMERA_SILENT: Reason("hazard-camera-silent"),
    IncidentHazard.CAMERA_FROZEN: Reason("hazard-camera-frozen"),
    IncidentHazard.CAMERA_DARK: Reason("hazard-camera-dark"),
    IncidentHazard.CAMERA_COVERED: Reason("hazard-camera-covered"),
    IncidentHazard.CAMERA_BLURRED: Reason("hazard-camera-blurred"),
    IncidentHazard.CAMERA_MOVED: Reason("hazard-camera-moved"),
    IncidentHazard.CAMERA_CLOCK: Reason("hazard-camera-clock"),
    IncidentHazard.CAMERA_REFUSED: Reason("hazard-camera-refused"),
}
"""Their names for people, in both languages."""


def hazard_of_fault(fault: Fault) -> IncidentHazard:
    """The hazard that a camera's fault is."""
    return IncidentHazard(f"{_PREFIX}{fault.value}")
