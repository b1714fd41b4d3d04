"""The frames of made cameras: what happens is put before an empty scene, with weather and noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.camera_hours import HEIGHT, WIDTH, Happening, MadeCamera
from benchmarks.night_scenes import CutOut, cut_out_person

EVERY_S = 2

Picture = NDArray[np.uint8]
Values = NDArray[np.float32]


class Frames:
    """A camera's frames, one every two seconds."""

    def __init__(self, camera: MadeCamera) -> None:
        self._camera = camera
        self._rng = np.random.default_rng(camera.seed)
        self._base = _full(_read(camera.background))
        self._shown: dict[Happening, Any] = {}
        self._noise = self._rng.standard_normal((HEIGHT + 64, WIDTH + 64, 3)).astype(np.float32)

    def __iter__(self) -> Iterator[tuple[float, bytes]]:
        """The moment since the start, and the JPEG."""
        weather, rng = self._camera.weather, self._rng
        for number in range(self._camera.seconds // EVERY_S):
            at_s = float(number * EVERY_S)
            now = [one for one in self._camera.happenings if one.from_s <= at_s < one.until_s]
            picture = self._base.copy()
            for one in sorted(now, key=lambda each: not each.fills):
                picture = self._with(picture, one, at_s)
            light = weather.gain * (1 + weather.drift * np.sin(at_s / 240 + self._camera.seed))
            light *= 1 + weather.flicker * rng.uniform(-1, 1)
            top, left = rng.integers(0, 64, 2)
            noise = self._noise[top : top + HEIGHT, left : left + WIDTH]
            noisy = picture * np.float32(light) + noise * np.float32(weather.noise)
            ready = np.clip(noisy, 0, 255).astype(np.uint8)
            quality = [cv2.IMWRITE_JPEG_QUALITY, weather.quality]
            yield at_s, cv2.imencode(".jpg", ready, quality)[1].tobytes()

    def _with(self, picture: Values, one: Happening, at_s: float) -> Values:
        passed = (at_s - one.from_s) / (one.until_s - one.from_s)
        rng = np.random.default_rng((one.seed, round(at_s)))
        match one.kind:
            case "light":
                warm = np.array([0.72, 0.95, 1.3], np.float32)
                return np.clip(picture * warm, 0, 255)
            case "glare" | "beacon" | "headlights":
                return _lit(picture, one, passed, rng)
            case "steam":
                return _steamed(picture, one, passed, rng)
        if one.fills:
            return _swayed(self._scene(one), rng, 1.0 if one.kind == "bare_head" else 2.5)
        return _pasted(picture, self._cut_out(one), one, at_s, rng)

    def _scene(self, one: Happening) -> Values:
        if one not in self._shown and one.picture is not None:
            self._shown[one] = _full(_read(one.picture))
        shown: Values = self._shown[one]
        return shown

    def _cut_out(self, one: Happening) -> CutOut:
        if one not in self._shown:
            self._shown[one] = _cut(one)
        cut: CutOut = self._shown[one]
        return cut


def _cut(one: Happening) -> CutOut:
    if one.picture is None or one.box is None:
        raise ValueError(f"nothing is cut out for a {one.kind}")
    tall = round((one.place[3] - one.place[1]) * HEIGHT)
    x, y, width, height = (round(value) for value in one.box)
    if one.kind in ("bare_head", "passer_by"):
        return _with_head(cut_out_person(one.picture, (x, y, width, height), tall))
    picture = _read(one.picture)
    if one.kind == "fire":  # with some of what is around it
        x, y, width, height = x - width // 8, y - height // 8, width * 5 // 4, height * 5 // 4
    x, y = max(x, 0), max(y, 0)
    crop = picture[y : y + height, x : x + width]
    size = (max(min(round(crop.shape[1] * tall / crop.shape[0]), WIDTH - 1), 4), max(tall, 4))
    pixels = cv2.resize(crop, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    share = np.zeros(pixels.shape[:2], np.float32)
    edge = max(min(size) // 10, 1)
    share[edge:-edge, edge:-edge] = 1
    share = cv2.GaussianBlur(share, (0, 0), max(edge * 0.7, 0.5)).astype(np.float32)
    return CutOut(one.picture.name, pixels, share, glows=True)


def _with_head(person: CutOut) -> CutOut:
    """The cut-out with all of the head, which must not lose its helmet."""
    tall, wide = person.share.shape
    head = np.zeros_like(person.share)
    axes = (max(wide * 4 // 10, 1), max(tall * 15 // 100, 1))
    cv2.ellipse(head, (wide // 2, tall * 13 // 100), axes, 0, 0, 360, 1.0, -1)
    return replace(person, share=np.maximum(person.share, head))


def _pasted(
    picture: Values, thing: CutOut, one: Happening, at_s: float, rng: np.random.Generator
) -> Values:
    """The picture with a cut-out that flickers and grows, or walks."""
    since_s = at_s - one.from_s
    scale, brightness = 1.0, 1.0
    left, top = one.place[0] * WIDTH, one.place[1] * HEIGHT
    if one.kind == "fire":
        scale = min(0.3 + since_s / 40, 1.0) * float(rng.uniform(0.95, 1.05))
        brightness = float(rng.uniform(0.88, 1.1))
    else:
        walk = np.random.default_rng(one.seed)
        way = walk.uniform(-14, 14) if one.kind != "bare_head" else walk.uniform(-1.5, 1.5)
        left += (0.0 if one.stands else way * since_s) + rng.uniform(-2, 2)
        top += rng.uniform(-2, 2)
    size = (
        max(round(thing.share.shape[1] * scale), 3),
        max(round(thing.share.shape[0] * scale), 3),
    )
    pixels = cv2.resize(thing.pixels, size, interpolation=cv2.INTER_AREA)
    share = cv2.resize(thing.share, size, interpolation=cv2.INTER_AREA)[..., None]
    if one.kind == "fire":
        pixels = _swayed(pixels.astype(np.float32), rng, 1.5)
        top += thing.share.shape[0] - size[1]  # it stands where it burns
        left += (thing.share.shape[1] - size[0]) / 2
    x, y = round(left), round(top)
    x1, y1, x2, y2 = max(x, 0), max(y, 0), min(x + size[0], WIDTH), min(y + size[1], HEIGHT)
    if x1 >= x2 or y1 >= y2:
        return picture
    inside = (slice(y1 - y, y2 - y), slice(x1 - x, x2 - x))
    part = picture[y1:y2, x1:x2]
    part[:] = part * (1 - share[inside]) + pixels[inside] * brightness * share[inside]
    return picture


def _swayed(pixels: Values, rng: np.random.Generator, by_px: float) -> Values:
    """Bent a little, as what burns or is seen through warm air."""
    height, width = pixels.shape[:2]
    if min(height, width) < 6:
        return pixels
    bend = cv2.resize(rng.normal(0, by_px, (5, 5, 2)).astype(np.float32), (width, height))
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    bent = cv2.remap(pixels, columns + bend[..., 0], rows + bend[..., 1], cv2.INTER_LINEAR,
                     borderMode=cv2.BORDER_REFLECT)  # fmt: skip
    return (bent * np.float32(rng.uniform(0.93, 1.07))).astype(np.float32)


def _lit(picture: Values, one: Happening, passed: float, rng: np.random.Generator) -> Values:
    """The picture with light that is no fire."""
    x1, y1, x2, y2 = one.place
    radius = (y2 - y1) * HEIGHT / 3
    x, y = (x1 + x2) / 2 * WIDTH, (y1 + y2) / 2 * HEIGHT
    strength = 1.0
    colour = np.array([90, 190, 255], np.float32)
    centres = [(x, y)]
    if one.kind == "glare":
        strength = 0.5 + np.sin(np.pi * passed)
        radius *= float(rng.uniform(0.9, 1.1))
    elif one.kind == "beacon":
        if rng.random() < 0.5:
            return picture
        colour = np.array([0, 120, 255], np.float32)
        radius *= 0.5
        centres = [(x + (passed - 0.5) * 200, y)]
    else:
        colour = np.array([190, 230, 255], np.float32)
        radius *= 0.5 + passed
        apart = radius * 2
        centres = [(x + (passed - 0.5) * 120 + side * apart, y) for side in (-0.5, 0.5)]
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    for cx, cy in centres:
        away = ((columns - cx) ** 2 + (rows - cy) ** 2) / max(radius, 2.0) ** 2
        core, halo = np.exp(-away * 3), np.exp(-away * 0.6)
        picture = picture + strength * (core[..., None] * 255 + halo[..., None] * colour * 0.7)
    return np.clip(picture, 0, 255).astype(np.float32)


def _steamed(picture: Values, one: Happening, passed: float, rng: np.random.Generator) -> Values:
    """The picture with a white puff that rises and thins."""
    x1, y1, x2, y2 = one.place
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    size = (y2 - y1) * HEIGHT / 4 * (0.5 + passed)
    share = np.zeros((HEIGHT, WIDTH), np.float32)
    for _ in range(7):
        x = (x1 + x2) / 2 * WIDTH + rng.normal(0, size)
        y = y2 * HEIGHT - passed * size * 3 + rng.normal(0, size)
        away = ((columns - x) ** 2 + (rows - y) ** 2) / max(size * rng.uniform(0.4, 1), 2.0) ** 2
        share = np.maximum(share, np.exp(-away))
    share *= np.float32(0.75 * (1 - 0.7 * passed))
    return (picture * (1 - share[..., None]) + 225 * share[..., None]).astype(np.float32)


def _read(path: Path) -> Picture:
    picture = cv2.imread(str(path))
    if picture is None:
        raise SystemExit(f"{path} is no picture")
    return picture.astype(np.uint8, copy=False)


def _full(picture: Picture) -> Values:
    height, width = picture.shape[:2]
    if width * HEIGHT > height * WIDTH:
        keep = round(height * WIDTH / HEIGHT)
        picture = picture[:, (width - keep) // 2 :][:, :keep]
    else:
        keep = round(width * HEIGHT / WIDTH)
        picture = picture[(height - keep) // 2 :][:keep]
    return cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32)
