"""Judges real pictures in a service, exports them, and reads back whether every box is the same.

Pictures and boxes of `../shared/data/train2` (or another folder in COCO) go through a service:
accepted, inspected by a detector that finds most of the boxes and some that are none, and
corrected. Then `safety-detector dataset export` writes them in each format, and what it wrote is
compared with what was corrected: boxes to the pixel, states, sides, and the pictures' own pixels.

    python -m benchmarks.dataset_round_trip [--pictures 1000] [--data ../shared/data/train2]
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from safety_detector.domain.geometry import Box, ImageSize, fit_to_pixels
from safety_detector.domain.hazards import SUB_LABELS, Hazard, Label, SubLabel
from safety_detector.evaluation.truth import read_labelled_pictures
from safety_detector.exports import YOLO_CLASSES
from safety_detector.pictures.images import decode, read_header
from safety_detector.settings import Settings
from safety_detector.wiring import open_migrated_database, open_service
from tests.judged_service import Judged

Boxes: TypeAlias = Counter[tuple[str, tuple[int, ...]]]
"""Label and state, or class, and the corners in pixels."""

Reader: TypeAlias = Callable[[Path], Iterator[tuple[str, Boxes, Path | None]]]
"""Reads a set: by inspection the boxes, and the picture where it is of the submitted size."""

_BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
_CAMERAS, _DAYS = 8, 12


@dataclass(frozen=True, slots=True)
class Original:
    """A picture as it was judged.

    Attributes:
        data: of its file.
        boxes: as they were corrected, with their hazards.
        size: of the upright picture.
    """

    data: bytes
    boxes: tuple[tuple[Box, Hazard], ...]
    size: ImageSize


def main() -> int:
    """Prints a row a format; the exit status is 1 where anything came back otherwise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/train2"))
    options = parser.parse_args()
    if not options.data.is_dir():
        print(f"{options.data} is not here", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        started = time.perf_counter()
        originals = judged_service(folder / "data", options.data, options.pictures)
        boxes = sum(len(one.boxes) for one in originals.values())
        print(
            f"{len(originals)} pictures with {boxes} boxes judged in "
            f"{time.perf_counter() - started:.0f} s"
        )
        faults = 0
        for name, read in READERS.items():
            faults += round_trip(name, read, folder, originals)
    return 1 if faults else 0


def round_trip(
    name: str,
    read: Reader,
    folder: Path,
    originals: Mapping[str, Original],
) -> int:
    """Exports in one format, compares, prints a row; returns how many pictures are not the same."""
    out = folder / name
    command = [sys.executable, "-m", "safety_detector", "dataset", "export", "--format", name]
    command += ["--out", str(out), "--empty-share", "1", "--data-dir", str(folder / "data")]
    started = time.perf_counter()
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    took = time.perf_counter() - started
    if done.returncode:
        print(f"{name}: {done.stderr}")
        return 1
    told = json.loads(done.stdout)
    sides = {
        one["inspection_id"]: (one["side"], one["group"])
        for one in map(json.loads, (out / "pictures.jsonl").read_text().splitlines())
    }
    wrong = []
    found = set()
    for key, boxes, picture in read(out):
        original = originals[key]
        found.add(key)
        is_same = picture is None or same_pixels(picture, original)
        if boxes != wanted_boxes(name, original) or not is_same:
            wrong.append(key)
    torn = defaultdict(set)
    for side, group in sides.values():
        torn[group].add(side)
    lost = len(originals) - len(found) - sum(told["left_out"].values())
    size = sum(one.stat().st_size for one in out.rglob("*") if one.is_file())
    print(
        f"{name:13} {len(found):5} pictures, {told['pictures']}, {len(torn)} groups of which "
        f"{sum(len(one) > 1 for one in torn.values())} are torn; left out {told['left_out']}; "
        f"not the same: {len(wrong)}, lost: {lost}; {took:.1f} s, {size / 1e6:.0f} MB"
    )
    return len(wrong) + lost + sum(len(one) > 1 for one in torn.values())


def judged_service(data_dir: Path, source: Path, most: int) -> dict[str, Original]:
    """Makes a service with judged pictures, as whoever uses it would; gives what was said."""
    settings = Settings(data_dir=data_dir)
    open_migrated_database(settings).close()
    rng = random.Random(20261130)
    content = json.loads((source / "annotations.json").read_text())
    names = {one["id"]: one["name"] for one in content["categories"]}
    by_image = defaultdict(list)
    for one in content["annotations"]:
        by_image[one["image_id"]].append(one)
    originals = {}
    with closing(open_service(settings, wake_up=lambda _queue: None)) as service:
        judged = Judged(service)
        for number, image in enumerate(content["images"][:most]):
            data = (source / "images" / image["file_name"]).read_bytes()
            size = read_header(data).size
            true = list(_hazards(by_image[image["id"]], names, size, rng))
            found, corrected = _as_found(true, size, rng)
            key = judged.picture(
                data,
                *found,
                name=image["file_name"],
                camera_id=f"camera-{number % _CAMERAS}",
                taken_at=_BEGIN + timedelta(days=number // _CAMERAS % _DAYS, seconds=number),
            )
            judged.correct(key, *corrected)
            originals[key] = Original(data, tuple((one[0], one[1]) for one in corrected), size)
    return originals


def _hazards(
    annotations: list[dict[str, Any]],
    names: Mapping[int, str],
    size: ImageSize,
    rng: random.Random,
) -> Iterator[tuple[Box, Hazard]]:
    for one in annotations:
        name = str(names[one["category_id"]])
        x, y, width, height = one["bbox"]
        box = fit_to_pixels(Box(x, y, x + max(width, 1), y + max(height, 1)), size)
        if box is None or name not in list(Label):
            continue
        label = Label(name)
        yield box, Hazard(label, rng.choice(SUB_LABELS[label]))


def _as_found(
    true: list[tuple[Box, Hazard]], size: ImageSize, rng: random.Random
) -> tuple[list[tuple[Box, Hazard]], list[tuple[Box, Hazard] | tuple[Box, Hazard, int]]]:
    """What a detector finds of it, and the word of a person who keeps, changes, draws, removes."""
    found: list[tuple[Box, Hazard]] = []
    corrected: list[tuple[Box, Hazard] | tuple[Box, Hazard, int]] = []
    for box, hazard in true:
        if rng.random() < 0.2:
            corrected.append((box, hazard))
            continue
        seen = hazard if rng.random() < 0.7 else Hazard(hazard.label, SubLabel.UNCERTAIN)
        corrected.append((box, hazard, len(found)))
        found.append((box, seen))
    if rng.random() < 0.3:
        none = Box(0, 0, max(size.width // 9, 1), max(size.height // 9, 1))
        found.append((none, Hazard(Label.SMOKE, SubLabel.MINOR)))
    return found, corrected


def wanted_boxes(name: str, original: Original) -> Boxes:
    """What has to come back in that format."""
    return Counter(
        (
            _yolo_class(hazard) if name == "yolo" else f"{hazard.label}/{hazard.sub_label}",
            tuple(int(value) for value in box.xyxy),
        )
        for box, hazard in original.boxes
    )


def _yolo_class(hazard: Hazard) -> str:
    is_person = hazard.label is Label.PERSON
    return f"{hazard.label}_{hazard.sub_label}" if is_person else hazard.label.value


def same_pixels(path: Path, original: Original) -> bool:
    """Whether a file shows the submitted pixels."""
    data = path.read_bytes()
    if data == original.data:
        return True
    again, before = (decode(one, read_header(one)) for one in (data, original.data))
    # What had to be written anew is a JPEG of quality 95.
    return bool(again.shape == before.shape and abs(again.astype(int) - before).mean() < 3)


def read_coco(folder: Path) -> Iterator[tuple[str, Boxes, Path | None]]:
    """What `eval` reads, with the states that stand in the attributes."""
    for side in ("train", "validation"):
        path = folder / f"{side}.json"
        content = json.loads(path.read_text())
        if not content["images"]:
            continue
        states = defaultdict(list)
        for one in content["annotations"]:
            states[one["image_id"]].append(one["attributes"]["sub_label"])
        by_path = {one.path.name: one for one in read_labelled_pictures(path)}
        for image in content["images"]:
            picture = by_path[image["file_name"]]
            if not len(picture.labelled) == len(image["labelled"]) == len(Label):
                raise ValueError(f"{picture.path} is not labelled for everything")
            boxes = Counter(
                (f"{one.kind}/{state}", tuple(int(value) for value in one.box.xyxy))
                for one, state in zip(picture.boxes, states[image["id"]], strict=True)
            )
            yield image["inspection_id"], boxes, picture.path


def read_yolo(folder: Path) -> Iterator[tuple[str, Boxes, Path | None]]:
    """Label files, by the size of their pictures."""
    for label_file in sorted((folder / "labels").glob("*/*.txt")):
        images = folder / "images" / label_file.parent.name
        (picture,) = images.glob(f"{label_file.stem}.*")
        size = read_header(picture.read_bytes()).size
        boxes: Boxes = Counter()
        for line in label_file.read_text().splitlines():
            number, *parts = line.split()
            x, y, width, height = (
                float(part) * side
                for part, side in zip(parts, (size.width, size.height) * 2, strict=True)
            )
            corners = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
            boxes[YOLO_CLASSES[int(number)], tuple(round(one) for one in corners)] += 1
        yield label_file.stem, boxes, picture


def read_fine_tuning(folder: Path) -> Iterator[tuple[str, Boxes, Path | None]]:
    """What `dataset check` finds the answers to say, by the reader of the model's answers.

    Pictures are of the size that the model is sent, so their pixels are others.
    """
    command = [sys.executable, "-m", "safety_detector", "dataset", "check", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    for sample in map(json.loads, (folder / "labels.jsonl").read_text().splitlines()):
        if sample["kind"] == "detection":
            boxes: Boxes = Counter(
                (f"{one['label']}/{one['sub_label']}", tuple(int(value) for value in one["bbox"]))
                for one in sample["labels"]
            )
            yield sample["inspection_id"], boxes, None


READERS: Mapping[str, Reader] = {
    "coco": read_coco,
    "yolo": read_yolo,
    "llama-factory": read_fine_tuning,
    "ms-swift": read_fine_tuning,
}


if __name__ == "__main__":
    sys.exit(main())
