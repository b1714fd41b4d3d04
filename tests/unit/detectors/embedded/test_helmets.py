from itertools import pairwise

import pytest

from safety_detector.detectors.embedded import helmets
from safety_detector.detectors.embedded.helmets import Judged
from safety_detector.detectors.embedded.raw_boxes import Cutoffs, RawBox, RawClass
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import SubLabel

LEFT_PERSON = Box(100, 100, 200, 400)
RIGHT_PERSON = Box(180, 110, 280, 410)
LEFT_HEAD = Box(130, 100, 170, 150)
RIGHT_HEAD = Box(210, 112, 250, 160)


OWN = dict.fromkeys(RawClass, 0.25)


def judge_people(
    boxes: list[RawBox], asked: dict[RawClass, float] | None = None, flames: tuple[Box, ...] = ()
) -> list[Judged]:
    """People of the boxes, best first, where these thresholds were asked for."""
    asked = asked or {}
    cutoffs = Cutoffs(OWN, OWN | asked, asked.get(RawClass.PERSON, 0.0))
    return helmets.judge_people(sorted(boxes, key=lambda one: -one.score), cutoffs, flames)


def person(box: Box, score: float = 0.8) -> RawBox:
    """A person's box as the network gives it."""
    return RawBox(RawClass.PERSON, box, score)


def helmet(box: Box, score: float = 0.7) -> RawBox:
    """A helmeted head."""
    return RawBox(RawClass.HEAD_HELMET, box, score)


def bare(box: Box, score: float = 0.7) -> RawBox:
    """A bare head."""
    return RawBox(RawClass.HEAD_BARE, box, score)


def states(judged: list[Judged]) -> dict[tuple[float, ...], SubLabel]:
    """What was said of each box."""
    return {one.box.xyxy: one.hazard.sub_label for one in judged}


def test_a_person_takes_the_state_of_the_head() -> None:
    """Whoever shows a helmeted head wears a helmet; whoever shows a bare one does not."""
    found = states(
        judge_people(
            [person(LEFT_PERSON), person(RIGHT_PERSON), bare(RIGHT_HEAD), helmet(LEFT_HEAD)]
        )
    )
    assert found == {
        LEFT_PERSON.xyxy: SubLabel.HELMET,
        RIGHT_PERSON.xyxy: SubLabel.NO_HELMET,
    }


def test_a_person_without_a_visible_head_is_uncertain() -> None:
    """Somebody whose head is hidden is neither safe nor at fault."""
    assert states(judge_people([person(LEFT_PERSON)])) == {LEFT_PERSON.xyxy: SubLabel.UNCERTAIN}


def test_a_head_without_a_person_becomes_a_person_with_the_heads_box() -> None:
    """A bare head behind a wall is reported even if no body is seen."""
    assert states(judge_people([bare(LEFT_HEAD)])) == {LEFT_HEAD.xyxy: SubLabel.NO_HELMET}


def test_two_heads_in_one_person_box_are_two_people() -> None:
    """A second head in a box is somebody else, not swallowed."""
    found = states(judge_people([person(LEFT_PERSON), helmet(LEFT_HEAD), bare(RIGHT_HEAD)]))
    assert found == {LEFT_PERSON.xyxy: SubLabel.HELMET, RIGHT_HEAD.xyxy: SubLabel.NO_HELMET}


def test_a_head_at_a_persons_feet_is_not_that_persons() -> None:
    """Somebody kneeling in front of a worker does not lend him a helmet."""
    feet = Box(130, 340, 170, 390)
    found = states(judge_people([person(LEFT_PERSON), helmet(feet)]))
    assert found == {LEFT_PERSON.xyxy: SubLabel.UNCERTAIN, feet.xyxy: SubLabel.HELMET}


@pytest.mark.parametrize(
    ("bare_score", "expected"),
    [(0.3, SubLabel.HELMET), (0.65, SubLabel.UNCERTAIN), (0.95, SubLabel.NO_HELMET)],
)
def test_two_answers_about_one_head(bare_score: float, expected: SubLabel) -> None:
    """The clearly better answer wins; two that are close leave it uncertain."""
    judged = judge_people(
        [person(LEFT_PERSON), helmet(LEFT_HEAD, 0.7), bare(LEFT_HEAD, bare_score)]
    )
    assert states(judged) == {LEFT_PERSON.xyxy: expected}


def test_a_person_with_a_head_carries_the_heads_score() -> None:
    """The score tells how sure the helmet is, which is what the detection claims."""
    judged = judge_people([person(LEFT_PERSON, 0.95), bare(LEFT_HEAD, 0.55)])
    assert [one.score for one in judged] == [0.55]


CHILD = Box(300, 100, 400, 300)


def test_one_person_in_two_boxes_is_one_person() -> None:
    """The upper half of a child is not a second child."""
    upper = Box(305, 105, 395, 210)
    judged = judge_people([person(CHILD, 0.8), person(upper, 0.7), bare(Box(330, 105, 370, 150))])
    assert states(judged) == {CHILD.xyxy: SubLabel.NO_HELMET}


def test_one_head_in_two_boxes_is_one_head() -> None:
    """A helmet with and without the face below it is one head."""
    judged = judge_people([helmet(Box(0, 0, 40, 60), 0.8), helmet(Box(2, 2, 38, 28), 0.6)])
    assert states(judged) == {(0, 0, 40, 60): SubLabel.HELMET}


def test_somebody_in_front_of_another_stays() -> None:
    """Who has a head of their own is a person, wherever the box lies."""
    front = Box(310, 140, 390, 300)
    judged = judge_people(
        [
            person(CHILD, 0.8),
            person(front, 0.7),
            bare(Box(330, 102, 370, 138)),
            helmet(Box(335, 145, 370, 180)),
        ]
    )
    assert states(judged) == {CHILD.xyxy: SubLabel.NO_HELMET, front.xyxy: SubLabel.HELMET}


def test_somebody_far_behind_another_stays() -> None:
    """A box that is far smaller is somebody further away."""
    far = Box(305, 110, 325, 170)
    assert len(judge_people([person(CHILD, 0.8), person(far, 0.5)])) == 2


def test_the_head_of_somebody_who_lies_is_theirs() -> None:
    """Whoever lies on the ground has the head at one side, and is one person."""
    lying = Box(0, 0, 200, 60)
    judged = judge_people([person(lying), bare(Box(165, 35, 195, 59))])
    assert states(judged) == {lying.xyxy: SubLabel.NO_HELMET}


FLAMES = (Box(100, 100, 300, 300), Box(280, 100, 500, 300))


@pytest.mark.parametrize(
    "seen",
    [
        [bare(Box(200, 200, 230, 230), 0.9)],
        [person(Box(150, 110, 250, 290), 0.3)],
        [person(Box(260, 110, 340, 290), 0.3)],
    ],
)
def test_shapes_in_flames_are_not_people(seen: list[RawBox]) -> None:
    """A head alone, or a body that is hardly seen, inside a fire is a tongue of it."""
    assert judge_people(seen, flames=FLAMES) == []
    assert len(judge_people(seen)) == 1


@pytest.mark.parametrize(
    "seen",
    [
        [person(Box(150, 110, 250, 290), 0.3), helmet(Box(180, 112, 220, 150), 0.3)],
        [person(Box(150, 110, 250, 290), 0.8)],
        [bare(Box(520, 200, 550, 230), 0.3)],
        [person(Box(450, 110, 560, 290), 0.3)],
    ],
)
def test_people_before_or_beside_flames_stay(seen: list[RawBox]) -> None:
    """A fireman in front of the fire, and whoever stands beside it, is there."""
    assert len(judge_people(seen, flames=FLAMES)) == 1


CROWD = [
    person(LEFT_PERSON, 0.7),
    bare(LEFT_HEAD, 0.6),
    person(RIGHT_PERSON, 0.5),
    helmet(Box(500, 0, 540, 40), 0.45),
    bare(Box(600, 0, 640, 40), 0.2),
    person(Box(585, 0, 660, 200), 0.15),
    bare(RIGHT_HEAD, 0.2),
]


def test_thresholds_choose_among_people_and_move_nobody() -> None:
    """Lower thresholds add people, higher ones take some away; boxes and scores stay."""
    found = [
        {(one.box, one.score) for one in judge_people(CROWD, dict.fromkeys(RawClass, score))}
        for score in (0.1, 0.25, 0.55, 0.65, 0.9)
    ]
    for more, fewer in pairwise(found):
        assert fewer <= more
    assert found[0] > found[1]
    assert found[-1] == set()


def test_a_bare_head_below_its_threshold_leaves_the_person_uncertain() -> None:
    """Who is not surely without helmet is not called so, and is not lost either."""
    judged = judge_people(
        [person(LEFT_PERSON, 0.8), bare(LEFT_HEAD, 0.6)], {RawClass.HEAD_BARE: 0.7}
    )
    assert states(judged) == {LEFT_PERSON.xyxy: SubLabel.UNCERTAIN}


def test_a_helmet_below_its_threshold_does_not_hide_a_bare_head() -> None:
    """Asked not to believe weak helmets, the detector tells of the head what is left."""
    seen = [helmet(LEFT_HEAD, 0.6), bare(LEFT_HEAD, 0.55)]
    assert states(judge_people(seen)) == {LEFT_HEAD.xyxy: SubLabel.UNCERTAIN}
    judged = judge_people(seen, {RawClass.HEAD_HELMET: 0.999})
    assert states(judged) == {LEFT_HEAD.xyxy: SubLabel.NO_HELMET}


def test_nobody_is_reported_below_the_threshold_of_people() -> None:
    """Whoever asks for people from 0.9 on gets none of 0.6, not even by the head."""
    assert judge_people([bare(LEFT_HEAD, 0.6)], {RawClass.PERSON: 0.9}) == []


def test_a_lower_threshold_lets_a_weak_head_speak() -> None:
    """Somebody whose head is hardly seen is without helmet for those who ask for it."""
    seen = [person(LEFT_PERSON, 0.8), bare(LEFT_HEAD, 0.2)]
    assert states(judge_people(seen)) == {LEFT_PERSON.xyxy: SubLabel.UNCERTAIN}
    judged = judge_people(seen, {RawClass.HEAD_BARE: 0.15})
    assert states(judged) == {LEFT_PERSON.xyxy: SubLabel.NO_HELMET}
