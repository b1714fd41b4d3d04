"""What became of incidents, in numbers, and how fast (pure).

A hazard that nobody has judged counts as one; what a person called a false alarm does not, and is
counted apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of some incidents.

    Attributes:
        found: hazards.
        false_alarms: beside them.
        unseen: of all of them, nobody has done anything about.
        unjudged: of the hazards, nobody has said yet whether they are any.
        solved: of the hazards, put right and verified by somebody else.
        closed: of these, closed.
        overdue: of the hazards, should have been put right by now.
        acknowledged: of all, somebody did something about; ``acknowledge_s`` are the seconds from
            when they opened until then, added up.
        close_s: the seconds from when the closed hazards opened until they were closed, added up.
    """

    found: int = 0
    false_alarms: int = 0
    unseen: int = 0
    unjudged: int = 0
    solved: int = 0
    closed: int = 0
    overdue: int = 0
    acknowledged: int = 0
    acknowledge_s: float = 0.0
    close_s: float = 0.0

    @property
    def rectification_rate(self) -> float | None:
        """The share of the hazards that was put right and verified; None without any.

        >>> Tally(found=4, solved=1).rectification_rate
        0.25
        """
        return self.solved / self.found if self.found else None

    @property
    def closure_rate(self) -> float | None:
        """The share of the hazards that was closed; None without any."""
        return self.closed / self.found if self.found else None

    @property
    def mean_s_to_acknowledge(self) -> float | None:
        """From when incidents opened until somebody did something about them; None if nobody."""
        return self.acknowledge_s / self.acknowledged if self.acknowledged else None

    @property
    def mean_s_to_close(self) -> float | None:
        """From when hazards opened until they were closed; None where none is."""
        return self.close_s / self.closed if self.closed else None


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts of all, and by what they have in common; days and hours are those of a place.

    Attributes:
        by_state: how many incidents are how far, false alarms too.
        by_hazard: an incident with fire and smoke counts as fire, the more urgent one.
        by_level: under ``""`` those that nobody has ranked.
        by_unit: under ``""`` those of which nobody said whose place it is.
        by_day: as ``2026-11-29``.
        by_hour: of the day, ``0`` to ``23``.
    """

    total: Tally
    by_state: Mapping[str, int]
    by_hazard: Mapping[str, Tally]
    by_camera: Mapping[str, Tally]
    by_level: Mapping[str, Tally]
    by_unit: Mapping[str, Tally]
    by_day: Mapping[str, Tally]
    by_hour: Mapping[str, Tally]
