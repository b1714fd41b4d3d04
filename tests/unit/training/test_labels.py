import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="training has its own requirements")

from training.labels import (
    PERSON,
    group_of,
    is_validation,
    read_labels,
    with_believed_people,
)
from training.model import CLASSES


@pytest.mark.parametrize(
    ("key", "first", "second", "together"),
    [
        ("metu", "Frame_No4200_video_11_jpg.rf.ab.jpg", "Frame_No10_video_11_jpg.rf.cd.jpg", True),
        ("metu", "Frame_No4200_video_11_jpg.rf.ab.jpg", "Frame_No4200_video_1_jpg.rf.c.jpg", False),
        ("metu", "youtube-3_jpg.rf.ab.jpg", "youtube-9_jpg.rf.cd.jpg", True),
        ("metu", "youtube-3_jpg.rf.ab.jpg", "youtube-180_jpg.rf.cd.jpg", False),
        ("contfire", "FireDataTwo3579_png.rf.1.jpg", "FireDataTwo3581_png.rf.2.jpg", True),
        ("hhwfull", "004637_jpg.rf.1.jpg", "004638_jpg.rf.2.jpg", False),
    ],
)
def test_frames_of_one_video_stay_together(
    key: str, first: str, second: str, together: bool
) -> None:
    """Validation on a frame whose neighbour was learnt would flatter."""
    assert (group_of(key, first) == group_of(key, second)) is together


def test_the_split_depends_on_nothing_but_name_and_seed() -> None:
    """The same pictures are held out in every run, about as many as asked for."""
    groups = [f"hhwfull/{number}" for number in range(2000)]
    held_out = [is_validation(group, seed=7, share=0.1) for group in groups]
    assert held_out == [is_validation(group, seed=7, share=0.1) for group in groups]
    assert 150 < sum(held_out) < 250
    assert held_out != [is_validation(group, seed=8, share=0.1) for group in groups]


def labels_of(folder: Path, **image: Any) -> Any:
    """The labels of one picture that shows a fire."""
    content = {
        "categories": [{"id": n + 1, "name": name} for n, name in enumerate(CLASSES)],
        "images": [{"id": 1, "file_name": "t_1_metu.jpg", "labelled": [1, 2]} | image],
        "annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}],
    }
    (folder / "annotations.json").write_text(json.dumps(content))
    return read_labels(folder)[0]


def test_only_labelled_classes_teach_background(tmp_path: Path) -> None:
    """A picture labelled for fire and smoke says nothing about people."""
    picture = labels_of(tmp_path)
    assert picture.learns_background.tolist() == [True, True, False, False, False]
    assert picture.picture_target.tolist() == [1.0, 0.0]
    assert picture.boxes.tolist() == [[1, 2, 4, 6]]


def test_weak_pictures_teach_no_background(tmp_path: Path) -> None:
    """Their unlabelled smoke is unknown, not absent."""
    picture = labels_of(tmp_path, weak=True)
    assert not picture.learns_background.any()
    assert picture.picture_target[0] == 1
    assert np.isnan(picture.picture_target[1])


def test_presumed_absence_teaches_fire_and_smoke(tmp_path: Path) -> None:
    """Worker photos serve as negatives for both."""
    picture = labels_of(tmp_path, labelled=[4, 5], fire_smoke_presumed_absent=True)
    assert picture.learns_background.tolist() == [True, True, False, True, True]


def test_believed_people_are_added_where_nobody_marked_people(tmp_path: Path) -> None:
    """They teach where someone is, and that the rest is background but for doubtful places."""
    picture = labels_of(tmp_path)
    believed = tmp_path / "people.json"
    found = {"sure": [[10, 20, 30, 60]], "doubtful": [[50, 5, 60, 25]]}
    believed.write_text(json.dumps({"t_1_metu.jpg": found}))
    (added,) = with_believed_people([picture], believed)
    assert [CLASSES[index] for index in added.classes] == ["fire", "person"]
    assert added.boxes[1].tolist() == [10, 20, 30, 60]
    assert added.ignored_boxes[-1].tolist() == [50, 5, 60, 25]
    assert added.learns_background[PERSON]
    others = [index for index in range(len(CLASSES)) if index != PERSON]
    assert (added.learns_background == picture.learns_background)[others].all()
    marked = labels_of(tmp_path, labelled=[1, 2, 3])
    assert with_believed_people([marked], believed)[0] is marked


def test_pictures_without_believed_people_teach_nothing_of_people(tmp_path: Path) -> None:
    """Nobody may have been overlooked in them."""
    picture = labels_of(tmp_path)
    believed = tmp_path / "people.json"
    believed.write_text("{}")
    assert with_believed_people([picture], believed)[0] is picture


def test_scenes_without_anybody_teach_what_is_no_head(tmp_path: Path) -> None:
    """An object is no bare head, unless somebody is in the picture after all."""
    scenes = {"u2_1_imagenet.jpg": "object", "u2_0390_imagenet.jpg": "object", "u2_2.jpg": "hat"}
    content = {
        "categories": [{"id": n + 1, "name": name} for n, name in enumerate(CLASSES)],
        "images": [
            {"id": n, "file_name": name.replace("u2_2", "u2_2_hardhat954"), "labelled": [1, 2]}
            | {"tag": tag}
            for n, (name, tag) in enumerate(scenes.items())
        ],
        "annotations": [],
    }
    (tmp_path / "annotations.json").write_text(json.dumps(content))
    taught = [p.learns_background.tolist() for p in read_labels(tmp_path)]
    assert taught == [[True] * 5, [True, True, False, False, False], [True, True, *[False] * 3]]
