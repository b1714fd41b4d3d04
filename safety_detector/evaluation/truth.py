"""Labelled pictures in COCO format, checked before anything is counted."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from safety_detector.detectors.embedded.raw_boxes import RawClass
from safety_detector.domain.corrections import BoxOrigin
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import SUB_LABELS, Label, SubLabel
from safety_detector.errors import AnnotationsInvalid
from safety_detector.exports import EXPORTED_BY
from safety_detector.message_texts.reason import system_cause

NAMED_PROBLEMS = 5
"""How many problems an error names before it only counts the rest."""

OUTSIDE_TOLERANCE_PX = 1.0
"""Boxes may stick out this far: labelling tools round."""

_STATE_PREFIX = f"{RawClass.PERSON}_"


class _Category(BaseModel):
    id: int
    name: str


class _Image(BaseModel):
    id: int
    file_name: str
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    labelled: list[int] | None = None
    weak: bool = False
    tag: str | None = None
    group: str | None = None


class _Annotation(BaseModel):
    id: int
    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float]
    iscrowd: int = 0
    derived: int = 0
    attributes: dict[str, object] | None = None


class _Info(BaseModel):
    description: str | None = None
    pictures: str | None = None


class _Coco(BaseModel):
    info: _Info | None = None
    categories: list[_Category]
    images: list[_Image]
    annotations: list[_Annotation]


@dataclass(frozen=True, slots=True)
class TrueBox:
    """One labelled object.

    Attributes:
        box: pixels of the file.
        ignored: too small or too crowded to count: neither a miss nor a false alarm.
        derived: made from another box by a rule, so only roughly right.
        state: of a person, what is known of the helmet; None where the set does not say.
        unchanged: whether a detector drew it and nobody changed it; None where the set does not
            say.
    """

    kind: RawClass
    box: Box
    ignored: bool = False
    derived: bool = False
    state: SubLabel | None = None
    unchanged: bool | None = None


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """One picture and what is known to be in it.

    Attributes:
        labelled: the classes of which every object is labelled; of the others what is labelled is
            there, and whether anything else is nobody knows.
        tag: what kind of scene it is, for figures by kind; None if the set does not say.
        group: what it has in common with other pictures that are no evidence of their own, like a
            camera's of one day; None where each picture stands for itself.
        as_reported: whether its boxes are what the product reports, corrected or not: who shows
            a head alone is a person there, boxes of one fire are one.
    """

    path: Path
    size: ImageSize
    labelled: frozenset[RawClass]
    boxes: tuple[TrueBox, ...]
    tag: str | None = None
    as_reported: bool = False
    group: str | None = None

    def shows(self, kind: RawClass) -> bool:
        """Whether any object of the class is labelled, ignored ones too."""
        return any(one.kind is kind for one in self.boxes)

    def tells(self, kind: RawClass) -> bool | None:
        """Whether any object of the class is in the picture; None where the set does not say."""
        if self.shows(kind):
            return True
        return False if kind in self.labelled else None

    def counted(self, kind: RawClass) -> list[TrueBox]:
        """The objects of the class that must be found."""
        return [one for one in self.boxes if one.kind is kind and not one.ignored]


def read_labelled_pictures(
    annotations: Path, images: Path | None = None
) -> tuple[LabelledPicture, ...]:
    """Reads a COCO file, one that ``batch`` wrote as well.

    The pictures lie where the caller says, else in ``images/`` beside the file, else in the folder
    that the file itself names (``info.pictures``), else beside it.

    Beyond COCO, an image may carry ``labelled`` (ids of the categories that are exhaustively
    labelled in it, all of the file's if absent; of the others only what has a box is known),
    ``weak`` (labels not exhaustive: nothing of the picture is counted, it is left out), ``tag``
    (the kind of scene) and ``group`` (pictures that belong together: a camera's of one day), an
    annotation ``derived``.

    Raises:
        AnnotationsInvalid: not COCO, a picture is missing, a category is unknown, or a box lies
            outside its picture; the message names the first few.
    """
    coco = _parse(annotations)
    folder = images or _folder_of(coco, annotations)
    names = {category.id: category.name.strip().lower() for category in coco.categories}
    problems = _problems(coco, names, folder)
    if problems:
        more = len(problems) - NAMED_PROBLEMS
        listed = "; ".join(problems[:NAMED_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")
        raise AnnotationsInvalid(
            "annotations-inconsistent", path=annotations, listed=listed, problems=len(problems)
        )
    by_image: dict[int, list[_Annotation]] = defaultdict(list)
    for annotation in coco.annotations:
        by_image[annotation.image_id].append(annotation)
    kinds = {number: RawClass(_class_of(name)) for number, name in names.items()}
    as_reported = _is_as_reported(coco, kinds.values())
    return tuple(
        _picture(image, by_image[image.id], names, folder, as_reported)
        for image in coco.images
        if not image.weak
    )


def _folder_of(coco: _Coco, annotations: Path) -> Path:
    beside = annotations.parent / "images"
    if beside.is_dir():
        return beside
    named = coco.info.pictures if coco.info else None
    if named is not None and _holds(Path(named).is_dir):
        return Path(named)
    first = coco.images[0].file_name if coco.images else ""
    is_here = first and _holds((annotations.parent / first).is_file)
    return annotations.parent if is_here else beside


def _is_as_reported(coco: _Coco, kinds: Collection[RawClass]) -> bool:
    """Whether a batch wrote the set; its attributes stay where a tool for labelling wrote it anew.

    Where heads are labelled apart, so are bodies, and then it is none of ours.
    """
    if RawClass.HEAD_BARE in kinds or RawClass.HEAD_HELMET in kinds:
        return False
    is_named = coco.info is not None and coco.info.description == EXPORTED_BY
    return is_named or any(
        one.attributes is not None and "sub_label" in one.attributes for one in coco.annotations
    )


def _holds(is_so: Callable[[], bool]) -> bool:
    """Whether a path is something; one that can be none, or is barred, is not."""
    try:
        return is_so()
    except OSError:
        return False


def _class_of(name: str) -> str:
    """A category's class; the YOLO sets of ``batch`` tell people apart by their state."""
    return RawClass.PERSON if name.startswith(_STATE_PREFIX) else name


def _state_of(annotation: _Annotation, category: str) -> SubLabel | None:
    """A person's state: an attribute in COCO, part of the category's name in YOLO."""
    if _class_of(category) != RawClass.PERSON:
        return None
    attributes = annotation.attributes or {}
    named = attributes.get("sub_label", category.removeprefix(_STATE_PREFIX))
    return next((one for one in SUB_LABELS[Label.PERSON] if one.value == named), None)


def _is_unchanged(annotation: _Annotation) -> bool | None:
    """What ``dataset export`` says of where a box is from."""
    origin = (annotation.attributes or {}).get("origin")
    return origin == BoxOrigin.KEPT if origin in list(BoxOrigin) else None


def _parse(annotations: Path) -> _Coco:
    try:
        return _Coco.model_validate(json.loads(annotations.read_bytes()))
    except OSError as exc:
        raise AnnotationsInvalid("unreadable", path=annotations, cause=system_cause(exc)) from exc
    except RecursionError as exc:
        raise AnnotationsInvalid("not-json", path=annotations, cause="nested too deeply") from exc
    except ValidationError as exc:
        found = exc.errors()
        listed = "; ".join(
            f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}"
            for one in found[:NAMED_PROBLEMS]
        )
        raise AnnotationsInvalid(
            "not-coco", path=annotations, listed=listed, problems=len(found)
        ) from exc
    except ValueError as exc:  # no JSON, no text, or a number of thousands of digits
        raise AnnotationsInvalid("not-json", path=annotations, cause=exc) from exc


def _problems(coco: _Coco, names: Mapping[int, str], folder: Path) -> list[str]:
    problems = [
        f"category {name!r} is unknown (known: {', '.join(RawClass)})"
        for name in names.values()
        if _class_of(name) not in list(RawClass)
    ]
    if not coco.images:
        problems.append("it lists no pictures")
    images = {image.id: image for image in coco.images}
    for image in coco.images:
        if not _holds((folder / image.file_name).is_file):
            problems.append(f"picture {folder / image.file_name} is missing")
        unknown = [number for number in image.labelled or [] if number not in names]
        if unknown:
            problems.append(f"{image.file_name} is labelled for unknown categories {unknown}")
    for annotation in coco.annotations:
        problem = _annotation_problem(annotation, images.get(annotation.image_id), names)
        if problem:
            problems.append(f"annotation {annotation.id}: {problem}")
    return problems


def _annotation_problem(
    annotation: _Annotation, image: _Image | None, names: Mapping[int, str]
) -> str | None:
    if image is None:
        return f"image {annotation.image_id} is not listed"
    if annotation.category_id not in names:
        return f"category {annotation.category_id} is not listed"
    x, y, width, height = annotation.bbox
    slack = OUTSIDE_TOLERANCE_PX
    inside = (
        x >= -slack
        and y >= -slack
        and x + width <= image.width + slack
        and y + height <= image.height + slack
    )
    if not inside or width <= 0 or height <= 0:
        return (
            f"box {list(annotation.bbox)} is not inside {image.file_name} "
            f"({image.width}×{image.height})"
        )
    return None


def _picture(
    image: _Image,
    annotations: Sequence[_Annotation],
    names: Mapping[int, str],
    folder: Path,
    as_reported: bool,
) -> LabelledPicture:
    kinds = {number: RawClass(_class_of(name)) for number, name in names.items()}
    labelled = kinds.keys() if image.labelled is None else image.labelled
    return LabelledPicture(
        path=folder / image.file_name,
        size=ImageSize(image.width, image.height),
        labelled=frozenset(kinds[number] for number in labelled),
        boxes=tuple(
            TrueBox(
                kind=kinds[one.category_id],
                box=Box(
                    one.bbox[0],
                    one.bbox[1],
                    one.bbox[0] + one.bbox[2],
                    one.bbox[1] + one.bbox[3],
                ),
                ignored=bool(one.iscrowd),
                derived=bool(one.derived),
                state=_state_of(one, names[one.category_id]),
                unchanged=_is_unchanged(one),
            )
            for one in annotations
        ),
        tag=image.tag,
        as_reported=as_reported,
        group=image.group,
    )
