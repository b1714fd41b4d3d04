"""Says in a picture, so that nobody overlooks it, that it is not live."""

from __future__ import annotations

import numpy as np

from safety_detector.annotation.label_tiles import text_piece
from safety_detector.appearance.fonts import FontFiles
from safety_detector.appearance.hazard_looks import AMBER, INK, Plate
from safety_detector.domain.geometry import ImageSize
from safety_detector.pictures.images import RgbImage, resize, shrink_to_side, size_of

_PLATE = Plate(AMBER, INK, AMBER, INK, warns=True)
_MOST_SIDE_PX = 1920  # what is shown of a camera that is away need not be larger
_LEAST_WIDTH_PX = 640
_TEXT_SHARE = 0.06  # of the width, of the larger text
_LEAST_PX = 8
_SECOND_SIZE = 0.5  # of the second line, of the first one
_MARGIN = 0.4  # left of both, in em of the first


def draw_age(rgb: RgbImage, age: str, taken: str, fonts: FontFiles) -> RgbImage:
    """The picture below a banner that says how old it is.

    The banner stands above the picture and covers nothing of it.

    Args:
        rgb: ``uint8``, shape ``(height, width, 3)``, RGB.
        age: in large letters.
        taken: a further line below it.
        fonts: from ``find_fonts``.
    """
    picture = _fit_for_reading(rgb)
    width = picture.shape[1]
    text_px = round(_TEXT_SHARE * width)
    margin = round(_MARGIN * text_px)
    lines = [
        _line(age, text_px, width, margin, fonts),
        _line(taken, round(_SECOND_SIZE * text_px), width, margin, fonts),
    ]
    return np.concatenate([*lines, picture])


def _fit_for_reading(rgb: RgbImage) -> RgbImage:
    picture = shrink_to_side(rgb, _MOST_SIDE_PX)
    size = size_of(picture)
    if size.width >= _LEAST_WIDTH_PX:
        return picture
    factor = _LEAST_WIDTH_PX / size.width
    return resize(picture, ImageSize(_LEAST_WIDTH_PX, max(round(factor * size.height), 1)))


def _line(text: str, text_px: int, width: int, margin: int, fonts: FontFiles) -> RgbImage:
    """A line over the whole width, in letters that fit."""
    while True:
        piece = text_piece(text, text_px, _PLATE, fonts.bold)
        if piece.shape[1] + margin <= width or text_px <= _LEAST_PX:
            break
        text_px = max(round(0.9 * text_px), _LEAST_PX)
    line = np.empty((piece.shape[0], width, 3), np.uint8)
    line[:] = _PLATE.ground
    shown = min(piece.shape[1], width - margin)
    line[:, margin : margin + shown] = piece[:, :shown]
    return line
