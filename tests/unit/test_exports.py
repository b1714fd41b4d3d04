"""Results in the formats of other programs, read back by other programs."""

from __future__ import annotations

import csv
import io
import json
from contextlib import closing
from pathlib import Path

import pytest
from faster_coco_eval import COCO

from safety_detector.domain.inspection import Inspection, as_document
from safety_detector.exports import (
    YOLO_CLASSES,
    CocoExport,
    CsvExport,
    YoloExport,
    json_line,
)
from tests.report_entries import BARE_HEAD, FIRE, HELMET, failed, inspection

PICTURES = (
    inspection(1, FIRE, BARE_HEAD, name="gate/1.jpg"),
    inspection(2, name="gate/空.jpg"),
    failed(3),
    inspection(4, HELMET, name="=cmd|x.jpg"),
)


def coco(pictures: tuple[Inspection, ...] = PICTURES) -> bytes:
    """The pictures as COCO."""
    file = io.BytesIO()
    with closing(CocoExport(file)) as export:
        for one in pictures:
            export.add(one)
        export.finish()
    return file.getvalue()


def test_coco_is_read_by_its_own_tools(tmp_path: Path) -> None:
    """Boxes are x, y, width, height; states stand in the attributes."""
    path = tmp_path / "coco.json"
    path.write_bytes(coco())
    read = COCO(str(path))
    images = {one["file_name"]: one for one in read.loadImgs(read.getImgIds())}
    assert set(images) == {"gate/1.jpg", "gate/空.jpg", "=cmd|x.jpg"}
    boxes = read.loadAnns(read.getAnnIds(imgIds=[images["gate/1.jpg"]["id"]]))
    names = {one["id"]: one["name"] for one in read.loadCats(read.getCatIds())}
    assert [
        (names[one["category_id"]], one["bbox"], one["attributes"]["sub_label"]) for one in boxes
    ] == [
        ("fire", [100, 200, 500, 600], "severe"),
        ("person", [1200, 700, 100, 300], "no_helmet"),
    ]
    assert boxes[0]["score"] == 0.87
    assert "score" not in boxes[1]


def test_coco_of_nothing_is_coco() -> None:
    """No picture, or none with a result."""
    for pictures in ((), (failed(1),)):
        read = json.loads(coco(pictures))
        assert (read["images"], read["annotations"]) == ([], [])


def test_csv_has_a_row_for_each_detection_and_no_formulas() -> None:
    """The number is the one that is drawn; a hostile name does nothing in a spreadsheet."""
    file = io.BytesIO()
    export = CsvExport(file)
    for one in PICTURES:
        export.add(one)
    rows = list(csv.DictReader(io.StringIO(file.getvalue().decode(), newline="")))
    assert [(row["image"], row["number"], row["label"], row["score"]) for row in rows] == [
        ("gate/1.jpg", "1", "fire", "0.8700"),
        ("gate/1.jpg", "2", "person", ""),
        ("'=cmd|x.jpg", "1", "person", "0.5000"),
    ]
    assert [rows[0][name] for name in ("x1", "y1", "x2", "y2")] == ["100", "200", "600", "800"]


def test_yolo_labels_lie_where_loaders_look_for_them(tmp_path: Path) -> None:
    """Parts of the picture's size; a picture of nothing has an empty file, a failed one none."""
    export = YoloExport(tmp_path)
    for one in PICTURES:
        export.add(one, one.picture.name.removeprefix("="))
    labels = tmp_path / "labels"
    files = {str(path.relative_to(labels)) for path in labels.rglob("*.txt")}
    assert files == {"gate/1.txt", "gate/空.txt", "cmd|x.txt"}
    first, second = (labels / "gate/1.txt").read_text().splitlines()
    number, *parts = first.split()
    assert YOLO_CLASSES[int(number)] == "fire"
    assert [float(part) for part in parts] == pytest.approx(
        [350 / 1600, 500 / 1200, 500 / 1600, 600 / 1200], abs=1e-6
    )
    assert YOLO_CLASSES[int(second.split()[0])] == "person_no_helmet"
    assert (labels / "gate/空.txt").read_text() == ""
    assert "person_helmet" in (tmp_path / "data.yaml").read_text()


def test_two_pictures_that_differ_in_their_ending_keep_their_labels(tmp_path: Path) -> None:
    """YOLO's naming cannot tell a.jpg from a.png; nothing is overwritten."""
    export = YoloExport(tmp_path)
    for number, name in enumerate(("a.jpg", "a.png", "a.bmp"), start=1):
        export.add(inspection(number, FIRE), name)
    assert len(list((tmp_path / "labels").iterdir())) == 3


def test_a_json_line_is_the_result_document() -> None:
    """One line, Chinese readable."""
    line = json_line(as_document(PICTURES[1], "zh"))
    assert line.count(b"\n") == 1
    assert "空" in line.decode()
    assert json.loads(line)["image"]["name"] == "gate/空.jpg"
