"""Values that go into incidents: one look at a scene, and what was seen in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from safety_detector.domain.camera_rules import Mask, WatchedHazard
from safety_detector.domain.geometry import Box
from safety_detector.domain.incidents.hazards import IncidentHazard


def family_of(hazard: IncidentHazard | WatchedHazard) -> str:
    """Hazards of one family at one place are one incident, as a fire and its smoke are."""
    return _FAMILIES.get(hazard, hazard.value)


_FAMILIES: Mapping[str, str] = {
    IncidentHazard.FIRE: "burning",
    IncidentHazard.SMOKE: "burning",
    IncidentHazard.NO_HELMET: "helmets",
}


class Severity(StrEnum):
    """How grave; in the order of their ranks."""

    UNCERTAIN = "uncertain"
    MINOR = "minor"
    MODERATE = "moderate"
    SEVERE = "severe"

    @property
    def rank(self) -> int:
        """Place among the severities, the gravest highest."""
        return tuple(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Sighting:
    """One hazard in one look.

    Attributes:
        hazard: what.
        box: where, in fractions of the upright picture's width and height.
        score: how sure the detector is, 0.0 to 1.0; None where it gives none, which counts as sure.
        severity: how grave; of a bare head ``MODERATE`` unless its zone says otherwise.
        zone_id: the zone that it counts in; None outside all zones.
        permit_id: the hot-work permit that covers it; None where there is none.
        is_verified: whether the judge who may confirm it (a language model) saw it; it then counts
            as sure, whatever its score.
    """

    hazard: WatchedHazard
    box: Box
    score: float | None
    severity: Severity
    zone_id: str | None = None
    permit_id: str | None = None
    is_verified: bool = False

    def is_sure_from(self, opening_score: float) -> bool:
        """Whether it counts as sure, given the score from which one does."""
        return self.is_verified or self.score is None or self.score >= opening_score


class SuppressedBy(StrEnum):
    """Why something that was seen does not count."""

    MASK = "mask"
    ZONE = "zone"
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Something that was seen and does not count.

    Attributes:
        by: the kind of rule.
        mask: the mask in which it lies.
    """

    by: SuppressedBy
    mask: Mask | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """One final inspection of a camera's picture, as far as incidents depend on it.

    Attributes:
        inspection_id: which; looks with the same are one look.
        at: when the picture was taken.
        sightings: what was seen and counts.
        suppressed: what was seen and does not count.
        is_usable: whether anything could have been seen: a failed or inconclusive inspection is no
            sign that a fire is out.
        sharpness: of the picture, 0.0 to 1.0; the best picture of an incident is sure and sharp.
    """

    inspection_id: str
    at: datetime
    sightings: tuple[Sighting, ...] = ()
    is_usable: bool = True
    sharpness: float = 1.0
    suppressed: tuple[Suppressed, ...] = ()

    @property
    def key(self) -> tuple[datetime, str]:
        """The order in which looks count, whatever the order in which they became known."""
        return (self.at, self.inspection_id)
