"""Makes faces unrecognisable: every head that a detector finds, and every person without one.

It errs on the side of too much: where a person stands and no head is found, the upper part of their
box is blurred, or all of it where they may lie or bend.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from safety_detector.domain.geometry import Box, ImageSize, fit_to_pixels, intersection_area
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
    places += [_head_of(one) for one in bodies if not any(_is_head_of(head, one) for head in heads)]
    fitted = (fit_to_pixels(one, size) for one in places)
    return [one for one in fitted if one is not None]


def _is_head_of(head: Box, body: Box) -> bool:
    """Whether a head lies in the upper half of a body."""
    is_in = intersection_area(head, body) >= _IS_IN * head.area
    return is_in and head.centre[1] <= body.centre[1]


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
