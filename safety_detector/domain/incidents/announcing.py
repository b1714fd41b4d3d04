"""Whether people are told of what a camera sees: of something new, and that it is worse."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.incidents.incident import Incident, SeenAt
from safety_detector.domain.incidents.looks import Severity
from safety_detector.domain.incidents.opening_rules import IncidentRules, OpeningRule

_GROWTH = 2.0
"""So many times its announced extent is an escalation …"""

_LEAST_GROWTH = 0.01
"""… if it covers so much more of the picture: a spark that doubles is none."""


def opens(candidate: Incident, look: int, rules: IncidentRules) -> bool:
    """Whether a candidate was seen often enough to be announced.

    Args:
        candidate: with what the newest look shows of it.
        look: the number of that look.
        rules: of the camera.
    """
    newest = candidate.track[-1]
    return any(
        _is_enough(candidate, look, hazard, rules.rule(hazard, zone_id))
        for hazard in newest.hazards
        for zone_id in newest.zone_ids
    )


def _is_enough(candidate: Incident, look: int, hazard: WatchedHazard, rule: OpeningRule) -> bool:
    newest = candidate.track[-1]
    if hazard in newest.counts_for:
        if rule.is_severe_at_once and newest.severity is Severity.SEVERE:
            return True
        sure = [one for one in candidate.track if hazard in one.counts_for]
        if _number(sure, look - rule.looks, newest.at, rule.window_s) >= rule.sightings:
            return True
    if not rule.unsure_sightings:
        return False
    every = [one for one in candidate.track if hazard in one.hazards]
    number = _number(every, look - rule.unsure_looks, newest.at, rule.unsure_window_s)
    return number >= rule.unsure_sightings


def _number(track: Sequence[SeenAt], after_look: int, now: datetime, within_s: float) -> int:
    return sum(
        one.look > after_look and (now - one.at).total_seconds() <= within_s for one in track
    )


def what_rose(incident: Incident) -> list[str]:
    """Why an open incident is worse than it was told to be: severity, extent, fire; or nothing."""
    because = []
    newest = incident.track[-1]
    # One look may be wrong about how grave it is; two are believed, and the gravest at once.
    as_grave = [seen for seen in incident.track if seen.severity.rank >= newest.severity.rank]
    if newest.severity.rank > incident.announced_severity.rank and (
        len(as_grave) > 1 or newest.severity is Severity.SEVERE
    ):
        because.append("severity")
    grown_by = incident.extent - incident.announced_extent
    if incident.extent >= _GROWTH * incident.announced_extent and grown_by >= _LEAST_GROWTH:
        because.append("extent")
    # Told once: a flame that comes and goes in its smoke is no news each time.
    if WatchedHazard.FIRE in newest.counts_for - incident.announced_hazards:
        because.append("fire")
    return because
