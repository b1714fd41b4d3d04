"""Finds lettering that a recorder or camera writes into a picture: a date, a name, "NO SIGNAL"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from safety_detector.pictures.images import RgbImage, shrink_to_side

_SIDE_PX = 640  # of the copy in which letters are looked for
_STROKE_PX = (
    19  # wider strokes are no lettering; letters of a sixth of the picture's height have 14
)
_LEAST_LEVELS = 20  # by which a stroke stands out
_LEAST_SHARE = 0.4  # … and of the strongest stroke
_LETTER_PX = (5, 130)  # height of a letter
_LEAST_AREA_PX = 6
_WIDEST_LETTER = 3.0  # heights; "一" is wide, a horizon wider
_GAP = 0.7  # heights on either side of a letter within which the next one stands
_LEAST_LETTERS = 3
_TALLEST_LINE = 2.2  # heights of its median letter
_LEAST_LENGTH = 1.5  # heights of the line
_AROUND_PX = 3
_GROUND_PX, _GROUND_SMOOTH_PX = 4, 31  # rows that tell what is behind letters, and their blur

_Strokes: TypeAlias = NDArray[np.uint8]
_Rect: TypeAlias = tuple[int, int, int, int]  # left, top, right, bottom; the last two exclusive


def without_lettering(rgb: RgbImage) -> RgbImage | None:
    """A smaller copy in which lines of letters are filled with what is around them.

    A line is at least three shapes of thin strokes and similar height, next to each other.  Lamps
    in a row stand too far apart for that, flames are too thick.

    Returns:
        None where there is no such line.
    """
    copy = shrink_to_side(rgb, _SIDE_PX)
    lines = list(_lines(copy))
    if not lines:
        return None
    filled = copy.copy()
    for line in lines:
        _fill(filled, line)
    return filled


def _fill(picture: RgbImage, line: _Rect) -> None:
    """Fills a rectangle, in place, from the rows above to those below it."""
    left, top, right, bottom = line
    strips = (
        picture[max(top - _GROUND_PX, 0) : top, left:right],
        picture[bottom : bottom + _GROUND_PX, left:right],
    )
    rows = [
        cv2.blur(strip.mean(axis=0, keepdims=True), (_GROUND_SMOOTH_PX, 1))[0]
        for strip in strips
        if len(strip)
    ]
    if rows:
        share = np.linspace(0, 1, bottom - top)[:, np.newaxis, np.newaxis]
        picture[top:bottom, left:right] = (rows[0] * (1 - share) + rows[-1] * share).astype(
            np.uint8
        )


def _lines(rgb: RgbImage) -> Iterator[_Rect]:
    """Lines of bright letters, then of dark ones: each is the gaps of the other."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (_STROKE_PX, _STROKE_PX))
    for thin in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT):
        strength = cv2.morphologyEx(grey, thin, kernel)
        strongest = max(_LEAST_LEVELS, _LEAST_SHARE * float(strength.max()))
        yield from _lines_of((strength >= strongest).astype(np.uint8))


def _lines_of(strokes: _Strokes) -> Iterator[_Rect]:
    letters = _letters(strokes)
    joined = np.zeros_like(strokes)
    for left, top, width, height in letters:
        reach = round(_GAP * max(width, height))
        joined[top : top + height, max(left - reach, 0) : left + width + reach] = 1
    count, of_line = cv2.connectedComponents(joined, connectivity=8)
    middles = of_line[letters[:, 1] + letters[:, 3] // 2, letters[:, 0] + letters[:, 2] // 2]
    for line in range(1, count):
        members = letters[middles == line]
        if len(members) < _LEAST_LETTERS:
            continue
        left, top = members[:, :2].min(axis=0)
        right, bottom = (members[:, :2] + members[:, 2:]).max(axis=0)
        is_line = bottom - top <= _TALLEST_LINE * np.median(members[:, 3])
        if is_line and right - left >= _LEAST_LENGTH * (bottom - top):
            yield (
                max(int(left) - _AROUND_PX, 0),
                max(int(top) - _AROUND_PX, 0),
                min(int(right) + _AROUND_PX, strokes.shape[1]),
                min(int(bottom) + _AROUND_PX, strokes.shape[0]),
            )


def _letters(strokes: _Strokes) -> NDArray[np.int32]:
    """Left, top, width and height of each connected shape that may be a letter, ``(n, 4)``."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    shapes = stats[1:]  # the first is the ground
    width, height, area = shapes[:, 2], shapes[:, 3], shapes[:, 4]
    low, high = _LETTER_PX
    kept = (area >= _LEAST_AREA_PX) & (height >= low) & (height <= high)
    kept &= width <= _WIDEST_LETTER * height
    return np.asarray(shapes[kept, :4], np.int32)
