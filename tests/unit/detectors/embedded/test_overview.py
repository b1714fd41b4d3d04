import numpy as np
import pytest

from safety_detector.detectors.embedded.overview import Look, join_looks, needs_overview

FIRE_AND_SMOKE = (0, 1)


def look(*sides: float, picture: tuple[float, float] | None = (0.25, 0.25)) -> Look:
    """Squares of these sides, every box with 0.5 in all five classes."""
    boxes = np.array([[0, 0, side, side] for side in sides], np.float32).reshape(-1, 4)
    scores = np.full((len(sides), 5), 0.5, np.float32)
    return Look(boxes, scores, None if picture is None else np.array(picture, np.float32))


def test_each_look_tells_of_the_sizes_that_it_sees_well() -> None:
    """What is large comes from the smaller picture, what is small from the full one."""
    joined = join_looks(look(10, 90, 120, 200), look(20, 99, 110, 300), 100, FIRE_AND_SMOKE)
    assert joined.boxes[:, 2].tolist() == [10, 90, 120, 110, 300]
    assert joined.scores.shape == (5, 5)


def test_the_longer_side_counts() -> None:
    """A plume that is thin but reaches across the picture is large."""
    thin = Look(np.array([[0, 0, 5, 300]], np.float32), np.ones((1, 5), np.float32), None)
    joined = join_looks(look(picture=None), thin, 100, FIRE_AND_SMOKE)
    assert joined.boxes.tolist() == [[0, 0, 5, 300]]


def test_both_looks_have_to_believe_in_a_fire() -> None:
    """A sunset that fools one of the looks scores lower in both; people score as they did."""
    fooled, sober = look(10, picture=(0.81, 0.36)), look(300, picture=(0.01, 0.36))
    joined = join_looks(fooled, sober, 100, FIRE_AND_SMOKE)
    assert joined.picture_scores == pytest.approx([0.09, 0.36])
    # A box's score is the geometric mean of its own and the picture's.
    assert joined.scores[0] == pytest.approx([0.5 / 3, 0.5, 0.5, 0.5, 0.5])
    assert joined.scores[1] == pytest.approx([1.0, 0.5, 0.5, 0.5, 0.5])
    assert fooled.scores[0, 0] == 0.5


def test_nothing_seen_twice_is_nothing() -> None:
    """Looks without a box leave none, and weights that do not judge pictures go on not to."""
    joined = join_looks(look(picture=None), look(picture=None), 100, FIRE_AND_SMOKE)
    assert joined.boxes.shape == (0, 4)
    assert joined.scores.shape == (0, 5)
    assert joined.picture_scores is None


PERSON = 2


def one_box(side: float, column: int, score: float, picture: float = 0.1) -> Look:
    """One square of one class."""
    scores = np.zeros((1, 5), np.float32)
    scores[0, column] = score
    return Look(
        np.array([[0, 0, side, side]], np.float32), scores, np.array([picture, 0.1], np.float32)
    )


@pytest.mark.parametrize(
    ("full", "needed"),
    [
        (one_box(10, 4, 0.9), False),  # a worker's head, far away
        (one_box(60, 4, 0.9), True),  # a head that fills the picture
        (one_box(60, 1, 0.25), True),  # perhaps a plume
        (one_box(60, 4, 0.1), False),  # hardly a head
        (one_box(60, PERSON, 0.9), False),  # somebody whole
        (one_box(90, PERSON, 0.4), True),  # somebody cut by the picture's edges
        (one_box(10, 4, 0.9, picture=0.4), True),  # a fire somewhere?
        (look(picture=None), False),  # weights that do not judge pictures, and nothing there
    ],
)
def test_a_second_look_is_taken_where_it_could_change_something(full: Look, needed: bool) -> None:
    """Small things are seen well at full size; what is large, or might burn, is looked at twice."""
    assert needs_overview(full, 100, PERSON) is needed
