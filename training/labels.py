"""The labelled pictures: what each picture teaches, and which belong to validation.

Reads COCO JSON with the extra fields that `shared/data/README.md` explains: `labelled`, `weak`,
`fire_smoke_presumed_absent`. Nothing here touches pixels.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.model import CLASSES, PICTURE_CLASSES
from training.regions import GAP_IN_WIDTHS, merge_connected

PERSON = CLASSES.index("person")
HEADS = (CLASSES.index("head_helmet"), CLASSES.index("head_bare"))

# Frames of one video look alike, so a video is split as a whole. Where only a running number is
# left of the video's name, this many neighbouring numbers are taken for one video.
FRAMES_PER_GROUP = 25

# Pictures of different sets that show one scene (16 x 16 thumbnails, mirrored or not, correlate by
# more than 0.85), each with the scene's first picture.
SCENES: Mapping[str, str] = json.loads((Path(__file__).parent / "scenes.json").read_text())
CORRECTIONS: Mapping[str, dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "corrections.toml").read_text()
)
TIGHTER_HEADS = Path(__file__).parent / "tighter_heads.json"
NOBODY: Mapping[str, list[str]] = tomllib.loads((Path(__file__).parent / "nobody.toml").read_text())


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """One picture and what may be learnt from it."""

    path: Path
    key: str  # short name of its source, as in the file name
    tag: str  # what kind of scene it shows
    group: str  # pictures of one group go to the same side of the split
    boxes: NDArray[np.float32]  # (n, 4) xyxy in pixels of the file
    classes: NDArray[np.int64]  # (n,) index into CLASSES
    ignored_boxes: NDArray[np.float32]  # (m, 4), too small or too many to count
    ignored_classes: NDArray[np.int64]  # (m,)
    derived: NDArray[np.bool_]  # (n,) grown from a helmet-only box by a rule
    learns_background: NDArray[np.bool_]  # (5,) whether a box of the class elsewhere would be wrong
    picture_target: NDArray[np.float32]  # (2,) 1 fire / smoke is there, 0 it is not, NaN unknown


def group_of(key: str, original_name: str) -> str:
    """Name what must not be torn apart: the video of a frame, else the picture itself."""
    stem = re.sub(r"(_jpe?g|_png)?\.rf\..*$", "", original_name)
    stem = re.sub(r"(_jpe?g|_png)$", "", stem)
    if key in ("hhwfull", "rf100cs", "hotfire"):
        return f"{key}/{stem}"
    video = re.match(r"Frame_No\d+_(video_\d+)", stem)
    if video:
        return f"{key}/{video[1]}"
    number = re.search(r"(\d+)$", stem)
    if number is None:
        return f"{key}/{stem}"
    name = stem[: number.start()].strip("-_")
    if name.lower() in ("youtube", "img", ""):
        return f"{key}/{name}{int(number[1]) // FRAMES_PER_GROUP}"
    return f"{key}/{name}"


def is_validation(group: str, seed: int, share: float) -> bool:
    """Decide by a hash of the group's name, so that adding pictures never moves another."""
    digest = hashlib.sha256(f"{seed}:{group}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < share


def read_labels(folder: Path) -> list[LabelledPicture]:
    """Read `annotations.json` beside `images/`."""
    content = json.loads((folder / "annotations.json").read_text())
    index_of = {c["id"]: CLASSES.index(c["name"]) for c in content["categories"]}
    by_image: dict[int, list[dict]] = {}
    for annotation in content["annotations"]:
        by_image.setdefault(annotation["image_id"], []).append(annotation)
    return [
        _read_picture(image, by_image.get(image["id"], []), index_of, folder / "images")
        for image in content["images"]
    ]


def _read_picture(
    image: dict, annotations: list[dict], index_of: dict[int, int], folder: Path
) -> LabelledPicture:
    name = image["file_name"]
    key = name.rsplit("_", 1)[1].removesuffix(".jpg")
    correction = CORRECTIONS.get(name, {})
    counted = [a for a in annotations if not a.get("iscrowd")]
    ignored = [a for a in annotations if a.get("iscrowd")]
    classes = np.array([index_of[a["category_id"]] for a in counted], np.int64)
    background = np.zeros(len(CLASSES), bool)
    if not image.get("weak"):
        background[[index_of[c] for c in image["labelled"]]] = True
    if image.get("fire_smoke_presumed_absent"):
        background[[CLASSES.index(name) for name in PICTURE_CLASSES]] = True
    if image.get("tag") in NOBODY["scenes"] and name not in NOBODY["somebody"]:
        background[[PERSON, *HEADS]] = True
    background[[CLASSES.index(c) for c in correction.get("unlabelled", [])]] = False
    boxes, classes, derived = _one_convention(
        _corners(counted),
        classes,
        np.array([bool(a.get("derived")) for a in counted], bool),
        correction,
    )
    return LabelledPicture(
        path=folder / name,
        key=key,
        tag=image.get("tag", key),
        group=SCENES.get(name) or group_of(key, image.get("orig_name", name)),
        boxes=boxes,
        classes=classes,
        ignored_boxes=_corners(ignored),
        ignored_classes=np.array([index_of[a["category_id"]] for a in ignored], np.int64),
        derived=derived,
        learns_background=background,
        picture_target=picture_target(classes, background),
    )


def _one_convention(
    boxes: NDArray[np.float32],
    classes: NDArray[np.int64],
    derived: NDArray[np.bool_],
    correction: Mapping[str, Any],
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.bool_]]:
    """Boxes, classes, derived with one box for each connected fire or plume, and corrected."""
    others = ~np.isin(classes, [CLASSES.index(name) for name in GAP_IN_WIDTHS])
    found = [(boxes[others], classes[others], derived[others])]
    for name, gap in GAP_IN_WIDTHS.items():
        index = CLASSES.index(name)
        own = boxes[classes == index]
        if name in correction.get("boxes", {}):
            own = np.array(correction["boxes"][name], np.float32).reshape(-1, 4)
        elif name not in correction.get("apart", []):
            own = merge_connected(own, gap)
        found.append((own, np.full(len(own), index), np.zeros(len(own), bool)))
    together = zip(*found, strict=True)
    all_boxes, all_classes, all_derived = (np.concatenate(parts) for parts in together)
    return all_boxes, all_classes, all_derived


def _corners(annotations: list[dict]) -> NDArray[np.float32]:
    boxes = np.array([a["bbox"] for a in annotations], np.float32).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    return boxes


def picture_target(
    classes: NDArray[np.int64], background: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """1 where fire / smoke is labelled, 0 where it is known to be absent, NaN else."""
    target = np.full(len(PICTURE_CLASSES), np.nan, np.float32)
    for position, name in enumerate(PICTURE_CLASSES):
        index = CLASSES.index(name)
        if index in classes:
            target[position] = 1.0
        elif background[index]:
            target[position] = 0.0
    return target


def with_tighter_heads(pictures: Sequence[LabelledPicture]) -> list[LabelledPicture]:
    """The pictures, with the boxes that `training.tighter_heads` found for their heads."""
    corrected: dict[str, list[list[float]]] = json.loads(TIGHTER_HEADS.read_text())
    return [
        replace(p, boxes=np.array(corrected[p.path.name], np.float32).reshape(-1, 4))
        if p.path.name in corrected
        else p
        for p in pictures
    ]


def unlabelled_for_people(pictures: Sequence[LabelledPicture]) -> list[LabelledPicture]:
    """Those that teach nothing of people so far."""
    return [p for p in pictures if not p.learns_background[PERSON] and PERSON not in p.classes]


def with_believed_people(pictures: Sequence[LabelledPicture], path: Path) -> list[LabelledPicture]:
    """The pictures, with what `training.self_training` found added to those that had none."""
    believed: dict[str, dict[str, list[list[float]]]] = json.loads(path.read_text())
    open_ones = {p.path.name for p in unlabelled_for_people(pictures)}
    return [
        _with_people(
            p,
            np.array(believed[p.path.name]["sure"], np.float32),
            np.array(believed[p.path.name]["doubtful"], np.float32).reshape(-1, 4),
        )
        if p.path.name in open_ones and p.path.name in believed
        else p
        for p in pictures
    ]


def _with_people(
    picture: LabelledPicture, boxes: NDArray[np.float32], doubtful: NDArray[np.float32]
) -> LabelledPicture:
    background = picture.learns_background.copy()
    background[PERSON] = True
    return replace(
        picture,
        learns_background=background,
        ignored_boxes=np.concatenate([picture.ignored_boxes, doubtful]),
        ignored_classes=np.concatenate([picture.ignored_classes, np.full(len(doubtful), PERSON)]),
        boxes=np.concatenate([picture.boxes, boxes]),
        classes=np.concatenate([picture.classes, np.full(len(boxes), PERSON)]),
        derived=np.concatenate([picture.derived, np.ones(len(boxes), bool)]),
    )
