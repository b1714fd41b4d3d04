"""The week that rules come to, held against the rules themselves, minute by minute."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from safety_detector.domain.camera_rules import Day, Hours
from safety_detector.domain.incidents.alert_rules import AlertRule, Escalation, Occasion
from safety_detector.domain.incidents.duty import duties, untold, week_of
from safety_detector.domain.incidents.hazards import IncidentHazard

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


def test_hours_in_which_nobody_is_told_are_found() -> None:
    """Of the hazard, by channels that can be told; the end of the week included."""
    nights = [("1", AlertRule("nights", ("a",), schedule=NIGHTS))]
    assert untold(nights, ["a"], ["a"], FIRE) == week_of(DAYS)
    assert untold(nights, ["a", "b"], ["a", "b"], FIRE) == ()
    assert untold(nights, ["a", "b"], ["a"], FIRE) == week_of(DAYS)
    assert untold(nights, ["a"], [], FIRE) == EVERY_DAY
    both = [*nights, ("2", AlertRule("days", ("a",), hazards=(SMOKE,), schedule=DAYS))]
    assert untold(both, ["a"], ["a"], SMOKE) == ()
    assert untold(both, ["a"], ["a"], FIRE) == week_of(DAYS)
    assert untold([], [], [], FIRE) == EVERY_DAY
    after = [("1", AlertRule("ends", ("a",), tell=(Occasion.CLOSED,)))]
    assert untold(after, ["a"], ["a"], FIRE) == EVERY_DAY
