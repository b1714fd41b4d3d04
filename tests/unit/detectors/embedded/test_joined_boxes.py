from itertools import pairwise

import pytest

from safety_detector.detectors.embedded.joined_boxes import join_boxes
from safety_detector.detectors.embedded.raw_boxes import Cutoffs, RawBox, RawClass
from safety_detector.domain.geometry import Box

OWN = dict.fromkeys(RawClass, 0.4)
USUAL = Cutoffs(OWN, OWN)


def asked(score: float) -> Cutoffs:
    """What is in force where somebody asked for this score."""
    return Cutoffs(OWN, dict.fromkeys(RawClass, score))


def boxes(kind: RawClass, *found: tuple[Box, float]) -> list[RawBox]:
    """Boxes of one class, best first."""
    return sorted((RawBox(kind, box, score) for box, score in found), key=lambda one: -one.score)


def test_tongues_of_one_fire_are_one_fire() -> None:
    """A box in another, and boxes that lap over each other, show one thing."""
    tongues = boxes(
        RawClass.FIRE,
        (Box(0, 0, 200, 150), 0.7),
        (Box(20, 20, 60, 60), 0.9),
        (Box(120, 10, 260, 140), 0.65),
    )
    assert [one.score for one in join_boxes(tongues, RawClass.FIRE, USUAL)] == [0.9]


def test_a_small_fire_beside_a_large_one_is_a_second_fire() -> None:
    """What does not lap over is not swallowed, however near it is."""
    fires = boxes(RawClass.FIRE, (Box(0, 0, 200, 150), 0.7), (Box(205, 100, 240, 150), 0.6))
    assert len(join_boxes(fires, RawClass.FIRE, USUAL)) == 2


def test_clouds_that_touch_are_one_and_the_box_is_around_them() -> None:
    """Smoke drifts: its parts are one cloud."""
    clouds = boxes(
        RawClass.SMOKE,
        (Box(0, 0, 100, 100), 0.7),
        (Box(85, 0, 200, 100), 0.6),
        (Box(180, 20, 300, 90), 0.5),
    )
    assert [one.box for one in join_boxes(clouds, RawClass.SMOKE, USUAL)] == [Box(0, 0, 300, 100)]


def test_two_plumes_stay_two() -> None:
    """Two chimneys are two."""
    plumes = boxes(RawClass.SMOKE, (Box(0, 0, 100, 300), 0.7), (Box(160, 0, 260, 300), 0.6))
    assert len(join_boxes(plumes, RawClass.SMOKE, USUAL)) == 2


@pytest.mark.parametrize("kind", [RawClass.FIRE, RawClass.SMOKE])
def test_a_threshold_chooses_among_things_and_changes_none(kind: RawClass) -> None:
    """A lower threshold adds, a higher one takes away; boxes and scores stay."""
    found = boxes(
        kind,
        (Box(0, 0, 200, 150), 0.7),
        (Box(50, 0, 240, 150), 0.5),
        (Box(400, 0, 450, 60), 0.6),
        (Box(230, 0, 300, 150), 0.3),
        (Box(600, 0, 700, 90), 0.2),
        (Box(620, 0, 690, 70), 0.15),
    )
    scores = (0.1, 0.25, 0.4, 0.65, 0.9)
    by_threshold = [
        {(one.box, one.score) for one in join_boxes(found, kind, asked(score))} for score in scores
    ]
    for more, fewer in pairwise(by_threshold):
        assert fewer <= more
    assert by_threshold[0] > by_threshold[2] > by_threshold[3]
    assert by_threshold[-1] == set()


def test_a_score_that_is_the_threshold_counts() -> None:
    """A threshold is the score from which a class counts."""
    one = boxes(RawClass.FIRE, (Box(0, 0, 20, 15), 0.55))
    assert len(join_boxes(one, RawClass.FIRE, asked(0.55))) == 1
    assert join_boxes(one, RawClass.FIRE, asked(0.5501)) == []
