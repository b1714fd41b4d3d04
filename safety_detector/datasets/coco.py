"""COCO: ``train.json`` and ``validation.json`` beside ``images/``.

Beyond COCO an image has ``labelled`` (categories of which every object is there; of the others
only what has a box is known), ``refuted`` (what a detector said, and what is not there), ``judged``
(who said so, when and why), ``group`` (what the split keeps together) and ``sha256`` of what was
submitted.  ``eval`` and ``training/`` read it so; CVAT and Label Studio read past it.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from typing import IO, Any

from safety_detector import __version__
from safety_detector.datasets.content import PictureContent
from safety_detector.datasets.labelled import (
    Judgement,
    LabelledBox,
    LabelledPicture,
    RefutedBox,
    Side,
)
from safety_detector.datasets.writing import DatasetFiles
from safety_detector.domain.detections import Detection
from safety_detector.domain.inspection import timestamp
from safety_detector.exports import (
    COCO_CATEGORIES,
    EXPORTED_BY,
    coco_box,
    coco_category,
    json_line,
    write_item,
)
from safety_detector.message_texts.reason import Reason


class CocoDataset:
    """Writes a set as COCO.

    Args:
        files: where it goes.
        licence: of pictures of which their submitter said nothing.
    """

    def __init__(self, files: DatasetFiles, licence: str) -> None:
        self._files = files
        self._licences = {licence: 1}
        self._licence = licence
        self._open = ExitStack()
        self._parts = {side: _Part(self._open) for side in Side}

    def refusal(self, picture: LabelledPicture) -> Reason | None:
        """A picture without a box of which no class is labelled; all others say what is not."""
        is_told = picture.labelled or picture.boxes
        return None if is_told else Reason("dataset-proves-nothing")

    def add(
        self, picture: LabelledPicture, side: Side, group: str, content: PictureContent
    ) -> Reason | None:
        """Writes a picture with its labels."""
        file = content.file()
        name = f"{picture.inspection_id}{file.ending}"
        licence = picture.licence or self._licence
        number = self._licences.setdefault(licence, len(self._licences) + 1)
        self._files.write(f"images/{name}", file.data)
        self._parts[side].add(_image(picture, name, number, side, group), picture)
        return None

    def finish(self) -> None:
        """Writes both files."""
        licences = [
            {"id": number, "name": name, "url": ""} for name, number in self._licences.items()
        ]
        with self._open:
            for side, part in self._parts.items():
                with tempfile.TemporaryFile() as file:
                    part.write(file, licences)
                    file.seek(0)
                    self._files.copy(f"{side.value}.json", file)

    def close(self) -> None:
        """Removes temporary files."""
        self._open.close()


class _Part:
    """The images and annotations of one side, in temporary files until all are known."""

    def __init__(self, opened: ExitStack) -> None:
        self._images, self._boxes = (
            opened.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 (the stack closes it)
            for _ in range(2)
        )
        self._image_count = 0
        self._box_count = 0

    def add(self, image: dict[str, Any], picture: LabelledPicture) -> None:
        self._image_count += 1
        write_item(self._images, {"id": self._image_count} | image, self._image_count)
        for one in picture.boxes:
            self._box_count += 1
            box = _annotation(one, self._box_count, self._image_count, picture)
            write_item(self._boxes, box, self._box_count)

    def write(self, file: IO[bytes], licences: list[dict[str, Any]]) -> None:
        info = {"description": EXPORTED_BY, "version": __version__}
        head = {"info": info, "licenses": licences, "categories": COCO_CATEGORIES}
        file.write(json_line(head).removesuffix(b"}\n") + b', "images": [')
        for stored, between in ((self._images, b'\n], "annotations": ['), (self._boxes, b"\n]}\n")):
            stored.seek(0)
            shutil.copyfileobj(stored, file)
            file.write(between)


def _image(
    picture: LabelledPicture, name: str, licence: int, side: Side, group: str
) -> dict[str, Any]:
    return {
        "file_name": name,
        "width": picture.size.width,
        "height": picture.size.height,
        "license": licence,
        "date_captured": timestamp(picture.taken_at),
        "name": picture.name,
        "sha256": picture.sha256,
        "inspection_id": picture.inspection_id,
        "camera_id": picture.camera_id,
        "batch_id": picture.batch_id,
        "incidents": list(picture.incidents),
        "side": side.value,
        "group": group,
        "labelled": sorted(coco_category(one) for one in picture.labelled),
        "refuted": [_refuted(one, picture) for one in picture.refuted],
        "judged": [judgement_document(one) for one in picture.judgements],
    }


def _annotation(
    one: LabelledBox, number: int, image: int, picture: LabelledPicture
) -> dict[str, Any]:
    annotation = coco_box(one, number, image)
    annotation["attributes"]["origin"] = one.origin.value
    annotation["judged"] = picture.judgements.index(one.judgement)
    if one.detection is not None:
        annotation["detection"] = _detection(one.detection)
    return annotation


def _refuted(one: RefutedBox, picture: LabelledPicture) -> dict[str, Any]:
    return _detection(one.detection) | {"judged": picture.judgements.index(one.judgement)}


def _detection(one: Detection) -> dict[str, Any]:
    return {
        "bbox_2d": [int(value) for value in one.box.xyxy],
        "label": one.hazard.label.value,
        "sub_label": one.hazard.sub_label.value,
        "score": one.score,
    }


def judgement_document(one: Judgement) -> dict[str, Any]:
    """A judgement as JSON-ready data."""
    return {
        "basis": one.basis.value,
        "by": one.by,
        "at": timestamp(one.at),
        "reason": one.reason,
        "incident_id": one.incident_id,
        "version": one.version,
    }
