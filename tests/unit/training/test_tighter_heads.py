import numpy as np
import pytest

pytest.importorskip("torch", reason="training has its own requirements")
pytest.importorskip("onnx", reason="training has its own requirements")

from training.tighter_heads import tighter

LOOSE = np.array([[100, 100, 200, 220]], np.float32)
HEAD = [120, 110, 180, 180]


def seen(*boxes: list[float]) -> np.ndarray:
    """Boxes of heads that a network sees."""
    return np.array(boxes, np.float32).reshape(-1, 4)


def test_a_head_seen_inside_a_loose_label_takes_its_place() -> None:
    """A label with air around the head would teach boxes with air around heads."""
    assert tighter(LOOSE, seen(HEAD), np.array([0.9])).tolist() == [HEAD]


@pytest.mark.parametrize(
    "other",
    [
        [],
        [[10, 10, 60, 70]],  # elsewhere
        [[130, 150, 145, 165]],  # an eye
        [[60, 60, 240, 300]],  # larger than the label
    ],
)
def test_a_label_without_a_head_of_its_own_stays(other: list[list[float]]) -> None:
    """What the network sees may correct a place, and never makes a head up or away."""
    assert tighter(LOOSE, seen(*other), np.full(len(other), 0.9)).tolist() == LOOSE.tolist()


def test_one_head_corrects_one_label() -> None:
    """Two people behind each other keep two boxes."""
    labels = np.array([[100, 100, 200, 220], [110, 105, 190, 200]], np.float32)
    found = tighter(labels, seen(HEAD), np.array([0.9]))
    assert found.tolist() == [labels[0].tolist(), HEAD]
