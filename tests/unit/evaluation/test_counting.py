import pytest

from safety_detector.detectors.embedded.raw_boxes import RawClass
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.evaluation.counting import (
    Counts,
    match_boxes,
    people_of_heads,
    wilson_interval,
)
from safety_detector.evaluation.truth import TrueBox

FIRE = Box(0, 0, 100, 100)


def fire(box: Box, ignored: bool = False) -> TrueBox:
    """A labelled fire."""
    return TrueBox(RawClass.FIRE, box, ignored=ignored)


def person(box: Box) -> Detection:
    """A detected person."""
    return Detection(box, Hazard(Label.PERSON, SubLabel.HELMET))


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # Values from R's binom::binom.confint(method = "wilson").
    [
        (0, 10, 0.0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (62, 62, 0.9417, 1.0),
        (81, 263, 0.2553, 0.3662),
    ],
)
def test_wilson_interval_agrees_with_published_values(
    successes: int, trials: int, low: float, high: float
) -> None:
    """A share of few pictures says how little it is worth."""
    interval = wilson_interval(successes, trials)
    assert interval == pytest.approx((low, high), abs=5e-5)


def test_no_trials_have_no_interval() -> None:
    """Nothing measured is not zero."""
    assert wilson_interval(0, 0) is None


def test_each_truth_is_found_once() -> None:
    """Two boxes on one fire are one find and one false alarm."""
    matching = match_boxes([FIRE, Box(5, 5, 100, 100)], [fire(FIRE)])
    assert matching.found == ((0, 0),)
    assert matching.false == (1,)


def test_a_box_beside_its_truth_is_a_miss_and_a_false_alarm() -> None:
    """An overlap below one half does not count as found."""
    assert match_boxes([Box(60, 0, 160, 100)], [fire(FIRE)]).counts == Counts(0, 1, 1)


def test_what_is_ignored_neither_has_to_be_found_nor_is_false() -> None:
    """Objects too small to label fairly change nothing."""
    ignored = fire(FIRE, ignored=True)
    assert match_boxes([], [ignored]).counts == Counts()
    assert match_boxes([Box(10, 10, 60, 60)], [ignored]).counts == Counts()


def test_shares_of_nothing_are_unknown() -> None:
    """Without answers there is no precision, not a precision of zero."""
    assert Counts().precision is None
    assert Counts().recall is None
    assert Counts().f1 is None
    assert Counts(found=3, missed=1, false=2).f1 == pytest.approx(2 / 3)


def test_heads_go_to_the_people_they_stand_on() -> None:
    """Of two overlapping people each gets the head at the top of the own box."""
    left, right = person(Box(0, 0, 100, 300)), person(Box(60, 0, 160, 300))
    heads = [
        TrueBox(RawClass.HEAD_BARE, Box(90, 0, 130, 40)),
        TrueBox(RawClass.HEAD_HELMET, Box(40, 0, 80, 40)),
        TrueBox(RawClass.HEAD_BARE, Box(400, 0, 440, 40)),
    ]
    assert people_of_heads(heads, [left, right]) == [right, left, None]


def test_a_person_owns_one_head() -> None:
    """A second head in the same box is a person who was not found."""
    one = person(Box(0, 0, 100, 300))
    heads = [
        TrueBox(RawClass.HEAD_BARE, Box(30, 0, 70, 40)),
        TrueBox(RawClass.HEAD_BARE, Box(60, 200, 99, 240)),
    ]
    assert people_of_heads(heads, [one]) == [one, None]
