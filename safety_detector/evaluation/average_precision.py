"""Average precision by the COCO evaluator, one class at a time.

One class at a time because a picture counts only for the classes that it is labelled for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from safety_detector.detectors.embedded.raw_boxes import RawBox, RawClass, of_kind
from safety_detector.domain.geometry import Box
from safety_detector.evaluation.truth import LabelledPicture

MAX_BOXES = 300
"""Boxes of one class that count in one picture; COCO's 100 would cut crowds of heads."""


@dataclass(frozen=True, slots=True)
class AveragePrecision:
    """Area under the precision-recall curve, 0.0 to 1.0.

    Attributes:
        at_50: boxes count from an overlap of 0.5.
        at_50_to_95: the mean over overlaps 0.5, 0.55, …, 0.95.
    """

    at_50: float
    at_50_to_95: float


def average_precision(
    kind: RawClass,
    pictures: Sequence[LabelledPicture],
    answers: Sequence[Sequence[RawBox]],
    without_derived: bool = False,
) -> AveragePrecision | None:
    """The class's average precision over the pictures that are labelled for it.

    Args:
        kind: the class.
        pictures: the truth.
        answers: for each picture its boxes of all classes with scores.
        without_derived: derived boxes neither have to be found nor count as false.

    Returns:
        None where no box of the class has to be found.
    """
    # Imported here: only evaluation needs it.
    from faster_coco_eval import COCO, COCOeval_faster

    tables = _tables(kind, pictures, answers, without_derived)
    if tables is None:
        return None
    truth, results = tables
    if not results:
        return AveragePrecision(0.0, 0.0)
    coco = COCO(truth)
    judge = COCOeval_faster(coco, coco.loadRes(results), "bbox", print_function=_discard)
    judge.params.maxDets = [1, 10, MAX_BOXES]
    judge.evaluate()
    judge.accumulate()
    # (overlaps, recalls, classes, sizes, numbers of boxes): one class, all sizes, MAX_BOXES
    precision = judge.eval["precision"][:, :, 0, 0, -1]
    return AveragePrecision(float(precision[0].mean()), float(precision.mean()))


def _tables(
    kind: RawClass,
    pictures: Sequence[LabelledPicture],
    answers: Sequence[Sequence[RawBox]],
    without_derived: bool,
) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    for number, (picture, boxes) in enumerate(zip(pictures, answers, strict=True)):
        if kind not in picture.labelled:
            continue
        width, height = picture.size.width, picture.size.height
        images.append({"id": number, "width": width, "height": height})
        for truth in picture.boxes:
            if truth.kind is kind:
                ignored = truth.ignored or (without_derived and truth.derived)
                entry = _entry(number, truth.box) | {"iscrowd": int(ignored)}
                annotations.append(entry | {"id": len(annotations) + 1})
        results += [_entry(number, one.box) | {"score": one.score} for one in of_kind(boxes, kind)]
    if all(one["iscrowd"] for one in annotations):
        return None
    truth_table = {
        "info": {},
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 1, "name": kind.value}],
    }
    return truth_table, results


def _entry(picture: int, box: Box) -> dict[str, Any]:
    return {
        "image_id": picture,
        "category_id": 1,
        "bbox": [box.x1, box.y1, box.width, box.height],
        "area": box.area,
    }


def _discard(*_: object) -> None:
    """Where the evaluator's progress lines go: stdout belongs to our own JSON."""
