"""Looks become incidents, whatever the order in which they become known."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.geometry import Box
from safety_detector.domain.incidents.incident import ChangeKind, Incident, Stage
from safety_detector.domain.incidents.looks import Look, Severity, Sighting, family_of
from safety_detector.domain.incidents.opening_rules import (
    DEFAULT_OPENING,
    IncidentRules,
    OpeningChange,
    OpeningRule,
)
from safety_detector.domain.incidents.state_machine import CameraState, Step, fold, fold_one

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
TANK = Box(0.40, 0.50, 0.50, 0.65)
GATE = Box(0.80, 0.10, 0.84, 0.20)
FIRE, SMOKE, NO_HELMET = WatchedHazard.FIRE, WatchedHazard.SMOKE, WatchedHazard.NO_HELMET


def seen(
    hazard: WatchedHazard = FIRE,
    box: Box = TANK,
    score: float | None = 0.8,
    severity: Severity = Severity.MINOR,
    permit_id: str | None = None,
) -> Sighting:
    """A sighting at the tanks."""
    return Sighting(hazard, box, score, severity, permit_id=permit_id)


def look(second: float, *sightings: Sighting, usable: bool = True, number: int = 0) -> Look:
    """A look at the scene so many seconds after noon."""
    return Look(
        f"look-{second:09.1f}-{number}", NOON + timedelta(seconds=second), sightings, usable
    )


def run(looks: Sequence[Look], rules: IncidentRules | None = None) -> Step:
    """All of a camera's looks folded."""
    return fold(CameraState("gate3"), looks, rules or IncidentRules())


def kinds(step: Step) -> list[str]:
    """What happened, in order."""
    return [change.kind.value for change in step.changes]


def only(step: Step) -> Incident:
    """The one incident."""
    (incident,) = step.incidents
    return incident


def test_a_fire_opens_at_the_second_of_three_looks() -> None:
    """One sighting tells nobody; two of three looks at one place open one incident."""
    assert kinds(run([look(0, seen()), look(2)])) == []
    step = run([look(0, seen()), look(2), look(4, seen()), look(6, seen())])
    assert kinds(step) == ["opened"]
    incident = only(step)
    assert (incident.first_seen_at, incident.opened_at) == (NOON, NOON + timedelta(seconds=4))
    assert (incident.looks, incident.sightings) == (4, 3)


def test_a_severe_fire_opens_at_once() -> None:
    """A single look with severe fire suffices; with severe smoke it does not."""
    assert kinds(run([look(0, seen(severity=Severity.SEVERE))])) == ["opened"]
    assert kinds(run([look(0, seen(SMOKE, severity=Severity.SEVERE))])) == []


def test_bare_heads_need_three_of_five_looks() -> None:
    """Two looks with a bare head tell nobody."""
    bare = seen(NO_HELMET, severity=Severity.MODERATE)
    assert kinds(run([look(0, bare), look(2, bare)])) == []
    assert kinds(run([look(0, bare), look(2), look(4, bare), look(6), look(8, bare)])) == ["opened"]
    assert (
        kinds(run([look(0, bare), look(2), look(4), look(6, bare), look(8), look(10, bare)])) == []
    )


def test_sightings_at_different_places_are_not_added_up() -> None:
    """A reflection here and a lamp there are no fire seen twice."""
    assert kinds(run([look(0, seen(box=TANK)), look(2, seen(box=GATE)), look(4)])) == []


def test_sightings_outside_the_window_are_not_added_up() -> None:
    """A camera that looks every two minutes has no two looks within one."""
    assert kinds(run([look(0, seen()), look(120, seen()), look(240, seen())])) == []


def test_a_weak_sighting_opens_nothing_and_keeps_an_open_incident_open() -> None:
    """Under the opening score a sighting is kept and not announced; once open it is enough."""
    rules = IncidentRules({**DEFAULT_OPENING, FIRE: OpeningRule(2, 3, 60, opening_score=0.6)})
    weak = seen(score=0.4)
    assert kinds(run([look(2 * n, weak) for n in range(30)], rules)) == []
    looks = [look(0, seen()), look(2, seen()), *(look(2 * n, weak) for n in range(2, 90))]
    step = run(looks, rules)
    assert kinds(step) == ["opened"]
    assert only(step).stage is Stage.OPEN
    assert only(step).sightings == 90


def test_what_is_seen_unsurely_in_a_row_opens_too_and_is_told_once() -> None:
    """A faint flame opens at the third look in a row; sure of it at last, nobody is told again."""
    faint, gone = seen(score=0.45), 4
    looks = [look(second, *([] if second == gone else [faint])) for second in range(0, 12, 2)]
    step = run([*looks, *(look(second, seen(score=0.9)) for second in range(12, 60, 2))])
    assert kinds(step) == ["opened"]
    assert only(step).opened_at == NOON + timedelta(seconds=10)
    assert kinds(run(looks[:-1])) == []


def test_bare_heads_that_are_unsure_need_ten_of_fifteen_looks() -> None:
    """Turned away now and then, a head has to be seen bare more often than not."""
    faint = seen(NO_HELMET, score=0.45)
    looks = [look(2 * n, *([] if n % 3 == 2 else [faint])) for n in range(14)]
    assert kinds(run(looks[:-1])) == []
    assert kinds(run(looks)) == ["opened"]


@pytest.mark.parametrize(
    "seconds",
    [
        [0, 2],
        [2 * n for n in range(40) if n % 2],  # every second look
        [2 * n for n in range(60) if n % 3 < 2],  # two, then a pause, again and again
        [40 * n for n in range(12)],  # slowly
    ],
)
def test_what_is_seen_unsurely_now_and_then_opens_nothing(seconds: list[int]) -> None:
    """A lamp that is taken for a flame for some seconds, or comes and goes, is told to nobody."""
    every = 40 if 40 in seconds and 2 not in seconds else 2
    moments = range(0, max(seconds) + 40, every)
    faint = seen(score=0.45)
    assert kinds(run([look(one, *([faint] if one in seconds else [])) for one in moments])) == []


def test_no_unsure_sighting_opens_where_the_rule_says_so() -> None:
    """Without a number of unsure sightings no number of them suffices."""
    rule = replace(DEFAULT_OPENING[FIRE], unsure_sightings=0, unsure_looks=0)
    rules = IncidentRules({**DEFAULT_OPENING, FIRE: rule})
    assert kinds(run([look(2 * n, seen(score=0.45)) for n in range(50)], rules)) == []


@pytest.mark.parametrize(
    ("change", "unsure"),
    [
        (OpeningChange(), (3, 3)),
        (OpeningChange(opening_score=0.9), (0, 0)),
        (OpeningChange(sightings=1, looks=1), (2, 2)),
        (OpeningChange(sightings=3, looks=5), (5, 5)),
        (OpeningChange(sightings=34, looks=34), (0, 0)),
        (OpeningChange(sightings=3, looks=5, unsure_sightings=4, unsure_looks=6), (4, 6)),
        (OpeningChange(unsure_sightings=0), (0, 3)),
        (OpeningChange(unsure_looks=5), (3, 5)),
        (OpeningChange(unsure_sightings=20), (20, 20)),
    ],
)
def test_a_stricter_rule_is_stricter_with_what_is_unsure(
    change: OpeningChange, unsure: tuple[int, int]
) -> None:
    """Who asks for more sightings asks for more unsure ones too, unless they say how many."""
    change.check(DEFAULT_OPENING[FIRE])
    rule = change.of(DEFAULT_OPENING[FIRE], None)
    assert (rule.unsure_sightings, rule.unsure_looks) == unsure


def test_a_detector_without_scores_is_taken_at_its_word() -> None:
    """A language model that gives no scores opens incidents all the same."""
    rules = IncidentRules({**DEFAULT_OPENING, FIRE: OpeningRule(2, 3, 60, opening_score=0.9)})
    step = run([look(0, seen(score=None)), look(2, seen(score=None))], rules)
    assert kinds(step) == ["opened"]
    assert only(step).peak_score is None


def test_an_incident_goes_quiet_opens_again_and_ends() -> None:
    """Quiet after a minute without it; seen again soon it is the same; later it is another one."""
    quiet = [look(4 + 2 * n) for n in range(32)]
    again = [look(80, seen()), look(82, seen())]
    after = [look(84 + 10 * n) for n in range(40)]
    next_one = [look(1000, seen()), look(1002, seen())]
    step = run([look(0, seen()), look(2, seen()), *quiet, *again, *after, *next_one])
    assert kinds(step) == ["opened", "quiet", "reopened", "quiet", "ended", "opened"]
    first, second = sorted(step.incidents, key=lambda one: one.first_seen_at)
    assert first.stage is Stage.ENDED
    assert second.stage is Stage.OPEN
    assert first.id != second.id


@pytest.mark.parametrize(
    "silence",
    [[], [look(10 * n, usable=False) for n in range(1, 700)]],
    ids=["no looks", "failed looks"],
)
def test_an_outage_never_makes_an_incident_quiet(silence: list[Look]) -> None:
    """Two hours in which nobody looked, or saw anything, do not say that a fire is out."""
    step = run([look(0, seen()), look(2, seen()), *silence, look(7200)])
    assert kinds(step) == ["opened"]
    assert only(step).stage is Stage.OPEN


def test_smoke_that_is_joined_by_fire_is_one_incident_that_escalates() -> None:
    """Smoke and the fire under it are one incident with both hazards."""
    plume = seen(SMOKE, Box(0.35, 0.2, 0.55, 0.5))
    step = run([look(0, plume), look(2, plume), look(4, plume, seen()), look(6, plume, seen())])
    assert kinds(step) == ["opened", "escalated"]
    assert step.changes[1].because == ("fire",)
    assert only(step).hazards == {FIRE, SMOKE}


def test_a_flame_that_comes_and_goes_in_its_smoke_is_told_once() -> None:
    """However long it was away: the incident is no other and no worse."""
    plume = seen(SMOKE, Box(0.35, 0.2, 0.55, 0.5))
    looks = [look(2 * n, plume, *([seen()] if n % 20 in (5, 6) else [])) for n in range(100)]
    step = run(looks)
    assert kinds(step) == ["opened", "escalated"]
    assert step.changes[1].because == ("fire",)


def test_two_fires_that_grow_together_become_one() -> None:
    """The later one goes into the earlier, and says so."""
    left, right = Box(0.1, 0.5, 0.2, 0.6), Box(0.6, 0.5, 0.7, 0.6)
    grown = [seen(box=Box(0.1, 0.5, 0.35, 0.6)), seen(box=Box(0.45, 0.5, 0.7, 0.6))]
    looks = [
        look(0, seen(box=left)),
        look(2, seen(box=left), seen(box=right)),
        look(4, seen(box=left), seen(box=right)),
        look(6, *grown),
    ]
    step = run(looks)
    by_stage = {one.stage: one for one in step.incidents}
    assert by_stage[Stage.MERGED].merged_into == by_stage[Stage.OPEN].id
    assert kinds(step).count("opened") == 2
    assert kinds(step).count("merged") == 1


def test_two_fires_far_apart_stay_two() -> None:
    """Each place has its own incident."""
    both = [look(2 * n, seen(box=TANK), seen(box=GATE)) for n in range(5)]
    assert len({one.id for one in run(both).incidents}) == 2


def test_fire_and_a_bare_head_at_one_place_are_two_incidents() -> None:
    """Somebody puts the fire out without a helmet: both are told."""
    both = [look(2 * n, seen(), seen(NO_HELMET, TANK)) for n in range(5)]
    assert sorted(one.most_urgent for one in run(both).incidents) == [FIRE, NO_HELMET]


def test_growth_and_severity_escalate_once_each() -> None:
    """A fire that doubles, or becomes moderate, is told again; the same look after look is not."""
    small, large = seen(), seen(box=Box(0.3, 0.4, 0.6, 0.7))
    grown = run([look(0, small), look(2, small), *(look(4 + 2 * n, large) for n in range(9))])
    assert [change.because for change in grown.changes[1:]] == [("extent",)]
    graver = seen(severity=Severity.MODERATE)
    worse = run([look(0, small), look(2, small), *(look(4 + 2 * n, graver) for n in range(9))])
    assert [change.because for change in worse.changes[1:]] == [("severity",)]
    assert worse.changes[1].at == NOON + timedelta(seconds=6), "one look may be wrong"


@pytest.mark.parametrize("is_announced", [True, False])
def test_a_fire_without_a_permit_that_joins_one_with_it_escalates(is_announced: bool) -> None:
    """Whoever was told of permitted work hears that what burns is more than that; told once."""
    inside = seen(permit_id="HW-7")
    beside = Box(0.70, 0.50, 0.80, 0.65)
    between = Box(0.60, 0.50, 0.80, 0.65)
    looks = [look(2 * n, inside) for n in range(3)]
    if is_announced:
        looks += [look(6 + 2 * n, inside, seen(box=beside)) for n in range(3)]
    else:
        looks += [look(10, inside, seen(box=beside))]
    grown = [look(12 + 2 * n, inside, seen(box=between)) for n in range(3)]
    before = run(looks)
    assert all(change.kind is ChangeKind.OPENED for change in before.changes)
    step = run([*looks, *grown])
    first = next(one for one in step.incidents if one.stage is Stage.OPEN)
    assert first.permit_id is None
    escalations = [one for one in step.changes if one.kind is ChangeKind.ESCALATED]
    assert [one.incident_id for one in escalations if "permit" in one.because] == [first.id]
    assert first.changes == len([one for one in step.changes if one.incident_id == first.id])


def test_a_fire_that_leaves_its_permit_escalates() -> None:
    """Hot work is noted on the incident as long as all of it lies within the permit's place."""
    inside, outside = seen(permit_id="HW-7"), seen(box=Box(0.5, 0.5, 0.55, 0.55))
    step = run([look(0, inside), look(2, inside)])
    assert only(step).permit_id == "HW-7"
    step = run([look(0, inside), look(2, inside), look(4, inside, outside)])
    assert step.changes[-1].because == ("permit",)
    assert only(step).permit_id is None


def test_a_walking_person_is_one_incident() -> None:
    """Somebody without a helmet who walks by at two steps a look is told once."""
    walk = [
        look(2 * n, seen(NO_HELMET, Box(0.1 + 0.03 * n, 0.5, 0.14 + 0.03 * n, 0.7)))
        for n in range(20)
    ]
    assert kinds(run(walk)) == ["opened"]


def test_a_model_that_sees_hundreds_of_fires_makes_no_hundreds_of_incidents() -> None:
    """What one look can begin is bounded, and nothing of it is lost: the rest joins its nearest."""
    many = [
        seen(box=Box(x / 40, y / 40, x / 40 + 0.001, y / 40 + 0.001), severity=Severity.SEVERE)
        for x in range(40)
        for y in range(40)
    ]
    step = run([look(2 * n, *many) for n in range(4)])
    assert 1 <= len(step.incidents) <= 64


scenes = st.lists(
    st.tuples(
        st.integers(0, 400),
        st.lists(
            st.tuples(
                st.sampled_from([FIRE, SMOKE, NO_HELMET]),
                st.sampled_from([TANK, GATE, Box(0.45, 0.3, 0.6, 0.5), Box(0.1, 0.1, 0.2, 0.2)]),
                st.sampled_from([0.3, 0.6, 0.9, None]),
                st.sampled_from(tuple(Severity)),
            ),
            max_size=4,
        ),
        st.booleans(),
    ),
    max_size=60,
)


@settings(max_examples=150)
@given(scene=scenes, order=st.randoms(use_true_random=False))
def test_order_and_doubles_change_nothing(
    scene: list[tuple[int, list[tuple[WatchedHazard, Box, float | None, Severity]], bool]],
    order: random.Random,
) -> None:
    """The same looks in any order, some of them twice, one by one or together: equal incidents."""
    looks = [
        look(2 * second, *(seen(*one) for one in sightings), usable=usable, number=number)
        for number, (second, sightings, usable) in enumerate(scene)
    ]
    expected = run(looks)
    mixed = [*looks, *looks[: len(looks) // 10 + 1]]
    order.shuffle(mixed)
    assert run(mixed) == expected
    state, incidents, changes = CameraState("gate3"), {}, []
    for one in sorted(looks, key=lambda each: each.key):
        step = fold_one(state, one, IncidentRules())
        state = step.state
        incidents |= {each.id: each for each in step.incidents}
        changes += step.changes
    assert (state, tuple(incidents.values()), tuple(changes)) == (
        expected.state,
        expected.incidents,
        expected.changes,
    )


@settings(max_examples=150)
@given(scene=scenes)
def test_what_is_told_is_consistent(
    scene: list[tuple[int, list[tuple[WatchedHazard, Box, float | None, Severity]], bool]],
) -> None:
    """An incident opens once and first, reopens only out of quiet, and nothing follows its end."""
    looks = [
        look(2 * second, *(seen(*one) for one in sightings), usable=usable, number=number)
        for number, (second, sightings, usable) in enumerate(scene)
    ]
    step = run(looks)
    follows = {
        None: {ChangeKind.OPENED},
        ChangeKind.QUIET: {ChangeKind.REOPENED, ChangeKind.ENDED},
        ChangeKind.ENDED: set(),
        ChangeKind.MERGED: set(),
    }
    active = {ChangeKind.ESCALATED, ChangeKind.QUIET, ChangeKind.MERGED}
    last: dict[str, ChangeKind] = {}
    for change in step.changes:
        before = last.get(change.incident_id)
        assert change.kind in follows.get(before, active), (before, change)
        last[change.incident_id] = change.kind
    assert set(last) == {one.id for one in step.incidents}
    for one in step.incidents:
        assert len({family_of(hazard) for hazard in one.hazards}) == 1
        assert one.first_seen_at <= one.opened_at <= one.last_seen_at or one.stage is Stage.OPEN
        assert one.sightings <= one.looks
