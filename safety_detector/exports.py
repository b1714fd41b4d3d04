"""Results in the formats of other programs: JSON Lines, CSV, COCO and YOLO.

Each takes one inspection after the other and holds none of them, so that a hundred thousand cost
no more memory than one.  Pictures without a result are left out of COCO and YOLO, where a picture
without boxes would say that nothing is on it.
"""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol

from safety_detector import __version__
from safety_detector.domain.capture_time import TakenFrom
from safety_detector.domain.detections import Detection, DetectorRun, finding_run, judging_run
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import SUB_LABELS, Hazard, Label, SubLabel
from safety_detector.domain.inspection import Inspection, Status, timestamp

COCO_CATEGORIES = [
    {"id": number, "name": label.value, "supercategory": "safety"}
    for number, label in enumerate(Label, start=1)
]
"""The labels, by the ids and names that labelled sets for ``eval`` have as well.

The state of each box stands in its ``attributes``, as CVAT and FiftyOne read it.
"""

EXPORTED_BY = "safety-detector"
"""How COCO files of ours are described, so that ``eval`` knows them again."""

YOLO_CLASSES: tuple[str, ...] = (
    Label.FIRE.value,
    Label.SMOKE.value,
    *(f"{Label.PERSON.value}_{state.value}" for state in SUB_LABELS[Label.PERSON]),
)
"""YOLO knows classes alone, so the states of people are classes; severities are left out."""

_CSV_COLUMNS = (
    *("image", "sha256", "width", "height", "verdict", "incomplete", "number"),
    *("label", "sub_label", "score", "x1", "y1", "x2", "y2", "backend", "model"),
    *("status", "error", "id", "image_escaped", "taken_at", "taken_from"),
    *("score_from", "verified", "calibrated"),
)
_LONGEST_STEM = 200  # bytes; Linux allows 255, of which endings and numbers take some
_BOM = b"\xef\xbb\xbf"
_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")  # OWASP, "CSV Injection"


def json_line(document: Mapping[str, Any]) -> bytes:
    """A document on a line of its own, Chinese readable."""
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def spreadsheet_text(text: str) -> str:
    """A text with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_BEGINS) else text


class CsvExport:
    """A row for each detection, numbered as on the annotated picture; one for a picture of none.

    ``image`` is the name as it stands in ``results.jsonl``; ``image_escaped`` has an apostrophe
    before what a spreadsheet would take for a formula.

    Args:
        file: where it goes.
        with_mark: begins with UTF-8's byte order mark, without which Excel reads Chinese as GBK.
    """

    def __init__(self, file: IO[bytes], *, with_mark: bool = True) -> None:
        if with_mark:
            file.write(_BOM)
        self._rows = csv.writer(_Utf8(file))
        self._rows.writerow(_CSV_COLUMNS)

    def add(self, inspection: Inspection) -> None:
        """Writes the rows of one inspection."""
        picture, runs = inspection.picture, inspection.runs
        error = inspection.error.code if inspection.error else ""
        escaped = spreadsheet_text(picture.name)
        facts = (picture.name, picture.sha256, picture.width, picture.height)
        outcome = (inspection.verdict, str(inspection.incomplete).lower())
        taken = inspection.when_taken
        end = (
            *(inspection.status, error, inspection.id, escaped),
            *(timestamp(taken.at), taken.source),
        )
        for number, one in enumerate(inspection.detections, start=1):
            score = "" if one.score is None else f"{one.score:.4f}"
            hazard = (one.hazard.label, one.hazard.sub_label, score)
            corners = (int(value) for value in one.box.xyxy)
            judge = _named(finding_run(one, runs))
            score_from = "" if one.score is None else one.score_from.value
            verified = "" if one.verified is None else str(one.verified).lower()
            share = "" if one.calibrated is None else f"{one.calibrated:.4f}"
            known = (score_from, verified, share)
            self._rows.writerow((*facts, *outcome, number, *hazard, *corners, *judge, *end, *known))
        if not inspection.detections:
            judge = _named(judging_run(runs))
            self._rows.writerow((*facts, *outcome, *[""] * 8, *judge, *end, *[""] * 3))


def _named(run: DetectorRun | None) -> tuple[str, str]:
    return (run.backend, run.model) if run else ("", "")


class CocoExport:
    """One COCO object: ``info``, ``images``, ``annotations``, ``categories``.

    It is a labelled set as ``eval`` reads it: a picture in which something may have been missed is
    ``weak``.  The annotations wait in a temporary file until the images are written.

    Args:
        file: where it goes.
        pictures: folder that the names are relative to; None where there is none.
    """

    def __init__(self, file: IO[bytes], pictures: str | None = None) -> None:
        self._file = file
        self._boxes = tempfile.TemporaryFile()  # noqa: SIM115 (``close`` closes it)
        self._image_count = 0
        self._box_count = 0
        info = {"description": EXPORTED_BY, "version": __version__, "pictures": pictures}
        file.write(b'{"info": ' + json_line(info).rstrip(b"\n") + b',\n"images": [')

    def add(self, inspection: Inspection) -> None:
        """Writes one inspection's picture and boxes."""
        picture = inspection.picture
        if inspection.status is not Status.COMPLETED or picture.width is None:
            return
        self._image_count += 1
        image = {
            "id": self._image_count,
            "file_name": picture.name,
            "width": picture.width,
            "height": picture.height,
            "sha256": picture.sha256,
            "verdict": inspection.verdict,
            "incomplete": inspection.incomplete,
        }
        if inspection.incomplete:
            image["weak"] = True
        stated = _stated_time(inspection)
        if stated is not None:
            image["date_captured"] = stated
        write_item(self._file, image, self._image_count)
        for detection in inspection.detections:
            self._box_count += 1
            box = _coco_box(detection, self._box_count, self._image_count)
            write_item(self._boxes, box, self._box_count)

    def finish(self) -> None:
        """Writes what comes behind the images; the file stays open."""
        self._file.write(b'\n], "annotations": [')
        self._boxes.seek(0)
        shutil.copyfileobj(self._boxes, self._file)
        self._file.write(b'\n], "categories": ' + json.dumps(COCO_CATEGORIES).encode() + b"}\n")

    def close(self) -> None:
        """Removes the temporary file."""
        self._boxes.close()


class YoloExport:
    """A folder with ``data.yaml``, ``classes.txt``, ``images/`` and ``labels/``.

    That is what Ultralytics, CVAT (its "Ultralytics YOLO Detection") and Label Studio's converter
    take as it is.  None of them looks into folders below, and both names of a pair differ in their
    ending alone: ``gate/a.jpg`` becomes ``gate__a.jpg``, and ``a.png`` beside an ``a.jpg`` becomes
    ``a-2.png``, and of a path that is too long for a name the end stays; ``names.jsonl`` says which
    is which.

    Args:
        folder: an empty folder.
    """

    def __init__(self, folder: Path) -> None:
        self._images, self._labels = folder / "images", folder / "labels"
        self._names = folder / "names.jsonl"
        self._images.mkdir()
        self._labels.mkdir()
        (folder / "data.yaml").write_bytes(yolo_data("images", "images"))
        (folder / "classes.txt").write_text("\n".join(YOLO_CLASSES) + "\n", encoding="utf-8")

    def add(self, inspection: Inspection, path: str, place: Callable[[Path], bool]) -> None:
        """Writes the label file of one inspection, and its picture.

        Args:
            inspection: what was found.
            path: the picture's, relative, made safe, with a picture's ending.
            place: puts the picture's file at a path; False if it is not there any more, and then
                there is no label file either.
        """
        picture = inspection.picture
        if inspection.status is not Status.COMPLETED or not picture.width or not picture.height:
            return
        flat = PurePosixPath(path.replace("/", "__"))
        stem = wanted = _short_stem(flat.stem)
        number = 1
        while (self._labels / f"{stem}.txt").exists():
            number += 1
            stem = f"{wanted}-{number}"
        image = self._images / f"{stem}{flat.suffix.lower()}"
        if not place(image):
            return
        lines = yolo_lines(inspection.detections, ImageSize(picture.width, picture.height))
        (self._labels / f"{stem}.txt").write_text("".join(lines), encoding="ascii")
        with self._names.open("ab") as names:
            names.write(json_line({"file": image.name, "image": picture.name}))


def _short_stem(stem: str) -> str:
    """The stem, or where no file system has such long names its end and eight digits of a hash."""
    raw = stem.encode()
    if len(raw) <= _LONGEST_STEM:
        return stem
    end = raw[-_LONGEST_STEM:].decode("utf-8", "ignore")
    return f"{end}~{hashlib.sha256(raw).hexdigest()[:8]}"


def _stated_time(inspection: Inspection) -> str | None:
    """When the picture was taken, by its sender or its camera; None where neither said it."""
    taken = inspection.when_taken
    return None if taken.source is TakenFrom.ARRIVAL else timestamp(taken.at)


@dataclass(frozen=True, slots=True)
class _Utf8:
    """What ``csv`` writes to: text becomes bytes."""

    file: IO[bytes]

    def write(self, text: str) -> int:
        return self.file.write(text.encode("utf-8", "backslashreplace"))


def write_item(file: IO[bytes], item: dict[str, Any], number: int) -> None:
    """Writes an item of a JSON array, counted from 1."""
    file.write(b",\n" if number > 1 else b"\n")
    file.write(json_line(item).rstrip(b"\n"))


def _coco_box(detection: Detection, number: int, image: int) -> dict[str, Any]:
    annotation = coco_box(detection, number, image)
    if detection.score is not None:
        annotation["score"] = round(detection.score, 4)
        annotation["score_from"] = detection.score_from.value
    if detection.verified is not None:
        annotation["verified"] = detection.verified
    if detection.calibrated is not None:
        annotation["calibrated"] = round(detection.calibrated, 4)
    return annotation


def coco_box(one: Boxed, number: int, image: int) -> dict[str, Any]:
    """A COCO annotation with these ids; the state stands in its attributes."""
    box = one.box
    return {
        "id": number,
        "image_id": image,
        "category_id": coco_category(one.hazard.label),
        "bbox": [int(box.x1), int(box.y1), int(box.width), int(box.height)],
        "area": int(box.area),
        "iscrowd": 0,
        "attributes": {"sub_label": one.hazard.sub_label.value},
    }


def coco_category(label: Label) -> int:
    """The id of a label among ``COCO_CATEGORIES``."""
    return list(Label).index(label) + 1


class Boxed(Protocol):
    """A box with one hazard: of a detector, or of a person."""

    @property
    def box(self) -> Box:
        """Whole pixels of the upright picture."""

    @property
    def hazard(self) -> Hazard:
        """Label and state."""


def yolo_data(train: str, validation: str) -> bytes:
    """``data.yaml`` of a set whose pictures lie in these folders beside it."""
    names = "".join(f"  {number}: {name}\n" for number, name in enumerate(YOLO_CLASSES))
    # Without "path" the folder of this file counts, wherever the program runs.
    return f"train: {train}\nval: {validation}\nnames:\n{names}".encode()


def yolo_lines(boxes: Iterable[Boxed], size: ImageSize) -> Iterator[str]:
    """``class centre-x centre-y width height``, as parts of the picture's size."""
    for one in boxes:
        x, y = one.box.centre
        parts = (
            x / size.width,
            y / size.height,
            one.box.width / size.width,
            one.box.height / size.height,
        )
        number = YOLO_CLASSES.index(_yolo_class(one.hazard.label, one.hazard.sub_label))
        yield f"{number} {' '.join(f'{part:.6f}' for part in parts)}\n"


def _yolo_class(label: Label, sub_label: SubLabel) -> str:
    return f"{label.value}_{sub_label.value}" if label is Label.PERSON else label.value
