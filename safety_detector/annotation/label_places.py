"""The places that a label may take: touching its box, standing off it, or anywhere that is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from safety_detector.annotation.array_geometry import Floats

Ints: TypeAlias = NDArray[np.int64]

# Where a label can touch its box.  The label's upper left corner is the box's upper left corner
# + `along` × the box's size - `back` × the label's size + `off` × the distance from the box.
# The cost is in the unit of `label_costs`; reading starts above on the left.
_PLACES = (
    # along      back        off      cost
    ((0.0, 0.0), (0.0, 0.0), (0, 0), 0.6),  # inside, in the corners
    ((1.0, 0.0), (1.0, 0.0), (0, 0), 0.7),
    ((0.0, 1.0), (0.0, 1.0), (0, 0), 0.6),
    ((1.0, 1.0), (1.0, 1.0), (0, 0), 0.7),
    ((0.0, 0.0), (0.0, 1.0), (0, -1), 0.0),  # above
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
_COST = np.array([place[3] for place in _PLACES])
_FIRST_OUTSIDE = 4  # places from this one on lie outside the box
_STAND_OFF_LINES = np.array([0.8, 1.6, 2.8, 4.5, 7.0, 10.0])  # distances tried, in line heights
MANY_LABELS = 60
"""Up to so many labels a free place is found wherever there is one; the work grows with n³."""

_SAYS_LESS = 7.0  # cost of a shorter form: this times the share of the width that it leaves out


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms of one label that fit into the picture.

    Attributes:
        sizes: ``(m, 2)``, width and height of all m forms, the one that says most first.
        fitting: indices of those that fit.
        limits: ``(2,)``, width and height of the picture.
    """

    sizes: Floats
    fitting: Ints
    limits: Floats


@dataclass(frozen=True, slots=True)
class Places:
    """Rectangles ``(n, 4)``, their form and what they cost by their kind, both ``(n,)``."""

    rects: Floats
    form: Ints
    cost: Floats


def places_beside(box: Floats, forms: Forms) -> Places:
    """Places that touch the box ``(4,)``, outside it or in its corners."""
    size = forms.sizes[forms.fitting, np.newaxis]  # axes: form, place, x and y
    corners = box[:2] + _ALONG * (box[2:] - box[:2]) - _BACK * size
    form = np.repeat(forms.fitting, len(_PLACES))
    return _places(corners.reshape(-1, 2), forms, form, np.tile(_COST, len(forms.fitting)))


def places_apart(box: Floats, forms: Forms) -> Places:
    """Places that stand off the box at several distances."""
    size = forms.sizes[forms.fitting, np.newaxis, np.newaxis]  # axes: form, distance, place, x, y
    distance = _STAND_OFF_LINES[:, np.newaxis, np.newaxis] * size[..., 1:]
    corners = (
        box[:2]
        + _ALONG[_FIRST_OUTSIDE:] * (box[2:] - box[:2])
        - _BACK[_FIRST_OUTSIDE:] * size
        + _OFF[_FIRST_OUTSIDE:] * distance
    ).reshape(-1, 2)
    form = np.repeat(forms.fitting, len(corners) // len(forms.fitting))
    return _places(corners, forms, form, np.zeros(len(form)))


def places_anywhere(labels: Floats, forms: Forms) -> Places:
    """Places of the last form all over the picture.

    Up to ``MANY_LABELS`` they are all those whose left and upper edges touch a label or the
    picture's edge; if there is a free place at all, one of these is free: push it left and up until
    it touches.  Among more labels they are the fields of a grid, which takes less time and memory.
    """
    if len(labels) <= MANY_LABELS:
        lefts, tops = np.append(labels[:, 2], 0.0), np.append(labels[:, 3], 0.0)
    else:
        width, height = forms.sizes[forms.fitting[-1]]
        lefts, tops = (
            np.arange(0.0, forms.limits[0], width),
            np.arange(0.0, forms.limits[1], height),
        )
    left, top = (grid.ravel() for grid in np.meshgrid(lefts, tops))
    form = np.full(len(left), forms.fitting[-1])
    return _places(np.column_stack((left, top)), forms, form, np.zeros(len(form)))


def _places(corners: Floats, forms: Forms, form: Ints, cost: Floats) -> Places:
    """Places with these upper left corners, pushed into the picture, on whole pixels."""
    size = forms.sizes[form]
    corners = np.minimum(np.maximum(np.rint(corners), 0.0), forms.limits - size)
    says_less = _SAYS_LESS * (1 - size[:, 0] / forms.sizes[0, 0])
    return Places(np.hstack((corners, corners + size)), form, cost + says_less)
