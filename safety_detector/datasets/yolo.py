"""YOLO: ``data.yaml``, ``images/train`` and ``images/validation``, and ``labels/`` like them.

A picture without a label file, or with an empty one, says that nothing is in it: so only pictures
of which every class is labelled can go into it.  Severities are left out, as in ``exports``.
"""

from __future__ import annotations

from safety_detector.datasets.content import PictureContent
from safety_detector.datasets.labelled import LabelledPicture, Side
from safety_detector.datasets.writing import DatasetFiles
from safety_detector.exports import YOLO_CLASSES, yolo_data, yolo_lines
from safety_detector.message_texts.reason import Reason


class YoloDataset:
    """Writes a set as YOLO reads it."""

    def __init__(self, files: DatasetFiles) -> None:
        self._files = files

    def refusal(self, picture: LabelledPicture) -> Reason | None:
        """A picture of which something may be missing."""
        return None if picture.is_complete else Reason("dataset-not-complete")

    def add(
        self,
        picture: LabelledPicture,
        side: Side,
        group: str,  # noqa: ARG002 (the protocol's)
        content: PictureContent,
    ) -> Reason | None:
        """Writes a picture with its labels."""
        file = content.file()
        place = f"{side.value}/{picture.inspection_id}"
        self._files.write(f"images/{place}{file.ending}", file.data)
        lines = "".join(yolo_lines(picture.boxes, picture.size))
        self._files.write(f"labels/{place}.txt", lines.encode("ascii"))
        return None

    def finish(self) -> None:
        """Writes where the pictures lie, and what the classes are."""
        self._files.write("data.yaml", yolo_data(*(f"images/{side.value}" for side in Side)))
        self._files.write("classes.txt", "".join(f"{name}\n" for name in YOLO_CLASSES).encode())

    def close(self) -> None:
        """Nothing is open."""
