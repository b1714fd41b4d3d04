"""Whether anything changed in front of a fixed camera between two of its frames.

Two small copies are compared.  They are fine across and coarse down, half and a sixth of 1080p: a
person of 40 pixels is seven samples high and eight wide, and a streak of rain, which is thin and
upright, at most three wide.  What a scene does in which nothing happens is taken away first:

* the light: a factor and an offset for the whole picture, then what only slopes;
* a camera that shakes: a shift by a fraction of a sample, by the picture's own slopes, and what is
  left of it beside edges;
* rain: openings four and five samples wide, which nothing thinner passes;
* noise: what remains is measured against the spread nearby, so that a dark, grainy picture and
  moving leaves need more than a quiet wall;
* what this camera's pictures usually leave: with rain in them more than on a clear night;
* and the recorder's clock.

What still stands out, before or after the openings, is a change; so is what stands out by its
colour, which rain has none of: a flame before a pale wall may be no brighter than it.
``benchmarks/unchanged.py`` prints how near empty scenes and those in which something appears come
to the bounds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from safety_detector.errors import SafetyDetectorError
from safety_detector.pictures.images import RgbImage, decode, read_header

_STRIP_SHARE = 0.14  # of the height, above and below, as in ``quality``
_CELLS_ACROSS = 30
_LEAST_TICKS = 5  # differences that have to show a cell before it is a clock's
_MOST_CLOCK_CELLS = 10  # of 120; where more keep changing it is the scene that does
_SUM = (3, 2)  # samples, across and down: a small flame's size
_OPENINGS = (4, 5)  # samples across
_BOUNDS = (3.0, 2.75, 2.5, 2.0)
"""Multiples of the spread nearby that are no change where no history tells, one a measure: of
brightness, of what is left of it by each opening, of colour."""

_LEAST_BOUNDS, _MOST_BOUNDS = (2.0, 1.5, 1.3, 1.2), (40.0, 9.0, 6.0, 6.0)
"""However calm, and however restless, a camera's pictures are.  In a cloudburst nothing can be told
from streaks that thick: every frame is a change."""

_LEAST_HISTORY = 6
_USUAL_SHARE, _ABOVE = 80, (1.3, 1.6, 1.6, 1.4)
"""A bound lies above what four of five pictures leave: where every fifth shows people it still is
what the others leave."""

_ACROSS_PX, _DOWN_PX = 960, 180  # of the copy
_LEAST_SPREADS = (1.0, 2.0)  # grey levels, brightness and colour: JPEG keeps colour coarsely
_SLOPE = (121, 41)  # samples; what is larger than this of a difference is the light's
_NEARBY = (97, 33)  # samples in which the spread is measured
_CUT_OFF = 3.0  # spreads; what stands out further says nothing of the spread
_BESIDE_EDGES = 0.12  # of the step at an edge that may remain where a camera shakes
_MOST_JPEG, _MOST_OTHER = 32_000_000, 9_000_000  # pixels; decoding those takes up to 100 MB
_JPEG_QUALITY = 92  # of the copy that is kept; its errors are below one grey level

_Values: TypeAlias = NDArray[np.float32]
SmallCopy: TypeAlias = NDArray[np.uint8]
"""Shape ``(height, width, 2)``: brightness, and how red it is (Y and Cr of JPEG)."""


def reduced(data: bytes) -> RgbImage | None:
    """A picture that was admitted, at about the size that is wanted here.

    A JPEG is decoded at half, a quarter or an eighth of its size, which takes a third of the time.

    Returns:
        None if it is damaged, or larger than cameras' pictures are.
    """
    try:
        header = read_header(data)
        width, height = header.size.width, header.size.height
        if header.size.pixels > (_MOST_JPEG if header.format == "JPEG" else _MOST_OTHER):
            return None
        if header.format == "JPEG":
            part = _part_to_decode(max(width, height))
            decoded: RgbImage = simplejpeg.decode_jpeg(
                data, "RGB", min_width=-(-width // part), min_height=-(-height // part)
            )
            return decoded
        return decode(data, header)
    except (SafetyDetectorError, ValueError):
        return None


def small_copy(rgb: RgbImage) -> SmallCopy:
    """The small copy of a picture."""
    height, width = rgb.shape[:2]
    size = (min(_ACROSS_PX, width), min(_DOWN_PX, height))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(cv2.cvtColor(small, cv2.COLOR_RGB2YCrCb)[..., :2])


def packed(copy: SmallCopy) -> bytes:
    """A small copy for keeping, about 30 kB."""
    height, width, _ = copy.shape
    both = np.vstack((copy[..., 0], copy[..., 1])).reshape(2 * height, width, 1)
    return cast(bytes, simplejpeg.encode_jpeg(both, _JPEG_QUALITY, colorspace="GRAY"))


def unpacked(data: bytes) -> SmallCopy:
    """A small copy that was kept."""
    both = simplejpeg.decode_jpeg(data, "GRAY")[..., 0]
    height = both.shape[0] // 2
    return np.dstack((both[:height], both[height:]))


@dataclass(frozen=True, slots=True)
class Excess:
    """How far the strongest differences stand out.

    Attributes:
        measures: between the strips in which recorders write, in multiples of the spread nearby;
            one a measure.
        cells: of the strips, those in which something stands out.
    """

    measures: tuple[float, ...]
    cells: frozenset[int] = frozenset()

    def as_json(self) -> list[Any]:
        """For keeping."""
        # What is beyond all bounds says no more than that it is; JSON has no infinity.
        return [[round(min(one, 100.0), 2) for one in self.measures], sorted(self.cells)]


def read_excess(written: Any) -> Excess:
    """What was kept."""
    measures, cells = written
    return Excess(tuple(measures), frozenset(cells))


def difference(before: SmallCopy, now: SmallCopy, history: Sequence[Excess]) -> Excess:
    """Compares two small copies; of different sizes they differ without bound.

    Args:
        before: of a camera, as it was looked at.
        now: of the same one.
        history: of its earlier differences, whatever they were.
    """
    if before.shape != now.shape:
        return Excess((float("inf"),) * len(_BOUNDS))
    brightness, colour = (
        _left(before[..., one], now[..., one], least) for one, least in enumerate(_LEAST_SPREADS)
    )
    found = [_ratio(np.abs(cv2.blur(brightness.left, _SUM)), brightness)]
    brighter, darker = np.maximum(brightness.left, 0), np.maximum(-brightness.left, 0)
    for width in _OPENINGS:
        streak = np.ones((1, width), np.uint8)
        opened = np.add(
            cv2.morphologyEx(brighter, cv2.MORPH_OPEN, streak),
            cv2.morphologyEx(darker, cv2.MORPH_OPEN, streak),
        )
        found.append(_ratio(cv2.blur(opened, _SUM), brightness))
    # Rain has no colour.
    found.append(_ratio(np.abs(cv2.blur(colour.left, _SUM)), colour))
    strip = max(round(_STRIP_SHARE * before.shape[0]), 2)
    cells = np.zeros(0, bool)
    for measure, one in enumerate(found):
        there = _cells(one, strip) >= _bound(history, measure)
        cells = there if measure == 0 else cells | there
    return Excess(
        tuple(float(one[strip:-strip].max()) for one in found),
        frozenset(np.flatnonzero(cells).tolist()),
    )


def is_change(excess: Excess, history: Sequence[Excess]) -> bool:
    """Whether something has changed that noise, rain and the light do not explain.

    Where recorders write, in the upper and lower strip, a cell that changes again and again is a
    clock's; a few such cells count for nothing, any other one does.

    Args:
        excess: of a difference.
        history: of earlier differences of the same camera, whatever they were.
    """
    if any(one >= _bound(history, measure) for measure, one in enumerate(excess.measures)):
        return True
    return not excess.cells <= _clock_cells(history)


def _clock_cells(history: Sequence[Excess]) -> frozenset[int]:
    often = Counter(cell for one in history for cell in one.cells)
    least = max(_LEAST_TICKS, len(history) / 5)
    clock = frozenset(cell for cell, times in often.items() if times >= least)
    return clock if len(clock) <= _MOST_CLOCK_CELLS else frozenset()


def _cells(ratio: _Values, strip: int) -> NDArray[np.float32]:
    """The most of each cell of the two strips, two rows of ``_CELLS_ACROSS`` in each."""
    columns = np.linspace(0, ratio.shape[1], _CELLS_ACROSS, endpoint=False).astype(int)
    rows = [0, strip // 2]
    most = [
        np.maximum.reduceat(np.maximum.reduceat(part, rows, axis=0), columns, axis=1).ravel()
        for part in (ratio[:strip], ratio[-strip:])
    ]
    return np.concatenate(most)


def _bound(history: Sequence[Excess], measure: int) -> float:
    if len(history) < _LEAST_HISTORY:
        return _BOUNDS[measure]
    known = [one.measures[measure] for one in history]
    usual = _ABOVE[measure] * float(np.percentile(known, _USUAL_SHARE))
    return min(max(usual, _LEAST_BOUNDS[measure]), _MOST_BOUNDS[measure])


@dataclass(frozen=True, slots=True)
class _Left:
    """What is left of a difference, what edges may have left of it, and its spread nearby."""

    left: _Values
    edges: _Values
    spread: _Values


def _left(before: NDArray[np.uint8], now: NDArray[np.uint8], least_spread: float) -> _Left:
    old, new = before.astype(np.float32), now.astype(np.float32)
    left = _without_light_and_shake(old, new)
    left = np.subtract(left, cv2.blur(left, _SLOPE))
    return _Left(left, _BESIDE_EDGES * _step(old), _spread(np.abs(left), least_spread))


def _ratio(strength: NDArray[Any], of: _Left) -> _Values:
    return cast(_Values, (strength - of.edges) / of.spread)


def _without_light_and_shake(old: _Values, new: _Values) -> _Values:
    """The difference without what a factor, an offset and a small shift explain."""
    across = cv2.Sobel(old, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    down = cv2.Sobel(old, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    apart = new - old
    some = (slice(1, None, 3), slice(1, None, 3))
    parts = np.stack([old[some].ravel(), across[some].ravel(), down[some].ravel()])
    mean = parts.mean(axis=1, keepdims=True)
    wanted = apart[some].ravel()
    centred = parts - mean
    # A little is added to what is divided by, for a picture without any slope.
    square = centred @ centred.T + np.eye(3, dtype=np.float32) * centred.shape[1] * 0.05
    factor, x, y = np.linalg.solve(square, centred @ (wanted - wanted.mean()))
    return cast(_Values, apart - (factor * old + x * across + y * down))


def _step(old: _Values) -> _Values:
    around = np.ones((3, 3), np.uint8)
    return cast(_Values, cv2.dilate(old, around) - cv2.erode(old, around))


def _spread(strength: _Values, least: float) -> _Values:
    """The spread of the difference around each place, in grey levels, never under the least.

    What stands out itself is cut off, or one thing would make its own surroundings look restless.
    """
    usual = float(np.median(strength[::3, ::3])) / 0.67  # of a normal spread's sizes
    cut_off = np.minimum(strength, max(_CUT_OFF * usual, least))
    return cast(_Values, np.maximum(1.25 * cv2.blur(cut_off, _NEARBY), least))


def _part_to_decode(side_px: int) -> int:
    """The largest power of two, at most 8, that leaves the side at least as long as wanted."""
    part = 1
    while part < 8 and side_px // (2 * part) >= _ACROSS_PX:
        part *= 2
    return part
