"""What cameras, weather and storage do to pictures.

Grey, night, warm light, a low sun, blur, noise, JPEG, fog. None of it moves anything, so labels
stay. Each is mild enough that a person still sees what is labelled.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]  # (H, W, 3) RGB

# Share of the pictures that each happens to.
GREY, WARMTH, GAMMA, SHADE, BLUR, NOISE, JPEG, FOG = 0.22, 0.25, 0.2, 0.08, 0.12, 0.08, 0.2, 0.06
GREY_FIRE = 0.03  # without colour a fire is often only a bright place


def damage(random: np.random.Generator, pixels: Picture, burning: bool) -> Picture:
    """Damage a picture by chance; `burning` ones keep their colour, mostly."""
    if random.random() < WARMTH:
        pixels = _warmth(random, pixels)
    if random.random() < GAMMA:
        pixels = _gamma(random, pixels)
    if random.random() < SHADE:
        pixels = _against_the_light(random, pixels)
    if random.random() < FOG and not burning:
        pixels = _fog(random, pixels)
    if random.random() < (GREY_FIRE if burning else GREY):
        pixels = cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    if random.random() < BLUR:
        pixels = _blur(random, pixels)
    if random.random() < NOISE:
        grain = random.normal(0, random.uniform(3, 14), (*pixels.shape[:2], 1))
        pixels = np.clip(pixels + grain, 0, 255).astype(np.uint8)
    if random.random() < JPEG:
        quality = int(random.integers(20, 80))
        coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        pixels = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    return np.ascontiguousarray(pixels)


def _warmth(random: np.random.Generator, pixels: Picture) -> Picture:
    """Move the colour temperature by up to a quarter of red against blue."""
    tilt = random.uniform(-0.14, 0.14)
    return _by_channel(pixels, np.array([1 + tilt, 1.0, 1 - tilt]))


def _by_channel(pixels: Picture, factors: NDArray[np.float64]) -> Picture:
    table = np.clip(np.arange(256)[:, None] * factors, 0, 255).astype(np.uint8)
    return cv2.merge([cv2.LUT(pixels[..., c], table[:, c]) for c in range(3)])


def _gamma(random: np.random.Generator, pixels: Picture) -> Picture:
    """Towards the night, or towards too much light."""
    power = np.exp(random.uniform(np.log(0.6), np.log(2.5)))
    table = (255 * (np.arange(256) / 255) ** power).astype(np.uint8)
    return cv2.LUT(pixels, table)


def _against_the_light(random: np.random.Generator, pixels: Picture) -> Picture:
    """Dark below, and a sky that washes out downwards."""
    height = pixels.shape[0]
    reach = random.uniform(0.3, 0.9)
    glow = np.clip(1 - np.arange(height) / (height * reach), 0, 1)[:, None, None]
    shown = pixels * random.uniform(0.4, 0.8) + 255 * random.uniform(0.3, 0.9) * glow
    return np.clip(shown, 0, 255).astype(np.uint8)


def _fog(random: np.random.Generator, pixels: Picture) -> Picture:
    """Blend towards one light grey everywhere, as fog and dirty glass do and a plume does not."""
    share, grey = random.uniform(0.15, 0.45), random.uniform(150, 230)
    return (pixels * (1 - share) + grey * share).astype(np.uint8)


def _blur(random: np.random.Generator, pixels: Picture) -> Picture:
    if random.random() < 0.5:
        return cv2.GaussianBlur(pixels, (0, 0), random.uniform(0.6, 2.2))
    length = int(random.integers(3, 10))
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1 / length
    turn = cv2.getRotationMatrix2D((length / 2 - 0.5,) * 2, random.uniform(0, 180), 1)
    kernel = cv2.warpAffine(kernel, turn, (length, length))
    return cv2.filter2D(pixels, -1, kernel / max(float(kernel.sum()), 1e-3))
