"""What it costs the reader that a label lies here and not there, and the cheapest place for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from safety_detector.annotation.array_geometry import (
    Floats,
    Truths,
    areas_of,
    lines_across,
    lines_through,
    nearest_lines,
    shared_areas,
)
from safety_detector.annotation.label_places import Places

# The unit of cost: 1.0 makes another place preferable that is as good to read.  Found by looking
# at pictures with one to sixty boxes, from 320 pixels to 4K.
_HIDDEN_OBJECT = 20.0  # an object hidden altogether; a part of it costs its share
_HIDDEN_HEAD = 20.0  # on top of that a head hidden altogether
_FOREIGN_SPOT = 2.0  # the line above another's box, where its own label would best be
_FOREIGN_BOX = 3.0  # a label that lies wholly in another's box and seems to belong to it
_STAND_OFF = 1.0  # a label that needs a leader …
_LEADER_PER_LINE = 0.5  # … and each line height of the leader's length
_LEADER_ON_BOX = 0.5  # a leader that runs over another box
_LEADER_ON_LEADER = 3.0  # two leaders that cross
_LEADER_ON_LABEL = 8.0  # a leader that runs behind a label
LABEL_ON_LABEL = 1e6
"""Cost of a label on another one, more than all the rest together: the last resort."""

_SHORTLIST = 48  # so many of the cheapest places are looked at for leaders that cross something
_ROUNDING_PX = 1.0  # label corners are whole pixels, so a label that touches may miss by this
_HEAD_SHARE = 0.25  # of a person's box from the top; a standing person's head is a seventh


@dataclass(frozen=True, slots=True)
class Scene:
    """What stands in the picture.

    Attributes:
        boxes: ``(n, 4)``, the objects.
        obstacles: all boxes, then the spots above them, then the heads.
        prices: ``(m,)``, cost of each square pixel of an obstacle that a label hides.
    """

    boxes: Floats
    obstacles: Floats
    prices: Floats

    @classmethod
    def of(cls, boxes: Floats, has_head: Truths, line_heights: Floats) -> Scene:
        """The scene of these boxes; which have a head, and how high a label of each is."""
        spots = boxes.copy()
        spots[:, 1] = boxes[:, 1] - line_heights
        spots[:, 3] = boxes[:, 1]
        heads = boxes[has_head]
        widths, heights = heads[:, 2] - heads[:, 0], heads[:, 3] - heads[:, 1]
        heads[:, 3] = heads[:, 1] + np.minimum(heights * _HEAD_SHARE, widths)
        obstacles = np.vstack((boxes, spots, heads))
        whole = np.repeat(
            (_HIDDEN_OBJECT, _FOREIGN_SPOT, _HIDDEN_HEAD), (len(boxes), len(spots), len(heads))
        )
        return cls(boxes, obstacles, whole / np.maximum(areas_of(obstacles), 1.0))


@dataclass(frozen=True, slots=True)
class Choice:
    """A place for one label; ``leader`` is None where the label touches its box."""

    rect: Floats
    form: int
    cost: float
    leader: Floats | None


@dataclass(frozen=True, slots=True)
class Placed:
    """Labels and leaders that have their place, ``(n, 4)`` and ``(m, 4)``."""

    labels: Floats
    leaders: Floats

    def plus(self, choice: Choice) -> Placed:
        """These and one more."""
        labels = np.vstack((self.labels, choice.rect))
        if choice.leader is None:
            return Placed(labels, self.leaders)
        return Placed(labels, np.vstack((self.leaders, choice.leader)))


def cheapest(scene: Scene, index: int, places: Places, placed: Placed) -> Choice:
    """The cheapest of the places for the label of box ``index``; the first of equals."""
    rects = places.rects
    leaders, gap = nearest_lines(rects, scene.boxes[index])
    has_leader = gap > _ROUNDING_PX
    cost = (
        places.cost
        + _hiding_cost(scene, index, rects, placed)
        + _stand_off_cost(rects, leaders) * has_leader
    )
    shortlist = np.argsort(cost, kind="stable")[:_SHORTLIST]
    if len(placed.leaders):
        on_leaders = lines_through(placed.leaders, rects[shortlist]).sum(axis=0)
        cost[shortlist] += on_leaders * _LEADER_ON_LABEL
    if has_leader.any():
        crossing = _crossing_cost(scene, index, leaders[shortlist], placed)
        cost[shortlist] += crossing * has_leader[shortlist]
    best = shortlist[cost[shortlist].argmin()]
    return Choice(
        rect=rects[best],
        form=int(places.form[best]),
        cost=float(cost[best]),
        leader=leaders[best] if has_leader[best] else None,
    )


def _hiding_cost(scene: Scene, index: int, rects: Floats, placed: Placed) -> Floats:
    """What it costs that labels lie on objects, on heads, on spots and on other labels."""
    shared = shared_areas(rects, scene.obstacles)
    areas = areas_of(rects)
    boxes = len(scene.boxes)
    on_foreign = shared[:, :boxes].sum(axis=1) - shared[:, index]
    shared[:, boxes + index] = 0.0  # the spot above its own box is the label's own
    cost = shared @ scene.prices + on_foreign / areas * _FOREIGN_BOX
    if len(placed.labels):
        on_labels = shared_areas(rects, placed.labels).sum(axis=1)
        cost += (on_labels > 0) * LABEL_ON_LABEL * (1 + on_labels / areas)
    return np.asarray(cost)


def _stand_off_cost(rects: Floats, leaders: Floats) -> Floats:
    length = np.hypot(leaders[:, 2] - leaders[:, 0], leaders[:, 3] - leaders[:, 1])
    return np.asarray(_STAND_OFF + _LEADER_PER_LINE * length / (rects[:, 3] - rects[:, 1]))


def _crossing_cost(scene: Scene, index: int, leaders: Floats, placed: Placed) -> Floats:
    """What it costs that leaders run over other boxes, behind labels and across leaders."""
    on_boxes = lines_through(leaders, scene.boxes)
    cost = (on_boxes.sum(axis=1) - on_boxes[:, index]) * _LEADER_ON_BOX
    cost += lines_through(leaders, placed.labels).sum(axis=1) * _LEADER_ON_LABEL
    return np.asarray(cost + lines_across(leaders, placed.leaders).sum(axis=1) * _LEADER_ON_LEADER)
