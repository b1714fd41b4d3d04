"""Figures on the validation split: AP by class, picture-level recall, and where thresholds go.

A class is judged only on pictures that are exhaustively labelled for it.
"""

import contextlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from faster_coco_eval import COCO, COCOeval_faster
from numpy.typing import NDArray

from safety_detector.detectors.embedded.overview import Look, join_looks, needs_overview
from safety_detector.detectors.embedded.raw_boxes import (
    average_duplicates,
    suppress_duplicates,
    weigh_rivals,
)
from training.batches import LETTERBOX_GREY, letterbox_scale, load_rgb
from training.labels import LabelledPicture
from training.model import CLASSES, PICTURE_CLASSES, STRIDES

PICTURE_COLUMNS = [CLASSES.index(name) for name in PICTURE_CLASSES]

MIN_SCORE = 0.01  # below this a box changes no average precision that matters
MAX_CANDIDATES = 800  # of a class that go into suppression
MAX_BOXES = 300  # of a class
FALSE_POSITIVE_SHARE = 0.05  # at which picture-level recall is stated
SHIPPED_RECALL = 0.99
SHIPPED_FALSE_POSITIVES = 0.015  # of fire and of smoke each, whatever that costs in recall
# One who is overlooked costs more than one invented, a bare head most.
RECALL_WEIGHT = {"person": 1.5, "head_helmet": 2.0, "head_bare": 2.0}


# A letterboxed picture, uint8 (1, H, W, 3) RGB -> boxes (N, 4), scores (N, 5), picture scores (2,)
Network = Callable[[NDArray[np.uint8]], tuple[NDArray[np.float32], ...]]

# By class: from which IoU boxes are `suppress`ed, from which they `average`, and the exponents
# `agreement` and `rivalry` of `weigh_rivals`.
Overlaps = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """One class: average precision, and the score at which the F score is best."""

    ap50: float
    ap50_95: float
    best_f: float
    threshold: float
    boxes: int


@dataclass(frozen=True, slots=True)
class PictureFigures:
    """Fire or smoke anywhere: recall at 5 % false positives, and the score to ship.

    The shipped one is as high as a recall of `SHIPPED_RECALL` lets it be, but never lets more than
    `SHIPPED_FALSE_POSITIVES` of the negatives pass, among them sunsets, clouds and lamps.
    """

    recall: float
    strictest: float  # score that `SHIPPED_FALSE_POSITIVES` of the negatives exceed
    threshold: float
    positives: int
    negatives: int


def letterbox(pixels: NDArray[np.uint8], size: int) -> tuple[NDArray[np.uint8], float]:
    """Scale the longer side of RGB (H, W, 3) to `size`; also the factor applied.

    The rest, up to the next multiple of the coarsest stride, is grey, as in the product.
    """
    scale = letterbox_scale(pixels.shape[0], pixels.shape[1], size)
    width = max(1, round(pixels.shape[1] * scale))
    height = max(1, round(pixels.shape[0] * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas_hw = [-(-side // STRIDES[-1]) * STRIDES[-1] for side in (height, width)]
    canvas = np.full((*canvas_hw, 3), LETTERBOX_GREY, np.uint8)
    canvas[:height, :width] = cv2.resize(pixels, (width, height), interpolation=way)
    return canvas, scale


def answer_all(
    network: Network,
    pictures: Sequence[LabelledPicture],
    size: int,
    overview: Mapping[str, Any] | None = None,
) -> list[Look]:
    """Run the network over pictures one by one, as the product does.

    Args:
        network: to run.
        pictures: to answer for.
        size: longer side of what it sees.
        overview: `size` and `least_share` of a second look, None for a single one.
    """
    answers = []
    for picture in pictures:
        pixels = load_rgb(picture)
        full = _look(network, pixels, size)
        longer_side = max(pixels.shape[:2])
        if overview is not None and needs_overview(full, longer_side, CLASSES.index("person")):
            far = _look(network, pixels, overview["size"])
            least_side = overview["least_share"] * longer_side
            full = join_looks(full, far, least_side, PICTURE_COLUMNS)
        answers.append(full)
    return answers


def _look(network: Network, pixels: NDArray[np.uint8], size: int) -> Look:
    canvas, scale = letterbox(pixels, size)
    boxes, scores, picture_scores = network(canvas[None])
    return Look(boxes / scale, scores, picture_scores)


def suppress(
    answer: Look, overlaps: Overlaps
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
    """One box an object, as in the product: boxes (n, 4), scores (n,), class indices (n,)."""
    found = []
    for index, name in enumerate(CLASSES):
        rows = np.flatnonzero(answer.scores[:, index] > MIN_SCORE)
        rows = rows[np.argsort(-answer.scores[rows, index])[:MAX_CANDIDATES]]
        boxes, scores = answer.boxes[rows], answer.scores[rows, index]
        kept = suppress_duplicates(boxes, scores, overlaps[name]["suppress"], MAX_BOXES)
        averaged, votes = average_duplicates(boxes, scores, kept, overlaps[name]["average"])
        weighed = weigh_rivals(
            scores[kept], votes, overlaps[name]["agreement"], overlaps[name]["rivalry"]
        )
        found.append((averaged, weighed, np.full(len(kept), index)))
    return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))


def class_figures(
    pictures: Sequence[LabelledPicture], answers: Sequence[Look], overlaps: Overlaps
) -> dict[str, ClassFigures]:
    """Average precision and best threshold of every class that has a box."""
    found = [suppress(answer, overlaps) for answer in answers]
    figures = {}
    for index, name in enumerate(CLASSES):
        rows = [row for row, p in enumerate(pictures) if p.learns_background[index]]
        truth, results = _coco_tables(pictures, found, rows, index)
        if not any(not a["iscrowd"] for a in truth["annotations"]) or not results:
            continue
        weight = RECALL_WEIGHT.get(name, 1.0)
        figures[name] = _one_class(truth, results, weight)
    return figures


def _coco_tables(
    pictures: Sequence[LabelledPicture], found: Sequence[tuple], rows: list[int], index: int
) -> tuple[dict, list[dict]]:
    annotations: list[dict] = []
    results = []
    for row in rows:
        picture = pictures[row]
        for boxes, classes, crowd in (
            (picture.boxes, picture.classes, 0),
            (picture.ignored_boxes, picture.ignored_classes, 1),
        ):
            for x1, y1, x2, y2 in boxes[classes == index].tolist():
                annotations.append(
                    {
                        "id": len(annotations) + 1,
                        "image_id": row,
                        "category_id": 1,
                        "bbox": [x1, y1, x2 - x1, y2 - y1],
                        "area": (x2 - x1) * (y2 - y1),
                        "iscrowd": crowd,
                    }
                )
        boxes, scores, kinds = found[row]
        for (x1, y1, x2, y2), score in zip(
            boxes[kinds == index].tolist(), scores[kinds == index].tolist(), strict=True
        ):
            results.append(
                {
                    "image_id": row,
                    "category_id": 1,
                    "score": score,
                    "bbox": [x1, y1, x2 - x1, y2 - y1],
                }
            )
    truth = {
        "info": {},
        "images": [{"id": row, "width": 1, "height": 1} for row in rows],
        "categories": [{"id": 1, "name": CLASSES[index]}],
        "annotations": annotations,
    }
    return truth, results


def _one_class(truth: dict, results: list[dict], recall_weight: float) -> ClassFigures:
    with contextlib.redirect_stdout(io.StringIO()):
        table = COCO(truth)
        judge = COCOeval_faster(table, table.loadRes(results), "bbox", print_function=_silent)
        judge.params.maxDets = [1, 100, MAX_BOXES]
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"][:, :, 0, 0, -1]  # (overlaps, recalls)
    scores = judge.eval["scores"][0, :, 0, 0, -1]
    recalls = judge.params.recThrs
    squared = recall_weight**2
    f_scores = (1 + squared) * precision[0] * recalls
    f_scores /= np.maximum(squared * precision[0] + recalls, 1e-9)
    best = int(f_scores.argmax())
    return ClassFigures(
        float(precision[0].mean()),
        float(precision.mean()),
        float(f_scores[best]),
        float(scores[best]),
        sum(not a["iscrowd"] for a in truth["annotations"]),
    )


def _silent(*_: object) -> None:
    """The evaluator prints its progress unless given somewhere else to."""


def picture_figures(
    pictures: Sequence[LabelledPicture], scores: NDArray[np.float32]
) -> dict[str, PictureFigures]:
    """Recall at 5 % false positives of picture scores (pictures, 2)."""
    figures = {}
    targets = np.stack([p.picture_target for p in pictures])
    for index, name in enumerate(PICTURE_CLASSES):
        positive = np.sort(scores[targets[:, index] == 1, index])
        negative = np.sort(scores[targets[:, index] == 0, index])
        if len(positive) == 0 or len(negative) == 0:
            continue
        strictest = _score_passed_by(negative, SHIPPED_FALSE_POSITIVES)
        stated = _score_passed_by(negative, FALSE_POSITIVE_SHARE)
        figures[name] = PictureFigures(
            recall=float((positive > stated).mean()),
            strictest=strictest,
            threshold=max(strictest, float(np.quantile(positive, 1 - SHIPPED_RECALL))),
            positives=len(positive),
            negatives=len(negative),
        )
    return figures


def _score_passed_by(ascending: NDArray[np.float32], share: float) -> float:
    """The score that at most this share of the sorted scores exceeds."""
    return float(ascending[-int(len(ascending) * share) - 1])


def box_picture_scores(answers: Sequence[Look]) -> NDArray[np.float32]:
    """The best box score of fire and of smoke in each picture, (pictures, 2)."""
    return np.stack([answer.scores[:, PICTURE_COLUMNS].max(axis=0) for answer in answers])
