"""Opens exported sets with the importers that CVAT and Label Studio use, and compares every box.

CVAT reads COCO by Datumaro; Label Studio reads COCO and YOLO by label-studio-converter. Neither is
needed otherwise, so they live in an environment of their own:

    python -m venv /var/tmp/importers
    /var/tmp/importers/bin/pip install datumaro label-studio-converter
    python -m benchmarks.dataset_importers --python /var/tmp/importers/bin/python [--pictures 100]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from benchmarks.dataset_round_trip import Original, judged_service
from safety_detector.datasets.labelled import Side
from safety_detector.domain.hazards import Label

Boxes: TypeAlias = Counter[tuple[str, str, tuple[int, ...]]]
"""Picture, label (with the state of YOLO's people), corners."""

_DATUMARO = """\
import json, sys
import datumaro
read = datumaro.Dataset.import_from(sys.argv[1], "coco_instances")
names = [one.name for one in read.categories()[datumaro.AnnotationType.label]]
for item in read:
    boxes = [one for one in item.annotations if one.type == datumaro.AnnotationType.bbox]
    print(json.dumps({
        "picture": item.id,
        "is_there": item.media is not None and item.media.data is not None,
        "boxes": [[names[one.label], one.attributes["sub_label"], *one.get_bbox()]
                  for one in boxes],
    }))
"""


def main() -> int:
    """Prints a line an importer; the exit status is 1 where one reads something else."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", type=Path, required=True, help="Of the importers' environment.")
    parser.add_argument("--pictures", type=int, default=100)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/train2"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        originals = judged_service(folder / "data", options.data, options.pictures)
        for name in ("coco", "yolo"):
            command = [sys.executable, "-m", "safety_detector", "dataset", "export"]
            command += ["--format", name, "--out", str(folder / name), "--empty-share", "1"]
            subprocess.run(
                [*command, "--data-dir", str(folder / "data")], check=True, capture_output=True
            )
        faults = _cvat(options.python, folder, originals)
        faults += _label_studio_coco(options.python, folder, originals)
        faults += _label_studio_yolo(options.python, folder, originals)
    return 1 if faults else 0


def wanted(originals: Mapping[str, Original], style: str) -> Boxes:
    """What people said, as ``style`` names it: ``state``, ``label`` or ``yolo``."""
    boxes: Boxes = Counter()
    for key, original in originals.items():
        for box, hazard in original.boxes:
            name = hazard.label.value
            if style == "state" or (style == "yolo" and hazard.label is Label.PERSON):
                name += f"_{hazard.sub_label.value}"
            boxes[key, name, tuple(int(one) for one in box.xyxy)] += 1
    return boxes


def _cvat(python: Path, folder: Path, originals: Mapping[str, Original]) -> int:
    """It wants the files in ``annotations``, and the pictures in a folder named like each."""
    project = folder / "cvat"
    for name in ("annotations", "images"):
        (project / name).mkdir(parents=True)
    for side in Side:
        file = project / "annotations" / f"instances_{side.value}.json"
        file.symlink_to(folder / "coco" / f"{side.value}.json")
        (project / "images" / side.value).symlink_to(folder / "coco" / "images")
    command = [str(python), "-c", _DATUMARO, str(project)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        print(f"CVAT's COCO (Datumaro): {done.stderr.strip().splitlines()[-1]}")
        return 1
    items = [json.loads(line) for line in done.stdout.splitlines()]
    found: Boxes = Counter(
        (one["picture"], f"{label}_{state}", _corners(corners))
        for one in items
        for label, state, *corners in one["boxes"]
    )
    gone = sum(not one["is_there"] for one in items)
    return _told("CVAT's COCO (Datumaro)", len(items), gone, found, wanted(originals, "state"))


def _label_studio_coco(python: Path, folder: Path, originals: Mapping[str, Original]) -> int:
    tasks = []
    for side in Side:
        source = folder / "coco" / f"{side.value}.json"
        tasks += _converted(python, "coco", source, folder / f"coco-{side.value}-tasks.json")
    found = Counter(_task_boxes(tasks))
    return _told("Label Studio's COCO", len(tasks), 0, found, wanted(originals, "label"))


def _label_studio_yolo(python: Path, folder: Path, originals: Mapping[str, Original]) -> int:
    """It reads a folder with ``classes.txt``, ``images`` and ``labels``: each side is one."""
    tasks = []
    for side in Side:
        flat = folder / f"yolo-{side.value}"
        flat.mkdir()
        for name in ("images", "labels"):
            (flat / name).symlink_to(folder / "yolo" / name / side.value)
        (flat / "classes.txt").symlink_to(folder / "yolo" / "classes.txt")
        target = folder / f"yolo-{side.value}-tasks.json"
        tasks += _converted(python, "yolo", flat, target, "--image-ext", ".jpg,.png")
    found = Counter(_task_boxes(tasks))
    return _told("Label Studio's YOLO", len(tasks), 0, found, wanted(originals, "yolo"))


def _converted(
    python: Path, kind: str, source: Path, target: Path, *more: str
) -> list[dict[str, Any]]:
    converter = python.with_name("label-studio-converter")
    command = [converter, "import", kind, "-i", source, "-o", target, *more]
    subprocess.run([*map(str, command)], check=True, capture_output=True)
    tasks: list[dict[str, Any]] = json.loads(target.read_text())
    return tasks


def _task_boxes(tasks: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    for task in tasks:
        key = Path(task["data"]["image"].rpartition("=")[2].rpartition("/")[2]).stem
        for annotation in task.get("annotations", ()):
            for one in annotation["result"]:
                value = one["value"]
                scale = (one["original_width"] / 100, one["original_height"] / 100)
                corners = (
                    value["x"] * scale[0],
                    value["y"] * scale[1],
                    value["width"] * scale[0],
                    value["height"] * scale[1],
                )
                yield key, value["rectanglelabels"][0].lower(), _corners(corners)


def _corners(box: Iterable[float]) -> tuple[int, ...]:
    x, y, width, height = box
    return tuple(round(one) for one in (x, y, x + width, y + height))


def _told(name: str, pictures: int, gone: int, found: Boxes, expected: Boxes) -> int:
    missing, other = expected - found, found - expected
    print(
        f"{name}: {pictures} pictures ({gone} not found), {found.total()} boxes; "
        f"missing {missing.total()}, otherwise {other.total()}"
    )
    for one in [*missing][:3]:
        print(f"  missing {one}")
    for one in [*other][:3]:
        print(f"  otherwise {one}")
    return gone + missing.total() + other.total()


if __name__ == "__main__":
    sys.exit(main())
