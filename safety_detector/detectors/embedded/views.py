"""The boxes of a whole picture and of its tiles, brought together.

Pure.  What a tile's inner edge cuts is dropped, because the neighbour or the whole picture shows it
uncut; what several of them show is one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from safety_detector.detectors.embedded.raw_boxes import FloatArray, RawBox, RawClass
from safety_detector.detectors.tiling import OVERLAP_SHARE, TileBox
from safety_detector.domain.geometry import Box, ImageSize

EDGE_SHARE = 0.012
"""A box counts as cut when it comes nearer to a tile's inner edge than this share of its side."""

SAME_SHARE = 0.7
"""Two boxes of a class show one thing when one covers so much of the other …"""

SAME_AREA_RATIO = 0.3
"""… and is not far smaller: a part of it that a tile took for a whole, or the other tile's box."""


SEEN_WHOLE_PX = 32.0
"""A fire or smoke of this side in what the network sees of the whole picture is seen there."""

FIRE_AND_SMOKE = (RawClass.FIRE, RawClass.SMOKE)


def is_uncut(boxes: FloatArray, tile: TileBox, size: ImageSize) -> NDArray[np.bool_]:
    """Which boxes no inner edge of the tile cuts.

    Args:
        boxes: ``float32``, shape ``(n, 4)``, xyxy in pixels of the tile.
        tile: where the tile lies in the picture.
        size: of the picture in pixels.
    """
    x1, y1, x2, y2 = tile
    margin_x, margin_y = EDGE_SHARE * (x2 - x1), EDGE_SHARE * (y2 - y1)
    uncut: NDArray[np.bool_] = (
        ((boxes[:, 0] > margin_x) | (x1 == 0))
        & ((boxes[:, 1] > margin_y) | (y1 == 0))
        & ((boxes[:, 2] < x2 - x1 - margin_x) | (x2 == size.width))
        & ((boxes[:, 3] < y2 - y1 - margin_y) | (y2 == size.height))
    )
    return uncut


def join_views(
    whole: Sequence[RawBox],
    tiles: Sequence[tuple[TileBox, Sequence[RawBox]]],
    whole_scale: float,
) -> list[RawBox]:
    """One list of boxes, best score first, all in pixels of the picture.

    Every tile is another chance to be wrong, and what fills one is wrong most often: a wall, a
    piece of the sky without all that tells what it is.  A fire or smoke as large as that is seen
    in the whole picture too, so its word counts.

    Args:
        whole: boxes of the picture as a whole.
        tiles: boxes of each tile, in pixels of the picture.
        whole_scale: by which the whole picture was shrunk for the network.
    """
    found: list[RawBox] = []
    parts = [one for _, boxes in tiles for one in boxes]
    for kind in RawClass:
        near = [one for one in parts if one.kind is kind]
        if kind in FIRE_AND_SMOKE:
            most = (SEEN_WHOLE_PX / whole_scale) ** 2
            near = [one for one in near if one.box.area < most]
        far = [one for one in whole if one.kind is kind]
        found += _without_doubles([*_not_seen_better(far, near, tiles), *near])
    return sorted(found, key=lambda one: -one.score)


def _not_seen_better(
    far: Sequence[RawBox], near: Sequence[RawBox], tiles: Sequence[tuple[TileBox, Sequence[RawBox]]]
) -> list[RawBox]:
    """Boxes of the whole picture but for those that tiles show larger.

    What fits into the overlap of the tiles is uncut in one of them, so the tile's boxes tell better
    where it lies, and whether it is one person or two.
    """
    if not tiles or not near or not far:
        return list(far)
    (x1, y1, x2, y2), _ = tiles[0]
    fits = OVERLAP_SHARE * min(x2 - x1, y2 - y1)
    shared = _shared(_corners(far), _corners(near)).max(axis=1)
    return [
        one
        for one, share in zip(far, shared.tolist(), strict=True)
        if max(one.box.width, one.box.height) > fits or share < SAME_SHARE
    ]


def _without_doubles(boxes: Sequence[RawBox]) -> list[RawBox]:
    """The boxes of one class, best first, without those that show what a better one shows."""
    if not boxes:
        return []
    ordered = sorted(boxes, key=lambda one: -one.score)
    corners = _corners(ordered)
    areas = (corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1])
    is_free = np.ones(len(ordered), bool)
    kept = []
    for number, one in enumerate(ordered):
        if not is_free[number]:
            continue
        kept.append(one)
        ratio = np.minimum(areas, areas[number]) / np.maximum(areas, areas[number])
        doubles = (_shared(corners[[number]], corners)[0] >= SAME_SHARE) & (
            ratio >= SAME_AREA_RATIO
        )
        is_free &= ~doubles
    return kept


def _shared(first: FloatArray, second: FloatArray) -> FloatArray:
    """Share of the smaller box that both have in common, shape ``(len(first), len(second))``."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(axis=2)
    areas = [(one[:, 2:] - one[:, :2]).prod(axis=1) for one in (first, second)]
    smaller: FloatArray = np.minimum(areas[0][:, None], areas[1][None, :])
    shares: FloatArray = common / np.maximum(smaller, np.finfo(np.float32).tiny)
    return shares


def _corners(boxes: Sequence[RawBox]) -> FloatArray:
    return np.array([one.box.xyxy for one in boxes], np.float32).reshape(-1, 4)


def moved(one: RawBox, tile: TileBox) -> RawBox:
    """A box in pixels of a tile, in pixels of the picture."""
    x, y = tile[:2]
    box = Box(one.box.x1 + x, one.box.y1 + y, one.box.x2 + x, one.box.y2 + y)
    return RawBox(one.kind, box, one.score)
