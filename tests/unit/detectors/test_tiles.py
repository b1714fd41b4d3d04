from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety_detector.detectors.onnx_model import ModelAnswer
from safety_detector.detectors.tiles import MAX_TILES_PER_SIDE, merge_answers, tile_boxes
from safety_detector.domain.geometry import ImageSize

INPUT = 416


def answer(*boxes: tuple[float, float, float, float]) -> ModelAnswer:
    """The network's arrays with these boxes, all scored alike."""
    return ModelAnswer(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.full((len(boxes), 5), 0.5, np.float32),
        np.array([0.1, 0.2], np.float32),
    )


def test_a_small_picture_is_not_cut() -> None:
    """Where the whole picture is seen at full size, parts cost time and gain nothing."""
    assert tile_boxes(ImageSize(600, 400), INPUT) == []


@given(st.integers(1, 9000), st.integers(1, 9000))
def test_tiles_cover_the_picture_and_stay_inside(width: int, height: int) -> None:
    """No part of a large picture goes unseen, and none is looked at beyond its edge."""
    tiles = tile_boxes(ImageSize(width, height), INPUT)
    assert len(tiles) <= MAX_TILES_PER_SIDE**2
    covered_x = np.zeros(width, bool)
    covered_y = np.zeros(height, bool)
    for x1, y1, x2, y2 in tiles:
        assert 0 <= x1 < x2 <= width
        assert 0 <= y1 < y2 <= height
        covered_x[x1:x2] = True
        covered_y[y1:y2] = True
    if tiles:
        assert covered_x.all()
        assert covered_y.all()


@pytest.mark.parametrize("side", [1000, 1920, 3840])
def test_neighbouring_tiles_overlap(side: int) -> None:
    """A head on the border between two tiles is whole in one of them."""
    for left, right in pairwise(tile_boxes(ImageSize(side, 300), INPUT)):
        assert left[2] - right[0] >= 60


def test_a_box_cut_by_an_inner_edge_is_dropped_and_others_are_moved() -> None:
    """Half a person at a tile's border is not a second person."""
    size = ImageSize(1000, 400)
    inside, cut = (10, 20, 50, 90), (300, 20, 499.5, 90)
    merged = merge_answers(answer(), [((0, 0, 500, 400), answer(inside, cut))], size)
    assert merged.boxes.tolist() == [list(inside)]
    merged = merge_answers(answer(), [((500, 0, 1000, 400), answer(inside, cut))], size)
    assert merged.boxes.tolist() == [[510, 20, 550, 90], [800, 20, 999.5, 90]]


def test_picture_scores_stay_those_of_the_whole() -> None:
    """A warm lamp filling one tile does not set the whole picture on fire."""
    tile = ModelAnswer(
        np.zeros((0, 4), np.float32), np.zeros((0, 5), np.float32), np.array([1, 1], np.float32)
    )
    merged = merge_answers(answer(), [((0, 0, 500, 400), tile)], ImageSize(1000, 400))
    assert merged.picture_scores is not None
    assert merged.picture_scores.tolist() == pytest.approx([0.1, 0.2])
