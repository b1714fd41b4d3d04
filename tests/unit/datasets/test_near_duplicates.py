"""Pictures that are the same to the eye."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from safety_detector.datasets.near_duplicates import NearDuplicates
from safety_detector.pictures.images import RgbImage, decode, encode_jpeg, read_header


def scene(seed: int) -> RgbImage:
    """A picture of soft shapes, another for each seed."""
    coarse = np.random.default_rng(seed).integers(0, 255, (9, 16, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (960, 540), interpolation=cv2.INTER_CUBIC))


def encoded(rgb: RgbImage, quality: int) -> RgbImage:
    """What a JPEG of that quality leaves."""
    data = encode_jpeg(rgb, quality)
    return decode(data, read_header(data))


SCENE = scene(1)
NOISE = np.random.default_rng(9).normal(0, 6, SCENE.shape)


@pytest.mark.parametrize(
    "copy",
    [
        encoded(SCENE, 50),
        np.asarray(cv2.resize(SCENE, (480, 270), interpolation=cv2.INTER_AREA)),
        np.asarray(cv2.resize(SCENE, (1440, 810))),
        np.clip(SCENE + NOISE, 0, 255).astype(np.uint8),
    ],
    ids=["JPEG 50", "half the size", "enlarged", "noise of a night camera"],
)
def test_a_copy_has_the_name_of_its_original(copy: RgbImage) -> None:
    """However it was encoded on the way, and whatever came in between."""
    looks = NearDuplicates()
    name = looks.name(SCENE)
    others = [looks.name(scene(seed)) for seed in range(2, 40)]
    assert looks.name(copy) == name
    assert name not in others
    assert len(set(others)) == len(others)


def test_somebody_who_walks_in_makes_another_picture() -> None:
    """A person of a fifth of the height before the same background is something to learn."""
    walked = SCENE.copy()
    cv2.rectangle(walked, (400, 200), (445, 310), (240, 120, 0), -1)
    looks = NearDuplicates()
    assert looks.name(SCENE) != looks.name(walked)


def test_dark_pictures_are_no_duplicates() -> None:
    """Two cameras at night show the same nothing, and their days are not one for that."""
    looks = NearDuplicates()
    assert looks.name(np.zeros((540, 960, 3), np.uint8)) is None
    assert looks.name(np.full((540, 960, 3), 9, np.uint8)) is None
