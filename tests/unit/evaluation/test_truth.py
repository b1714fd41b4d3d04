import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from safety_detector.detectors.embedded.raw_boxes import RawClass
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import SubLabel
from safety_detector.errors import AnnotationsInvalid
from safety_detector.evaluation.truth import read_labelled_pictures
from safety_detector.pictures.images import encode_jpeg
from tests import batch_stand
from tests.pictures import jpeg

CATEGORIES = [{"id": 1, "name": "fire"}, {"id": 3, "name": "person"}]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a COCO file with one real picture, 80 by 60, beside it."""

    def write_set(**changes: Any) -> Path:
        (tmp_path / "images").mkdir(exist_ok=True)
        picture = encode_jpeg(np.zeros((60, 80, 3), np.uint8), 90)
        (tmp_path / "images" / "a.jpg").write_bytes(picture)
        content: dict[str, Any] = {
            "categories": CATEGORIES,
            "images": [{"id": 7, "file_name": "a.jpg", "width": 80, "height": 60}],
            "annotations": [{"id": 1, "image_id": 7, "category_id": 1, "bbox": [10, 20, 30, 40]}],
        }
        path = tmp_path / "annotations.json"
        path.write_text(json.dumps(content | changes))
        return path

    return write_set


def test_a_sound_set_is_read(write: Callable[..., Path]) -> None:
    """Boxes become corners, and without the field every category of the file is labelled."""
    (picture,) = read_labelled_pictures(write())
    assert picture.size == ImageSize(80, 60)
    assert picture.labelled == {RawClass.FIRE, RawClass.PERSON}
    assert [(one.kind, one.box) for one in picture.boxes] == [(RawClass.FIRE, Box(10, 20, 40, 60))]


def test_our_own_fields_are_understood(write: Callable[..., Path]) -> None:
    """Ignored and derived boxes and partly labelled pictures are told apart."""
    image = {"id": 7, "file_name": "a.jpg", "width": 80, "height": 60, "labelled": [1]}
    box = {"id": 1, "image_id": 7, "category_id": 1, "bbox": [0, 0, 9, 9]}
    (picture,) = read_labelled_pictures(
        write(images=[image], annotations=[box | {"iscrowd": 1}, box | {"id": 2, "derived": 1}])
    )
    assert picture.labelled == {RawClass.FIRE}
    assert [(one.ignored, one.derived) for one in picture.boxes] == [(True, False), (False, True)]
    assert len(picture.counted(RawClass.FIRE)) == 1


def test_weakly_labelled_pictures_are_left_out(write: Callable[..., Path]) -> None:
    """Nothing can be counted in a picture whose labels are not exhaustive."""
    image = {"id": 7, "file_name": "a.jpg", "width": 80, "height": 60, "weak": True}
    assert read_labelled_pictures(write(images=[image])) == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"images": [{"id": 7, "file_name": "gone.jpg", "width": 80, "height": 60}]},
            "gone.jpg is missing",
        ),
        ({"categories": [{"id": 1, "name": "dragon"}]}, "category 'dragon' is unknown"),
        (
            {"annotations": [{"id": 4, "image_id": 7, "category_id": 1, "bbox": [70, 0, 30, 9]}]},
            "annotation 4: box [70.0, 0.0, 30.0, 9.0] is not inside a.jpg (80×60)",
        ),
        (
            {"annotations": [{"id": 4, "image_id": 8, "category_id": 1, "bbox": [0, 0, 3, 9]}]},
            "annotation 4: image 8 is not listed",
        ),
        (
            {"annotations": [{"id": 4, "image_id": 7, "category_id": 9, "bbox": [0, 0, 3, 9]}]},
            "annotation 4: category 9 is not listed",
        ),
        ({"annotations": [{"id": 4}]}, "annotations.0.image_id"),
        ({"images": []}, "lists no pictures"),
    ],
)
def test_a_set_that_contradicts_itself_is_refused(
    write: Callable[..., Path], changes: dict[str, Any], said: str
) -> None:
    """Nothing is half-counted; the message names what is wrong."""
    with pytest.raises(AnnotationsInvalid) as caught:
        read_labelled_pictures(write(**changes))
    assert said in caught.value.message


def test_only_the_first_few_problems_are_named(write: Callable[..., Path]) -> None:
    """Ten thousand wrong boxes make one readable message."""
    wrong = [{"id": n, "image_id": 7, "category_id": 1, "bbox": [0, 0, 500, 9]} for n in range(40)]
    with pytest.raises(AnnotationsInvalid) as caught:
        read_labelled_pictures(write(annotations=wrong))
    assert caught.value.message.count("annotation ") == 5
    assert "and 35 more" in caught.value.message
    assert caught.value.facts["problems"] == 40


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1, 2]", b"\xff\xfe", b"{}", b"[" * 200_000, b'{"a":' * 200_000, b"9" * 5000],
    ids=lambda content: repr(content[:8]),
)
def test_a_file_that_is_not_coco_is_refused(content: bytes, tmp_path: Path) -> None:
    """Handing over the wrong file says so."""
    path = tmp_path / "annotations.json"
    path.write_bytes(content)
    with pytest.raises(AnnotationsInvalid, match=r"annotations\.json is not"):
        read_labelled_pictures(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A mistyped path is said."""
    with pytest.raises(AnnotationsInvalid, match="cannot be read"):
        read_labelled_pictures(tmp_path / "annotations.json")


def test_what_batch_writes_is_a_labelled_set(tmp_path: Path) -> None:
    """Without a copy of the pictures: pictures of none count, and uncertain ones are left out."""
    source, out = tmp_path / "site", tmp_path / "out"
    for number in range(8):
        (source / f"gate {number % 2}").mkdir(parents=True, exist_ok=True)
        (source / f"gate {number % 2}" / f"{number}.jpg").write_bytes(jpeg(number))
    batch_stand.run(source, out)
    found = batch_stand.results(out)
    pictures = read_labelled_pictures(out / "coco.json")
    assert {str(one.path.relative_to(source)) for one in pictures} == set(found)
    assert sorted(len(one.boxes) for one in pictures) == sorted(
        len(one["detections"]) for one in found.values()
    )
    assert {0, 1} == {len(one.boxes) for one in pictures}
    assert pictures[0].labelled == {RawClass.FIRE, RawClass.SMOKE, RawClass.PERSON}


def test_batch_takes_the_pictures_of_a_labelled_set(write: Callable[..., Path]) -> None:
    """Their names are those of the set, so that results join with its labels."""
    path = write()
    (path.parent / "images" / "a.jpg").write_bytes(jpeg(1))
    out = path.parent / "out"
    batch_stand.run(path, out)
    assert set(batch_stand.results(out)) == {"a.jpg"}
    (again,) = read_labelled_pictures(out / "coco.json")
    assert again.path == path.parent / "images" / "a.jpg"


def test_classes_that_tell_people_apart_are_people(write: Callable[..., Path]) -> None:
    """As a labelling tool gives them back that was fed with the YOLO set of a batch."""
    categories = [{"id": 1, "name": "Fire"}, {"id": 2, "name": "person_no_helmet"}]
    box = {"id": 1, "image_id": 7, "category_id": 2, "bbox": [10, 20, 30, 40]}
    (picture,) = read_labelled_pictures(write(categories=categories, annotations=[box]))
    assert [one.kind for one in picture.boxes] == [RawClass.PERSON]


@pytest.mark.parametrize("name", ["b" * 300, "x\0y.jpg", "a.jpg/b.jpg"])
def test_names_that_no_disk_takes_are_missing_pictures(tmp_path: Path, name: str) -> None:
    """Of a picture, and of the folder that a set names; the message says which."""
    sets = tmp_path / "set.json"
    image = {"id": 1, "file_name": name, "width": 10, "height": 10}
    document = {"info": {"pictures": name}, "images": [image], "annotations": []}
    sets.write_text(json.dumps({**document, "categories": [{"id": 1, "name": "fire"}]}))
    with pytest.raises(AnnotationsInvalid, match="is missing"):
        read_labelled_pictures(sets)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"info": {"description": "safety-detector"}}, True),
        ({"sub_label": "no_helmet"}, True),  # written anew by a tool for labelling
        ({}, False),
        ({"info": {"description": "safety-detector"}, "head": True}, False),
    ],
)
def test_sets_of_a_batch_are_known_again(
    tmp_path: Path, change: dict[str, Any], expected: bool
) -> None:
    """Their boxes are people as they are reported, unless heads were labelled apart since."""
    annotation = {"id": 1, "image_id": 1, "category_id": 3, "bbox": [1, 1, 5, 5]}
    if "sub_label" in change:
        annotation["attributes"] = {"sub_label": change["sub_label"]}
    categories = [{"id": 3, "name": "person"}]
    categories += [{"id": 4, "name": "head_bare"}] if change.get("head") else []
    coco = {
        "info": change.get("info", {}),
        "categories": categories,
        "images": [{"id": 1, "file_name": "a.jpg", "width": 40, "height": 30}],
        "annotations": [annotation],
    }
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    (tmp_path / "coco.json").write_text(json.dumps(coco))
    (found,) = read_labelled_pictures(tmp_path / "coco.json")
    assert found.as_reported is expected


@pytest.mark.parametrize(
    ("category", "attributes", "state"),
    [
        ("person", {"sub_label": "no_helmet"}, SubLabel.NO_HELMET),
        ("person_helmet", None, SubLabel.HELMET),
        ("person", {"sub_label": "minor"}, None),
        ("person", {"sub_label": ["no_helmet"]}, None),
        ("person", None, None),
        ("fire", {"sub_label": "no_helmet"}, None),
    ],
)
def test_a_person_s_state_is_read_where_the_set_says_it(
    write: Callable[..., Path], category: str, attributes: object, state: SubLabel | None
) -> None:
    """What a reviewer said of a helmet is there to be learnt from and measured by."""
    box = {"id": 1, "image_id": 7, "category_id": 1, "bbox": [0, 0, 9, 9], "attributes": attributes}
    (picture,) = read_labelled_pictures(
        write(categories=[{"id": 1, "name": category}], annotations=[box])
    )
    assert picture.boxes[0].state is state
