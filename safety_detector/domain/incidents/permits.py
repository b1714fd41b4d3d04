"""Hot-work permits: where and when somebody may make fire and smoke, and who answers for it.

A permit says more about what is seen; it never hides anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from safety_detector.domain.camera_rules import Polygon, WatchedHazard
from safety_detector.domain.geometry import Box
from safety_detector.domain.incidents.places import share_inside

PERMITTED = (WatchedHazard.FIRE, WatchedHazard.SMOKE)
"""What hot work makes; nobody is permitted to go bareheaded."""

LONGEST = timedelta(days=31)
"""One is given for a piece of work; what burns for ever is a mask's or a zone's."""


@dataclass(frozen=True, slots=True)
class Permit:
    """A permit for hot work.

    Attributes:
        polygon: of the camera's picture; what lies wholly in it is covered.
        since, until: from when, and until when it is over.
        number: on the paper.
        who: answers for the work.
        created_at: when it was entered: nothing of before is covered.
        revoked_at: when it was taken back; None where it was not.
    """

    id: str
    camera_id: str
    polygon: Polygon
    since: datetime
    until: datetime
    number: str
    who: str
    created_at: datetime
    revoked_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.since >= self.until:
            raise ValueError("until: it must be later than from")
        if self.until - self.since > LONGEST:
            raise ValueError(f"until: a permit is for {LONGEST.days} days at most")

    def holds(self, moment: datetime) -> bool:
        """Whether it is in force."""
        end = self.until if self.revoked_at is None else min(self.until, self.revoked_at)
        return max(self.since, self.created_at) <= moment < end

    def covers(self, hazard: WatchedHazard, box: Box) -> bool:
        """Whether something lies wholly in its place."""
        return hazard in PERMITTED and share_inside(box, self.polygon) == 1.0


def permit_for(
    permits: Sequence[Permit], hazard: WatchedHazard, box: Box, at: datetime
) -> Permit | None:
    """The permit that covers something, the earliest entered; None where none does."""
    found = [one for one in permits if one.holds(at) and one.covers(hazard, box)]
    return min(found, key=lambda one: (one.created_at, one.id), default=None)
