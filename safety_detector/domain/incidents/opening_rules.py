"""When sightings become an incident, when it goes quiet, and when it has ended."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.value_faults import ValueFault


@dataclass(frozen=True, slots=True)
class OpeningRule:
    """How often a hazard has to be seen at a place before anybody is told.

    Attributes:
        sightings: so many looks with a sighting that counts …
        looks: … among so many looks in a row …
        window_s: … within so many seconds.
        opening_score: a sighting counts towards opening from this score on; below it is unsure: it
            is kept, and keeps an open incident open, so that a score that wavers around it does not
            open and end it in turn.
        unsure_sightings: so many looks with a sighting, however unsure, suffice as well …
        unsure_looks: … among so many in a row, at the pace of ``window_s``; 0 where they never do.
        reach: how far from a former box a sighting is still at the same place, in lengths of the
            larger of the two boxes' longer sides.  People walk, flames stay.
        is_severe_at_once: whether a single severe sighting suffices.
    """

    sightings: int
    looks: int
    window_s: float
    opening_score: float = 0.0
    unsure_sightings: int = 0
    unsure_looks: int = 0
    reach: float = 0.5
    is_severe_at_once: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.sightings <= self.looks <= MOST_LOOKS:
            raise ValueFault(
                "rule-sightings", sightings=self.sightings, looks=self.looks, most=MOST_LOOKS
            )
        if not 0 <= self.unsure_sightings <= self.unsure_looks <= MOST_LOOKS:
            raise ValueFault(
                "rule-unsure-sightings",
                sightings=self.unsure_sightings,
                looks=self.unsure_looks,
                most=MOST_LOOKS,
            )
        if not self.window_s > 0:
            raise ValueFault("rule-window", window_s=self.window_s)

    @property
    def patience_looks(self) -> int:
        """After so many looks without it a candidate can no longer open by its sightings."""
        if not self.unsure_sightings:
            return self.looks
        return max(self.looks, self.unsure_looks - self.unsure_sightings + 1)

    @property
    def unsure_window_s(self) -> float:
        """Within so many seconds the unsure sightings have to be."""
        return self.window_s * max(self.unsure_looks / self.looks, 1.0)


MOST_LOOKS = 50
MOST_WINDOW_S = 3600.0
"""As operators may say it; one that follows from a camera's interval is as long as it has to be."""

DEFAULT_OPENING: Mapping[WatchedHazard, OpeningRule] = {
    WatchedHazard.FIRE: OpeningRule(2, 3, 60.0, 0.7, 3, 3, is_severe_at_once=True),
    WatchedHazard.SMOKE: OpeningRule(2, 3, 60.0, 0.75, 3, 3, reach=1.0),
    WatchedHazard.NO_HELMET: OpeningRule(3, 5, 120.0, 0.5, 10, 15, reach=3.0),
}
"""Scores are the embedded detector's, chosen on the part ``tuning`` of
``benchmarks/replay_hours.py``: of false sightings of fire 81 in 100 lie below, of smoke 95, of bare
heads 95; of true ones 11, 17, 43.  Without a way in for what is seen unsurely for a while a fifth
of the hazards that single frames find would be lost.  Of fire and smoke three looks in a row let in
one false incident more there than seven of twelve do, and tell in six seconds instead of fourteen.
The benchmark shows what each step does on pictures that were kept apart."""


@dataclass(frozen=True, slots=True)
class IncidentRules:
    """The rules of one camera.

    Attributes:
        opening: by hazard.
        quiet_s: an open incident goes quiet after so many *watched* seconds without a sighting.
        merge_s: one that is quiet opens again if the hazard is seen again within so many watched
            seconds more; then it has ended.
        longest_gap_s: of the time between two looks at most so much counts as watched, at least
            that of the camera's interval: nobody knows what happened during an outage, so that it
            never makes an incident quiet.
        zones: by zone and hazard, where they differ there.
    """

    opening: Mapping[WatchedHazard, OpeningRule] = field(default_factory=lambda: DEFAULT_OPENING)
    quiet_s: float = 60.0
    merge_s: float = 300.0
    longest_gap_s: float = 30.0
    zones: Mapping[str, Mapping[WatchedHazard, OpeningRule]] = field(default_factory=dict)

    def rule(self, hazard: WatchedHazard, zone_id: str | None) -> OpeningRule:
        """The rule of a hazard in a zone; ``zone_id`` is None outside of all."""
        of_zone = self.zones.get(zone_id, {}) if zone_id is not None else {}
        return of_zone.get(hazard) or self.opening[hazard]

    def most_looks(self) -> int:
        """Over how many looks the rule looks back that looks back over the most."""
        rules = [self.opening, *self.zones.values()]
        return max(
            max(one.looks, one.unsure_looks) for of_place in rules for one in of_place.values()
        )


@dataclass(frozen=True, slots=True)
class OpeningChange:
    """What an operator says of an opening rule; None: as it is otherwise.

    Raises:
        ValueError: it is no rule, whatever the others are.
    """

    sightings: int | None = None
    looks: int | None = None
    window_s: float | None = None
    opening_score: float | None = None
    unsure_sightings: int | None = None
    unsure_looks: int | None = None
    is_severe_at_once: bool | None = None

    def __post_init__(self) -> None:
        window_s = MOST_WINDOW_S if self.window_s is None else self.window_s
        if not 0 < window_s <= MOST_WINDOW_S:
            raise ValueFault("rule-window-bounds", most=int(MOST_WINDOW_S), window_s=window_s)
        unsure_looks = MOST_LOOKS if self.unsure_looks is None else self.unsure_looks
        OpeningRule(
            self.sightings or 1,
            self.looks or MOST_LOOKS,
            window_s,
            unsure_sightings=self.unsure_sightings or 0,
            unsure_looks=unsure_looks,
        )

    def check(self, present: OpeningRule) -> None:
        """Makes sure that it does not contradict the rule that it changes.

        Raises:
            ValueError: it asks for more sightings than looks.
        """
        sightings, looks = self.sightings or present.sightings, self.looks or present.looks
        unsure_sightings, unsure_looks = self._unsure(present, sightings, looks)
        OpeningRule(
            sightings,
            looks,
            present.window_s,
            unsure_sightings=unsure_sightings,
            unsure_looks=unsure_looks,
        )

    def of(self, present: OpeningRule, interval_s: float | None) -> OpeningRule:
        """The rule that it makes of another one.

        Where only one of the two numbers is said, the other follows it as far as it has to: the
        rules of the site may have changed since it was checked against them.  A window of which
        nothing is said is as long as the looks need: of a camera that is looked at every five
        minutes no two lie within one.

        Args:
            present: the other rule.
            interval_s: between two looks at the camera, as its operator said; None: unknown.
        """
        sightings, looks = self.sightings, self.looks
        if sightings is None:
            sightings = min(present.sightings, looks or present.looks)
        if looks is None:
            looks = max(present.looks, sightings)
        window_s = self.window_s
        if window_s is None:
            window_s = max(present.window_s, _INTERVALS * looks * (interval_s or 0.0))
        score, at_once = self.opening_score, self.is_severe_at_once
        unsure_sightings, unsure_looks = self._unsure(present, sightings, looks)
        return replace(
            present,
            sightings=sightings,
            looks=looks,
            window_s=window_s,
            opening_score=present.opening_score if score is None else score,
            unsure_sightings=unsure_sightings,
            unsure_looks=unsure_looks,
            is_severe_at_once=present.is_severe_at_once if at_once is None else at_once,
        )

    def _unsure(self, present: OpeningRule, sightings: int, looks: int) -> tuple[int, int]:
        """How often what is unsure has to be seen: as said, else in proportion to what is sure.

        Whoever asks for more sightings means both; where more looks would be needed than are
        remembered, what is unsure opens nothing.  Nor does it where somebody says from which score
        on sightings count: they want to hear of nothing below.
        """
        unsure = self.unsure_sightings
        unsure_looks = self.unsure_looks
        if unsure is None and unsure_looks is None:
            if self.opening_score is not None:
                return 0, 0
            unsure = math.ceil(present.unsure_sightings * sightings / present.sightings)
            unsure_looks = max(math.ceil(present.unsure_looks * looks / present.looks), unsure)
            return (unsure, unsure_looks) if unsure_looks <= MOST_LOOKS else (0, 0)
        if unsure is None:
            unsure = min(present.unsure_sightings, unsure_looks or 0)
        if unsure_looks is None:
            unsure_looks = max(present.unsure_looks, unsure)
        return unsure, unsure_looks


_INTERVALS = 1.5
"""So many intervals a look: pictures do not come to the second."""

_UNSEEN_INTERVALS = 2.0
"""So many intervals without it at least make an incident quiet: a single look may miss it."""

_NOTHING = OpeningChange()


@dataclass(frozen=True, slots=True)
class RuleChanges:
    """What an operator says of when incidents open, of one camera or of all.

    Attributes:
        opening: by hazard.
        zones: by zone of the camera, and hazard.
        quiet_s, merge_s: see ``IncidentRules``; None: as they are otherwise.
    """

    opening: Mapping[WatchedHazard, OpeningChange] = field(default_factory=dict)
    zones: Mapping[str, Mapping[WatchedHazard, OpeningChange]] = field(default_factory=dict)
    quiet_s: float | None = None
    merge_s: float | None = None

    def check(self, present: IncidentRules, zone_ids: Collection[str]) -> None:
        """Makes sure that they do not contradict the rules that they change.

        Args:
            present: those rules.
            zone_ids: of the camera's zones.

        Raises:
            ValueFault: they do, or name a zone that there is not; the message says where.
        """
        for hazard, change in self.opening.items():
            _check(f"opening.{hazard}", change, present.opening[hazard])
        opening = self.of(present).opening
        for zone_id, changes in self.zones.items():
            if zone_id not in zone_ids:
                raise ValueFault("rule-zone-unknown", zone_id=zone_id)
            for hazard, change in changes.items():
                _check(f"zones.{zone_id}.{hazard}", change, opening[hazard])

    def of(self, present: IncidentRules, interval_s: float | None = None) -> IncidentRules:
        """The rules that they make of others; see ``OpeningChange.of``.

        What a camera does not show between two looks that come when they should was watched all
        the same; more than one of them has to be without an incident before it is quiet.
        """
        every_s = interval_s or 0.0
        opening = {
            hazard: self.opening.get(hazard, _NOTHING).of(rule, interval_s)
            for hazard, rule in present.opening.items()
        }
        zones = dict(present.zones)
        for zone_id, changes in self.zones.items():
            known = zones.get(zone_id, {})
            zones[zone_id] = {
                **known,
                **{
                    hazard: change.of(known.get(hazard) or opening[hazard], interval_s)
                    for hazard, change in changes.items()
                },
            }
        return replace(
            present,
            opening=opening,
            zones=zones,
            quiet_s=max(present.quiet_s, _UNSEEN_INTERVALS * every_s)
            if self.quiet_s is None
            else self.quiet_s,
            merge_s=present.merge_s if self.merge_s is None else self.merge_s,
            longest_gap_s=max(present.longest_gap_s, _INTERVALS * every_s),
        )


NO_CHANGES = RuleChanges()


def _check(place: str, change: OpeningChange, present: OpeningRule) -> None:
    try:
        change.check(present)
    except ValueFault as exc:
        raise ValueFault("rule-at", place=place, problem=exc.reason) from None
