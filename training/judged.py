"""Judged pictures of a site as pictures to learn from.

Reviewers judge what the product reports: fires, plumes, and people with the state of their helmets.
The network learns heads. So the heads come from the network itself, one for each person, and the
person's state says what kind of head it is; where it sees no head, or nobody could tell the state,
the place teaches nothing about heads. Sets that label heads themselves are taken as they are.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from safety_detector.detectors.embedded.helmets import HEAD_REGION_SHARE, SAME_HEAD_IOU
from safety_detector.detectors.embedded.raw_boxes import RawBox, RawClass, of_kind
from safety_detector.domain.geometry import Box, intersection_area, iou
from safety_detector.domain.hazards import SubLabel
from safety_detector.evaluation.acceptance import rights
from safety_detector.evaluation.running import Answered
from safety_detector.evaluation.truth import LabelledPicture as JudgedPicture
from safety_detector.evaluation.truth import TrueBox
from safety_detector.pictures.images import decode, read_header
from training.labels import HEADS, PERSON, LabelledPicture, picture_target
from training.model import CLASSES
from training.regions import GAP_IN_WIDTHS, merge_connected

LONGEST_SIDE = 896  # of what is kept in memory: twice the largest size that is trained at
JPEG_QUALITY = 95
LEAST_HEAD_SCORE = 0.15  # of a head hardly seen, in somebody who is known to be there
HEAD_INSIDE_SHARE = 0.6  # of a head that the person's box must hold: boxes begin at a helmet's rim
LARGEST_HEAD_SHARE = 0.4  # of a person's box that a head covers: somebody seen from the chest up
TALLEST_HEAD = 1.7  # in widths; somebody whose box is taller is seen with the body
ONLY_A_HEAD_IOU = 0.5  # from it on the person's box is the head's, and nothing is known of the body

MISTAKEN, KNOWN = "mistaken", "known"
_HEADS = (RawClass.HEAD_HELMET, RawClass.HEAD_BARE)
_KIND_OF = {SubLabel.HELMET: RawClass.HEAD_HELMET, SubLabel.NO_HELMET: RawClass.HEAD_BARE}


@dataclass(frozen=True, slots=True)
class Taught:
    """What one picture teaches, in pixels of the file."""

    boxes: tuple[tuple[RawClass, Box], ...]
    ignored: tuple[tuple[RawClass, Box], ...]
    background: frozenset[RawClass]


def teach(picture: JudgedPicture, seen: Sequence[RawBox]) -> Taught:
    """What a picture teaches.

    Args:
        picture: with its labels.
        seen: what the network that goes on learning sees in it, weak boxes too.
    """
    hazards = [
        (one.kind, one.box)
        for one in picture.boxes
        if one.kind in GAP_IN_WIDTHS and not one.ignored
    ]
    ignored = [(one.kind, one.box) for one in picture.boxes if one.ignored]
    known = [one for one in picture.labelled if one in GAP_IN_WIDTHS]
    if not picture.as_reported:
        others = [
            (one.kind, one.box)
            for one in picture.boxes
            if one.kind not in GAP_IN_WIDTHS and not one.ignored
        ]
        return Taught((*hazards, *others), tuple(ignored), frozenset(picture.labelled))
    people = picture.counted(RawClass.PERSON)
    heads = _heads_of(people, of_kind(seen, *_HEADS))
    taught, bodies_known = list(hazards), RawClass.PERSON in picture.labelled
    for person, head in zip(people, heads, strict=True):
        kind = None if person.state is None else _KIND_OF.get(person.state)
        if head is not None and kind is not None:
            taught.append((kind, head))
        else:
            ignored += [(one, _upper_part(person.box)) for one in _HEADS]
            ignored += [(one, head) for one in _HEADS if head is not None]
        if head is not None and iou(head, person.box) >= ONLY_A_HEAD_IOU:
            bodies_known = False
        else:
            taught.append((RawClass.PERSON, person.box))
    if RawClass.PERSON in picture.labelled:
        known += _HEADS
        known += [RawClass.PERSON] if bodies_known else []
    return Taught(tuple(taught), tuple(ignored), frozenset(known))


def _heads_of(people: Sequence[TrueBox], seen: Sequence[RawBox]) -> list[Box | None]:
    """The head of each person: the surest ones choose first, each the person it fits best."""
    heads: list[Box | None] = [None] * len(people)
    for one in sorted(seen, key=lambda box: -box.score):
        if one.score < LEAST_HEAD_SCORE:
            break
        if any(head is not None and iou(head, one.box) > SAME_HEAD_IOU for head in heads):
            continue  # the same head, seen with and without helmet
        free = [
            (_offset(one.box, person.box), number)
            for number, person in enumerate(people)
            if heads[number] is None and _may_be_head(one.box, person.box)
        ]
        if free:
            heads[min(free)[1]] = one.box
    return heads


def _offset(head: Box, person: Box) -> float:
    """How far a head is from where that of somebody standing would be, in head widths."""
    x, y = head.centre
    expected_x, expected_y = person.centre[0], person.y1 + head.height / 2
    return math.hypot(x - expected_x, y - expected_y) / head.width


def _may_be_head(head: Box, person: Box) -> bool:
    """Whether it lies where a head may be and is as large, or is all that is seen of somebody."""
    if iou(head, person) >= ONLY_A_HEAD_IOU and person.height <= TALLEST_HEAD * person.width:
        return True
    inside = intersection_area(head, person) >= HEAD_INSIDE_SHARE * head.area
    fits = head.area <= LARGEST_HEAD_SHARE * person.area
    return inside and fits and _upper_part(person).contains(head.centre)


def _upper_part(person: Box) -> Box:
    """Where the head may be: of whoever lies or crouches, anywhere."""
    share = HEAD_REGION_SHARE if person.height > person.width else 1.0
    return Box(person.x1, person.y1, person.x2, person.y1 + share * person.height)


def as_training_pictures(answers: Sequence[Answered], folder: Path) -> Iterator[LabelledPicture]:
    """What judged pictures teach, with smaller copies of them in a folder.

    Args:
        answers: of the network that goes on learning, with its raw boxes.
        folder: where the copies go; one is about as large as a frame of a camera.
    """
    for number, answer in enumerate(answers):
        picture = answer.picture
        taught = teach(picture, answer.raw.boxes if answer.raw else ())
        path = folder / f"{number:06d}.jpg"
        scale = _write_smaller(picture.path, path)
        is_right = all(right for _, right in rights(answer))
        yield _scaled(taught, path, KNOWN if is_right else MISTAKEN, scale)


def _write_smaller(source: Path, target: Path) -> float:
    data = source.read_bytes()
    rgb = decode(data, read_header(data))
    scale = min(1.0, LONGEST_SIDE / max(rgb.shape[:2]))
    if scale < 1:
        size = (max(round(rgb.shape[1] * scale), 1), max(round(rgb.shape[0] * scale), 1))
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    if not cv2.imwrite(str(target), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), quality):
        raise OSError(f"cannot write {target}")
    return scale


def _scaled(taught: Taught, path: Path, source: str, scale: float) -> LabelledPicture:
    background = np.array([RawClass(name) in taught.background for name in CLASSES], bool)
    boxes, classes = _arrays(taught.boxes, scale)
    for name, gap in GAP_IN_WIDTHS.items():
        boxes, classes = _joined(boxes, classes, CLASSES.index(name), gap)
    ignored_boxes, ignored_classes = _arrays(taught.ignored, scale)
    return LabelledPicture(
        path=path,
        key=source,
        tag=source,
        group=path.stem,
        boxes=boxes,
        classes=classes,
        ignored_boxes=ignored_boxes,
        ignored_classes=ignored_classes,
        derived=np.isin(classes, [*HEADS, PERSON]),
        learns_background=background,
        picture_target=picture_target(classes, background),
    )


def _arrays(
    found: Sequence[tuple[RawClass, Box]], scale: float
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    boxes = np.array([box.xyxy for _, box in found], np.float32).reshape(-1, 4) * scale
    classes = np.array([CLASSES.index(kind.value) for kind, _ in found], np.int64)
    return boxes.astype(np.float32), classes


def _joined(
    boxes: NDArray[np.float32], classes: NDArray[np.int64], index: int, gap: float
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """One box for each connected fire or plume, as the network has learnt them."""
    own = merge_connected(boxes[classes == index], gap)
    others = classes != index
    return (
        np.concatenate([boxes[others], own]).astype(np.float32),
        np.concatenate([classes[others], np.full(len(own), index, np.int64)]),
    )
