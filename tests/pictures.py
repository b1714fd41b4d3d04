"""Real picture bytes for tests."""

from __future__ import annotations

import io

import numpy as np
import PIL.ExifTags
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


def taken_by_a_camera(
    stated: str | bytes, offset: str | None = None, *, kind: str = "JPEG", fraction: str = ""
) -> bytes:
    """A picture whose EXIF block says when it was taken, as cameras and phones write it."""
    exif = PIL.Image.Exif()
    exif[PIL.ExifTags.Base.Make] = "a camera"
    fields = exif.get_ifd(PIL.ExifTags.IFD.Exif)
    fields[PIL.ExifTags.Base.DateTimeOriginal] = stated
    if offset is not None:
        fields[PIL.ExifTags.Base.OffsetTimeOriginal] = offset
    if fraction:
        fields[PIL.ExifTags.Base.SubsecTimeOriginal] = fraction
    written = io.BytesIO()
    PIL.Image.fromarray(scene(64, 48, len(stated))).save(written, kind, exif=exif.tobytes())
    return written.getvalue()
