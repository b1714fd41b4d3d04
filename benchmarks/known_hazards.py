"""Which known hazard of a made camera people were told of, and what else they were told of."""

from __future__ import annotations

from benchmarks.camera_hours import Happening, MadeCamera
from safety_detector.domain.geometry import Box
from safety_detector.domain.incidents.incident import ChangeKind
from safety_detector.domain.incidents.places import is_near

TOLD = (ChangeKind.OPENED, ChangeKind.ESCALATED, ChangeKind.REOPENED)
"""As ``service.notifications.outbox`` has it."""

_LATE_S = 6.0  # three frames: what was told so soon after its end was told of it


def known_hazards(camera: MadeCamera) -> list[Happening]:
    """The hazards of the site: what burns beyond it nobody wants to be told of, or not to be."""
    return [one for one in camera.happenings if one.is_known and not _is_beyond(camera, one)]


def hazard_meant(camera: MadeCamera, family: str, box: Box, at_s: float) -> Happening | None:
    """The known happening that a sighting is about, if any; ``box`` in fractions of the picture."""
    kind = "fire" if family == "burning" else "bare_head"
    for one in camera.happenings:
        is_now = one.from_s <= at_s < one.until_s + _LATE_S
        if one.kind == kind and is_now and is_near(box, Box(*one.place), 0.5):
            return one
    return None


def mistaken_for_hazard(camera: MadeCamera, family: str, at_s: float) -> list[str] | None:
    """What was there when people were told of something that is no known hazard, by kinds.

    None where it is not known whether it is one: of the heads of fires, of things and of many empty
    scenes nobody has said whose they are.
    """
    about = [one for one in camera.happenings if one.from_s <= at_s < one.until_s + _LATE_S]
    kinds = {one.kind for one in about}
    is_known = family == "burning" or bool(kinds & {"passer_by", "bare_head"})
    if family == "helmets" and (camera.heads_known or is_known):
        # Nobody has labelled the heads of fires and of things.
        is_known = not kinds & {"fire", "thing"}
    return sorted(kinds) if is_known else None


def _is_beyond(camera: MadeCamera, one: Happening) -> bool:
    across, down = (one.place[0] + one.place[2]) / 2, (one.place[1] + one.place[3]) / 2
    left, top, right, bottom = camera.beyond
    return not one.fills and left <= across <= right and top <= down <= bottom
