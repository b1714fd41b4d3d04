"""Real picture bytes for tests."""

from __future__ import annotations

import io

import numpy as np
import PIL.Image


def jpeg(seed: int = 0, width: int = 64, height: int = 48) -> bytes:
    """A JPEG whose bytes are others for each seed."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    written = io.BytesIO()
    PIL.Image.fromarray(pixels).save(written, "JPEG")
    return written.getvalue()
