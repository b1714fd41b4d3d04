import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training has its own requirements")

from training.labels import read_labels
from training.model import CLASSES
from training.regions import merge_connected


@pytest.mark.parametrize(
    ("boxes", "merged"),
    [
        # Touching, overlapping, within the width of the narrower one.
        ([[0, 0, 10, 10], [10, 0, 20, 10]], [[0, 0, 20, 10]]),
        ([[0, 0, 10, 10], [5, 5, 20, 30]], [[0, 0, 20, 30]]),
        ([[0, 0, 10, 10], [18, 0, 40, 30]], [[0, 0, 40, 30]]),
        # Further apart, or near only for the wider one.
        ([[0, 0, 10, 10], [21, 0, 40, 30]], [[0, 0, 10, 10], [21, 0, 40, 30]]),
        # A chain becomes one, in whatever order it is listed.
        ([[0, 0, 10, 10], [30, 0, 40, 10], [15, 0, 25, 10]], [[0, 0, 40, 10]]),
        # Boxes whose hull would mostly show what is between them are fires of their own.
        ([[0, 0, 10, 10], [18, 18, 28, 28]], [[0, 0, 10, 10], [18, 18, 28, 28]]),
        ([[0, 0, 40, 8], [44, 12, 52, 52]], [[0, 0, 40, 8], [44, 12, 52, 52]]),
        # Not so if they touch, and the best filled hull comes first in whatever order.
        ([[0, 0, 10, 10], [10, 10, 20, 20]], [[0, 0, 20, 20]]),
        ([[18, 18, 28, 28], [0, 0, 10, 10], [11, 0, 21, 10]], [[18, 18, 28, 28], [0, 0, 21, 10]]),
        ([], []),
    ],
)
def test_boxes_of_one_fire_become_one(boxes: list[list[int]], merged: list[list[int]]) -> None:
    """One box around each connected fire, as people draw it."""
    given = np.array(boxes, np.float32).reshape(-1, 4)
    assert merge_connected(given, gap_in_widths=1.0).tolist() == merged


def test_labels_come_in_one_convention(tmp_path: Path) -> None:
    """What is read for training has no two fire boxes that touch, and heads as they were."""
    content = {
        "categories": [{"id": n + 1, "name": name} for n, name in enumerate(CLASSES)],
        "images": [{"id": 1, "file_name": "t_1_metu.jpg", "labelled": [1, 2]}],
        "annotations": [
            {"image_id": 1, "category_id": 1, "bbox": [0, 0, 10, 10]},
            {"image_id": 1, "category_id": 1, "bbox": [12, 0, 10, 10]},
            {"image_id": 1, "category_id": 5, "bbox": [0, 0, 10, 10], "derived": 1},
            {"image_id": 1, "category_id": 5, "bbox": [12, 0, 10, 10]},
        ],
    }
    (tmp_path / "annotations.json").write_text(json.dumps(content))
    (picture,) = read_labels(tmp_path)
    kinds = [CLASSES[index] for index in picture.classes]
    assert sorted(kinds) == ["fire", "head_bare", "head_bare"]
    assert picture.boxes[kinds.index("fire")].tolist() == [0, 0, 22, 10]
    assert picture.derived.tolist() == [
        kind == "head_bare" and n == 0 for n, kind in enumerate(kinds)
    ]
