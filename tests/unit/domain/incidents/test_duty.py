"""The week that rules come to, held against the rules themselves, minute by minute."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from safety_detector.domain.camera_rules import Day, Hours
from safety_detector.domain.incidents.alert_rules import AlertRule, Escalation, Occasion, Permitted
from safety_detector.domain.incidents.duty import Untold, duties, untold, week_of
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.looks import Severity

MONDAY = datetime(2026, 11, 23)
FIRE, SMOKE = IncidentHazard.FIRE, IncidentHazard.SMOKE
NIGHTS = (Hours(tuple(Day), 19 * 60, 7 * 60),)
DAYS = (Hours(tuple(Day), 7 * 60, 19 * 60),)
EVERY_DAY = tuple(Hours((day,), 0, 24 * 60) for day in Day)


def some_hours(chance: random.Random) -> Hours:
    """Of some days, also over midnight and over the end of the week."""
    days = tuple(day for day in Day if chance.random() < 0.4) or (Day.SUN,)
    start = chance.randrange(0, 1440)
    return Hours(days, start, chance.choice([one for one in range(0, 1441, 7) if one != start]))


def test_the_week_is_what_the_hours_say() -> None:
    """Each minute of the week is in it where a rule holds, once, and nowhere else."""
    chance = random.Random(3)  # noqa: S311
    for _ in range(60):
        schedule = [some_hours(chance) for _ in range(chance.randrange(1, 4))]
        week = week_of(schedule)
        assert all(len(one.days) == 1 and one.start_min < one.end_min for one in week)
        for minute in range(0, 7 * 1440, 13):
            moment = MONDAY + timedelta(minutes=minute)
            holding = sum(one.hold(moment) for one in week)
            assert holding == any(one.hold(moment) for one in schedule), (schedule, moment)


def test_always_is_each_whole_day() -> None:
    """Of a rule without hours, of a channel that no rule names; no hours at all are none."""
    assert week_of(None) == EVERY_DAY
    assert week_of([]) == ()
    (unnamed,) = duties([], ["a"])
    assert unnamed.hours == EVERY_DAY


def test_who_is_on_duty_when() -> None:
    """Rules add up; who is told later only, or of no alarm, has no hours."""
    rules = [
        ("1", AlertRule("nights", ("a",), schedule=NIGHTS, escalate=Escalation(60, ("c",)))),
        ("2", AlertRule("days", ("a", "b"), schedule=DAYS)),
        ("3", AlertRule("ends", ("d",), tell=(Occasion.CLOSED,))),
    ]
    a, b, c, d, e = duties(rules, ["a", "b", "c", "d", "e"])
    assert (a.rule_ids, a.hours) == (("1", "2"), EVERY_DAY)
    assert (b.rule_ids, b.hours) == (("2",), week_of(DAYS))
    assert (c.rule_ids, c.hours, c.later_rule_ids) == ((), (), ("1",))
    assert (d.rule_ids, d.hours) == ((), ())
    assert (e.rule_ids, e.hours) == ((), EVERY_DAY)


CAMERAS = ("gate", "yard")


def gaps(
    rules: Sequence[tuple[str, AlertRule]],
    channel_ids: Sequence[str],
    told: Collection[str],
    hazard: IncidentHazard = FIRE,
    cameras: Collection[str] = CAMERAS,
) -> tuple[Hours, ...]:
    """When some alarm of a hazard would reach nobody."""
    return untold(rules, channel_ids, told, cameras, hazard).hours


def test_hours_in_which_nobody_is_told_are_found() -> None:
    """Of the hazard, by channels that can be told; the end of the week included."""
    nights = [("1", AlertRule("nights", ("a",), schedule=NIGHTS))]
    assert untold(nights, ["a"], ["a"], CAMERAS, FIRE) == Untold(FIRE, week_of(DAYS), ())
    assert gaps(nights, ["a", "b"], ["a", "b"]) == ()
    assert gaps(nights, ["a", "b"], ["a"]) == week_of(DAYS)
    assert gaps(nights, ["a"], []) == EVERY_DAY
    both = [*nights, ("2", AlertRule("days", ("a",), hazards=(SMOKE,), schedule=DAYS))]
    assert gaps(both, ["a"], ["a"], SMOKE) == ()
    assert gaps(both, ["a"], ["a"]) == week_of(DAYS)
    assert gaps([], [], []) == EVERY_DAY
    after = [("1", AlertRule("ends", ("a",), tell=(Occasion.CLOSED,)))]
    assert gaps(after, ["a"], ["a"]) == EVERY_DAY


@pytest.mark.parametrize(
    "limits",
    [
        {"camera_ids": ("gate",)},
        {"camera_ids": ("gate",), "min_severity": Severity.SEVERE},
        {"min_severity": Severity.SEVERE},
        {"min_severity": Severity.MINOR},
        {"zone_ids": ("kiln",)},
        {"permitted": Permitted.ONLY},
        {"tell": (Occasion.ESCALATED,)},
    ],
)
def test_a_rule_that_tells_of_some_alone_is_no_comfort(limits: dict[str, Any]) -> None:
    """Where nobody is told of the rest the hours are named, and the rule that tells of some."""
    rules = [("1", AlertRule("some", ("a",), schedule=NIGHTS, **limits))]
    assert untold(rules, ["a"], ["a"], CAMERAS, FIRE) == Untold(FIRE, EVERY_DAY, ("1",))
    rules = [*rules, ("2", AlertRule("nights", ("a",), schedule=NIGHTS))]
    assert untold(rules, ["a"], ["a"], CAMERAS, FIRE) == Untold(FIRE, week_of(DAYS), ())


@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"camera_ids": ("yard", "gate")},
        {"min_severity": Severity.UNCERTAIN},
        {"permitted": Permitted.WITHOUT},
        {"tell": (Occasion.OPENED,)},
    ],
)
def test_what_limits_nothing_is_no_gap(limits: dict[str, Any]) -> None:
    """A rule that names every camera, or every severity, tells of all."""
    assert gaps([("1", AlertRule("all", ("a",), **limits))], ["a"], ["a"]) == ()


def test_rules_of_cameras_cover_them_together() -> None:
    """Each camera by its own; the hours of one are not those of another."""
    gate = ("1", AlertRule("gate", ("a",), camera_ids=("gate",)))
    yard = ("2", AlertRule("yard", ("a",), camera_ids=("yard",)))
    assert gaps([gate, yard], ["a"], ["a"]) == ()
    assert gaps([gate, yard], ["a"], ["a"], cameras=(*CAMERAS, "roof")) == EVERY_DAY
    assert gaps([gate], ["a"], ["a"], cameras=("gate",)) == ()
    nightly = ("2", AlertRule("yard", ("a",), camera_ids=("yard",), schedule=NIGHTS))
    found = untold([gate, nightly], ["a"], ["a"], CAMERAS, FIRE)
    assert found == Untold(FIRE, week_of(DAYS), ("1",))
    assert gaps([("1", AlertRule("all", ("a",)))], ["a"], ["a"], cameras=()) == ()


def test_a_severity_that_everything_has_limits_nothing() -> None:
    """Bare heads and faults of cameras are never less; a fault is never graver, and has no zone."""
    heads, clock, silent = (
        IncidentHazard.NO_HELMET,
        IncidentHazard.CAMERA_CLOCK,
        IncidentHazard.CAMERA_SILENT,
    )
    minor = [("1", AlertRule("minor", ("a",), min_severity=Severity.MINOR))]
    assert [gaps(minor, ["a"], ["a"], one) for one in (heads, clock, silent)] == [(), (), ()]
    moderate = [("1", AlertRule("moderate", ("a",), min_severity=Severity.MODERATE))]
    assert [gaps(moderate, ["a"], ["a"], one) for one in (heads, silent)] == [(), ()]
    assert untold(moderate, ["a"], ["a"], CAMERAS, clock) == Untold(clock, EVERY_DAY, ())
    severe = [("1", AlertRule("severe", ("a",), min_severity=Severity.SEVERE))]
    assert untold(severe, ["a"], ["a"], CAMERAS, heads) == Untold(heads, EVERY_DAY, ("1",))
    zone = [("1", AlertRule("kiln", ("a",), zone_ids=("kiln",)))]
    assert untold(zone, ["a"], ["a"], CAMERAS, silent) == Untold(silent, EVERY_DAY, ())
