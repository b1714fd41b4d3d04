"""What one look does to a camera's incidents and candidates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.geometry import Box
from safety_detector.domain.incidents.announcing import opens, what_rose
from safety_detector.domain.incidents.incident import (
    BestPicture,
    Change,
    ChangeKind,
    Incident,
    SeenAt,
    Shown,
    Stage,
    incident_id,
)
from safety_detector.domain.incidents.looks import Look, Severity, Sighting, family_of
from safety_detector.domain.incidents.opening_rules import IncidentRules
from safety_detector.domain.incidents.places import around, closeness, is_near

_MOST_AT_ONCE = 64
"""Incidents and candidates of a camera at one time; beyond it sightings join the nearest."""

_MOST_SIGHTINGS = 64
"""Of one look; the surest count.  A model may answer with hundreds of boxes."""

_PLACES_KEPT = 5
"""Former boxes with which a new one is compared, so that a flickering flame stays one."""


class OneLook:
    """One look that is being folded in.

    First ``match``, then for each incident ``seen_again`` or ``not_seen``, and ``told``; then
    ``join``.

    Args:
        camera_id: the camera.
        number: the look's, counting the camera's usable ones from 1.
        look: what it shows.
        rules: of the camera at that moment.

    Attributes:
        changes: what it changes, in order.
    """

    def __init__(self, camera_id: str, number: int, look: Look, rules: IncidentRules) -> None:
        self._camera_id = camera_id
        self._number = number
        self._look = look
        self._rules = rules
        self._reach = {hazard: rule.reach for hazard, rule in rules.opening.items()}
        self._looks_kept = rules.most_looks()
        self._beyond_permit: set[str] = set()
        self.changes: list[Change] = []

    def match(
        self, going_on: Sequence[Incident]
    ) -> tuple[dict[str, list[Sighting]], list[Incident]]:
        """Which sighting belongs to what is going on, by id; and what begins with this look."""
        seen: dict[str, list[Sighting]] = {}
        found: list[list[Sighting]] = []
        for sighting in _surest(self._look.sightings):
            known = self._nearest(sighting, going_on)
            if known is not None:
                seen.setdefault(known.id, []).append(sighting)
                continue
            beside = next((group for group in found if self._belongs(sighting, group)), None)
            if beside is not None:
                beside.append(sighting)
            elif len(going_on) + len(found) < _MOST_AT_ONCE:
                found.append([sighting])
            elif any(one.family == family_of(sighting.hazard) for one in going_on):
                same = [one for one in going_on if one.family == family_of(sighting.hazard)]
                nearest = max(same, key=lambda one: closeness(sighting.box, _places(one)))
                seen.setdefault(nearest.id, []).append(sighting)
        return seen, [self._begin(group, place) for place, group in enumerate(found)]

    def _nearest(self, sighting: Sighting, going_on: Sequence[Incident]) -> Incident | None:
        reach = self._reach[sighting.hazard]
        near = [
            one
            for one in going_on
            if one.family == family_of(sighting.hazard)
            and any(is_near(sighting.box, place, reach) for place in _places(one))
        ]
        # An announced one takes what a candidate beside it would: it is the one that people know.
        return max(
            near,
            key=lambda one: (one.opened_at is not None, closeness(sighting.box, _places(one))),
            default=None,
        )

    def _belongs(self, sighting: Sighting, group: Sequence[Sighting]) -> bool:
        return any(
            family_of(one.hazard) == family_of(sighting.hazard)
            and is_near(one.box, sighting.box, self._reach[sighting.hazard])
            for one in group
        )

    def _begin(self, group: Sequence[Sighting], place: int) -> Incident:
        look = self._look
        family = family_of(group[0].hazard)
        new = Incident(
            id=incident_id(self._camera_id, family, look.inspection_id, look.at, place),
            camera_id=self._camera_id,
            stage=Stage.CANDIDATE,
            hazards=frozenset({group[0].hazard}),
            severity=Severity.UNCERTAIN,
            first_seen_at=look.at,
            last_seen_at=look.at,
            best=BestPicture(look.inspection_id, look.at, -1.0, group[0].box),
            first_look=self._number,
            sightings=0,
            permit_id=_permit_of(group),
        )
        return self._with(new, group)

    def seen_again(self, one: Incident, sightings: Sequence[Sighting]) -> Incident:
        """An incident or candidate that this look shows."""
        if one.permit_id is not None and _permit_of(sightings) != one.permit_id:
            one = replace(one, permit_id=None)
            self._beyond_permit.add(one.id)
        if one.stage is Stage.QUIET:
            one = replace(self._note(one, ChangeKind.REOPENED), stage=Stage.OPEN, quiet_at=None)
        return self._with(one, sightings)

    def _with(self, one: Incident, sightings: Sequence[Sighting]) -> Incident:
        look = self._look
        box = around(sighting.box for sighting in sightings)
        scores = [sighting.score for sighting in sightings if sighting.score is not None]
        seen = SeenAt(
            self._number,
            look.at,
            box,
            max((sighting.severity for sighting in sightings), key=lambda each: each.rank),
            frozenset(
                sighting.hazard
                for sighting in sightings
                if sighting.is_sure_from(
                    self._rules.rule(sighting.hazard, sighting.zone_id).opening_score
                )
            ),
            look.inspection_id,
            max(scores, default=None),
            tuple(dict.fromkeys(sighting.zone_id for sighting in sightings)),
            frozenset(sighting.hazard for sighting in sightings),
        )
        quality = max(scores, default=1.0) * look.sharpness
        best = one.best
        if quality > best.quality:
            best = BestPicture(look.inspection_id, look.at, quality, box)
        zones = [sighting.zone_id for sighting in sightings if sighting.zone_id is not None]
        keep = max(self._looks_kept, _PLACES_KEPT)
        return replace(
            one,
            hazards=one.hazards | {sighting.hazard for sighting in sightings},
            severity=max(one.severity, seen.severity, key=lambda each: each.rank),
            last_seen_at=look.at,
            looks=self._number - one.first_look + 1,
            sightings=one.sightings + 1,
            peak_score=max(
                [*scores, *([] if one.peak_score is None else [one.peak_score])], default=None
            ),
            is_verified=one.is_verified or any(each.is_verified for each in sightings),
            best=best,
            zone_id=one.zone_id or next(iter(zones), None),
            extent=max(one.extent, _covered(sightings)),
            track=(*one.track, seen)[-keep:],
            unseen_s=0.0,
        )

    def not_seen(self, one: Incident, watched_s: float) -> Incident:
        """An incident or candidate that this look does not show."""
        one = replace(one, unseen_s=one.unseen_s + watched_s)
        if one.stage is Stage.OPEN and one.unseen_s >= self._rules.quiet_s:
            one = self._note(one, ChangeKind.QUIET)
            return replace(one, stage=Stage.QUIET, quiet_at=self._look.at)
        over_s = self._rules.quiet_s + self._rules.merge_s
        if one.stage is Stage.QUIET and one.unseen_s >= over_s:
            one = self._note(one, ChangeKind.ENDED)
            return replace(one, stage=Stage.ENDED, ended_at=self._look.at)
        return one

    def told(self, one: Incident) -> Incident:
        """Opens a candidate that was seen often enough; tells what rose about one that is open."""
        if one.last_seen_at != self._look.at:
            return one
        if one.stage is Stage.CANDIDATE and opens(one, self._number, self._rules):
            one = replace(one, stage=Stage.OPEN, opened_at=self._look.at)
            return _announced(self._note(one, ChangeKind.OPENED))
        if one.stage is Stage.OPEN:
            because = what_rose(one)
            if one.id in self._beyond_permit:
                because.append("permit")
            if because:
                return _announced(self._note(one, ChangeKind.ESCALATED, *because))
            if one.is_verified and not one.announced_verified:
                # Whoever was told that nobody had confirmed it hears that somebody has.
                return replace(self._note(one, ChangeKind.VERIFIED), announced_verified=True)
        return one

    def join(self, changed: Sequence[Incident]) -> list[Incident]:
        """Makes one of those of a family that have come to be at one place, into the earlier."""
        by_id = {one.id: one for one in changed}
        order = sorted(by_id, key=lambda each: (by_id[each].first_seen_at, each))
        for first_id, second_id in combinations(order, 2):
            first, second = by_id[first_id], by_id[second_id]
            if not self._is_one(first, second):
                continue
            # Whoever was told of one alone goes on to hear of that one.
            if first.opened_at is None and second.opened_at is not None:
                first, second = second, first
            whole = _together(first, second)
            if first.permit_id is not None and whole.permit_id is None:
                whole = self._left_permit(whole)
            by_id[first.id] = whole
            if second.opened_at is not None:
                second = self._note(second, ChangeKind.MERGED)
            by_id[second.id] = replace(
                second, stage=Stage.MERGED, merged_into=first.id, ended_at=self._look.at
            )
        return list(by_id.values())

    def _left_permit(self, one: Incident) -> Incident:
        """Tells of one that was announced as permitted that a part of it is not, once a look."""
        told = any(
            change.incident_id == one.id and "permit" in change.because for change in self.changes
        )
        if one.stage is not Stage.OPEN or told:
            return one
        return _announced(self._note(one, ChangeKind.ESCALATED, "permit"))

    def _is_one(self, first: Incident, second: Incident) -> bool:
        alive = (Stage.CANDIDATE, Stage.OPEN)
        if first.family != second.family or first.stage not in alive or second.stage not in alive:
            return False
        # Both are seen in this look, or an old box would swallow what is seen now.
        if not first.last_seen_at == second.last_seen_at == self._look.at:
            return False
        reach = min(self._reach[first.most_urgent], self._reach[second.most_urgent])
        return is_near(first.track[-1].box, second.track[-1].box, reach)

    def goes_on(self, one: Incident) -> bool:
        """Whether it may still change."""
        if one.stage is Stage.CANDIDATE:
            rules = [
                self._rules.rule(each, zone_id)
                for each in one.hazards
                for zone_id in one.track[-1].zone_ids
            ]
            unseen_s = (self._look.at - one.last_seen_at).total_seconds()
            return any(
                self._number - one.track[-1].look < rule.patience_looks
                and unseen_s <= rule.window_s
                for rule in rules
            )
        return one.stage in (Stage.OPEN, Stage.QUIET)

    def shown(self, touched: Sequence[Incident]) -> Iterator[Shown]:
        """Where announced incidents were seen that people could not look up before."""
        opened = {one.incident_id for one in self.changes if one.kind is ChangeKind.OPENED}
        for one in touched:
            for seen in one.track:
                if one.id in opened or seen.look == self._number:
                    yield Shown(one.id, seen)

    def _note(self, one: Incident, kind: ChangeKind, *because: str) -> Incident:
        look, number = self._look, one.changes + 1
        self.changes.append(Change(one.id, number, kind, look.at, look.inspection_id, because))
        return replace(one, changes=number)


def _surest(sightings: Sequence[Sighting]) -> list[Sighting]:
    """The sightings in an order that does not depend on the detector's: urgent and sure first."""

    def order(one: Sighting) -> tuple[int, float, tuple[float, float, float, float]]:
        score = 1.0 if one.score is None else one.score
        return (tuple(WatchedHazard).index(one.hazard), -score, one.box.xyxy)

    return sorted(sightings, key=order)[:_MOST_SIGHTINGS]


def _places(one: Incident) -> list[Box]:
    return [seen.box for seen in one.track[-_PLACES_KEPT:]]


def _permit_of(sightings: Sequence[Sighting]) -> str | None:
    """The permit that covers all of them; None where one is outside."""
    permits = {sighting.permit_id for sighting in sightings}
    return permits.pop() if len(permits) == 1 else None


def _covered(sightings: Sequence[Sighting]) -> float:
    """The share of the picture that the boxes cover together at most, 0.0 to 1.0."""
    return min(sum(sighting.box.area for sighting in sightings), 1.0)


def _announced(one: Incident) -> Incident:
    return replace(
        one,
        # Who is told by unsure sightings alone is told of those.
        announced_hazards=one.announced_hazards
        | (one.track[-1].counts_for or one.track[-1].hazards),
        announced_severity=one.severity,
        announced_extent=one.extent,
        announced_verified=one.is_verified,
    )


def _together(first: Incident, second: Incident) -> Incident:
    scores = [each.peak_score for each in (first, second) if each.peak_score is not None]
    return replace(
        first,
        hazards=first.hazards | second.hazards,
        severity=max(first.severity, second.severity, key=lambda each: each.rank),
        first_seen_at=min(first.first_seen_at, second.first_seen_at),
        first_look=min(first.first_look, second.first_look),
        looks=max(first.looks, second.looks),
        sightings=max(first.sightings, second.sightings),
        peak_score=max(scores, default=None),
        is_verified=first.is_verified or second.is_verified,
        best=max(first.best, second.best, key=lambda each: each.quality),
        zone_id=first.zone_id or second.zone_id,
        permit_id=first.permit_id if first.permit_id == second.permit_id else None,
        extent=min(first.extent + second.extent, 1.0),
    )
