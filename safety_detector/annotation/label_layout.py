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
from numpy.typing import NDArray

from safety_detector.domain.geometry import Box, ImageSize

# Rectangles are rows ``(left, top, right, bottom)``, lines are rows ``(x1, y1, x2, y2)``.
_Floats: TypeAlias = NDArray[np.float64]
_Ints: TypeAlias = NDArray[np.int64]
_Point: TypeAlias = tuple[int, int]

# The unit of cost: 1.0 makes another place preferable that is as good to read.  Found by looking
# at pictures with one to thirty boxes, from 320 pixels to 4K.
_HIDDEN_OBJECT = 20.0  # an object hidden altogether; a part of it costs its share
_HIDDEN_HEAD = 20.0  # on top of that a head hidden altogether
_FOREIGN_SPOT = 3.0  # the line above another's box, where its own label would best be
_FOREIGN_BOX = 3.0  # a label that lies wholly in another's box and seems to belong to it
_SAYS_LESS = 7.0  # the share of the label's width that a shorter form leaves out
_STAND_OFF = 1.0  # a label that needs a leader …
_LEADER_PER_LINE = 0.5  # … and each line height of the leader's length
_LEADER_ON_BOX = 0.5  # a leader that runs over another box
_LEADER_ON_LABEL = 5.0  # a leader that runs behind a label
_LABEL_ON_LABEL = 1e6  # chosen only where no free place is left at all
_GOOD_ENOUGH = 1.0  # a place beside the box that costs no more ends the search
_SHORTLIST = 16  # so many of the cheapest places are looked at for leaders that cross something

# Where a label can touch its box.  The label's upper left corner is the box's upper left corner
# + `along` × the box's size - `back` × the label's size + `off` × the distance from the box.
_PLACES = (
    # along      back        off      cost
    ((0.0, 0.0), (0.0, 0.0), (0, 0), 0.6),  # inside, in the corners
    ((1.0, 0.0), (1.0, 0.0), (0, 0), 0.7),
    ((0.0, 1.0), (0.0, 1.0), (0, 0), 0.6),
    ((1.0, 1.0), (1.0, 1.0), (0, 0), 0.7),
    ((0.0, 0.0), (0.0, 1.0), (0, -1), 0.0),  # above; on the left is where reading starts
    ((0.5, 0.0), (0.5, 1.0), (0, -1), 0.4),
    ((1.0, 0.0), (1.0, 1.0), (0, -1), 0.2),
    ((0.5, 0.0), (0.0, 1.0), (0, -1), 0.6),
    ((0.5, 0.0), (1.0, 1.0), (0, -1), 0.6),
    ((0.0, 1.0), (0.0, 0.0), (0, 1), 0.5),  # below
    ((0.5, 1.0), (0.5, 0.0), (0, 1), 0.8),
    ((1.0, 1.0), (1.0, 0.0), (0, 1), 0.6),
    ((0.5, 1.0), (0.0, 0.0), (0, 1), 0.9),
    ((0.5, 1.0), (1.0, 0.0), (0, 1), 0.9),
    ((1.0, 0.0), (0.0, 0.0), (1, 0), 0.6),  # to the right
    ((1.0, 0.5), (0.0, 0.5), (1, 0), 1.0),
    ((1.0, 1.0), (0.0, 1.0), (1, 0), 0.8),
    ((0.0, 0.0), (1.0, 0.0), (-1, 0), 0.5),  # to the left
    ((0.0, 0.5), (1.0, 0.5), (-1, 0), 0.9),
    ((0.0, 1.0), (1.0, 1.0), (-1, 0), 0.7),
    ((0.0, 0.0), (1.0, 1.0), (-1, -1), 1.0),  # corner to corner
    ((1.0, 0.0), (0.0, 1.0), (1, -1), 1.0),
    ((0.0, 1.0), (1.0, 0.0), (-1, 1), 1.2),
    ((1.0, 1.0), (0.0, 0.0), (1, 1), 1.2),
)
_ALONG, _BACK, _OFF = (np.array([place[part] for place in _PLACES]) for part in range(3))
_PLACE_COST = np.array([place[3] for place in _PLACES])
_FIRST_OUTSIDE = 4  # places from this one on lie outside the box
_STAND_OFF_LINES = np.array([0.8, 1.6, 2.8, 4.5, 7.0, 10.0])  # distances tried, in line heights

_ROUNDING_PX = 1.0  # label corners are whole pixels, so a label that touches may miss by this
_HEAD_SHARE = 0.25  # of a person's box from the top; a standing person's head is a seventh


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """A label that wants a place.

    Attributes:
        box: the object with its frame, in pixels of the picture.
        forms: sizes in pixels that the label can take, the one that says most first.
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
    the whole picture in its shortest form.

    Args:
        requests: the most urgent first.
        picture: size of the picture.
    """
    scene = _Scene.of(requests, picture)
    placed = _Placed(np.empty((0, 4)), np.empty((0, 4)))
    placements: list[Placement | None] = []
    strain = 0.0
    for index, request in enumerate(requests):
        choice = _choose(scene, index, request.forms, placed)
        if choice is None:
            placements.append(None)
            continue
        placed = placed.plus(choice)
        strain += choice.cost
        placements.append(choice.placement())
    return Layout(tuple(placements), strain)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What stands in the picture.

    ``obstacles`` are all boxes, then the lines above them, then all heads; ``hiding`` is what each
    square pixel hidden of each of them costs.
    """

    limits: _Floats
    boxes: _Floats
    obstacles: _Floats
    hiding: _Floats

    @classmethod
    def of(cls, requests: Sequence[LabelRequest], picture: ImageSize) -> _Scene:
        boxes = np.array([one.box.xyxy for one in requests], dtype=float).reshape(-1, 4)
        heads = boxes[np.array([one.has_head for one in requests], dtype=bool)]
        widths, heights = heads[:, 2] - heads[:, 0], heads[:, 3] - heads[:, 1]
        heads[:, 3] = heads[:, 1] + np.minimum(heights * _HEAD_SHARE, widths)
        spots = boxes.copy()
        spots[:, 3] = boxes[:, 1]
        spots[:, 1] -= [max((form.height for form in one.forms), default=0) for one in requests]
        obstacles = np.vstack((boxes, spots, heads))
        prices = (_HIDDEN_OBJECT, _FOREIGN_SPOT, _HIDDEN_HEAD)
        price = np.repeat(prices, (len(boxes), len(spots), len(heads)))
        limits = np.array([picture.width, picture.height], dtype=float)
        return cls(limits, boxes, obstacles, price / np.maximum(_areas(obstacles), 1.0))


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Rectangles ``(n, 4)``, their form and what they cost by their kind, both ``(n,)``."""

    rects: _Floats
    form: _Ints
    cost: _Floats


@dataclass(frozen=True, slots=True)
class _Choice:
    """A place for one label; ``leader`` is None where the label touches its box."""

    rect: _Floats
    form: int
    cost: float
    leader: _Floats | None

    def placement(self) -> Placement:
        left, top = int(self.rect[0]), int(self.rect[1])
        if self.leader is None:
            return Placement(self.form, left, top)
        x1, y1, x2, y2 = (int(value) for value in self.leader)
        return Placement(self.form, left, top, ((x1, y1), (x2, y2)))


@dataclass(frozen=True, slots=True)
class _Placed:
    """Labels and leaders that have their place."""

    labels: _Floats
    leaders: _Floats

    def plus(self, choice: _Choice) -> _Placed:
        labels = np.vstack((self.labels, choice.rect))
        if choice.leader is None:
            return _Placed(labels, self.leaders)
        return _Placed(labels, np.vstack((self.leaders, choice.leader)))


def _choose(
    scene: _Scene, index: int, forms: Sequence[ImageSize], placed: _Placed
) -> _Choice | None:
    """The cheapest place: beside the box, else a little apart, else anywhere in the picture."""
    sizes = np.array([(size.width, size.height) for size in forms], dtype=float).reshape(-1, 2)
    (fitting,) = np.nonzero((sizes <= scene.limits).all(axis=1))
    if not len(fitting):
        return None
    beside = _cheapest(scene, index, _beside(scene, index, sizes, fitting), placed)
    if beside.cost <= _GOOD_ENOUGH:
        return beside
    apart = _cheapest(scene, index, _apart(scene, index, sizes, fitting), placed)
    if min(beside.cost, apart.cost) < _LABEL_ON_LABEL:
        return beside if beside.cost <= apart.cost else apart
    return _cheapest(scene, index, _anywhere(scene, sizes, fitting[-1:], placed), placed)


def _beside(scene: _Scene, index: int, sizes: _Floats, forms: _Ints) -> _Candidates:
    """Places that touch the box."""
    form = np.repeat(forms, len(_PLACES))
    corners = (
        scene.boxes[index, :2]
        + _ALONG * (scene.boxes[index, 2:] - scene.boxes[index, :2])
        - _BACK * sizes[forms, np.newaxis]
    )
    return _candidates(scene, corners.reshape(-1, 2), sizes, form, np.tile(_PLACE_COST, len(forms)))


def _apart(scene: _Scene, index: int, sizes: _Floats, forms: _Ints) -> _Candidates:
    """Places that stand off the box at several distances; axes: form, distance, place, x and y."""
    size = sizes[forms, np.newaxis, np.newaxis]
    distance = _STAND_OFF_LINES[:, np.newaxis, np.newaxis] * size[..., 1:]
    corners = (
        scene.boxes[index, :2]
        + _ALONG[_FIRST_OUTSIDE:] * (scene.boxes[index, 2:] - scene.boxes[index, :2])
        - _BACK[_FIRST_OUTSIDE:] * size
        + _OFF[_FIRST_OUTSIDE:] * distance
    ).reshape(-1, 2)
    form = np.repeat(forms, len(corners) // len(forms))
    return _candidates(scene, corners, sizes, form, np.zeros(len(form)))


def _anywhere(scene: _Scene, sizes: _Floats, forms: _Ints, placed: _Placed) -> _Candidates:
    """Every place whose left and upper edges are those of the picture or touch a label.

    If there is a free place at all, one of these is free: push it left and up until it touches.
    """
    lefts, tops = np.append(placed.labels[:, 2], 0.0), np.append(placed.labels[:, 3], 0.0)
    form, left, top = (grid.ravel() for grid in np.meshgrid(forms, lefts, tops))
    return _candidates(scene, np.column_stack((left, top)), sizes, form, np.zeros(len(form)))


def _candidates(
    scene: _Scene, corners: _Floats, sizes: _Floats, form: _Ints, cost: _Floats
) -> _Candidates:
    """Labels with these upper left corners, pushed into the picture, on whole pixels."""
    size = sizes[form]
    corners = np.minimum(np.maximum(np.rint(corners), 0.0), scene.limits - size)
    says_less = _SAYS_LESS * (1 - size[:, 0] / sizes[0, 0])
    return _Candidates(np.hstack((corners, corners + size)), form, cost + says_less)


def _cheapest(scene: _Scene, index: int, candidates: _Candidates, placed: _Placed) -> _Choice:
    rects, box = candidates.rects, scene.boxes[index]
    leaders, has_leader = _leaders(rects, box)
    cost = (
        candidates.cost
        + _hiding_cost(scene, index, rects, placed)
        + _stand_off_cost(rects, leaders) * has_leader
    )
    shortlist = np.argsort(cost, kind="stable")[:_SHORTLIST]
    if len(placed.leaders):
        on_leaders = _crossed(placed.leaders, rects[shortlist]).sum(axis=0)
        cost[shortlist] += on_leaders * _LEADER_ON_LABEL
    if has_leader.any():
        crossing = _crossing_cost(scene, index, leaders[shortlist], placed)
        cost[shortlist] += crossing * has_leader[shortlist]
    best = shortlist[cost[shortlist].argmin()]
    return _Choice(
        rect=rects[best],
        form=int(candidates.form[best]),
        cost=float(cost[best]),
        leader=leaders[best] if has_leader[best] else None,
    )


def _hiding_cost(scene: _Scene, index: int, rects: _Floats, placed: _Placed) -> _Floats:
    """What it costs that labels lie on objects, on heads and on other labels."""
    shared = _shared(rects, scene.obstacles)
    areas = _areas(rects)
    boxes = len(scene.boxes)
    on_foreign = shared[:, :boxes].sum(axis=1) - shared[:, index]
    shared[:, boxes + index] = 0.0  # the label's own best spot
    cost = shared @ scene.hiding + on_foreign / areas * _FOREIGN_BOX
    if len(placed.labels):
        on_labels = _shared(rects, placed.labels).sum(axis=1)
        cost += (on_labels > 0) * _LABEL_ON_LABEL * (1 + on_labels / areas)
    return np.asarray(cost)


def _stand_off_cost(rects: _Floats, leaders: _Floats) -> _Floats:
    length = np.hypot(leaders[:, 2] - leaders[:, 0], leaders[:, 3] - leaders[:, 1])
    return np.asarray(_STAND_OFF + _LEADER_PER_LINE * length / (rects[:, 3] - rects[:, 1]))


def _crossing_cost(scene: _Scene, index: int, leaders: _Floats, placed: _Placed) -> _Floats:
    """What it costs that leaders run over other boxes and behind labels."""
    on_boxes = _crossed(leaders, scene.boxes)
    cost = (on_boxes.sum(axis=1) - on_boxes[:, index]) * _LEADER_ON_BOX
    return np.asarray(cost + _crossed(leaders, placed.labels).sum(axis=1) * _LEADER_ON_LABEL)


def _leaders(rects: _Floats, box: _Floats) -> tuple[_Floats, NDArray[np.bool_]]:
    """Lines ``(n, 4)`` from labels to the box, and which labels need one, not touching the box."""
    middle = (box[:2] + box[2:]) / 2
    start = np.minimum(np.maximum(middle, rects[:, :2]), rects[:, 2:] - 1)
    end = np.minimum(np.maximum(start, box[:2]), box[2:] - 1)
    gap = np.maximum(box[:2] - rects[:, 2:], rects[:, :2] - box[2:])
    return np.hstack((start, end)), np.maximum(gap[:, 0], gap[:, 1]) > _ROUNDING_PX


def _crossed(lines: _Floats, rects: _Floats) -> NDArray[np.bool_]:
    """Which of n lines run through which of m rectangles, ``(n, m)``: the slab method."""
    start = lines[:, np.newaxis, :2]
    along = lines[:, np.newaxis, 2:] - start
    along = np.where(along == 0, 1e-9, along)  # so that a line along an axis can divide
    first, last = (rects[:, :2] - start) / along, (rects[:, 2:] - start) / along
    enter = np.minimum(first, last).max(axis=2)
    leave = np.maximum(first, last).min(axis=2)
    return np.asarray((enter < leave) & (leave > 0) & (enter < 1))


def _shared(rects: _Floats, others: _Floats) -> _Floats:
    """Areas ``(n, m)`` that each of n rectangles shares with each of m others."""
    left, top, right, bottom = rects.T[:, :, np.newaxis]
    width: _Floats = np.minimum(right, others[:, 2])
    width -= np.maximum(left, others[:, 0])
    height = np.minimum(bottom, others[:, 3])
    height -= np.maximum(top, others[:, 1])
    np.maximum(width, 0.0, out=width)
    width *= np.maximum(height, 0.0, out=height)
    return width


def _areas(rects: _Floats) -> _Floats:
    return np.asarray((rects[:, 2] - rects[:, 0]) * (rects[:, 3] - rects[:, 1]))
