"""Real picture bytes for tests."""

from __future__ import annotations

import io

import numpy as np
import PIL.Image
from numpy.typing import NDArray


def scene(width: int, height: int, seed: int = 0) -> NDArray[np.uint8]:
    """A picture that shows something and no hazard: ground, sky, and grey boxes of any size."""
    random = np.random.default_rng(seed)
    pixels = np.full((height, width, 3), 170, np.uint8)
    pixels[height // 2 :] = 90
    for grey in random.integers(20, 240, 12):
        left, top = random.integers(0, width), random.integers(0, height)
        across, down = random.integers(2, width // 3 + 3), random.integers(2, height // 3 + 3)
        pixels[top : top + down, left : left + across] = grey
    return pixels


def jpeg(seed: int = 0, width: int = 64, height: int = 48) -> bytes:
    """A JPEG whose bytes are others for each seed."""
    written = io.BytesIO()
    PIL.Image.fromarray(scene(width, height, seed)).save(written, "JPEG")
    return written.getvalue()
