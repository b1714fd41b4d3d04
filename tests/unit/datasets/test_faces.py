"""Where faces are blurred, and what is left of them."""

from __future__ import annotations

import numpy as np
import pytest

from safety_detector.datasets.faces import People, blur_faces, places_to_blur
from safety_detector.domain.geometry import Box, ImageSize

SIZE = ImageSize(800, 600)
STANDING, BUST, LYING = Box(100, 100, 200, 500), Box(300, 100, 500, 300), Box(10, 510, 400, 590)
HEAD = Box(130, 105, 170, 150)


def blurred(heads: list[Box], bodies: list[Box]) -> list[tuple[float, ...]]:
    """Where."""
    return [one.xyxy for one in places_to_blur(heads, bodies, SIZE)]


def test_a_person_without_a_head_is_blurred_where_it_must_be() -> None:
    """The upper third of who stands; all of who lies, bends or is cut off."""
    ((x1, y1, x2, y2),) = blurred([], [STANDING])
    assert (x1 <= 100, y1 <= 100, x2 >= 200, y2 >= 240) == (True, True, True, True)
    assert y2 < 300
    assert blurred([], [BUST, LYING]) == [BUST.xyxy, LYING.xyxy]


def test_a_head_is_enough_of_its_own_person() -> None:
    """With what surrounds it; a head of somebody else, at the feet, does not spare the face."""
    assert blurred([HEAD], [STANDING]) == [(122, 96, 178, 159)]
    at_the_feet = Box(130, 450, 170, 490)
    assert len(blurred([at_the_feet], [STANDING])) == 2


def test_a_head_that_may_be_of_two_spares_neither() -> None:
    """Of two people who overlap, the one behind keeps no face because the other's head was found.

    Whichever of them it is, however they overlap; who was found and labelled is one person.
    """
    front = Box(100, 100, 200, 400)
    for back in (Box(140, 90, 240, 390), Box(60, 95, 160, 395), Box(110, 60, 210, 360)):
        for head in (Box(140, 105, 165, 145), Box(125, 102, 155, 140)):
            for bodies in ([front, back], [back, front]):
                assert len(blurred([head], bodies)) == 3
    labelled = Box(98, 101, 201, 402)
    assert len(blurred([Box(130, 105, 165, 145)], [front, labelled])) == 1


@pytest.mark.parametrize(
    "body", [STANDING, BUST, Box(100, 100, 200, 400)], ids=["tall", "bust", "standing"]
)
@pytest.mark.parametrize(
    "part", [(0.1, 0.33, 0.25, 0.38), (0.4, 0.1, 0.44, 0.14), (0.3, 0.35, 0.7, 0.6)]
)
def test_what_is_no_head_by_place_or_size_spares_nobody(
    body: Box, part: tuple[float, float, float, float]
) -> None:
    """A hand on the chest, a badge at the collar, a belly that was weakly taken for a head."""
    x1, y1, x2, y2 = part
    false_head = Box(
        body.x1 + x1 * body.width,
        body.y1 + y1 * body.height,
        body.x1 + x2 * body.width,
        body.y1 + y2 * body.height,
    )
    assert len(blurred([false_head], [body])) == 2


def test_places_stay_in_the_picture() -> None:
    """A head at the edge is blurred as far as it is there; a box of one pixel is one."""
    assert blurred([Box(0, 0, 50, 40), Box(780, 590, 800, 600)], []) == [
        (0, 0, 60, 48),
        (776, 588, 800, 600),
    ]
    assert blurred([Box(5, 5, 6, 6)], []) == [(5, 5, 6, 6)]


@pytest.mark.parametrize("side", [4, 30, 300])
def test_nothing_of_a_face_is_left(side: int) -> None:
    """Few even cells, of whatever size it was; the rest of the picture is as it was."""
    rgb = np.random.default_rng(1).integers(0, 255, (600, 800, 3)).astype(np.uint8)
    head = Box(200, 200, 200 + side, 200 + side)
    after = blur_faces(rgb, lambda _rgb: People((head,), ()), [])
    assert after is not rgb
    part = after[200 : 200 + side, 200 : 200 + side].astype(int)
    steps = np.abs(np.diff(part, axis=1)).max(initial=0)
    assert steps <= (255 if side < 9 else 4 * 255 / side + 20)
    outside = np.ones(rgb.shape[:2], bool)
    outside[100:600, 100:700] = False
    assert (after[outside] == rgb[outside]).all()


def test_what_finds_nobody_leaves_the_labelled_ones() -> None:
    """A person of whom it is known that they are there is blurred, whatever a detector says."""
    rgb = np.random.default_rng(1).integers(0, 255, (600, 800, 3)).astype(np.uint8)
    after = blur_faces(rgb, lambda _rgb: People((), ()), [BUST])
    assert after[120:280, 320:480].std() < rgb[120:280, 320:480].std() / 3


def test_a_failure_goes_through() -> None:
    """No picture comes out where the looking failed."""

    def fails(_rgb: object) -> People:
        raise RuntimeError("no memory")

    with pytest.raises(RuntimeError):
        blur_faces(np.zeros((60, 80, 3), np.uint8), fails, [])
