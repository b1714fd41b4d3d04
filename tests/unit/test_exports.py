"""Results in the formats of other programs, read back by other programs."""

from __future__ import annotations

import csv
import io
import json
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from faster_coco_eval import COCO

from safety_detector.documents.results import ResultDocument
from safety_detector.domain.capture_time import Taken, TakenFrom
from safety_detector.domain.detections import DetectorRun, Role, ScoreFrom
from safety_detector.domain.inspection import Inspection, timestamp
from safety_detector.exports import (
    YOLO_CLASSES,
    CocoExport,
    CsvExport,
    YoloExport,
    json_line,
)
from tests.report_entries import BARE_HEAD, FIRE, HELMET, SMOKE, failed, inspection

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


def test_csv_has_a_row_for_each_detection_and_for_each_picture_of_none() -> None:
    """The number is the one that is drawn; names join with the results, escaped ones beside."""
    file = io.BytesIO()
    export = CsvExport(file)
    for one in PICTURES:
        export.add(one)
    rows = list(csv.DictReader(io.StringIO(file.getvalue().decode("utf-8-sig"), newline="")))
    assert [(row["image"], row["number"], row["label"], row["score"]) for row in rows] == [
        ("gate/1.jpg", "1", "fire", "0.8700"),
        ("gate/1.jpg", "2", "person", ""),
        ("gate/空.jpg", "", "", ""),
        (PICTURES[2].picture.name, "", "", ""),
        ("=cmd|x.jpg", "1", "person", "0.5000"),
    ]
    assert [(row["status"], row["verdict"], row["error"]) for row in rows[2:4]] == [
        ("completed", "clear", ""),
        ("failed", "inconclusive", PICTURES[2].error.code if PICTURES[2].error else ""),
    ]
    assert rows[4]["image_escaped"] == "'=cmd|x.jpg"
    assert rows[0]["image_escaped"] == "gate/1.jpg"
    assert {row["id"] for row in rows} == {one.id for one in PICTURES}
    assert [rows[0][name] for name in ("x1", "y1", "x2", "y2")] == ["100", "200", "600", "800"]


def test_rows_name_the_run_that_each_box_is_of() -> None:
    """A screened picture mixes two detectors' boxes; a look that failed found none of them."""
    runs = [
        DetectorRun("embedded", "small", role=Role.SCREEN),
        DetectorRun("qwen", "large", role=Role.FULL),
        DetectorRun("qwen", "large", role=Role.SECOND_LOOK),
    ]
    failed_look = replace(runs[1], complete=False, error="model-timeout")
    screened = replace(FIRE, verified=False)
    whole = replace(SMOKE, verified=True, score_from=ScoreFrom.TOKENS, calibrated=0.625)
    unscored = replace(BARE_HEAD, verified=True)
    pictures = (
        inspection(1, screened, whole, unscored, runs=runs),
        inspection(2, screened, runs=[runs[0], failed_look]),
        inspection(3, runs=[runs[0], failed_look]),
    )
    file = io.BytesIO()
    export = CsvExport(file)
    for one in pictures:
        export.add(one)
    rows = list(csv.DictReader(io.StringIO(file.getvalue().decode("utf-8-sig"), newline="")))
    names = ("label", "backend", "model", "score_from", "verified", "calibrated")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("fire", "embedded", "small", "detector", "false", ""),
        ("smoke", "qwen", "large", "tokens", "true", "0.6250"),
        ("person", "qwen", "large", "", "true", ""),
        ("fire", "embedded", "small", "detector", "false", ""),
        ("", "embedded", "small", "", "", ""),
    ]
    boxes = json.loads(coco(pictures))["annotations"]
    known = [(box.get("score_from"), box["verified"], box.get("calibrated")) for box in boxes]
    assert known == [
        ("detector", False, None),
        ("tokens", True, 0.625),
        (None, True, None),
        ("detector", False, None),
    ]


def test_the_time_at_which_a_picture_was_taken_is_exported() -> None:
    """The table says where it is from; COCO has no field for that, so only what was stated."""
    stated = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
    known = replace(PICTURES[0], taken=Taken(stated, TakenFrom.EXIF))
    file = io.BytesIO()
    export = CsvExport(file)
    for one in (known, PICTURES[1]):
        export.add(one)
    rows = list(csv.DictReader(io.StringIO(file.getvalue().decode("utf-8-sig"), newline="")))
    assert [(row["taken_at"], row["taken_from"]) for row in rows] == [
        ("2026-11-20T06:00:00.000Z", "exif"),
        ("2026-11-20T06:00:00.000Z", "exif"),
        (timestamp(PICTURES[1].when_taken.at), "arrival"),
    ]
    images = json.loads(coco((known, PICTURES[1])))["images"]
    assert [one.get("date_captured") for one in images] == ["2026-11-20T06:00:00.000Z", None]


@pytest.mark.parametrize("with_mark", [True, False])
def test_the_mark_that_excel_needs_can_be_left_out(with_mark: bool) -> None:
    """Without it Excel on Chinese Windows reads UTF-8 as GBK; with it csv needs utf-8-sig."""
    file = io.BytesIO()
    CsvExport(file, with_mark=with_mark)
    assert file.getvalue().startswith(b"\xef\xbb\xbfimage,") == with_mark
    assert file.getvalue().startswith(b"image,") != with_mark


def yolo(folder: Path, names: dict[str, Inspection], missing: tuple[str, ...] = ()) -> None:
    """The pictures as a training set, each of them a file that holds its name."""
    export = YoloExport(folder)
    for name, one in names.items():

        def place(target: Path, name: str = name) -> bool:
            if name not in missing:
                target.write_text(name)
            return name not in missing

        export.add(one, name, place)


def test_yolo_labels_lie_where_loaders_look_for_them(tmp_path: Path) -> None:
    """Parts of the picture's size; a picture of nothing has an empty file, a failed one none."""
    yolo(tmp_path, {one.picture.name.removeprefix("="): one for one in PICTURES})
    assert {path.name for path in (tmp_path / "labels").iterdir()} == {
        "gate__1.txt", "gate__空.txt", "cmd|x.txt",
    }  # fmt: skip
    assert (tmp_path / "images" / "gate__1.jpg").read_text() == "gate/1.jpg"
    first, second = (tmp_path / "labels" / "gate__1.txt").read_text().splitlines()
    number, *parts = first.split()
    assert YOLO_CLASSES[int(number)] == "fire"
    assert [float(part) for part in parts] == pytest.approx(
        [350 / 1600, 500 / 1200, 500 / 1600, 600 / 1200], abs=1e-6
    )
    assert YOLO_CLASSES[int(second.split()[0])] == "person_no_helmet"
    assert (tmp_path / "labels" / "gate__空.txt").read_text() == ""
    data = yaml.safe_load((tmp_path / "data.yaml").read_text())
    assert data["train"] == data["val"] == "images"
    assert tuple(data["names"].values()) == YOLO_CLASSES
    assert (tmp_path / "classes.txt").read_text().split() == list(YOLO_CLASSES)


def test_pictures_that_differ_in_folder_or_ending_keep_their_labels(tmp_path: Path) -> None:
    """YOLO's naming cannot tell a.jpg from a.png; nothing is overwritten, all are found again."""
    names = ("a.jpg", "a.png", "a.bmp", "x/a.jpg", "x__a.jpg", "a-2.jpg")
    yolo(tmp_path, {name: inspection(number, FIRE) for number, name in enumerate(names, start=1)})
    labels = {path.stem for path in (tmp_path / "labels").iterdir()}
    images = {path.stem: path.read_text() for path in (tmp_path / "images").iterdir()}
    assert set(images) == labels
    assert set(images.values()) == set(names)
    lines = (tmp_path / "names.jsonl").read_text().splitlines()
    assert {json.loads(line)["file"] for line in lines} == {
        path.name for path in (tmp_path / "images").iterdir()
    }


def test_pictures_deep_in_folders_have_names_that_a_disk_takes(tmp_path: Path) -> None:
    """A path may be longer than a name; its end stays, and no two pictures become one."""
    deep = "厂区东门安全帽检查现场监控摄像头" * 2
    names = [f"{deep}/{folder}/{deep}/{'x' * 150}.jpg" for folder in "abc"]
    yolo(tmp_path, {name: inspection(number, FIRE) for number, name in enumerate(names, start=1)})
    images = {path.stem: path.read_text() for path in (tmp_path / "images").iterdir()}
    assert set(images.values()) == set(names)
    assert {path.stem for path in (tmp_path / "labels").iterdir()} == set(images)
    assert all(f"{'x' * 150}~" in stem for stem in images)


def test_a_picture_that_is_gone_has_no_label(tmp_path: Path) -> None:
    """Loaders complain of labels without pictures."""
    yolo(tmp_path, {"a.jpg": PICTURES[0], "b.jpg": PICTURES[0]}, missing=("a.jpg",))
    assert [path.name for path in (tmp_path / "labels").iterdir()] == ["b.txt"]


def test_a_json_line_is_the_result_document() -> None:
    """One line, Chinese readable."""
    line = json_line(ResultDocument.of(PICTURES[1], "zh").as_json())
    assert line.count(b"\n") == 1
    assert "空" in line.decode()
    assert json.loads(line)["image"]["name"] == "gate/空.jpg"
