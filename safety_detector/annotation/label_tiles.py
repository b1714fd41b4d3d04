"""Renders labels as small pixel tiles (Pillow), piece by piece, so that pieces can be reused.

A label reads ``[2][△] person, no helmet [0.87]``: number, mark, words, score.  Each piece depends
on a few values that come again in picture after picture, and is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from safety_detector.appearance.hazard_looks import Mark, Plate, Rgb
from safety_detector.pictures.images import RgbImage

# In em.  Chinese characters reach from -0.12 to 0.88 and capitals from 0 to 0.73, so that the
# middle of both lies about 0.37 above the baseline.
_HEIGHT = 1.4
_BASELINE = _HEIGHT / 2 + 0.37
_SIDE = 0.3  # room left and right of a piece's text
_MARK_SIDE = 1.0
_FINE = 4  # marks are drawn this much larger and averaged, for smooth edges

_Points: TypeAlias = Sequence[tuple[float, float]]


@lru_cache(maxsize=256)
def number_piece(number: int, text_px: int, plate: Plate, font: Path) -> RgbImage:
    """The number on its field; of shape ``(label_height(text_px), width, 3)``, as all pieces."""
    return _text(str(number), text_px, plate.number_text, plate.number_ground, font, _SIDE, _SIDE)


@lru_cache(maxsize=256)
def text_piece(text: str, text_px: int, plate: Plate, font: Path) -> RgbImage:
    """Words or a score."""
    return _text(text, text_px, plate.text, plate.ground, font, 0.0, _SIDE)


@lru_cache(maxsize=64)
def mark_piece(mark: Mark, text_px: int, plate: Plate, font: Path) -> RgbImage:
    """A sign."""
    height = label_height(text_px)
    side = round(_MARK_SIDE * text_px)
    tile = Image.new("RGB", (side + round(2 * _SIDE * text_px), height), plate.ground)
    fine = Image.new("RGB", (_FINE * side, _FINE * side), plate.ground)
    _draw_mark(ImageDraw.Draw(fine), mark, _FINE * side, plate, font)
    tile.paste(fine.reduce(_FINE), (round(_SIDE * text_px), (height - side) // 2))
    return _pixels(tile)


def label_height(text_px: int) -> int:
    """Height of every piece in pixels."""
    return round(_HEIGHT * text_px)


def _text(
    text: str, text_px: int, colour: Rgb, ground: Rgb, font: Path, before: float, behind: float
) -> RgbImage:
    face = _face(font, text_px)
    left = before * text_px
    width = round(left + face.getlength(text) + behind * text_px)
    tile = Image.new("RGB", (width, label_height(text_px)), ground)
    ImageDraw.Draw(tile).text((left, _BASELINE * text_px), text, colour, face, anchor="ls")
    return _pixels(tile)


@lru_cache(maxsize=16)
def _face(font: Path, text_px: int) -> ImageFont.FreeTypeFont:
    # The basic layout is all that these languages need, and the same on every machine.
    return ImageFont.truetype(font, text_px, layout_engine=ImageFont.Layout.BASIC)


def _pixels(tile: Image.Image) -> RgbImage:
    """The tile as an array that nobody can write to, since it is shared."""
    pixels = np.array(tile)
    pixels.setflags(write=False)
    return pixels


def _draw_mark(draw: ImageDraw.ImageDraw, mark: Mark, side: int, plate: Plate, font: Path) -> None:
    ink, ground = plate.text, plate.ground

    def scaled(points: _Points) -> list[tuple[float, float]]:
        return [(x * side, y * side) for x, y in points]

    match mark:
        case Mark.ONE_BAR | Mark.TWO_BARS | Mark.THREE_BARS:
            filled = {Mark.ONE_BAR: 1, Mark.TWO_BARS: 2, Mark.THREE_BARS: 3}[mark]
            for bar in range(3):
                corners = scaled(
                    [(0.04 + 0.34 * bar, 0.62 - 0.28 * bar), (0.28 + 0.34 * bar, 0.94)]
                )
                colour = ink if bar < filled else _blend(ground, ink, 0.3)
                draw.rectangle(corners, fill=colour)
        case Mark.TICK:
            points = scaled([(0.08, 0.55), (0.38, 0.84), (0.94, 0.2)])
            draw.line(points, ink, width=round(0.17 * side), joint="curve")
        case Mark.WARNING:
            draw.polygon(scaled([(0.5, 0.0), (1.0, 0.95), (0.0, 0.95)]), fill=ink)
            draw.polygon(
                scaled([(0.43, 0.32), (0.57, 0.32), (0.54, 0.66), (0.46, 0.66)]), fill=ground
            )
            draw.ellipse(scaled([(0.43, 0.72), (0.57, 0.86)]), fill=ground)
        case Mark.QUESTION:
            draw.ellipse(scaled([(0.02, 0.02), (0.98, 0.98)]), fill=ink)
            face = _face(font, round(0.8 * side))
            draw.text((side / 2, side / 2), "?", ground, face, anchor="mm")


def _blend(first: Rgb, second: Rgb, share: float) -> Rgb:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue
