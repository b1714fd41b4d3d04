"""When sightings become an incident, when it goes quiet, and when it has ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from safety_detector.domain.camera_rules import WatchedHazard


@dataclass(frozen=True, slots=True)
class OpeningRule:
    """How often a hazard has to be seen at a place before anybody is told.

    Attributes:
        sightings: so many looks with a sighting that counts …
        looks: … among so many looks in a row …
        window_s: … within so many seconds.
        opening_score: a sighting counts towards opening from this score on; below it is kept, and
            keeps an open incident open, so that a score that wavers around it does not open and
            end it in turn.
        reach: how far from a former box a sighting is still at the same place, in lengths of the
            larger of the two boxes' longer sides.  People walk, flames stay.
        is_severe_at_once: whether a single severe sighting suffices.
    """

    sightings: int
    looks: int
    window_s: float
    opening_score: float = 0.0
    reach: float = 0.5
    is_severe_at_once: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.sightings <= self.looks <= MOST_LOOKS:
            raise ValueError(
                f"{self.sightings} of {self.looks} looks: it has to be 1 to {MOST_LOOKS}, and no "
                "more sightings than looks"
            )
        if not 0 < self.window_s <= MOST_WINDOW_S:
            raise ValueError(f"a window has 1 to {MOST_WINDOW_S:.0f} seconds, not {self.window_s}")


MOST_LOOKS = 50
MOST_WINDOW_S = 3600.0

DEFAULT_OPENING: Mapping[WatchedHazard, OpeningRule] = {
    WatchedHazard.FIRE: OpeningRule(2, 3, 60.0, is_severe_at_once=True),
    WatchedHazard.SMOKE: OpeningRule(2, 3, 60.0, reach=1.0),
    WatchedHazard.NO_HELMET: OpeningRule(3, 5, 120.0, reach=3.0),
}


@dataclass(frozen=True, slots=True)
class IncidentRules:
    """The rules of one camera.

    Attributes:
        opening: by hazard.
        quiet_s: an open incident goes quiet after so many *watched* seconds without a sighting.
        merge_s: one that is quiet opens again if the hazard is seen again within so many watched
            seconds more; then it has ended.
        longest_gap_s: of the time between two looks at most so much counts as watched: nobody
            knows what happened during an outage, so that it never makes an incident quiet.
    """

    opening: Mapping[WatchedHazard, OpeningRule] = field(default_factory=lambda: DEFAULT_OPENING)
    quiet_s: float = 60.0
    merge_s: float = 300.0
    longest_gap_s: float = 30.0

    def longest_opening(self) -> OpeningRule:
        """The rule that looks back over the most looks."""
        return max(self.opening.values(), key=lambda one: one.looks)
