"""Who is told at which hours of the week, as the rules say, and when nobody is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from safety_detector.domain.camera_rules import Day, Hours
from safety_detector.domain.incidents.alert_rules import ALARMS, AlertRule, Occasion, Permitted
from safety_detector.domain.incidents.camera_faults import severity_of
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.looks import Severity

_DAY_MIN = 24 * 60
_WEEK_MIN = 7 * _DAY_MIN
_DAYS = tuple(Day)


@dataclass(frozen=True, slots=True)
class Duty:
    """When a channel is told of alarms.

    Attributes:
        channel_id: of the channel.
        rule_ids: of the rules that name it; none where it is told of every alarm, as no rule does.
        hours: when it is told, each within one day, in order.
        later_rule_ids: of the rules that have it told if nobody acknowledges, at whatever hour.
    """

    channel_id: str
    rule_ids: tuple[str, ...]
    hours: tuple[Hours, ...]
    later_rule_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Untold:
    """When some alarm of a hazard would reach nobody.

    Attributes:
        hazard: of the alarm.
        hours: when, each within one day, in order.
        limited_rule_ids: of the rules that tell of some alarms in these hours: of their cameras,
            zones, severities and permits alone, or of what gets worse.  Of anything else nobody is
            told then.
    """

    hazard: IncidentHazard
    hours: tuple[Hours, ...]
    limited_rule_ids: tuple[str, ...]


def week_of(schedule: Iterable[Hours] | None) -> tuple[Hours, ...]:
    """Hours of the week as they follow each other: each within one day, none overlapping.

    Args:
        schedule: hours that may overlap and go over midnight; None means always.
    """
    if schedule is None:
        return _within_days([(0, _WEEK_MIN)])
    return _within_days(
        [span for hours in schedule for day in hours.days for span in _spans(hours, day)]
    )


def duties(rules: Sequence[tuple[str, AlertRule]], channel_ids: Sequence[str]) -> tuple[Duty, ...]:
    """When each channel is told of alarms, in the order of the channels.

    Args:
        rules: every rule with its id.
        channel_ids: of every channel.
    """
    named = {one for _, rule in rules for one in rule.every_channel_id}
    return tuple(
        _duty(channel_id, rules, is_named=channel_id in named) for channel_id in channel_ids
    )


def untold(
    rules: Sequence[tuple[str, AlertRule]],
    channel_ids: Sequence[str],
    told: Collection[str],
    camera_ids: Collection[str],
    hazard: IncidentHazard,
) -> Untold:
    """When an alarm of a hazard would reach nobody, though perhaps of one camera or severity alone.

    Permitted hot work aside: who is not told of that wants it so.

    Args:
        rules: every rule with its id.
        channel_ids: of every channel.
        told: the channels that can be told at present.
        camera_ids: of every camera.
        hazard: of the alarm.
    """
    named = {one for _, rule in rules for one in rule.every_channel_id}
    if any(one in told and one not in named for one in channel_ids):
        return Untold(hazard, (), ())
    telling = [
        (rule_id, rule, [_place(hours) for hours in week_of(rule.schedule)])
        for rule_id, rule in rules
        if _tells_alarms(rule)
        and _can_be_about(rule, hazard)
        and not set(rule.channel_ids).isdisjoint(told)
    ]
    gaps: list[tuple[int, int]] = []
    for camera_id in camera_ids or (None,):
        covered = [
            span
            for _, rule, spans in telling
            if _tells_of_all(rule, camera_id, hazard)
            for span in spans
        ]
        gaps.extend(_complement(_merged(covered)))
    limited = [
        rule_id
        for rule_id, _, spans in telling
        if any(start < until and since < end for start, end in spans for since, until in gaps)
    ]
    return Untold(hazard, _within_days(gaps), tuple(limited))


def _duty(channel_id: str, rules: Sequence[tuple[str, AlertRule]], *, is_named: bool) -> Duty:
    if not is_named:
        return Duty(channel_id, (), week_of(None), ())
    first = [
        (rule_id, rule)
        for rule_id, rule in rules
        if channel_id in rule.channel_ids and _tells_alarms(rule)
    ]
    hours = [one for _, rule in first for one in week_of(rule.schedule)]
    later = tuple(
        rule_id
        for rule_id, rule in rules
        if rule.escalate is not None and channel_id in rule.escalate.channel_ids
    )
    return Duty(channel_id, tuple(rule_id for rule_id, _ in first), week_of(hours), later)


def _tells_alarms(rule: AlertRule) -> bool:
    return not set(ALARMS).isdisjoint(rule.tell)


def _can_be_about(rule: AlertRule, hazard: IncidentHazard) -> bool:
    _, gravest = _severities(hazard)
    return (
        (rule.hazards is None or hazard in rule.hazards)
        and (rule.min_severity is None or rule.min_severity.rank <= gravest.rank)
        and not (hazard.is_of_camera and rule.zone_ids is not None)
        and not (hazard.is_of_camera and rule.permitted is Permitted.ONLY)
    )


def _severities(hazard: IncidentHazard) -> tuple[Severity, Severity]:
    """The least and the gravest that an incident of a hazard can be."""
    if hazard.fault is not None:
        return severity_of(hazard.fault), severity_of(hazard.fault)
    # A bare head is moderate, or what its zone says at least.
    least = Severity.MODERATE if hazard is IncidentHazard.NO_HELMET else Severity.UNCERTAIN
    return least, Severity.SEVERE


def _tells_of_all(rule: AlertRule, camera_id: str | None, hazard: IncidentHazard) -> bool:
    """Whether it tells of every incident of a camera, permitted hot work aside, as that opens.

    None is a camera that no rule can name.
    """
    least, _ = _severities(hazard)
    return (
        Occasion.OPENED in rule.tell
        and (rule.camera_ids is None or camera_id in rule.camera_ids)
        and rule.zone_ids is None  # what is seen outside of all zones is seen, too
        and (rule.min_severity is None or rule.min_severity.rank <= least.rank)
        and rule.permitted is not Permitted.ONLY
    )


def _spans(hours: Hours, day: Day) -> list[tuple[int, int]]:
    """From which minute of the week to which; the end of Sunday's night is on Monday."""
    midnight = _DAYS.index(day) * _DAY_MIN
    over = _DAY_MIN if hours.end_min < hours.start_min else 0
    start, end = midnight + hours.start_min, midnight + hours.end_min + over
    if end <= _WEEK_MIN:
        return [(start, end)]
    return [(start, _WEEK_MIN), (0, end - _WEEK_MIN)]


def _place(hours: Hours) -> tuple[int, int]:
    midnight = _DAYS.index(hours.days[0]) * _DAY_MIN
    return midnight + hours.start_min, midnight + hours.end_min


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _complement(merged: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    ends = [0, *(end for _, end in merged)]
    starts = [*(start for start, _ in merged), _WEEK_MIN]
    return [(end, start) for end, start in zip(ends, starts, strict=True) if end < start]


def _within_days(spans: Iterable[tuple[int, int]]) -> tuple[Hours, ...]:
    found = []
    for start, end in _merged(spans):
        for number, day in enumerate(_DAYS):
            first = max(start - number * _DAY_MIN, 0)
            last = min(end - number * _DAY_MIN, _DAY_MIN)
            if first < last:
                found.append(Hours((day,), first, last))
    return tuple(found)
