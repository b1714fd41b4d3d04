import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import RunCommand


@pytest.fixture
def labels(plain_picture: Path) -> dict[str, Any]:
    """COCO labels of one grey picture, 160 by 120, without anything in it."""
    return {
        "categories": [{"id": 1, "name": "fire"}, {"id": 2, "name": "smoke"}],
        "images": [{"id": 1, "file_name": plain_picture.name, "width": 160, "height": 120}],
        "annotations": [],
    }


def test_figures_of_a_sound_set_are_printed(
    run_command: RunCommand, labels: dict[str, Any], tmp_path: Path
) -> None:
    """A script reads one JSON object; a grey picture of nothing gives no false alarm."""
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps(labels))
    done = run_command("eval", path, "--images", tmp_path, "--backend", "embedded")
    figures = json.loads(done.out)
    assert done.code == 0
    assert figures["pictures"] == 1
    assert figures["picture_level"]["fire"]["n_negative"] == 1
    assert figures["false_alarms_per_negative"] == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"images": [{"id": 1, "file_name": "gone.jpg", "width": 9, "height": 9}]}, "gone.jpg"),
        ({"categories": [{"id": 1, "name": "unicorn"}]}, "unicorn"),
        (
            {"annotations": [{"id": 5, "image_id": 1, "category_id": 1, "bbox": [150, 0, 99, 9]}]},
            "annotation 5",
        ),
    ],
    ids=["missing picture", "unknown category", "box outside"],
)
def test_a_set_that_contradicts_itself_is_refused_by_name(
    change: dict[str, Any],
    said: str,
    run_command: RunCommand,
    labels: dict[str, Any],
    tmp_path: Path,
) -> None:
    """Nothing is half counted: no figures, an error, and what to mend."""
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps(labels | change))
    done = run_command("eval", path, "--images", tmp_path, "--backend", "embedded")
    assert done.code != 0
    assert done.out == ""
    assert said in done.err
