from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="training has its own requirements")

from training.model import CLASSES
from training.negatives import develop, pictures, read_negatives, views


def test_a_longer_exposure_shows_more_of_the_picture_as_white() -> None:
    """A low sun comes as a disc and as half a sky."""
    light = np.geomspace(0.01, 100, 3 * 64 * 64).reshape(64, 64, 3).astype(np.float32)
    short, long = develop(light, 0.12), develop(light, 0.8)
    assert (long == 255).mean() > (short == 255).mean() > 0


def test_views_of_a_panorama_go_all_the_way_round() -> None:
    """What lies behind the seam is seen too."""
    panorama = np.full((64, 300, 3), 0.2, np.float32)
    for third, channel in enumerate(range(3)):
        panorama[:, third * 100 : third * 100 + 100, channel] = 1.0
    seen = [int(np.bincount(view.argmax(axis=2).ravel()).argmax()) for view in views(panorama)]
    assert set(seen) == {0, 1, 2}


def test_only_photographs_that_were_looked_at_are_taken(tmp_path: Path) -> None:
    """Drawings, and pictures that serve as samples, stay out."""
    for name in ("Bridge_by_Sander_Klootwijk", "sunset_by_Aitzol_Berasategi", "drawing"):
        cv2.imwrite(str(tmp_path / f"{name}.jpg"), np.zeros((40, 2000, 3), np.uint8))
    taken = dict(pictures(tmp_path))
    assert list(taken) == ["Bridge_by_Sander_Klootwijk"]
    assert max(taken["Bridge_by_Sander_Klootwijk"].shape) <= 1024


def test_a_negative_teaches_that_there_is_neither_fire_nor_smoke(tmp_path: Path) -> None:
    """And nothing about people, who may walk through the scene."""
    cv2.imwrite(str(tmp_path / "hall.jpg"), np.zeros((8, 8, 3), np.uint8))
    (picture,) = read_negatives(tmp_path)
    assert [CLASSES[i] for i in np.flatnonzero(picture.learns_background)] == ["fire", "smoke"]
    assert picture.picture_target.tolist() == [0, 0]
    assert len(picture.boxes) == 0
