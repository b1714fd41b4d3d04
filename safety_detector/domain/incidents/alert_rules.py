"""Who is told of which incident, when, and what is held back meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from safety_detector.domain.camera_rules import Hours
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.looks import Severity

MOST_RULES = 200
"""All of them are gone through with every change of an incident."""

MOST_NAMED = 1000
"""Channels, cameras, zones of one rule."""

LONGEST_COOL_DOWN_S = 86400.0
LONGEST_PATIENCE_S = 7 * 86400.0
"""Before somebody else is told."""


class Occasion(StrEnum):
    """On what occasion somebody is told of an incident."""

    OPENED = "opened"
    ESCALATED = "escalated"
    QUIET = "quiet"
    CLOSED = "closed"
    VERIFIED = "verified"


ALARMS = (Occasion.OPENED, Occasion.ESCALATED)
"""The occasions that cannot wait; the others say how it went on."""


class Permitted(StrEnum):
    """Which incidents a rule is about where there is permitted hot work."""

    ANY = "any"
    ONLY = "only"
    WITHOUT = "without"


class Told(Protocol):
    """What a rule looks at of an incident."""

    @property
    def camera_id(self) -> str:
        """Its camera."""
        ...

    @property
    def hazards(self) -> Sequence[IncidentHazard]:
        """What was seen."""
        ...

    @property
    def severity(self) -> Severity:
        """The gravest so far."""
        ...

    @property
    def zone_id(self) -> str | None:
        """The zone in which it was first seen."""
        ...

    @property
    def permit_id(self) -> str | None:
        """The permit that covers it."""
        ...


@dataclass(frozen=True, slots=True)
class Escalation:
    """Who else is told of an incident that nobody acknowledges.

    Attributes:
        after_s: so long after the first were told.
        channel_ids: by which channels.
    """

    after_s: float
    channel_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AlertRule:
    """Which incidents some channels are told of; None means any.

    Attributes:
        name: for people.
        channel_ids: who is told.
        hazards: one of these.
        min_severity: as severe at least.
        camera_ids: of one of these cameras.
        zone_ids: first seen in one of these zones.
        schedule: at these hours, in the zone of the camera.
        tell: on which occasions.
        permitted: whether incidents of permitted hot work are meant.
        cool_down_s: so long after a delivered alarm the same of the same camera is held back.
        escalate: what follows where nobody acknowledges.
    """

    name: str
    channel_ids: tuple[str, ...]
    hazards: tuple[IncidentHazard, ...] | None = None
    min_severity: Severity | None = None
    camera_ids: tuple[str, ...] | None = None
    zone_ids: tuple[str, ...] | None = None
    schedule: tuple[Hours, ...] | None = None
    tell: tuple[Occasion, ...] = ALARMS
    permitted: Permitted = Permitted.ANY
    cool_down_s: float = 300.0
    escalate: Escalation | None = None

    @property
    def every_channel_id(self) -> tuple[str, ...]:
        """The channels that it names anywhere."""
        further = self.escalate.channel_ids if self.escalate else ()
        return tuple(dict.fromkeys((*self.channel_ids, *further)))

    def is_about(self, incident: Told) -> bool:
        """Whether it is about an incident, whatever the hour and the occasion."""
        return (
            (self.hazards is None or not set(self.hazards).isdisjoint(incident.hazards))
            and (self.min_severity is None or incident.severity.rank >= self.min_severity.rank)
            and (self.camera_ids is None or incident.camera_id in self.camera_ids)
            and (self.zone_ids is None or incident.zone_id in self.zone_ids)
            and (
                self.permitted is Permitted.ANY
                or (self.permitted is Permitted.ONLY) == (incident.permit_id is not None)
            )
        )

    def holds_at(self, moment: datetime) -> bool:
        """Whether a moment, in the zone of the camera, is in its hours."""
        return self.schedule is None or any(hours.hold(moment) for hours in self.schedule)


def receivers(
    rules: Sequence[tuple[str, AlertRule]],
    channel_ids: Sequence[str],
    incident: Told,
    occasion: Occasion,
    moment: datetime,
) -> dict[str, tuple[str, ...]]:
    """Which channels are told of something, and by which rules.

    Args:
        rules: every rule with its id.
        channel_ids: those that can be told at present.
        incident: of what.
        occasion: what happened to it.
        moment: the present, in the zone of the camera.

    Returns:
        By channel, in the order given, the ids of the rules that want it told; none for a channel
        that no rule names, which is told of all alarms.
    """
    named = {one for _, rule in rules for one in rule.every_channel_id}
    wanting = [
        (rule_id, rule)
        for rule_id, rule in rules
        if occasion in rule.tell and rule.is_about(incident) and rule.holds_at(moment)
    ]
    found: dict[str, tuple[str, ...]] = {}
    for channel_id in channel_ids:
        by = tuple(rule_id for rule_id, rule in wanting if channel_id in rule.channel_ids)
        if by or (channel_id not in named and occasion in ALARMS):
            found[channel_id] = by
    return found


@dataclass(frozen=True, slots=True)
class CoolDown:
    """What begins with an alarm that was delivered.

    Attributes:
        begun_at: when that was.
        severity, hazards: as the alarm told them.
        permitted: whether it was of permitted hot work.
    """

    begun_at: datetime
    severity: Severity
    hazards: frozenset[IncidentHazard]
    permitted: bool = False

    def ends_at(self, cool_down_s: float, incident: Told, now: datetime) -> datetime | None:
        """Until when a new incident of the same camera is held back; None where it is not.

        What is worse than the alarm was is not: graver, fire where it was smoke, or without a
        permit where that was permitted.
        """
        ends_at = self.begun_at + timedelta(seconds=cool_down_s)
        # A clock that was set back must not hold anything back for longer.
        if not self.begun_at <= now < ends_at or incident.severity.rank > self.severity.rank:
            return None
        if _urgency(incident.hazards) < _urgency(self.hazards):
            return None
        if self.permitted and incident.permit_id is None:
            return None
        return ends_at


def _urgency(hazards: Collection[IncidentHazard]) -> int:
    return min(tuple(IncidentHazard).index(one) for one in hazards)
