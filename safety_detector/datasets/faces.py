"""Makes faces unrecognisable: every head that a detector finds, and every person without one.

It errs on the side of too much: where a person stands and no head is surely theirs, the upper part
of their box is blurred, or all of it where they may lie or bend.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from safety_detector.domain.geometry import Box, ImageSize, fit_to_pixels, intersection_area, iou
from safety_detector.pictures.images import RgbImage, size_of

LEAST_HEAD_SCORE = 0.1
"""Of heads that are blurred: a third of the score from which one is reported."""

_WIDER = 0.2
"""Of a head's size, on each side: hair, chin, and boxes that are loose."""

_MOST_CELLS = 5
"""Across and down a blurred head: faces are recognised from about eight on (Harmon and Julesz,
"Masking in Visual Recognition", 1973, with 16 of which half tell enough)."""

_STANDS = 1.5
"""Height by width from which the head is in the upper part of a person's box."""

_UPPER = 0.35
_IS_IN = 0.5

_IS_SAME = 0.8
"""Overlap from which two bodies are one: a label was made of what the detector had found."""

_LEAST_OF_STANDING = 0.07
"""Of a body's sides: half of what a head is of a grown person (a seventh or an eighth)."""

_LEAST_OF_OTHERS = 0.2
"""Of who sits, or is cut off by something."""


@dataclass(frozen=True, slots=True)
class People:
    """What was found of people in a picture, in pixels.

    Attributes:
        heads: of heads, whatever is on them.
        bodies: of whole people, as far as they are seen.
    """

    heads: tuple[Box, ...]
    bodies: tuple[Box, ...]


def blur_faces(
    rgb: RgbImage, find_people: Callable[[RgbImage], People], labelled: Iterable[Box]
) -> RgbImage:
    """A copy of the picture in which no face can be recognised.

    Args:
        rgb: upright, of shape ``(height, width, 3)``.
        find_people: looks at the picture; what it raises goes through.
        labelled: boxes of people of whom it is known that they are there.
    """
    people = find_people(rgb)
    size = size_of(rgb)
    blurred = rgb.copy()
    for place in places_to_blur(people.heads, [*people.bodies, *labelled], size):
        _blur(blurred, place)
    return blurred


def places_to_blur(heads: Sequence[Box], bodies: Sequence[Box], size: ImageSize) -> list[Box]:
    """Where to blur, in whole pixels inside the picture."""
    places = [_widened(one) for one in heads]
    places += [_head_of(one) for one in _without_head(heads, _different(bodies))]
    fitted = (fit_to_pixels(one, size) for one in places)
    return [one for one in fitted if one is not None]


def _without_head(heads: Sequence[Box], bodies: Sequence[Box]) -> list[Box]:
    """The bodies of which no head is surely the own one: a head that may be of two is of none."""
    own = set()
    for head in heads:
        of = [number for number, body in enumerate(bodies) if _may_be_head_of(head, body)]
        if len(of) == 1:
            own.add(of[0])
    return [body for number, body in enumerate(bodies) if number not in own]


def _different(bodies: Iterable[Box]) -> list[Box]:
    """Without those that were found or labelled twice."""
    found: list[Box] = []
    for one in bodies:
        if all(iou(one, other) < _IS_SAME for other in found):
            found.append(one)
    return found


def _may_be_head_of(head: Box, body: Box) -> bool:
    """Whether a head lies where a body's is, and is as large as one: a hand or a badge is none."""
    if intersection_area(head, body) < _IS_IN * head.area:
        return False
    stands = body.height >= _STANDS * body.width
    lowest, least = (_UPPER, _LEAST_OF_STANDING) if stands else (0.5, _LEAST_OF_OTHERS)
    is_high = head.centre[1] <= body.y1 + lowest * body.height - head.height / 2
    return is_high and head.height >= least * body.height and head.width >= least * body.width


def _head_of(body: Box) -> Box:
    if body.height < _STANDS * body.width:
        return body
    return _widened(Box(body.x1, body.y1, body.x2, body.y1 + _UPPER * body.height))


def _widened(one: Box) -> Box:
    across, down = _WIDER * one.width, _WIDER * one.height
    return Box(one.x1 - across, one.y1 - down, one.x2 + across, one.y2 + down)


def _blur(rgb: RgbImage, place: Box) -> None:
    """A few cells of even colour, blurred at their edges; nothing of what was there is left."""
    x1, y1, x2, y2 = (int(value) for value in place.xyxy)
    part = rgb[y1:y2, x1:x2]
    cells = (min(_MOST_CELLS, x2 - x1), min(_MOST_CELLS, y2 - y1))
    few = cv2.resize(part, cells, interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(few, (x2 - x1, y2 - y1), interpolation=cv2.INTER_LINEAR)
    rgb[y1:y2, x1:x2] = np.asarray(coarse, np.uint8)
