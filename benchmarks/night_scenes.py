"""Synthetic fixed cameras: real empty pictures with the noise, rain and motion of a night.

Backgrounds are pictures of ``dev`` and ``train2`` in which nothing is labelled; people and flames
are cut out of labelled ones.  Everything follows from a seed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 1920, 1080
PERSON_PX, FLAME_PX = 40, 20
_FIRE, _PERSON = 1, 3
_STILL_TAGS = ("warehouse", "rain", "lamp-night", "neg-site", "neg-building", "neg-lamp", "object")

Picture = NDArray[np.uint8]
Values = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Weather:
    """What changes in a scene in which nothing happens.

    Attributes:
        gain: of the light; 1 is the picture as it was taken.
        infrared: whether it is grey.
        noise: standard deviation at mid-grey, in grey levels; ``grain`` pixels wide.
        rain: streaks a frame, up to ``streak_px`` wide.
        drift: largest slow change of the light, as a share.
        flicker: change of the light from one frame to the next, as a share.
        jitter_px: how far the camera shakes.
        leaves: whether a part of the picture sways.
        clock: whether the recorder writes the time into the picture.
        quality: of the JPEG.
    """

    name: str
    gain: float = 0.35
    infrared: bool = False
    noise: float = 5.0
    grain: float = 0.0
    rain: int = 0
    streak_px: int = 2
    drift: float = 0.05
    flicker: float = 0.0
    jitter_px: float = 0.0
    leaves: bool = False
    clock: bool = False
    quality: int = 80


@dataclass(frozen=True, slots=True)
class CutOut:
    """Something that can appear: pixels and how much of each is its own (0 to 1)."""

    name: str
    pixels: Values
    share: Values
    glows: bool


@dataclass(slots=True)
class Pictures:
    """Backgrounds and things to put before them."""

    backgrounds: list[Path] = field(default_factory=list)
    people: list[CutOut] = field(default_factory=list)
    flames: list[CutOut] = field(default_factory=list)


def load_pictures(data: Path, seed: int, apart: bool) -> Pictures:
    """The pictures of one of two halves that share no picture: to develop with, and held apart."""
    found = Pictures()
    rng = np.random.default_rng(seed)
    for name in ("dev", "train2"):
        truth = json.loads((data / name / "annotations.json").read_text())
        images = {one["id"]: one for one in truth["images"] if one["id"] % 2 == int(apart)}
        boxes: dict[int, list[dict[str, Any]]] = {key: [] for key in images}
        for one in truth["annotations"]:
            if one["image_id"] in images:
                boxes[one["image_id"]].append(one)
        for key, image in images.items():
            path = data / name / "images" / image["file_name"]
            if not boxes[key] and image["tag"] in _STILL_TAGS and image["width"] >= 380:
                found.backgrounds.append(path)
            for one in boxes[key]:
                x, y, width, height = (round(value) for value in one["bbox"])
                if one["category_id"] == _PERSON and height >= 120 and 1.8 <= height / width <= 3.5:
                    box = (x, y, width, height)
                    found.people.append(cut_out_person(path, box, PERSON_PX))
                elif one["category_id"] == _FIRE and height >= 30 and 0.6 <= width / height <= 2:
                    found.flames += _flame(path, (x, y, width, height))
    for many in (found.backgrounds, found.people, found.flames):
        rng.shuffle(many)  # type: ignore[arg-type]
    return found


def _read(path: Path) -> Picture:
    picture = cv2.imread(str(path))
    if picture is None:
        raise SystemExit(f"{path} is no picture")
    return picture.astype(np.uint8, copy=False)


def cut_out_person(path: Path, box: tuple[int, int, int, int], tall: int) -> CutOut:
    """The person of a box, without what is behind (GrabCut), so many pixels high."""
    picture = _read(path)
    x, y, width, height = box
    x, y = max(x, 0), max(y, 0)
    crop = picture[y : y + height, x : x + width]
    scale = 160 / crop.shape[0]
    crop = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    mask = np.full(crop.shape[:2], cv2.GC_PR_FGD, np.uint8)
    mask[:, :3] = mask[:, -3:] = cv2.GC_BGD
    cv2.setRNGSeed(1)
    cv2.grabCut(crop, mask, None, np.zeros((1, 65)), np.zeros((1, 65)), 2)  # type: ignore[call-overload]
    share = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    if not 0.25 < share.mean() < 0.9:  # nothing, or everything: a plain upright figure instead
        share = np.zeros_like(share)
        high, wide = share.shape
        cv2.ellipse(share, (wide // 2, high // 2), (wide // 3, high // 2), 0, 0, 360, 1.0, -1)
    return _scaled(path.name, crop, share, tall, glows=False)


def _flame(path: Path, box: tuple[int, int, int, int]) -> list[CutOut]:
    """The bright, reddish part of a box, 20 pixels high; none where there is too little of it."""
    picture = _read(path)
    x, y, width, height = box
    crop = picture[max(y, 0) : y + height, max(x, 0) : x + width]
    blue, _, red = (crop[..., i].astype(np.float32) for i in range(3))
    share = ((red > 170) & (red > blue + 30)).astype(np.float32)
    if share.mean() < 0.2:
        return []
    return [_scaled(path.name, crop, cv2.GaussianBlur(share, (0, 0), 1.0), FLAME_PX, glows=True)]


def _scaled(name: str, crop: Picture, share: Values, height: int, *, glows: bool) -> CutOut:
    width = max(round(crop.shape[1] * height / crop.shape[0]), 6)
    size = (width, height)
    pixels = cv2.resize(crop, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return CutOut(name, pixels, cv2.resize(share, size, interpolation=cv2.INTER_AREA), glows)


class Scene:
    """One camera: frames of a scene in which nothing happens but weather."""

    def __init__(self, background: Path, weather: Weather, seed: int) -> None:
        self.weather = weather
        self._rng = np.random.default_rng(seed)
        picture = _read(background)
        self._day = _full_size(picture)
        if weather.infrared:
            self._day = np.repeat(self._day.mean(axis=2, keepdims=True), 3, axis=2)
        self._base = self._day * weather.gain + 6
        # Noise is made once and shifted about: two million values a frame would take too long.
        noise = self._rng.standard_normal((HEIGHT + 256, WIDTH + 256, 1 if weather.infrared else 3))
        noise = noise.astype(np.float32)
        if weather.grain:
            noise = cv2.GaussianBlur(noise, (0, 0), weather.grain)
            noise = noise.reshape(HEIGHT + 256, WIDTH + 256, -1)
            noise /= noise.std()
        self._noise = noise
        left, top = (int(self._rng.integers(0, limit)) for limit in (WIDTH - 500, HEIGHT - 500))
        self._leaves = (slice(top, top + 400), slice(left, left + 400))
        self._sway = cv2.resize(self._rng.standard_normal((8, 8)).astype(np.float32), (400, 400))
        self.frames = 0

    def frame(self, thing: CutOut | None = None, at: tuple[int, int] = (0, 0)) -> bytes:
        """The next frame as a JPEG, with a thing whose upper left corner is at ``at``, if any."""
        return self.encode(self.pixels(thing, at))

    def encode(self, picture: Picture) -> bytes:
        """A JPEG of the camera's quality."""
        quality = [cv2.IMWRITE_JPEG_QUALITY, self.weather.quality]
        return cv2.imencode(".jpg", picture, quality)[1].tobytes()

    def contrast(self, thing: CutOut, at: tuple[int, int]) -> float:
        """How far a thing stands out: mean difference over its own pixels, strongest channel."""
        x, y = at
        height, width = thing.share.shape
        behind = self._base[y : y + height, x : x + width]
        apart = np.abs(self._lit(thing) - behind).max(axis=2)
        return float((apart * thing.share).sum() / max(thing.share.sum(), 1.0))

    def _lit(self, thing: CutOut) -> Values:
        pixels = thing.pixels
        if self.weather.infrared:
            pixels = np.repeat(pixels.mean(axis=2, keepdims=True), 3, axis=2)
        return pixels if thing.glows else pixels * self.weather.gain + 6

    def pixels(self, thing: CutOut | None = None, at: tuple[int, int] = (0, 0)) -> Picture:
        """The next frame, BGR."""
        weather, rng = self.weather, self._rng
        number, self.frames = self.frames, self.frames + 1
        picture = self._base
        if weather.leaves:
            picture = picture.copy()
            picture[self._leaves] = _swayed(picture[self._leaves], self._sway, number)
        if thing is not None:
            picture = picture.copy() if picture is self._base else picture
            x, y = at
            height, width = thing.share.shape
            share = thing.share[..., None]
            part = picture[y : y + height, x : x + width]
            part[:] = part * (1 - share) + self._lit(thing) * share
        if weather.jitter_px:
            shift = rng.uniform(-weather.jitter_px, weather.jitter_px, 2)
            move = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
            picture = cv2.warpAffine(
                picture, move, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE
            )
        if weather.rain:
            picture = _rained_on(picture, weather, rng)
        light = 1 + weather.drift * np.sin(number / 120) + weather.flicker * rng.uniform(-1, 1)
        y, x = rng.integers(0, 256, 2)
        noise = self._noise[y : y + HEIGHT, x : x + WIDTH]
        # Shot noise grows with the root of the light, besides what reading out adds.
        strength = weather.noise * np.sqrt(0.5 + picture.mean(axis=2, keepdims=True) / 256)
        noisy = picture * np.float32(light) + noise * strength.astype(np.float32)
        ready = np.clip(noisy, 0, 255).astype(np.uint8)
        if weather.clock:
            _write_clock(ready, number)
        return ready


def _full_size(picture: Picture) -> Values:
    height, width = picture.shape[:2]
    if width * HEIGHT > height * WIDTH:
        keep = round(height * WIDTH / HEIGHT)
        picture = picture[:, (width - keep) // 2 :][:, :keep]
    else:
        keep = round(width * HEIGHT / WIDTH)
        picture = picture[(height - keep) // 2 :][:keep]
    large = cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_LANCZOS4)
    return large.astype(np.float32)


def _swayed(part: Values, sway: Values, number: int) -> Values:
    rows, columns = np.mgrid[0 : part.shape[0], 0 : part.shape[1]].astype(np.float32)
    by = np.float32(3 * np.sin(number * 1.3)) * sway
    return cv2.remap(part, columns + by, rows + by * np.float32(0.5), cv2.INTER_LINEAR,
                     borderMode=cv2.BORDER_REFLECT)  # fmt: skip


def _rained_on(picture: Values, weather: Weather, rng: np.random.Generator) -> Values:
    streaks = np.zeros((HEIGHT, WIDTH), np.float32)
    slant = rng.normal(0.1, 0.05)
    for _ in range(rng.poisson(weather.rain)):
        x, y = rng.uniform(0, WIDTH), rng.uniform(-60, HEIGHT)
        length, strength = rng.uniform(20, 90), rng.uniform(10, 60)
        end = (round(x + slant * length), round(y + length))
        width = int(rng.integers(1, weather.streak_px + 1))
        cv2.line(streaks, (round(x), round(y)), end, strength, width, cv2.LINE_AA)
    streaks = cv2.GaussianBlur(streaks, (0, 0), 0.8)
    # Drops catch light: they show more where the scene is lit.
    lit = 0.3 + 0.7 * cv2.GaussianBlur(picture.mean(axis=2), (0, 0), 8) / 128
    return picture + (streaks * lit)[..., None]


def _write_clock(picture: Picture, number: int) -> None:
    seconds = number * 2
    text = f"2026-11-29 {1 + seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    for colour, width in ((0, 6), (255, 2)):
        cv2.putText(picture, text, (40, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (colour,) * 3, width)
