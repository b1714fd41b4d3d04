"""Draws frames around objects and leader lines (OpenCV), so that they read on any background."""

from __future__ import annotations

from typing import TypeAlias

import cv2

from safety_detector.annotation.style import Scale
from safety_detector.appearance.hazard_looks import AMBER, INK, WHITE, Look, Rgb
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.pictures.images import RgbImage

_Rect: TypeAlias = tuple[int, int, int, int]  # left, top, right, bottom; the last two exclusive

_SMALLEST_HOLE = 3  # what a frame leaves free at least, in line widths
_DASH = 4.0  # length of a dash in line widths
_TAPE = 3.0  # length of a tape's stripe in tape widths


def frame_of(box: Box, look: Look, scale: Scale, size: ImageSize) -> Box:
    """The outer edge of an object's frame, on whole pixels inside the picture.

    The frame stands outside the object, so that it hides nothing of it; at the picture's edge it
    moves inside; around a very small object it leaves a hole.
    """
    x, y = box.centre
    hole = _SMALLEST_HOLE * scale.line_px
    half_width = max(box.width, hole) / 2 + _width(look, scale)
    half_height = max(box.height, hole) / 2 + _width(look, scale)
    return Box(
        max(round(x - half_width), 0),
        max(round(y - half_height), 0),
        min(round(x + half_width), size.width),
        min(round(y + half_height), size.height),
    )


def draw_frame(picture: RgbImage, frame: Box, look: Look, scale: Scale) -> None:
    """Draws, in place, the frame whose outer edge ``frame_of`` gives."""
    outer = _whole(frame)
    _fill_frame(picture, outer, _width(look, scale), INK)
    inner = _inset(outer, scale.casing_px)
    line_px = _line_px(look, scale)
    if look.taped:
        _stripe_frame(picture, inner, scale.line_px, _TAPE * scale.line_px, (AMBER, INK))
        inner = _inset(inner, scale.line_px)
    if look.dashed:
        _stripe_frame(picture, inner, line_px, _DASH * line_px, (look.line, WHITE))
    else:
        _fill_frame(picture, inner, line_px, look.line)


def draw_leader(
    picture: RgbImage, ends: tuple[tuple[int, int], tuple[int, int]], look: Look, scale: Scale
) -> None:
    """Draws, in place, the line from a label to its object, with a dot where it arrives."""
    start, end = ends
    for colour, grown in ((INK, scale.casing_px), (look.line, 0)):
        cv2.line(picture, start, end, colour, scale.line_px + 2 * grown, cv2.LINE_AA)
        cv2.circle(picture, end, 2 * scale.line_px + grown, colour, cv2.FILLED, cv2.LINE_AA)


def rim_width(look: Look, scale: Scale) -> int:
    """Pixels that a label's rim takes on each side."""
    return scale.casing_px + (scale.line_px if look.plate.warns else 0)


def draw_rim(picture: RgbImage, outer: tuple[int, int, int, int], look: Look, scale: Scale) -> None:
    """Draws, in place, the rim of a label whose outer edges are left, top, right and bottom."""
    _fill_frame(picture, outer, rim_width(look, scale), INK)


def _line_px(look: Look, scale: Scale) -> int:
    return round(look.weight * scale.line_px)


def _width(look: Look, scale: Scale) -> int:
    """Width of the whole frame: casing, tape, line, casing."""
    return 2 * scale.casing_px + _line_px(look, scale) + (scale.line_px if look.taped else 0)


def _whole(box: Box) -> _Rect:
    return int(box.x1), int(box.y1), int(box.x2), int(box.y2)


def _inset(rect: _Rect, by: int) -> _Rect:
    left, top, right, bottom = rect
    return left + by, top + by, right - by, bottom - by


def _fill_frame(picture: RgbImage, outer: _Rect, width: int, colour: Rgb) -> None:
    left, top, right, bottom = outer
    _fill(picture, (left, top, right, top + width), colour)
    _fill(picture, (left, bottom - width, right, bottom), colour)
    _fill(picture, (left, top, left + width, bottom), colour)
    _fill(picture, (right - width, top, right, bottom), colour)


def _stripe_frame(
    picture: RgbImage, outer: _Rect, width: int, length: float, colours: tuple[Rgb, Rgb]
) -> None:
    """A frame of stripes about ``length`` long in two colours, the first one in the corners."""
    first, second = colours
    _fill_frame(picture, outer, width, first)
    left, top, right, bottom = outer
    for begin, end in _gaps(left, right, length):
        _fill(picture, (begin, top, end, top + width), second)
        _fill(picture, (begin, bottom - width, end, bottom), second)
    for begin, end in _gaps(top, bottom, length):
        _fill(picture, (left, begin, left + width, end), second)
        _fill(picture, (right - width, begin, right, end), second)


def _gaps(begin: int, end: int, length: float) -> list[tuple[int, int]]:
    """Every second one of an odd number of equal parts."""
    parts = 2 * round((end - begin) / length / 2) + 1
    part = (end - begin) / parts
    return [
        (round(begin + index * part), round(begin + (index + 1) * part))
        for index in range(1, parts, 2)
    ]


def _fill(picture: RgbImage, rect: _Rect, colour: Rgb) -> None:
    """Fills a rectangle; an empty one fills nothing."""
    left, top, right, bottom = rect
    if left < right and top < bottom:
        cv2.rectangle(picture, (left, top), (right - 1, bottom - 1), colour, cv2.FILLED)
