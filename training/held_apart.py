"""The validation part as a COCO file that `safety-detector eval` reads.

`python -m training.held_apart --config … --data … --out validation.json`, then
`safety-detector eval validation.json --images <folder above the sets>`. Fire and smoke boxes follow
the one convention of training (`regions.py`), each picture carries its kind of scene.
"""

import argparse
import json
import os
import tomllib
from pathlib import Path
from typing import Any

import cv2

from training.labels import LabelledPicture
from training.model import CLASSES
from training.train import read_all, split

Coco = dict[str, list[dict[str, Any]]]


def as_coco(pictures: list[LabelledPicture], above: Path) -> Coco:
    """Labelled pictures in COCO's form, their files named as seen from a folder above them."""
    content: Coco = {
        "categories": [{"id": n + 1, "name": name} for n, name in enumerate(CLASSES)],
        "images": [],
        "annotations": [],
    }
    for number, picture in enumerate(pictures, 1):
        height, width = cv2.imread(str(picture.path)).shape[:2]
        content["images"].append(
            {
                "id": number,
                "file_name": str(picture.path.relative_to(above)),
                "width": width,
                "height": height,
                "labelled": [n + 1 for n in picture.learns_background.nonzero()[0].tolist()],
                "tag": picture.tag,
            }
        )
        for boxes, classes, crowd in (
            (picture.boxes, picture.classes, 0),
            (picture.ignored_boxes, picture.ignored_classes, 1),
        ):
            for (x1, y1, x2, y2), kind in zip(boxes.tolist(), classes.tolist(), strict=True):
                content["annotations"].append(
                    {
                        "id": len(content["annotations"]) + 1,
                        "image_id": number,
                        "category_id": kind + 1,
                        "bbox": [x1, y1, x2 - x1, y2 - y1],
                        "iscrowd": crowd,
                    }
                )
    return content


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    _, validation = split(read_all(arguments.data), tomllib.loads(arguments.config.read_text()))
    pictures = [picture for picture in validation if picture.learns_background.any()]
    above = Path(os.path.commonpath([str(picture.path) for picture in pictures]))
    arguments.out.write_text(json.dumps(as_coco(pictures, above)))
    print(f"{len(pictures)} pictures: safety-detector eval {arguments.out} --images {above}")


if __name__ == "__main__":
    main()
