import numpy as np
import pytest

pytest.importorskip("torch", reason="training has its own requirements")
pytest.importorskip("onnx", reason="training has its own requirements")

from training.self_training import bodies_of, doubtful_people

WORKER = np.array([[100, 100, 160, 300]], np.float32)
NOBODY = np.zeros((0, 4), np.float32)


def test_a_second_box_of_a_sure_person_is_not_in_doubt() -> None:
    """Else the background around people would never be taught, and each be seen twice."""
    second, elsewhere = [102, 110, 150, 250], [300, 100, 360, 300]
    boxes = np.array([second, elsewhere], np.float32)
    assert doubtful_people(boxes, WORKER).tolist() == [elsewhere]
    assert doubtful_people(boxes, NOBODY).tolist() == boxes.tolist()
    assert doubtful_people(NOBODY, WORKER).shape == (0, 4)


def test_a_head_outside_sure_people_leaves_its_body_in_doubt() -> None:
    """A labelled head proves a person that the earlier run overlooked."""
    heads = np.array([[120, 100, 140, 120], [400, 50, 420, 70]], np.float32)
    assert bodies_of(heads, WORKER).tolist() == [[380, 50, 440, 210]]
    assert len(bodies_of(heads, NOBODY)) == 2
    assert bodies_of(NOBODY, WORKER).shape == (0, 4)
