"""Knows the screens that recorders show in place of a camera, and pictures that came half."""

from __future__ import annotations

from typing import TypeAlias, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from safety_detector.pictures.images import RgbImage

_SIDE_PX = 256  # pixels are taken out, not averaged: an even area stays exactly even
_FEWEST_SAMPLES = 8
_EVEN_LEVELS = 2  # JPEG leaves this much of an even area
_ROW_LEVELS, _ROW_SHARE = 1, 0.98

_SCREEN_SHARE = 0.85
"""One strong colour fills a no-signal screen to 92 % and more, with lettering and a frame; of real
pictures with such a colour at most 40 %."""
_STRONG_COLOUR = 80  # between the highest and the lowest channel

_BAR_LOW, _BAR_HIGH = 60, 150  # each channel of a colour bar lies under the one or over the other
_BAR_ROWS = 0.6  # the bars reach down to here at least
_BAR_LEVELS = 8.0  # standard deviation along a bar, with an analogue line's noise
_FEWEST_BARS = 5
_BAR_SHARE = 0.85

_LOST_SHARE = 0.18
"""Rows of one colour, or all the same, at the picture's lower end, where that is neither black nor
white, as borders are."""
_BORDER = (24, 239)
_DECODER_GREY = 128

_Samples: TypeAlias = NDArray[np.uint8]


def is_no_signal(rgb: RgbImage) -> bool:
    """Whether this is a screen that stands in for a camera: one strong colour, or colour bars."""
    samples = _samples(rgb)
    if min(samples.shape[:2]) < _FEWEST_SAMPLES:
        return False
    return _is_one_strong_colour(samples) or _is_colour_bars(samples)


def missing_percent(rgb: RgbImage) -> int | None:
    """How much of the picture is filled in place of a picture, in whole rows; None if nothing is.

    A transfer that broke leaves its lower end grey, green, or the last row again and again; lost
    parts elsewhere are the decoder's own grey.
    """
    samples = _samples(rgb)
    if min(samples.shape[:2]) < _FEWEST_SAMPLES:
        return None
    lost = max(_lost_share(samples), _decoder_grey_share(samples))
    return round(100 * lost) if lost >= _LOST_SHARE else None


def _samples(rgb: RgbImage) -> _Samples:
    step = max(1, max(rgb.shape[:2]) // _SIDE_PX)
    return np.ascontiguousarray(rgb[::step, ::step])


def _is_one_strong_colour(samples: _Samples) -> bool:
    here = samples[:-1, :-1]
    across, down = cv2.absdiff(samples[:-1, 1:], here), cv2.absdiff(samples[1:, :-1], here)
    steps = _over_channels(cv2.max(across, down))
    even = here[steps <= _EVEN_LEVELS].astype(np.int16)
    if len(even) < _SCREEN_SHARE * steps.size:
        return False
    colour = np.median(even, axis=0)
    same = (np.abs(even - colour).max(axis=1) <= _EVEN_LEVELS).sum()
    return bool(same >= _SCREEN_SHARE * steps.size and np.ptp(colour) >= _STRONG_COLOUR)


def _is_colour_bars(samples: _Samples) -> bool:
    """Columns of the colour cube's corners, the same from the top to below the middle."""
    upper = samples[: round(_BAR_ROWS * len(samples)) : 4].astype(np.float32)
    if np.median(upper.std(axis=0).max(axis=1)) > _BAR_LEVELS:
        return False
    colours = np.median(upper, axis=0)
    high = colours >= _BAR_HIGH
    is_corner = (high | (colours <= _BAR_LOW)).all(axis=1)
    corners = high[is_corner] @ np.array([4, 2, 1])
    counts = np.bincount(corners, minlength=8)
    wide_enough = counts >= 0.03 * len(colours)
    return bool(is_corner.mean() >= _BAR_SHARE and wide_enough.sum() >= _FEWEST_BARS)


def _decoder_grey_share(samples: _Samples) -> float:
    """The share of rows that are a decoder's grey, which is where a coefficient of 0 lies."""
    grey = np.full_like(samples, _DECODER_GREY)
    off = _over_channels(cv2.absdiff(samples, grey))
    return float(((off <= _EVEN_LEVELS).mean(axis=1) >= _ROW_SHARE).mean())


def _over_channels(levels: cv2.typing.MatLike) -> NDArray[np.uint8]:
    """The highest of the three channels; numpy is several times slower along so short an axis."""
    red, green, blue = cv2.split(levels)
    return cast(NDArray[np.uint8], cv2.max(cv2.max(red, green), blue))


def _lost_share(samples: _Samples) -> float:
    """The share of rows at the lower end that are all the same, but for black or white borders."""
    steps = _over_channels(cv2.absdiff(samples[1:], samples[:-1]))
    same = (steps <= _ROW_LEVELS).mean(axis=1) >= _ROW_SHARE
    changes = np.flatnonzero(~same)
    rows = len(same) - 1 - changes[-1] if len(changes) else len(same)
    last = samples[-1]
    low, high = _BORDER
    if (last <= low).all() or (last >= high).all():
        return 0.0
    return float(rows / len(same))
