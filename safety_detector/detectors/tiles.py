"""Large pictures in parts, so that people who are small in them are seen.

Pure.  A picture is cut into overlapping tiles of equal size; a box that a tile's inner edge cuts
is dropped, because the neighbour (or the whole picture) shows the object uncut.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from safety_detector.detectors.onnx_model import ModelAnswer
from safety_detector.domain.geometry import ImageSize

TILE_FROM_RATIO = 1.5
"""Pictures whose longer side is below this multiple of the input are not cut: nothing is gained."""

TILE_SIDE_RATIO = 1.25
"""Side of a tile as a multiple of the input: about full resolution, and few tiles."""

OVERLAP_SHARE = 0.2
"""Least share of a tile that its neighbour shows too; a head is far smaller than that."""

MAX_TILES_PER_SIDE = 4
"""Beyond it the tiles grow instead, so that a very large picture costs at most 16 runs."""

EDGE_PX = 2.0
"""A box this near to a tile's inner edge counts as cut."""

TileBox = tuple[int, int, int, int]


def tile_boxes(size: ImageSize, input_size: int) -> list[TileBox]:
    """Corners ``(x1, y1, x2, y2)`` of the tiles in pixels; empty if the picture is small."""
    if max(size.width, size.height) < TILE_FROM_RATIO * input_size:
        return []
    columns = _spans(size.width, input_size)
    rows = _spans(size.height, input_size)
    return [(x1, y1, x2, y2) for y1, y2 in rows for x1, x2 in columns]


def _spans(length: int, input_size: int) -> list[tuple[int, int]]:
    """Equal, overlapping, covering spans of one side."""
    side = input_size * TILE_SIDE_RATIO
    if length <= side:
        return [(0, length)]
    count = math.ceil((length - side * OVERLAP_SHARE) / (side * (1 - OVERLAP_SHARE)))
    count = min(max(count, 2), MAX_TILES_PER_SIDE)
    span = math.ceil(length / (count - (count - 1) * OVERLAP_SHARE))
    starts = np.linspace(0, length - span, count).round().astype(int).tolist()
    return [(start, start + span) for start in starts]


def merge_answers(
    whole: ModelAnswer, parts: Sequence[tuple[TileBox, ModelAnswer]], size: ImageSize
) -> ModelAnswer:
    """One answer in pixels of the picture; picture scores stay those of the whole."""
    boxes, scores = [whole.boxes], [whole.scores]
    for tile, answer in parts:
        x1, y1, x2, y2 = tile
        uncut = (
            ((answer.boxes[:, 0] > EDGE_PX) | (x1 == 0))
            & ((answer.boxes[:, 1] > EDGE_PX) | (y1 == 0))
            & ((answer.boxes[:, 2] < x2 - x1 - EDGE_PX) | (x2 == size.width))
            & ((answer.boxes[:, 3] < y2 - y1 - EDGE_PX) | (y2 == size.height))
        )
        boxes.append(answer.boxes[uncut] + np.array([x1, y1, x1, y1], np.float32))
        scores.append(answer.scores[uncut])
    return ModelAnswer(np.concatenate(boxes), np.concatenate(scores), whole.picture_scores)
