"""What is cut out of a picture for a question about one place."""

from __future__ import annotations

import random

import pytest

from safety_detector.detectors.qwen.crops import (
    LEAST_SENT_PIXELS,
    MOST_SENT_PIXELS,
    crop_around,
    crop_sent_size,
)
from safety_detector.detectors.qwen.dialects import DIALECT_NAMES, dialect_named
from safety_detector.domain.crop_questions import CropQuestion
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.errors import PictureUnsuitable

FULL_HD = ImageSize(1920, 1080)


def test_a_square_fire_has_its_surroundings_around_it() -> None:
    """The place lies in the middle of a crop that is two and a half times as wide."""
    crop = crop_around(Box(900, 500, 1000, 600), FULL_HD, CropQuestion.FIRE_SMOKE)
    assert crop == Box(825, 425, 1075, 675)


def test_of_a_person_more_pixels_are_her_own() -> None:
    """A question about a head takes less of what lies around than one about a fire."""
    place = Box(900, 300, 1000, 600)
    fire, person = (crop_around(place, FULL_HD, kind) for kind in CropQuestion)
    assert person.area < fire.area
    assert person.x1 < place.x1 < place.x2 < person.x2


def test_a_small_place_keeps_enough_to_be_judged_by() -> None:
    """A spark of three pixels is shown with its surroundings, not as three squares."""
    crop = crop_around(Box(700, 700, 703, 703), FULL_HD, CropQuestion.FIRE_SMOKE)
    assert (crop.width, crop.height) == (160, 160)
    small = crop_around(Box(100, 100, 103, 103), ImageSize(352, 288), CropQuestion.FIRE_SMOKE)
    assert (small.width, small.height) == (160, 160)
    head = crop_around(Box(100, 100, 112, 114), ImageSize(352, 288), CropQuestion.HELMET)
    assert (head.width, head.height) == (96, 96)


def test_a_thin_place_becomes_no_strip() -> None:
    """Smoke along a pipe is shown with what lies above and below it."""
    crop = crop_around(Box(100, 500, 1500, 510), FULL_HD, CropQuestion.FIRE_SMOKE)
    assert crop.height >= crop.width / 2


@pytest.mark.parametrize("kind", CropQuestion)
def test_a_crop_never_leaves_the_picture_and_holds_the_place(kind: CropQuestion) -> None:
    """At every edge, for every size of picture, also where the place is larger than any margin."""
    dice = random.Random(7)  # noqa: S311
    for _ in range(3000):
        size = ImageSize(dice.choice([1, 7, 60, 640, 1920, 7680]), dice.choice([1, 40, 480, 4320]))
        x1, x2 = sorted(dice.uniform(-50, size.width + 50) for _ in range(2))
        y1, y2 = sorted(dice.uniform(-50, size.height + 50) for _ in range(2))
        place = Box(x1, y1, x2, y2)
        inside = Box(0, 0, size.width, size.height)
        if x1 >= size.width or y1 >= size.height or x2 <= 0 or y2 <= 0:
            continue
        crop = crop_around(place, size, kind)
        assert all(side == int(side) for side in crop.xyxy)
        assert 0 <= crop.x1 <= max(place.x1, 0)
        assert 0 <= crop.y1 <= max(place.y1, 0)
        assert min(place.x2, inside.x2) <= crop.x2 <= size.width
        assert min(place.y2, inside.y2) <= crop.y2 <= size.height


def test_a_place_outside_the_picture_is_refused() -> None:
    """Nothing can be asked about what is not in the picture."""
    with pytest.raises(ValueError, match="nothing of"):
        crop_around(Box(2000, 10, 2100, 60), FULL_HD, CropQuestion.FIRE_SMOKE)


@pytest.mark.parametrize("name", DIALECT_NAMES)
def test_no_crop_costs_more_than_a_fifth_of_a_frame(name: str) -> None:
    """Small ones are enlarged, large ones made smaller, all of them on the model's grid."""
    dialect = dialect_named(name)
    for crop in (Box(0, 0, 96, 96), Box(0, 0, 400, 200), Box(0, 0, 1920, 1080), Box(5, 5, 6, 6)):
        sent = crop_sent_size(crop, dialect)
        assert sent.width % dialect.factor == sent.height % dialect.factor == 0
        assert 0.85 * LEAST_SENT_PIXELS <= sent.pixels <= MOST_SENT_PIXELS
        assert sent.width / sent.height == pytest.approx(crop.width / crop.height, rel=0.15)


def test_a_crop_between_is_sent_as_it_is() -> None:
    """Nothing is gained by enlarging what shows enough."""
    assert crop_sent_size(Box(0, 0, 392, 392), dialect_named("qwen2.5-vl")) == ImageSize(392, 392)


def test_a_strip_of_a_picture_is_refused_as_in_detection() -> None:
    """A picture that no model takes has no crop that one would take."""
    crop = crop_around(Box(0, 0, 8000, 8), ImageSize(8000, 8), CropQuestion.FIRE_SMOKE)
    with pytest.raises(PictureUnsuitable):
        crop_sent_size(crop, dialect_named("qwen2.5-vl"))
