import numpy as np

from safety_detector.detectors.embedded.raw_boxes import (
    average_duplicates,
    suppress_duplicates,
    weigh_rivals,
)

TWO_ON_ONE_AND_A_NEIGHBOUR = np.array(
    [[0, 0, 100, 100], [5, 5, 105, 105], [90, 0, 190, 100]], np.float32
)


def test_the_better_of_two_boxes_on_one_object_remains() -> None:
    """One flame is one detection."""
    scores = np.array([0.6, 0.9, 0.3], np.float32)
    kept = suppress_duplicates(TWO_ON_ONE_AND_A_NEIGHBOUR, scores, max_iou=0.5, max_boxes=10)
    assert kept.tolist() == [1, 2]


def test_boxes_that_overlap_less_than_the_limit_all_remain() -> None:
    """People side by side in a crowd are not merged."""
    scores = np.array([0.6, 0.9, 0.3], np.float32)
    kept = suppress_duplicates(TWO_ON_ONE_AND_A_NEIGHBOUR, scores, max_iou=0.9, max_boxes=10)
    assert kept.tolist() == [1, 0, 2]


def test_no_more_boxes_remain_than_asked_for() -> None:
    """A picture of noise cannot make the answer arbitrarily long."""
    boxes = np.array([[i * 10, 0, i * 10 + 5, 5] for i in range(50)], np.float32)
    kept = suppress_duplicates(boxes, np.linspace(1, 0.1, 50).astype(np.float32), 0.5, 7)
    assert kept.tolist() == list(range(7))


def test_nothing_stays_nothing() -> None:
    """A picture without any candidate box is not an error."""
    kept = suppress_duplicates(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), 0.5, 10)
    assert kept.tolist() == []


def test_a_remaining_box_moves_to_the_mean_of_its_duplicates() -> None:
    """The better scored one counts more, a neighbour not at all."""
    scores = np.array([0.3, 0.6, 0.9], np.float32)
    kept = np.array([2, 1], np.intp)
    moved, votes = average_duplicates(TWO_ON_ONE_AND_A_NEIGHBOUR, scores, kept, min_iou=0.5)
    np.testing.assert_allclose(votes, [0.81, 0.45], rtol=1e-5)
    assert moved[0].tolist() == TWO_ON_ONE_AND_A_NEIGHBOUR[2].tolist()
    np.testing.assert_allclose(moved[1], [4, 4, 104, 104], rtol=1e-5)


def test_a_limit_of_one_leaves_boxes_where_they_are() -> None:
    """Even boxes without any area, whose overlap with themselves is not 1."""
    boxes = np.array([[1, 2, 3, 4], [5, 5, 5, 9]], np.float32)
    kept = np.array([0, 1], np.intp)
    moved, _ = average_duplicates(boxes, np.array([0.9, 0.8], np.float32), kept, min_iou=1.0)
    np.testing.assert_allclose(moved, boxes, rtol=1e-6)


def test_nothing_averaged_stays_nothing() -> None:
    """A class without any box is no error."""
    nothing = np.zeros((0, 4), np.float32)
    kept = np.zeros(0, np.intp)
    moved, votes = average_duplicates(nothing, np.zeros(0, np.float32), kept, 0.5)
    assert (moved.shape, votes.shape) == ((0, 4), (0,))
    assert weigh_rivals(np.zeros(0, np.float32), votes, 0.1, 2.0).tolist() == []


def test_lesser_boxes_of_one_fire_lose_against_the_best() -> None:
    """One fire is not reported five times because the network cannot say where it ends."""
    scores = np.array([0.8, 0.6, 0.4], np.float32)
    weighed = weigh_rivals(scores, np.ones(3, np.float32), agreement=0.0, rivalry=2.0)
    np.testing.assert_allclose(weighed, [0.8, 0.6 * 0.75**2, 0.4 * 0.5**2], rtol=1e-6)


def test_a_place_that_many_agree_on_beats_a_lonely_better_score() -> None:
    """The most voted box keeps its score."""
    scores, votes = np.array([0.8, 0.78], np.float32), np.array([0.5, 4.0], np.float32)
    lonely, voted = weigh_rivals(scores, votes, agreement=0.1, rivalry=2.0).tolist()
    assert lonely < voted == np.float32(0.78)


def test_boxes_of_people_stay_independent() -> None:
    """A worker far away is not less of a worker because another stands near."""
    scores, votes = np.array([0.9, 0.2], np.float32), np.array([3.0, 0.1], np.float32)
    assert weigh_rivals(scores, votes, 0.0, 0.0).tolist() == scores.tolist()
