from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="training has its own requirements")

from training.batches import Augmentation, BatchMaker
from training.damage import damage
from training.labels import LabelledPicture
from training.model import CLASSES

FIRE, HELMET, BARE = (CLASSES.index(n) for n in ("fire", "head_helmet", "head_bare"))
PLAIN = Augmentation(
    zoom_out=1.0,
    zoom_in=1.0,
    stretch=1.0,
    hue_degrees=0.0,
    saturation=0.0,
    brightness=0.0,
    min_visible=0.35,
    partly_visible=0.15,
    damage_share=0.0,
    focus_share=0.0,
    blank_share=0.0,
    flame_share=0.0,
    halves_share=1.0,
    hat_share=0.0,
)
SIZE = 64


def picture(path: Path, kind: int, background: list[str], target: list[float]) -> LabelledPicture:
    """A picture of SIZE with one box that fills most of it."""
    cv2.imwrite(str(path), np.full((SIZE, SIZE, 3), 40 if kind == FIRE else 200, np.uint8))
    nothing = np.zeros((0, 4), np.float32)
    return LabelledPicture(
        path=path,
        key=path.stem,
        tag=path.stem,
        group=path.stem,
        boxes=np.array([[4, 4, 60, 60]], np.float32),
        classes=np.array([kind]),
        ignored_boxes=nothing,
        ignored_classes=np.zeros(0, np.int64),
        derived=np.zeros(1, bool),
        learns_background=np.array([name in background for name in CLASSES]),
        picture_target=np.array(target, np.float32),
    )


@pytest.fixture
def maker(tmp_path: Path) -> BatchMaker:
    """Every picture is put together from two."""
    pictures = [
        picture(tmp_path / "fires.png", FIRE, ["fire", "smoke"], [1, 0]),
        picture(tmp_path / "workers.png", HELMET, ["fire", "smoke", "head_helmet"], [0, 0]),
    ]
    weights = {"fires": 0.5, "workers": 0.5}
    return BatchMaker(pictures, weights, PLAIN, shipped_size=SIZE, seed=3)


def test_halves_carry_the_labels_of_what_is_seen(maker: BatchMaker) -> None:
    """No box reaches into the other picture's part, and both parts keep their own."""
    mixed = 0
    for _ in range(20):
        batch = maker.make(1, SIZE)
        kinds = batch.classes[0].tolist()
        pixels = batch.pixels[0, 0].numpy()
        for (x1, y1, x2, y2), kind in zip(batch.boxes[0].int().tolist(), kinds, strict=True):
            if kind >= 0:
                inside = pixels[y1 + 1 : y2 - 1, x1 + 1 : x2 - 1]
                assert abs(int(np.median(inside)) - (40 if kind == FIRE else 200)) < 3
                assert (inside == inside[0, 0]).all()
        mixed += {FIRE, HELMET} <= set(kinds)
    assert mixed > 2


def test_halves_teach_only_what_both_pictures_are_labelled_for(maker: BatchMaker) -> None:
    """Heads in the part that nobody marked for heads are not background."""
    for _ in range(20):
        batch = maker.make(1, SIZE)
        kinds = set(batch.classes[0].tolist())
        background = {CLASSES[i] for i in np.flatnonzero(batch.learns_background[0].numpy())}
        assert {"fire", "smoke"} <= background
        if FIRE in kinds:
            assert "head_helmet" not in background
            assert batch.picture_target[0].tolist() == [1, 0]
        if kinds == {HELMET}:
            assert batch.picture_target[0, 1] == 0


def test_heads_are_shown_at_every_size(tmp_path: Path) -> None:
    """A face fills a portrait and a far worker's head is a few pixels; both are taught."""
    large = tmp_path / "portrait.png"
    cv2.imwrite(str(large), np.full((400, 400, 3), 90, np.uint8))
    portrait = replace(
        picture(tmp_path / "p.png", HELMET, ["head_helmet"], [0, 0]),
        path=large,
        boxes=np.array([[100, 100, 220, 220]], np.float32),
    )
    focused = replace(PLAIN, focus_share=1.0, halves_share=0.0, zoom_out=0.1)
    maker = BatchMaker([portrait], {"p": 1.0}, focused, shipped_size=256, seed=5)
    sides = []
    for _ in range(60):
        batch = maker.make(1, 256)
        assert batch.classes[0].tolist() == [HELMET]
        sides.append(float((batch.boxes[0, 0, 2:] - batch.boxes[0, 0, :2]).max()))
    assert min(sides) < 16
    assert max(sides) > 180


def test_damage_moves_nothing_and_keeps_the_size() -> None:
    """Labels stay true whatever is done to a picture."""
    random = np.random.default_rng(1)
    pixels = np.full((64, 64, 3), 40, np.uint8)
    pixels[16:48, 16:48] = 200
    for _ in range(200):
        damaged = damage(random, pixels, burning=False)
        assert damaged.shape == pixels.shape
        assert damaged.dtype == np.uint8
        assert damaged[24:40, 24:40].mean() > damaged[56:, 56:].mean()


def test_a_head_under_a_hat_is_bare(tmp_path: Path) -> None:
    """What is laid over a helmeted head is seen, and taught as a bare head in the same box."""
    hat = replace(picture(tmp_path / "hat.png", BARE, ["head_bare"], [0, 0]), tag="hat")
    cv2.imwrite(str(hat.path), np.full((SIZE, SIZE, 3), (0, 0, 250), np.uint8))
    worker = picture(tmp_path / "workers.png", HELMET, ["head_bare", "head_helmet"], [0, 0])
    vary = replace(PLAIN, halves_share=0.0, hat_share=1.0)
    maker = BatchMaker([hat, worker], {"hat": 0.0, "workers": 1.0}, vary, SIZE, seed=3)
    seen = set()
    for _ in range(20):
        batch = maker.make(1, SIZE)
        red, _, blue = batch.pixels[0, :, SIZE // 2, SIZE // 2].tolist()
        assert batch.boxes[0, 0].tolist() == [4, 4, 60, 60]
        assert (batch.classes[0, 0] == BARE) == (red > blue + 50)
        seen.add(int(batch.classes[0, 0]))
    assert seen == {BARE, HELMET}
