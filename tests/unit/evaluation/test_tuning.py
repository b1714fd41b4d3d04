"""Thresholds from a site's own judged pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from safety_detector.detectors.embedded.raw_boxes import RawAnswer, RawBox, RawClass
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.evaluation.running import Answered
from safety_detector.evaluation.truth import LabelledPicture, TrueBox
from safety_detector.evaluation.tuning import TunedThreshold, shows_hazard, tune_thresholds

NOW = dict.fromkeys(RawClass, 0.5)
BOX = Box(10, 10, 60, 60)
FIRE = Hazard(Label.FIRE, SubLabel.SEVERE)


def judge(answer: Answered, threshold: float) -> tuple[Detection, ...]:
    """Each box of fire that reaches the threshold is one."""
    boxes = answer.raw.boxes if answer.raw else ()
    return tuple(Detection(one.box, FIRE, one.score) for one in boxes if one.score >= threshold)


def answer(number: int, *, burns: bool, score: float, groups: int = 10) -> Answered:
    """A picture with or without a fire, and how sure the detector is of one."""
    picture = LabelledPicture(
        Path(f"{number}.jpg"),
        ImageSize(100, 100),
        frozenset({RawClass.FIRE}),
        (TrueBox(RawClass.FIRE, BOX),) if burns else (),
        group=f"camera/{number % groups}",
    )
    raw = RawAnswer((RawBox(RawClass.FIRE, BOX, score),))
    one = Answered(picture, (), raw, 1.0)
    return replace(one, detections=judge(one, NOW[RawClass.FIRE]))


def tuned(answers: Sequence[Answered], most: float = 0.05) -> TunedThreshold:
    """What is said of fire."""
    return tune_thresholds(answers, judge, NOW, most)[0]


def site(weak: float, lamps: float, groups: int = 10) -> list[Answered]:
    """Fires half of which score weakly, and lamps."""
    burning = [
        answer(n, burns=True, score=0.9 if n % 2 else weak, groups=groups) for n in range(100)
    ]
    calm = [answer(n, burns=False, score=lamps, groups=groups) for n in range(100)]
    return burning + calm


def test_a_threshold_between_weak_fires_and_lamps_is_found() -> None:
    """A site whose fires score low gets them back, and is told what it gains."""
    found = tuned(site(weak=0.3, lamps=0.1))
    assert found.chosen is not None
    assert 0.1 < found.chosen <= 0.3
    assert found.at_now is not None
    assert found.held_out is not None
    assert (found.at_now.recall, found.held_out.recall) == (0.5, 1.0)
    assert found.held_out.false_alarms == 0.0
    assert (found.found.right, found.found.wrong) == (50, 0)
    assert found.to_set == found.chosen


def test_a_threshold_that_is_right_already_stays() -> None:
    """Nobody is told to change what these pictures show no gain for."""
    found = tuned(site(weak=0.8, lamps=0.1))
    assert found.chosen is not None
    assert found.to_set is None


def test_what_is_found_more_is_worth_false_alarms_within_the_bound() -> None:
    """Missed fires are no price for a handful of false alarms that the site allows."""
    answers = site(weak=0.3, lamps=0.1)
    lamps = [answer(n, burns=False, score=0.4) for n in range(4)]
    found = tuned([*answers[:100], *lamps, *answers[104:]])
    assert found.to_set is not None
    assert found.to_set <= 0.3
    assert (found.found.right, found.spared.wrong) == (50, 4)


def test_false_alarms_that_cost_no_fire_are_spared() -> None:
    """Where a higher threshold loses nothing, what is within the bound is spared too."""
    answers = site(weak=0.9, lamps=0.1)
    lamps = [answer(n, burns=False, score=0.6) for n in range(8)]
    found = tuned([*answers[:100], *lamps, *answers[108:]], most=0.1)
    assert not found.is_beyond_bound
    assert found.spares_more
    assert found.to_set is not None
    assert found.to_set > 0.6


def test_false_alarms_beyond_the_bound_are_a_reason_to_change() -> None:
    """Who allows one picture in twenty is told the threshold that keeps it."""
    lost = [answer(n, burns=True, score=0.55) for n in range(2)]
    found = tuned([*lost, *site(weak=0.9, lamps=0.6)[2:]])
    assert found.is_beyond_bound
    assert not found.is_trade
    assert found.to_set is not None
    assert found.to_set > 0.6
    assert found.held_out is not None
    assert (found.held_out.recall, found.held_out.false_alarms) == (0.98, 0.0)


def test_fewer_false_alarms_for_fires_that_are_overlooked_are_a_trade_that_people_make() -> None:
    """The threshold that keeps the bound is named, with its price, and not set."""
    found = tuned(site(weak=0.55, lamps=0.6))
    assert found.is_trade
    assert found.to_set is None
    assert found.chosen is not None
    assert found.chosen > 0.6
    assert (found.found.right, found.found.wrong) == (0, 50)
    assert (found.by_chosen.right, found.by_chosen.wrong) == (0, 50)
    assert found.held_out is not None
    assert (found.held_out.recall, found.held_out.false_alarms) == (0.5, 0.0)


@pytest.mark.parametrize(("calm", "lamps"), [(30, 2), (39, 2), (50, 3), (30, 8)])
def test_one_lamp_of_one_night_is_no_sure_sign_of_too_many_false_alarms(
    calm: int, lamps: int
) -> None:
    """Frames of one lamp are one piece of evidence: no fire is given up for it."""
    fires = [answer(n, burns=True, score=0.5 + n / 250) for n in range(80)]
    empty = [answer(4 * n, burns=False, score=0.1, groups=400) for n in range(lamps, calm)]
    night = [
        replace(one, picture=replace(one.picture, group="camera/lamp"))
        for one in (answer(n, burns=False, score=0.9) for n in range(lamps))
    ]
    found = tuned([*fires, *empty, *night])
    assert found.at_now is not None
    assert found.at_now.false_alarms > found.most_false_alarms
    assert not found.is_beyond_bound
    assert found.to_set is None


def test_where_no_threshold_keeps_the_bound_it_is_said() -> None:
    """Lamps that score like fires cannot be told from them by any threshold."""
    answers = [answer(n, burns=bool(n % 2), score=0.99) for n in range(200)]
    found = tuned(answers)
    assert not found.keeps_bound


def test_the_cost_is_told_by_pictures_that_the_choice_did_not_see() -> None:
    """One day's lamps on one camera do not make their own threshold look good."""
    answers = site(weak=0.3, lamps=0.1)
    # One group alone has lamps that score 0.4: without it 0.2 is chosen, which fails there.
    odd = [one.picture.group == "camera/0" and not one.picture.boxes for one in answers]
    answers = [
        answer(int(one.picture.path.stem), burns=False, score=0.4) if is_odd else one
        for one, is_odd in zip(answers, odd, strict=True)
    ]
    found = tuned(answers, most=0.0)
    assert found.held_out is not None
    assert found.held_out.false_alarms == pytest.approx(0.1)
    assert found.spread is not None
    assert found.spread[0] < 0.4 < found.spread[1]


def test_few_groups_widen_what_is_known() -> None:
    """A thousand frames of five days do not make an interval of a thousand pictures."""
    few, many = tuned(site(0.3, 0.1, groups=5)), tuned(site(0.3, 0.1, groups=100))
    widths = []
    for one in (few, many):
        assert one.held_out is not None
        assert one.held_out.recall_interval is not None
        widths.append(one.held_out.recall_interval[1] - one.held_out.recall_interval[0])
    assert widths[0] > 3 * widths[1]


@pytest.mark.parametrize(
    "answers",
    [
        [answer(n, burns=n < 19, score=0.4) for n in range(100)],
        [answer(n, burns=n >= 19, score=0.4) for n in range(100)],
        [answer(n, burns=n < 50, score=0.4, groups=4) for n in range(100)],
        [replace(answer(n, burns=n < 50, score=0.4), raw=None) for n in range(100)],
        [],
    ],
    ids=["few with", "few without", "few days", "failed runs", "nothing"],
)
def test_too_few_pictures_choose_nothing(answers: list[Answered]) -> None:
    """A threshold by nineteen pictures would be one by chance; nothing is set."""
    found = tuned(answers)
    assert (found.chosen, found.to_set, found.held_out) == (None, None, None)


def test_a_confirmed_fire_counts_though_the_rest_of_its_picture_is_not_labelled() -> None:
    """Else a threshold would be chosen by false alarms alone."""
    answers = [
        replace(one, picture=replace(one.picture, labelled=frozenset()))
        if one.picture.boxes
        else one
        for one in site(weak=0.3, lamps=0.1)
    ]
    assert tuned(answers) == tuned(site(weak=0.3, lamps=0.1))
    bare = LabelledPicture(
        Path("x.jpg"),
        ImageSize(100, 100),
        frozenset(),
        (person(SubLabel.NO_HELMET),),
        as_reported=True,
    )
    assert shows_hazard(RawClass.HEAD_BARE, bare) is True
    helmet = replace(bare, boxes=(person(SubLabel.HELMET),))
    assert shows_hazard(RawClass.HEAD_BARE, helmet) is None


def person(state: SubLabel | None) -> TrueBox:
    """Somebody as a reviewer left it."""
    return TrueBox(RawClass.PERSON, BOX, state=state)


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ((), False),
        ((person(SubLabel.HELMET),), False),
        ((person(SubLabel.HELMET), person(SubLabel.NO_HELMET)), True),
        ((person(SubLabel.UNCERTAIN),), None),
        ((person(SubLabel.HELMET), person(None)), None),
    ],
)
def test_who_might_be_bare_headed_is_no_picture_without_such_people(
    people: tuple[TrueBox, ...], expected: bool | None
) -> None:
    """An alarm about somebody whose head nobody could judge is not held against the detector."""
    picture = LabelledPicture(
        Path("x.jpg"), ImageSize(100, 100), frozenset({RawClass.PERSON}), people, as_reported=True
    )
    assert shows_hazard(RawClass.HEAD_BARE, picture) is expected
