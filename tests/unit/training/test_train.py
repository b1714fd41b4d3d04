from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training has its own requirements")

from training.labels import LabelledPicture  # noqa: E402
from training.train import blend  # noqa: E402
from training.validate import picture_figures  # noqa: E402

NOTHING = np.zeros((0, 4), np.float32)
EMPTY = LabelledPicture(
    path=Path("x.jpg"),
    key="x",
    tag="x",
    group="x",
    boxes=NOTHING,
    classes=np.zeros(0, np.int64),
    ignored_boxes=NOTHING,
    ignored_classes=np.zeros(0, np.int64),
    derived=np.zeros(0, bool),
    learns_background=np.ones(5, bool),
    picture_target=np.zeros(2, np.float32),
)


def test_the_mean_of_two_runs_lies_between_them() -> None:
    """Counters are no weights and stay whole numbers."""
    first = {"weight": torch.tensor([1.0, 2.0]), "seen": torch.tensor(7)}
    second = {"weight": torch.tensor([3.0, 6.0]), "seen": torch.tensor(9)}
    mean = blend([first, second], [0.75, 0.25])
    assert mean["weight"].tolist() == [1.5, 3.0]
    assert mean["weight"].dtype is torch.float32
    assert mean["seen"].item() == 7


def test_a_shipped_threshold_lets_few_empty_pictures_pass() -> None:
    """Fires that score below a sunset are not worth the false alarms."""
    fires = [replace(EMPTY, picture_target=np.array([1, np.nan])) for _ in range(10)]
    scores = np.zeros((210, 2), np.float32)
    scores[:200, 0] = np.linspace(0, 0.5, 200)
    scores[200:, 0] = [0.3, *([0.9] * 9)]
    figures = picture_figures([EMPTY] * 200 + fires, scores)
    assert (scores[:200, 0] > figures["fire"].threshold).sum() == 3
    scores[200, 0] = 0.8
    assert picture_figures([EMPTY] * 200 + fires, scores)["fire"].threshold > 0.5
    assert "smoke" not in figures
