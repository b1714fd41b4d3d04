import numpy as np

from safety_detector.detectors.embedded.overview import join_looks


def look(*sides: float) -> tuple[np.ndarray, np.ndarray]:
    """Squares of these sides, each with a score of its own in five classes."""
    boxes = np.array([[0, 0, side, side] for side in sides], np.float32).reshape(-1, 4)
    return boxes, np.arange(len(sides) * 5, dtype=np.float32).reshape(-1, 5) / 100


def test_each_look_tells_of_the_sizes_that_it_sees_well() -> None:
    """What is large comes from the smaller picture, what is small from the full one."""
    full, overview = look(10, 90, 120, 200), look(20, 99, 110, 300)
    boxes, scores = join_looks(full, overview, least_side=100)
    assert boxes[:, 2].tolist() == [10, 90, 120, 110, 300]
    assert scores.tolist() == [*full[1][:3].tolist(), *overview[1][2:].tolist()]


def test_the_longer_side_counts() -> None:
    """A plume that is thin but reaches across the picture is large."""
    thin = np.array([[0, 0, 5, 300]], np.float32), np.ones((1, 5), np.float32)
    boxes, _ = join_looks(look(), thin, least_side=100)
    assert boxes.tolist() == [[0, 0, 5, 300]]


def test_nothing_seen_twice_is_nothing() -> None:
    """Looks without a box leave none."""
    boxes, scores = join_looks(look(), look(), least_side=100)
    assert boxes.shape == (0, 4)
    assert scores.shape == (0, 5)
