"""Decides where labels go: inside the picture, apart from each other, off what people must see.

Pure and deterministic.  Labels are placed one after the other, the most urgent first, each at the
cheapest of some hundreds of places around its box.  A place costs more the more of an object (above
all of a person's head) it hides, the further it is from its box and the less the label says there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from safety_detector.annotation.label_costs import LABEL_ON_LABEL, Choice, Placed, Scene, cheapest
from safety_detector.annotation.label_places import (
    Forms,
    places_anywhere,
    places_apart,
    places_beside,
)
from safety_detector.domain.geometry import Box, ImageSize

_Point: TypeAlias = tuple[int, int]

_GOOD_ENOUGH = 1.0  # a place beside the box that costs no more ends the search


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """A label that wants a place.

    Attributes:
        box: the object with its frame, in pixels of the picture.
        forms: sizes in pixels that the label can take, the one that says most first; at least one.
        has_head: whether the upper part of the box is a head, which should stay visible.
    """

    box: Box
    forms: tuple[ImageSize, ...]
    has_head: bool = False


@dataclass(frozen=True, slots=True)
class Placement:
    """Where one label goes.

    Attributes:
        form: index of the chosen form.
        left: column of the label's first pixel.
        top: row of the label's first pixel.
        leader: ends ``(x, y)`` of a line from the label to its box; None where the two touch.
    """

    form: int
    left: int
    top: int
    leader: tuple[_Point, _Point] | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Places for all labels, in the order of the requests.

    Attributes:
        placements: None for a label of which no form fits into the picture.
        strain: the sum of what the places cost; small where everything is easy to read.
    """

    placements: tuple[Placement | None, ...]
    strain: float


def place_labels(requests: Sequence[LabelRequest], picture: ImageSize) -> Layout:
    """Gives each label a place, the first request having the first choice.

    Labels lie inside the picture.  A label overlaps another only if it has no free place left in
    the whole picture in its shortest form (behind the first ``MANY_LABELS``: none was found).

    Args:
        requests: the most urgent first.
        picture: size of the picture.
    """
    scene = Scene.of(
        boxes=np.array([one.box.xyxy for one in requests], dtype=float).reshape(-1, 4),
        has_head=np.array([one.has_head for one in requests], dtype=bool),
        line_heights=np.array([one.forms[0].height for one in requests], dtype=float),
    )
    placed = Placed(np.empty((0, 4)), np.empty((0, 4)))
    placements: list[Placement | None] = []
    strain = 0.0
    for index, request in enumerate(requests):
        forms = _forms(request, picture)
        if not len(forms.fitting):
            placements.append(None)
            continue
        choice = _choose(scene, index, forms, placed)
        placed = placed.plus(choice)
        placements.append(_placement(choice))
        strain += choice.cost
    return Layout(tuple(placements), strain)


def _forms(request: LabelRequest, picture: ImageSize) -> Forms:
    sizes = np.array([(size.width, size.height) for size in request.forms], dtype=float)
    limits = np.array([picture.width, picture.height], dtype=float)
    (fitting,) = np.nonzero((sizes <= limits).all(axis=1))
    return Forms(sizes, fitting, limits)


def _choose(scene: Scene, index: int, forms: Forms, placed: Placed) -> Choice:
    """The cheapest place: beside the box, else a little apart, else anywhere in the picture."""
    box = scene.boxes[index]
    beside = cheapest(scene, index, places_beside(box, forms), placed)
    if beside.cost <= _GOOD_ENOUGH:
        return beside
    apart = cheapest(scene, index, places_apart(box, forms), placed)
    best = beside if beside.cost <= apart.cost else apart
    if best.cost < LABEL_ON_LABEL:
        return best
    return cheapest(scene, index, places_anywhere(placed.labels, forms), placed)


def _placement(choice: Choice) -> Placement:
    left, top = int(choice.rect[0]), int(choice.rect[1])
    if choice.leader is None:
        return Placement(choice.form, left, top)
    x1, y1, x2, y2 = (int(value) for value in choice.leader)
    return Placement(choice.form, left, top, ((x1, y1), (x2, y2)))
