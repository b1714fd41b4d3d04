import pytest

from safety_detector.detectors.helmets import Judged, judge_people
from safety_detector.detectors.raw_boxes import RawBox, RawClass
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import SubLabel

LEFT_PERSON = Box(100, 100, 200, 400)
RIGHT_PERSON = Box(180, 110, 280, 410)
LEFT_HEAD = Box(130, 100, 170, 150)
RIGHT_HEAD = Box(210, 112, 250, 160)


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
