"""Whether a fixed camera still looks where it looked: the lines of its scene against a reference.

Compared are directions of edges, whose contrast and sign count for nothing: so that night, lamps,
shadows and snow change little, and people and vehicles only the parts that they cover.  The picture
is judged in twelve parts; in one that still looks there most lines of the reference are found again
in their place.
"""

from __future__ import annotations

from typing import TypeAlias, cast

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from safety_detector.pictures.images import RgbImage

_ACROSS_PX, _DOWN_PX = 240, 136
_COLUMNS, _ROWS = 4, 3
_LEAST_STEP = 2.0  # grey levels a pixel; weaker edges are the noise's
_LEAST_LINES = 0.015  # of a part that has to be lines for it to be judged
_LEAST_PARTS = 3
_LEAST_LIKENESS = 0.2
"""Of a part that looks where it looked.  Chance gives up to 0.12; the same lines 0.3 to 1."""
_LEAST_SHARE = 1 / 3  # of the parts, under which the camera has moved
_SHAKE_PX = 1
_SEARCH_PX = 16  # how far beside its place a part is looked for
_LEAST_LEAD = 0.9  # of the likeness in its place to the best one; repeated lines come near 1
_JPEG_QUALITY = 90

_Lines: TypeAlias = NDArray[np.complex64]
SceneCopy: TypeAlias = NDArray[np.uint8]
"""Grey, shape ``(136, 240)``, whatever the picture's own shape is."""


def scene_copy(rgb: RgbImage) -> SceneCopy:
    """What of a picture is compared."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    return cast(SceneCopy, cv2.resize(grey, (_ACROSS_PX, _DOWN_PX), interpolation=cv2.INTER_AREA))


def packed(scene: SceneCopy) -> bytes:
    """A scene's copy for keeping, some kilobytes."""
    return cast(bytes, simplejpeg.encode_jpeg(scene[..., None], _JPEG_QUALITY, colorspace="GRAY"))


def unpacked(data: bytes) -> SceneCopy:
    """A scene's copy that was kept."""
    return cast(SceneCopy, simplejpeg.decode_jpeg(data, "GRAY")[..., 0])


def aligned_share(reference: SceneCopy, scene: SceneCopy) -> float | None:
    """The share of the judged parts in which the reference's lines are where they were.

    None where too few parts have lines in both: in darkness and fog nothing can be said.
    """
    before, now = _lines(reference), _lines(scene)
    found = [
        is_there
        for rows in np.array_split(np.arange(_DOWN_PX), _ROWS)
        for columns in np.array_split(np.arange(_ACROSS_PX), _COLUMNS)
        if (is_there := _is_there(before, now, rows, columns)) is not None
    ]
    return sum(found) / len(found) if len(found) >= _LEAST_PARTS else None


def is_moved(share: float | None) -> bool | None:
    """Whether such a share means that the camera looks elsewhere; None where nothing is known."""
    return None if share is None else share < _LEAST_SHARE


def _is_there(
    before: _Lines, now: _Lines, rows: NDArray[np.int_], columns: NDArray[np.int_]
) -> bool | None:
    """Whether a part's lines are in their place, and not rather somewhere beside it."""
    part = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    theirs = before[part]
    there = float((np.abs(theirs) ** 2).sum())
    here = float((np.abs(now[part]) ** 2).sum())
    least = _LEAST_LINES * theirs.size
    if there < least or here < least:
        return None
    around = now[
        max(rows[0] - _SEARCH_PX, 0) : rows[-1] + 1 + _SEARCH_PX,
        max(columns[0] - _SEARCH_PX, 0) : columns[-1] + 1 + _SEARCH_PX,
    ]
    likeness = cv2.matchTemplate(
        np.ascontiguousarray(around.real), np.ascontiguousarray(theirs.real), cv2.TM_CCORR
    ) + cv2.matchTemplate(
        np.ascontiguousarray(around.imag), np.ascontiguousarray(theirs.imag), cv2.TM_CCORR
    )
    likeness /= float(np.sqrt(there * here))
    row, column = min(int(rows[0]), _SEARCH_PX), min(int(columns[0]), _SEARCH_PX)
    in_place = float(
        likeness[
            max(row - _SHAKE_PX, 0) : row + _SHAKE_PX + 1,
            max(column - _SHAKE_PX, 0) : column + _SHAKE_PX + 1,
        ].max()
    )
    return in_place >= _LEAST_LIKENESS and in_place >= _LEAST_LEAD * float(likeness.max())


def _lines(scene: SceneCopy) -> _Lines:
    """Directions of edges as numbers of twice their angle, as long as the edge is sure."""
    smooth = cv2.GaussianBlur(scene.astype(np.float32), (0, 0), 1.0)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    step = np.hypot(across, down)
    # The stronger fifth of a picture's edges counts, however dark it is.
    enough = max(float(np.percentile(step, 80)), _LEAST_STEP)
    length = np.where(step >= enough, 1.0, 0.0)
    direction = (across + 1j * down) / np.maximum(step, 1e-6)
    return cast(_Lines, (direction * direction * length).astype(np.complex64))
